import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type ItemResultsRow = Database['item_results'];

export async function insertItemResults(db: Db, row: ItemResultsRow): Promise<void> {
  await db.insertInto('item_results').values(row).execute();
}

/** Of one metric on one split, for any of the evaluations that have them. */
export async function listItemResults(
  db: Db,
  filter: { evaluation_ids: readonly string[]; split: string; metric: string },
): Promise<ItemResultsRow[]> {
  if (filter.evaluation_ids.length === 0) return [];
  return db
    .selectFrom('item_results')
    .selectAll()
    .where('evaluation_id', 'in', filter.evaluation_ids)
    .where('split', '=', filter.split)
    .where('metric', '=', filter.metric)
    .execute();
}
