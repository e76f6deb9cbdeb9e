/** What the tables name outside of the database: stored files and folders of tasks. */
import type { Db } from '../db/connect.ts';
import { parseFiles, type Submission } from './submissions.ts';

/** The files of all submissions, a page after the id `after`. */
export async function listSubmittedFiles(
  db: Db,
  { after, limit }: { after: string; limit: number },
): Promise<Pick<Submission, 'id' | 'files'>[]> {
  const rows = await db
    .selectFrom('submissions')
    .select(['id', 'files_json'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id, files_json }) => ({ id, files: parseFiles(files_json) }));
}

/** Keys of task bundles that wait to be imported. */
export async function listBundleKeys(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('task_imports')
    .select('storage_key')
    .where('storage_key', 'is not', null)
    .$narrowType<{ storage_key: string }>()
    .execute();
  return rows.map(({ storage_key }) => storage_key);
}

/** As the table of tasks says it. */
export async function listTaskFolders(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('tasks').select('folder').orderBy('folder').execute();
  return rows.map(({ folder }) => folder);
}
