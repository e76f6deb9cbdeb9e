import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { parseJson } from '../lib/json.ts';

const Params = z.record(z.string(), z.union([z.string(), z.number()]));

export interface RunLogRecord {
  readonly evaluation_id: string;
  /** Standard output and error of the run: text of the submission, cleaned and bounded. */
  readonly log: string;
  readonly truncated: boolean;
  /** Every parameter of its failure; empty without one. */
  readonly failure_params: z.output<typeof Params>;
}

export async function insertRunLog(db: Db, record: RunLogRecord): Promise<void> {
  const { failure_params, truncated, ...columns } = record;
  await db
    .insertInto('run_logs')
    .values({
      ...columns,
      truncated: truncated ? 1 : 0,
      failure_params_json: JSON.stringify(failure_params),
    })
    .execute();
}

export async function selectOptionalRunLog(
  db: Db,
  evaluationId: string,
): Promise<RunLogRecord | null> {
  const row = await db
    .selectFrom('run_logs')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { failure_params_json, truncated, ...columns } = row;
  return {
    ...columns,
    truncated: truncated === 1,
    failure_params: parseJson(Params, failure_params_json),
  };
}
