import type { Selectable } from 'kysely';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type TaskRow = Selectable<Database['tasks']>;

/** Inserts, or moves a task of that name to the folder. @returns its id. */
export async function upsertTask(db: Db, task: Omit<TaskRow, 'competition_id'>): Promise<string> {
  const { id } = await db
    .insertInto('tasks')
    .values(task)
    .onConflict((oc) => oc.column('name').doUpdateSet({ folder: task.folder }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A task of an organizer. The folder is that of each version. */
export async function insertTask(db: Db, task: TaskRow): Promise<void> {
  await db.insertInto('tasks').values(task).execute();
}

export async function selectOptionalTaskByName(db: Db, name: string): Promise<TaskRow | null> {
  const row = await db.selectFrom('tasks').selectAll().where('name', '=', name).executeTakeFirst();
  return row ?? null;
}
