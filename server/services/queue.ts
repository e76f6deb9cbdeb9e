/** The queue as people see it: places, estimates, and what administrators may do about it. */
import type { Deps } from '../deps.ts';
import {
  listFailuresByUs,
  listRecentDurations,
  listUnfinished,
  type Evaluation,
  type ListedEvaluation,
} from '../models/evaluations.ts';
import { requireAdmin, type Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
import { listLiveWorkers } from './workers.ts';

/** Where a waiting evaluation stands. */
export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  /** Until its end; null where nothing is known to tell it from, or nothing is claimed now. */
  readonly estimate_s: number | null;
  /** An administrator holds the queue. */
  readonly paused: boolean;
}

export interface QueueState {
  readonly paused: boolean;
  /** Running ones first, then in the order of their turn; `LISTED` at most. */
  readonly unfinished: readonly ListedEvaluation[];
  /** What the platform failed, newest first. */
  readonly failures: readonly ListedEvaluation[];
}

/** Evaluations whose median duration the estimate is made from. */
const DURATIONS = 20;
const LISTED = 50;
const LISTED_FAILURES = 20;

/** Whether an administrator holds it. */
export async function isQueuePaused(deps: Deps): Promise<boolean> {
  return deps.queue.isPaused();
}

/** Null once the evaluation is not waiting any more. */
export async function readQueuePlace(
  deps: Deps,
  { id, task_version_id }: Pick<Evaluation, 'id' | 'task_version_id'>,
): Promise<QueuePlace | null> {
  const place = await deps.queue.position(id);
  if (place === null) return null;
  const { position, running } = place;
  const paused = await deps.queue.isPaused();
  const median_ms = paused ? null : await medianDuration(deps, task_version_id);
  const workers = await listLiveWorkers(deps);
  if (median_ms === null || workers.length === 0) return { position, estimate_s: null, paused };
  const slots = workers.length * deps.config.WORKER_CONCURRENCY;
  // Those running are half done on average; the last term is the evaluation itself.
  const turns = (position - 1 + running / 2) / slots + 1;
  return { position, estimate_s: Math.max(1, Math.ceil((turns * median_ms) / 1000)), paused };
}

/** Of the task's evaluations that ended last; of any task's where that one has none. */
async function medianDuration(deps: Deps, task_version_id: string): Promise<number | null> {
  for (const filter of [{ task_version_id }, {}]) {
    const durations = (await listRecentDurations(deps.db, { ...filter, limit: DURATIONS }))
      .map(({ started_at, finished_at }) => Date.parse(finished_at) - Date.parse(started_at))
      // Where the clock was set meanwhile.
      .filter((ms) => ms >= 0)
      .sort((left, right) => left - right);
    const median = durations[Math.floor(durations.length / 2)];
    if (median !== undefined) return median;
  }
  return null;
}

/** @throws AppError NOT_FOUND for everybody but administrators. */
export async function readQueueState(deps: Deps, viewer: Viewer | null): Promise<QueueState> {
  requireAdmin(viewer);
  return {
    paused: await deps.queue.isPaused(),
    unfinished: await listUnfinished(deps.db, LISTED),
    failures: await listFailuresByUs(deps.db, LISTED_FAILURES),
  };
}

/**
 * Draining: workers finish what they run and claim nothing more, until it is undone. Submissions are still
 * taken, and wait. Harmless to repeat.
 *
 * @throws AppError NOT_FOUND for everybody but administrators.
 */
export async function setQueuePaused(
  deps: Deps,
  { viewer, paused }: { viewer: Viewer | null; paused: boolean },
): Promise<void> {
  const admin = requireAdmin(viewer);
  await deps.db.transaction().execute(async (trx) => {
    if (!(await deps.queue.setPaused(trx, paused))) return;
    await recordAudit(deps, trx, {
      actor_id: admin.id,
      action: paused ? 'queue.drained' : 'queue.resumed',
      subject: 'queue',
      subject_id: 'site',
    });
  });
}
