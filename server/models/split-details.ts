import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { parseJson } from '../lib/json.ts';

const Detail = z.object({ confusion: z.array(z.number()) }).nullable();

export interface SplitDetail {
  readonly evaluation_id: string;
  readonly split: string;
  readonly rows: number;
  /** What the task's kind draws on the result page. */
  readonly detail: { readonly confusion: readonly number[] } | null;
}

export async function insertSplitDetail(db: Db, row: SplitDetail): Promise<void> {
  const { detail, ...columns } = row;
  await db
    .insertInto('split_details')
    .values({ ...columns, detail_json: JSON.stringify(detail) })
    .execute();
}

/** Of the named splits only: what a reader may not see is never read. */
export async function listSplitDetails(
  db: Db,
  filter: { evaluation_id: string; splits: readonly string[] },
): Promise<SplitDetail[]> {
  if (filter.splits.length === 0) return [];
  const rows = await db
    .selectFrom('split_details')
    .selectAll()
    .where('evaluation_id', '=', filter.evaluation_id)
    .where('split', 'in', filter.splits)
    .execute();
  return rows.map(({ detail_json, ...row }) => ({
    ...row,
    detail: parseJson(Detail, detail_json),
  }));
}

/** Row count of a split by evaluation of a phase. */
export async function listSplitRows(
  db: Db,
  of: { phase_id: string; split: string },
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('split_details as d')
    .innerJoin('evaluations as v', 'v.id', 'd.evaluation_id')
    .select(['d.evaluation_id', 'd.rows'])
    .where('v.phase_id', '=', of.phase_id)
    .where('d.split', '=', of.split)
    .execute();
  return new Map(rows.map((row) => [row.evaluation_id, row.rows]));
}
