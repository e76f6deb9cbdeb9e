import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type ScoreRow = Database['scores'];

/** PostgreSQL takes 65,535 parameters in a statement and SQLite 32,766; ids of a page are far fewer. */
export async function insertScores(db: Db, scores: readonly ScoreRow[]): Promise<void> {
  if (scores.length > 0) await db.insertInto('scores').values(scores).execute();
}

/** Of the named splits only: what a reader may not see is never read. */
export async function listScores(
  db: Db,
  filter: { evaluation_ids: readonly string[]; splits: readonly string[] },
): Promise<ScoreRow[]> {
  if (filter.evaluation_ids.length === 0 || filter.splits.length === 0) return [];
  return db
    .selectFrom('scores')
    .selectAll()
    .where('evaluation_id', 'in', filter.evaluation_ids)
    .where('split', 'in', filter.splits)
    .execute();
}
