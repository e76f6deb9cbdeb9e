import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { parseJson } from '../lib/json.ts';

const Detail = z.record(z.string(), z.union([z.string(), z.number()]));

export interface EvaluationEvent {
  readonly id: string;
  readonly evaluation_id: string;
  readonly at: string;
  readonly event:
    'received' | 'queued' | 'running' | 'retried' | 'succeeded' | 'failed' | 'cancelled';
  readonly detail: Readonly<Record<string, string | number>>;
}

export async function insertEvaluationEvent(db: Db, event: EvaluationEvent): Promise<void> {
  const { detail, ...columns } = event;
  await db
    .insertInto('evaluation_events')
    .values({ ...columns, detail_json: JSON.stringify(detail) })
    .execute();
}

/** Oldest first. */
export async function listEvaluationEvents(
  db: Db,
  evaluationId: string,
): Promise<{ at: string; event: string; detail: Record<string, string | number> }[]> {
  const rows = await db
    .selectFrom('evaluation_events')
    .selectAll()
    .where('evaluation_id', '=', evaluationId)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(({ at, event, detail_json }) => ({
    at,
    event,
    detail: parseJson(Detail, detail_json),
  }));
}
