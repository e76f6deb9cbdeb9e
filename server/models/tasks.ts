import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type TaskRow = Database['tasks'];

/** Inserts, or moves a task of that name to the folder. @returns its id. */
export async function upsertTask(db: Db, task: TaskRow): Promise<string> {
  const { id } = await db
    .insertInto('tasks')
    .values(task)
    .onConflict((oc) => oc.column('name').doUpdateSet({ folder: task.folder }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
