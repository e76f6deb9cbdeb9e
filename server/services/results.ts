import {
  FAILURE_CODES,
  isFailureReason,
  FAILURE_REASONS,
  type Failure,
} from '../../sandbox/failure.ts';
import type { EngineInfo } from '../../sandbox/model.ts';
import type { IsolationLevel } from '../../sandbox/request.ts';
import type { Score } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import type { FeedOptions, Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { listEvaluationEvents } from '../models/evaluation-events.ts';
import {
  selectEvaluationOfSubmission,
  type Evaluation,
  type FailureRecord,
} from '../models/evaluations.ts';
import { listBoardEntries } from '../models/leaderboard-entries.ts';
import type { Phase, ReleaseRule } from '../models/phases.ts';
import { hasReceipt } from '../models/receipts.ts';
import { selectOptionalRelease } from '../models/releases.ts';
import { selectOptionalRunLog } from '../models/run-logs.ts';
import { listScores } from '../models/scores.ts';
import { listSplitDetails } from '../models/split-details.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { shownSplits } from './competitions.ts';
import {
  hasFullDetail,
  hasOpenProgress,
  isReleasedByRule,
  isSampleOnly,
  releaseRule,
} from './disclosure.ts';
import { scoreFor, type ShownScore } from './releases.ts';
import { readQueuePlace, type QueuePlace } from './queue.ts';
import { selectVisibleSubmission } from './submissions.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export type EvaluationStatus = Evaluation['status'];

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
  /** As everybody sees them; `exact` for organizers where these are released by a rule. */
  readonly scores: readonly (Score & { readonly exact: ShownScore | null })[];
  /** How they are released; `full`: as they are. */
  readonly release: ReleaseRule;
  /**
   * With a Ladder, whether this submission improved on what its entry was shown before; if it did not, the
   * scores are those of the one that did last. Null for other rules.
   */
  readonly improved: boolean | null;
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
  readonly higher_is_better: boolean;
  /** The viewer sent it. */
  readonly own: boolean;
  readonly entry: {
    readonly id: string;
    readonly kind: 'entry' | 'baseline';
    readonly name: Localized;
  };
  readonly note: string;
  /** How the entrant asked for the inputs to be fed; what is absent was left to the task and the model. */
  readonly options: FeedOptions;
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
  /** While queued. */
  readonly queue: QueuePlace | null;
  /** While running; null where that could tell of hidden inputs. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly splits: readonly SplitResult[];
  /** Where the submission's entry stands on the public board now. */
  readonly rank: number | null;
  /** Whether that rank is by this submission. */
  readonly is_board_submission: boolean;
  /** Without text of the submission where it had seen a closed row and the viewer is its entrant. */
  readonly failure: Failure | null;
  /** What the run wrote; null where it is not the viewer's to read, or nothing was kept. */
  readonly log: { readonly text: string; readonly truncated: boolean } | null;
  /** Whether there is a receipt to download. */
  readonly has_receipt: boolean;
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
  /** Organizers may have a failed one evaluated again. */
  readonly can_retry: boolean;
  /** The team, and whoever audits, may have the files back. */
  readonly can_download: boolean;
}

const MIB = 1024 * 1024;

/** The submission's current evaluation. @throws AppError SUBMISSION_NOT_FOUND also when the viewer may not see it. */
export async function readResult(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer | null },
): Promise<ResultView> {
  const { db } = deps;
  const { viewer } = input;
  const visible = await selectVisibleSubmission(deps, input);
  const { submission, phase, entry, competition, organizes, audits, is_member: own } = visible;
  const evaluation = await selectEvaluationOfSubmission(db, submission.id);
  const { spec, version } = await readTaskSpec(deps, evaluation.task_version_id);
  const shown = shownSplits(phase, spec, viewer, deps.clock.now());
  const fullDetail = audits || hasFullDetail(phase, spec);
  // Nobody else ever reads it: the page, the API and their presenters never hold what is not shown.
  const runLog =
    audits || (isSampleOnly(phase, spec) && own)
      ? await selectOptionalRunLog(db, evaluation.id)
      : null;
  const failure = toFailure(evaluation.failure);
  const time = (at: string) => (fullDetail ? at : wholeSecond(at));
  const [boardRow] = await listBoardEntries(
    db,
    { phase_id: phase.id, split: phase.public_split },
    { entry_id: entry.id },
  );
  const trail = await listEvaluationEvents(db, evaluation.id);
  return {
    submission_id: submission.id,
    evaluation_id: evaluation.id,
    competition: { id: competition.id, slug: competition.slug, title: competition.title },
    phase: { id: phase.id, slug: phase.slug, title: phase.title },
    task_version_id: evaluation.task_version_id,
    task_version: version,
    classes: spec.output.classes,
    primary_metric: primaryMetric(spec),
    higher_is_better: getMetric(primaryMetric(spec)).higherIsBetter,
    own,
    entry: { id: entry.id, kind: entry.kind, name: entry.name },
    note: submission.note,
    options: submission.options,
    files: submission.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    artifact_sha256: submission.artifact_sha256,
    status: evaluation.status,
    attempt: evaluation.attempt,
    created_at: time(submission.created_at),
    started_at: evaluation.started_at === null ? null : time(evaluation.started_at),
    finished_at: evaluation.finished_at === null ? null : time(evaluation.finished_at),
    trail: trail.map((event) => ({ ...event, at: time(event.at) })),
    queue: evaluation.status === 'queued' ? await readQueuePlace(deps, evaluation) : null,
    progress:
      evaluation.status === 'running' &&
      evaluation.progress_total > 0 &&
      (audits || hasOpenProgress(phase, spec))
        ? { done: evaluation.progress_done, total: evaluation.progress_total }
        : null,
    splits: await readSplits(deps, { evaluation, phase, spec, shown, viewer }),
    rank: shown.includes(phase.public_split) ? (boardRow?.rank ?? null) : null,
    is_board_submission: boardRow?.evaluation_id === evaluation.id,
    failure:
      failure === null || runLog === null ? failure : { ...failure, params: runLog.failure_params },
    log: runLog === null ? null : { text: runLog.log, truncated: runLog.truncated },
    has_receipt: await hasReceipt(db, evaluation.id),
    costs_quota: evaluation.counts_quota,
    run: toRun(evaluation, fullDetail),
    can_cancel:
      (evaluation.status === 'queued' || evaluation.status === 'running') && (own || organizes),
    can_retry: evaluation.status === 'failed' && organizes,
    can_download: own || audits,
  };
}

async function readSplits(
  deps: Deps,
  of: {
    evaluation: Evaluation;
    phase: Phase;
    spec: TaskSpec;
    shown: readonly string[];
    viewer: Viewer | null;
  },
): Promise<SplitResult[]> {
  const { evaluation, phase, spec, shown, viewer } = of;
  const { id } = evaluation;
  const organizes = isOrganizer(viewer, phase.competition_id);
  const scores = await listScores(deps.db, { evaluation_ids: [id], splits: shown });
  const details = await listSplitDetails(deps.db, { evaluation_id: id, splits: shown });
  const release = await selectOptionalRelease(deps.db, id);
  return shown.flatMap((split) => {
    const detail = details.find((row) => row.split === split);
    if (detail === undefined) return [];
    const byRule = isReleasedByRule(phase, spec, split);
    const rule: ReleaseRule = byRule ? releaseRule(phase, spec) : { rule: 'full' };
    const isLadder = rule.rule === 'ladder' || rule.rule === 'ladder-free';
    const withConfusion = organizes || (spec.splits[split]?.detail === 'full' && !byRule);
    return {
      split,
      role: split === phase.public_split ? ('public' as const) : ('private' as const),
      rows: detail.rows,
      scores: scores
        .filter((row) => row.split === split)
        .map((row) => ({ metric: row.metric, ...scoreFor(phase, spec, row, viewer) })),
      release: rule,
      improved: isLadder ? release?.leader_evaluation_id === id : null,
      confusion: withConfusion ? (detail.detail?.confusion ?? null) : null,
    };
  });
}

/** As a time of its own: how long a run took to the millisecond would tell of the rows that it saw. */
function wholeSecond(iso: string): string {
  return `${iso.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
}

function toFailure(record: FailureRecord | null): Failure | null {
  if (record === null) return null;
  // A row may be older than the catalogue.
  const reason = isFailureReason(record.reason) ? record.reason : 'internal';
  const code = FAILURE_REASONS[reason];
  return { kind: FAILURE_CODES[code], code, reason, params: record.params };
}

function toRun({ run }: Evaluation, fullDetail: boolean): ResultView['run'] {
  if (run === null) return null;
  const { engine, isolation, seed, times, peak_memory_bytes } = run;
  return {
    engine,
    isolation,
    times: fullDetail
      ? { total_ms: Math.round(times.total_ms), predict_ms: Math.round(times.predict_ms) }
      : { total_ms: Math.ceil(times.total_ms / 1000) * 1000, predict_ms: null },
    peak_memory_mb:
      fullDetail && peak_memory_bytes !== null ? Math.round(peak_memory_bytes / MIB) : null,
    seed: fullDetail ? seed : null,
  };
}
