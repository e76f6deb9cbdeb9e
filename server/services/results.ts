import type { Failure } from '../../sandbox/failure.ts';
import type { EngineInfo } from '../../sandbox/model.ts';
import type { IsolationLevel } from '../../sandbox/request.ts';
import type { Score } from '../../scoring/metric.ts';
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';

export type EvaluationStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface TrailEvent {
  readonly at: string;
  /** received, queued, running, retried, succeeded, failed, cancelled. */
  readonly event: string;
  readonly detail: Readonly<Record<string, string | number>>;
}

export interface SplitResult {
  readonly split: string;
  readonly role: 'public' | 'private';
  readonly rows: number;
  readonly scores: readonly Score[];
  /** Truth x prediction, row-major counts over the task's classes; only where the split's detail is `full`. */
  readonly confusion: readonly number[] | null;
}

export interface ResultView {
  readonly submission_id: string;
  readonly evaluation_id: string;
  readonly competition: { readonly id: string; readonly slug: string; readonly title: Localized };
  readonly phase: { readonly id: string; readonly slug: string; readonly title: Localized };
  readonly task_version_id: string;
  readonly task_version: string;
  readonly classes: readonly string[];
  readonly primary_metric: string;
  readonly entry: {
    readonly id: string;
    readonly kind: 'entry' | 'baseline';
    readonly name: Localized;
  };
  readonly note: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  readonly artifact_sha256: string;
  readonly status: EvaluationStatus;
  readonly attempt: number;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly trail: readonly TrailEvent[];
  /** While queued: 1 is next. */
  readonly queue: { readonly position: number; readonly estimate_s: number | null } | null;
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly splits: readonly SplitResult[];
  /** Where the submission's entry stands on the public board now. */
  readonly rank: number | null;
  /** Whether that rank is by this submission. */
  readonly is_board_submission: boolean;
  readonly failure: Failure | null;
  readonly costs_quota: boolean;
  readonly run: {
    readonly engine: EngineInfo;
    readonly isolation: { readonly level: IsolationLevel; readonly notes: readonly string[] };
    /** Whole seconds unless every scored split is of detail `full`. */
    readonly times: { readonly total_ms: number; readonly predict_ms: number | null };
    readonly peak_memory_mb: number | null;
    readonly seed: number | null;
  } | null;
  readonly can_cancel: boolean;
}

/** The submission's current evaluation. @throws AppError SUBMISSION_NOT_FOUND also when the viewer may not see it. */
export declare function readResult(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer | null },
): Promise<ResultView>;
