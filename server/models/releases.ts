import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type ReleaseRow = Database['releases'];

export async function insertRelease(db: Db, row: ReleaseRow): Promise<void> {
  await db.insertInto('releases').values(row).execute();
}

export async function selectOptionalRelease(
  db: Db,
  evaluationId: string,
): Promise<ReleaseRow | null> {
  const row = await db
    .selectFrom('releases')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .executeTakeFirst();
  return row ?? null;
}

export async function selectOptionalLastRelease(
  db: Db,
  of: { phase_id: string; entry_id: string },
): Promise<ReleaseRow | null> {
  const row = await db
    .selectFrom('releases')
    .selectAll()
    .where('phase_id', '=', of.phase_id)
    .where('entry_id', '=', of.entry_id)
    .orderBy('turn', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Of a phase, or of one entry in it, in the order of their turns. */
export async function listReleases(
  db: Db,
  of: { phase_id: string; entry_id?: string | undefined },
): Promise<ReleaseRow[]> {
  const query = db
    .selectFrom('releases')
    .selectAll()
    .where('phase_id', '=', of.phase_id)
    .orderBy('entry_id')
    .orderBy('turn');
  return (of.entry_id === undefined ? query : query.where('entry_id', '=', of.entry_id)).execute();
}

export async function updateReleaseLeader(
  db: Db,
  release: Pick<ReleaseRow, 'evaluation_id' | 'leader_evaluation_id'>,
): Promise<void> {
  await db
    .updateTable('releases')
    .set({ leader_evaluation_id: release.leader_evaluation_id })
    .where('evaluation_id', '=', release.evaluation_id)
    .execute();
}
