import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { parseJson } from '../lib/json.ts';

const Isolation = z.object({
  level: z.enum(['full', 'partial', 'process']),
  notes: z.array(z.string()),
  /** What its self-test found at its start; null where none was made. */
  checks: z
    .array(z.object({ name: z.string(), holds: z.boolean(), detail: z.string(), fix: z.string() }))
    .nullable()
    .default(null),
});

export interface WorkerRecord {
  readonly id: string;
  readonly pid: number;
  readonly started_at: string;
  readonly seen_at: string;
  readonly stopped_at: string | null;
  readonly isolation: z.output<typeof Isolation>;
}

/** A worker that starts. */
export async function insertWorker(
  db: Db,
  worker: Omit<WorkerRecord, 'seen_at' | 'stopped_at'>,
): Promise<void> {
  const { isolation, ...columns } = worker;
  await db
    .insertInto('workers')
    .values({
      ...columns,
      seen_at: worker.started_at,
      stopped_at: null,
      isolation_json: JSON.stringify(isolation),
    })
    .execute();
}

export async function updateWorkerSeen(db: Db, id: string, seen_at: string): Promise<void> {
  await db.updateTable('workers').set({ seen_at }).where('id', '=', id).execute();
}

export async function updateWorkerStopped(db: Db, id: string, stopped_at: string): Promise<void> {
  await db
    .updateTable('workers')
    .set({ stopped_at })
    .where('id', '=', id)
    .where('stopped_at', 'is', null)
    .execute();
}

/** Running ones, newest first. */
export async function listWorkers(db: Db): Promise<WorkerRecord[]> {
  const rows = await db
    .selectFrom('workers')
    .selectAll()
    .where('stopped_at', 'is', null)
    .orderBy('started_at', 'desc')
    .execute();
  return rows.map(({ isolation_json, ...row }) => ({
    ...row,
    isolation: parseJson(Isolation, isolation_json),
  }));
}

/** Null before the worker has announced itself and after it has stopped. */
export async function selectOptionalWorkerSeen(db: Db, id: string): Promise<string | null> {
  const row = await db
    .selectFrom('workers')
    .select('seen_at')
    .where('id', '=', id)
    .where('stopped_at', 'is', null)
    .executeTakeFirst();
  return row?.seen_at ?? null;
}
