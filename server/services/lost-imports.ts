import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { timestamp } from '../lib/clock.ts';
import { updateTaskImportEnded, updateTaskImportStatus } from '../models/task-imports.ts';

/**
 * What becomes of the import of a task whose attempt was lost: it waits again, or, after the last attempt, has
 * failed. The fault is ours and not the organizer's: the bundle can be sent again.
 */
export async function loseImport(
  deps: Pick<Deps, 'clock'>,
  trx: Db,
  id: string,
  outcome: 'retry' | 'dead',
): Promise<void> {
  if (outcome === 'retry') {
    await updateTaskImportStatus(trx, id, 'waiting');
    return;
  }
  await updateTaskImportEnded(trx, {
    id,
    status: 'failed',
    problems: [],
    task_version_id: null,
    finished_at: timestamp(deps.clock),
  });
}
