import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { newIdAfter } from '../lib/ids.ts';
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

/** In a transaction: ids follow the order of what happened, whatever the clock says. */
export async function insertEvaluationEvent(
  db: Db,
  event: Omit<EvaluationEvent, 'id'>,
): Promise<void> {
  const { detail, ...columns } = event;
  const { last } = await db
    .selectFrom('evaluation_events')
    .select((eb) => eb.fn.max<string | null>('id').as('last'))
    .where('evaluation_id', '=', event.evaluation_id)
    .executeTakeFirstOrThrow();
  await db
    .insertInto('evaluation_events')
    .values({ ...columns, id: newIdAfter(last ?? ''), detail_json: JSON.stringify(detail) })
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
    .orderBy('id')
    .execute();
  return rows.map(({ at, event, detail_json }) => ({
    at,
    event,
    detail: parseJson(Detail, detail_json),
  }));
}
