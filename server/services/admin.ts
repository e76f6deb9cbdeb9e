/** What those who run the site need to see of it at a glance. */
import type { Deps } from '../deps.ts';
import { timestamp } from '../lib/clock.ts';
import { freeBytes } from '../lib/machine.ts';
import { countEvaluations } from '../models/evaluations.ts';
import { sumSubmittedFiles } from '../models/submissions.ts';
import { listUnfinishedImportIds } from '../models/task-imports.ts';
import type { WorkerRecord } from '../models/workers.ts';
import { requireAdmin, type Viewer } from './access.ts';
import { readQueueState, type QueueState } from './queue.ts';
import { listLiveWorkers } from './workers.ts';

export interface SiteState {
  readonly workers: readonly WorkerRecord[];
  readonly queue: QueueState;
  /** Tasks that organizers sent, which wait or are being checked. */
  readonly imports: number;
  /** Evaluations that wait and run now, and those that ended within a day. */
  readonly evaluations: Awaited<ReturnType<typeof countEvaluations>>;
  readonly storage: {
    readonly submissions: number;
    /** Of all submitted files. */
    readonly bytes: number;
    /** Left where the data folder is; null where it cannot be told. */
    readonly free_bytes: number | null;
  };
  /** Which key signs receipts now. */
  readonly key_id: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** @throws AppError NOT_FOUND for everybody but administrators: there is nothing to find for them. */
export async function readSiteState(deps: Deps, viewer: Viewer | null): Promise<SiteState> {
  requireAdmin(viewer);
  return {
    workers: await listLiveWorkers(deps),
    queue: await readQueueState(deps, viewer),
    imports: (await listUnfinishedImportIds(deps.db)).length,
    evaluations: await countEvaluations(deps.db, { ended_since: timestamp(deps.clock, -DAY_MS) }),
    storage: {
      ...(await sumSubmittedFiles(deps.db)),
      free_bytes: await freeBytes(deps.config.DATA_DIR),
    },
    key_id: deps.signingKey.key_id,
  };
}
