import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { parseJson } from '../lib/json.ts';

const Status = z.enum(['waiting', 'checking', 'imported', 'refused', 'failed']);
const Problems = z.array(
  z.object({
    /** Of `FAILURE_REASONS`. */
    reason: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
);

/** A task bundle on its way: `refused` has reasons that its author can mend, `failed` is our fault. */
export interface TaskImport {
  readonly id: string;
  readonly competition_id: string;
  readonly user_id: string;
  /** As the organizer named it. */
  readonly file_name: string;
  /** Null once the bundle, of no more use, is removed. */
  readonly storage_key: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly status: z.output<typeof Status>;
  readonly problems: z.output<typeof Problems>;
  readonly task_version_id: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

function parse({ status, problems_json, ...row }: Database['task_imports']): TaskImport {
  return {
    ...row,
    status: Status.parse(status),
    problems: parseJson(Problems, problems_json),
  };
}

export async function insertTaskImport(db: Db, row: TaskImport): Promise<void> {
  const { problems, ...columns } = row;
  await db
    .insertInto('task_imports')
    .values({ ...columns, problems_json: JSON.stringify(problems) })
    .execute();
}

/** @throws AppError NOT_FOUND */
export async function selectTaskImport(db: Db, id: string): Promise<TaskImport> {
  const row = await db
    .selectFrom('task_imports')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('NOT_FOUND', { detail: id });
  return parse(row);
}

/** Newest first. */
export async function listTaskImports(
  db: Db,
  filter: { competition_id: string; limit: number },
): Promise<TaskImport[]> {
  const rows = await db
    .selectFrom('task_imports')
    .selectAll()
    .where('competition_id', '=', filter.competition_id)
    .orderBy('id', 'desc')
    .limit(filter.limit)
    .execute();
  return rows.map(parse);
}

export async function updateTaskImportStatus(
  db: Db,
  id: string,
  status: 'waiting' | 'checking',
): Promise<void> {
  await db
    .updateTable('task_imports')
    .set({ status })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

export async function updateTaskImportEnded(
  db: Db,
  end: Pick<TaskImport, 'id' | 'problems' | 'task_version_id'> & {
    status: 'imported' | 'refused' | 'failed';
    finished_at: string;
  },
): Promise<void> {
  const { id, problems, ...columns } = end;
  await db
    .updateTable('task_imports')
    .set({ ...columns, problems_json: JSON.stringify(problems) })
    .where('id', '=', id)
    .execute();
}

/** Imports that have ended and whose bundle is still stored. */
export async function listSpentImports(db: Db): Promise<TaskImport[]> {
  const rows = await db
    .selectFrom('task_imports')
    .selectAll()
    .where('finished_at', 'is not', null)
    .where('storage_key', 'is not', null)
    .orderBy('id')
    .execute();
  return rows.map(parse);
}

export async function listUnfinishedImportIds(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('task_imports')
    .select('id')
    .where('finished_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

export async function updateTaskImportRemoved(db: Db, id: string): Promise<void> {
  await db.updateTable('task_imports').set({ storage_key: null }).where('id', '=', id).execute();
}
