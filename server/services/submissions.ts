import type { FeedOptions } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';
import type { EvaluationStatus } from './results.ts';

export interface SubmittedFile {
  /** As the entrant named it; checked here. */
  readonly name: string;
  readonly storage_key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface SubmitInput {
  readonly phase_id: string;
  readonly user: Viewer;
  /** Stored already; removed from the storage when the submission is refused. */
  readonly files: readonly SubmittedFile[];
  readonly options: FeedOptions;
  readonly note: string;
}

export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly left: number;
  /** Next midnight UTC, ISO-8601. */
  readonly resets_at: string;
}

export interface SubmissionItem {
  readonly id: string;
  readonly phase_id: string;
  readonly created_at: string;
  readonly note: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly status: EvaluationStatus;
  /** Primary score on the public split. */
  readonly primary_value: number | null;
  readonly failure_reason: string | null;
}

/** Cheap checks before an upload is read. @throws AppError as `submit` does for phase and quota. */
export declare function checkCanSubmit(
  deps: Deps,
  input: { phase_id: string; user: Viewer },
): Promise<void>;
/**
 * Stores submission, evaluation, job and audit row in one transaction, within the daily limit.
 *
 * @throws AppError PHASE_NOT_FOUND, PHASE_NOT_STARTED, PHASE_CLOSED, SUBMISSION_LIMIT_REACHED,
 *   FREE_FAILURE_LIMIT_REACHED, NO_FILES, TOO_MANY_FILES, BAD_FILE_NAME, DUPLICATE_FILE_NAME, UPLOAD_TOO_LARGE,
 *   INVALID_FORM (fields scale, mean, std, note)
 */
export declare function submit(
  deps: Deps,
  input: SubmitInput,
): Promise<{ submission_id: string; evaluation_id: string }>;
export declare function readQuota(
  deps: Deps,
  input: { phase_id: string; user: Viewer },
): Promise<Quota>;
/** The user's own, newest first, 50 at most. */
export declare function listOwnSubmissions(
  deps: Deps,
  input: { user: Viewer; competition_id: string },
): Promise<SubmissionItem[]>;
/** While queued or running. @throws AppError SUBMISSION_NOT_FOUND, EVALUATION_NOT_CANCELLABLE */
export declare function cancelSubmission(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer },
): Promise<void>;
