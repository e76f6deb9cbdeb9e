import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { parseJson } from '../lib/json.ts';

const Detail = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export interface AuditEvent {
  readonly id: string;
  readonly at: string;
  /** Null: the platform itself. */
  readonly actor_id: string | null;
  readonly action: string;
  readonly subject: string;
  readonly subject_id: string;
  readonly detail: Readonly<Record<string, string | number | null>>;
}

/** Append only: there is no update and no delete. */
export async function insertAuditEvent(db: Db, event: AuditEvent): Promise<void> {
  const { detail, ...columns } = event;
  await db
    .insertInto('audit_events')
    .values({ ...columns, detail_json: JSON.stringify(detail) })
    .execute();
}

/** Of one subject, oldest first. */
export async function listAuditEvents(
  db: Db,
  filter: { subject: string; subject_id: string },
): Promise<AuditEvent[]> {
  const rows = await db
    .selectFrom('audit_events')
    .selectAll()
    .where('subject', '=', filter.subject)
    .where('subject_id', '=', filter.subject_id)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(({ detail_json, ...row }) => ({
    ...row,
    detail: parseJson(Detail, detail_json),
  }));
}
