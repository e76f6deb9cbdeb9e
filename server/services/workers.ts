import type { IsolationReport } from '../../sandbox/request.ts';
import type { Deps } from '../deps.ts';
import { timestamp } from '../lib/clock.ts';
import {
  insertWorker,
  listWorkers,
  selectOptionalWorkerSeen,
  updateWorkerSeen,
  updateWorkerStopped,
  type WorkerRecord,
} from '../models/workers.ts';
import { recoverWorker } from './evaluations.ts';

/** Three signs of life. */
const LATELY_MS = 15_000;
/** Workers report every few seconds; their start, a busy machine or a large split may hold them up. */
const LEAST_PATIENCE_MS = 5 * 60_000;

/** A worker announces itself with the isolation that its runs will have. */
export async function registerWorker(
  deps: Deps,
  worker: { id: string; pid: number; isolation: IsolationReport },
): Promise<void> {
  const { level, notes } = worker.isolation;
  const checks = deps.selfTest?.checks.map((check) => ({ ...check })) ?? null;
  await insertWorker(deps.db, {
    id: worker.id,
    pid: worker.pid,
    started_at: timestamp(deps.clock),
    isolation: { level, notes: [...notes], checks },
  });
}

export async function reportWorkerAlive(deps: Deps, workerId: string): Promise<void> {
  await updateWorkerSeen(deps.db, workerId, timestamp(deps.clock));
}

/** Gracefully stopped or found dead: its jobs, if any, go back to the queue. @returns how many. */
export async function retireWorker(deps: Deps, workerId: string): Promise<number> {
  await updateWorkerStopped(deps.db, workerId, timestamp(deps.clock));
  return recoverWorker(deps, workerId);
}

/** Workers that have been heard of lately, newest first. */
export async function listLiveWorkers(deps: Deps): Promise<WorkerRecord[]> {
  const oldest = timestamp(deps.clock, -Math.max(2 * deps.config.JOB_LEASE_MS, LATELY_MS));
  return (await listWorkers(deps.db)).filter(({ seen_at }) => seen_at >= oldest);
}

/**
 * Watches one worker by a clock that nobody can set.
 *
 * @returns a function that tells whether nothing new has been heard of the worker for so long that it must be
 *   stuck, also before it announced itself.
 */
export function watchWorker(
  deps: Deps,
  workerId: string,
  patience_ms = Math.max(2 * deps.config.JOB_LEASE_MS, LEAST_PATIENCE_MS),
): () => Promise<boolean> {
  let last: string | null = null;
  let heardAt = performance.now();
  return async () => {
    const seen = await selectOptionalWorkerSeen(deps.db, workerId);
    if (seen !== last) {
      last = seen;
      heardAt = performance.now();
    }
    const patience = last === null ? LEAST_PATIENCE_MS : patience_ms;
    return performance.now() - heardAt > patience;
  };
}
