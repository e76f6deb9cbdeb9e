import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { AppError } from '../errors.ts';
import { parseJson } from '../lib/json.ts';

export interface TaskVersion {
  readonly id: string;
  readonly task_id: string;
  readonly task_name: string;
  readonly folder: string;
  readonly version: string;
  /** As `task.yaml` said it; its own schema is the tasks' room. */
  readonly spec: unknown;
  readonly split_hashes: Readonly<Record<string, string>>;
}

const SplitHashes = z.record(z.string(), z.string());

/** Inserts unless the task has that version. @returns the version's id. */
export async function upsertTaskVersion(
  db: Db,
  version: {
    id: string;
    task_id: string;
    version: string;
    spec: object;
    split_hashes: Readonly<Record<string, string>>;
    created_at: string;
    /** Null: that of the task. */
    folder?: string | null;
  },
): Promise<string> {
  const { spec, split_hashes, ...columns } = version;
  await db
    .insertInto('task_versions')
    .values({
      ...columns,
      spec_json: JSON.stringify(spec),
      split_hashes_json: JSON.stringify(split_hashes),
    })
    .onConflict((oc) => oc.columns(['task_id', 'version']).doNothing())
    .execute();
  const { id } = await db
    .selectFrom('task_versions')
    .select('id')
    .where('task_id', '=', version.task_id)
    .where('version', '=', version.version)
    .executeTakeFirstOrThrow();
  return id;
}

/** @throws AppError TASK_NOT_FOUND */
export async function selectTaskVersion(db: Db, id: string): Promise<TaskVersion> {
  const row = await db
    .selectFrom('task_versions')
    .innerJoin('tasks', 'tasks.id', 'task_versions.task_id')
    .selectAll('task_versions')
    .select(['tasks.name as task_name', 'tasks.folder as task_folder'])
    .where('task_versions.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('TASK_NOT_FOUND', { detail: id });
  const { spec_json, split_hashes_json, task_folder, folder, ...columns } = row;
  return {
    ...columns,
    folder: folder ?? task_folder,
    spec: JSON.parse(spec_json) as unknown,
    split_hashes: parseJson(SplitHashes, split_hashes_json),
  };
}

export interface ListedTaskVersion {
  readonly id: string;
  readonly task_name: string;
  readonly version: string;
  readonly spec: unknown;
  readonly created_at: string;
  /** The competition whose organizers brought the task; null: the site's. */
  readonly competition_id: string | null;
}

/** Of every task, by name and from new to old. */
export async function listTaskVersions(db: Db): Promise<ListedTaskVersion[]> {
  const rows = await db
    .selectFrom('task_versions')
    .innerJoin('tasks', 'tasks.id', 'task_versions.task_id')
    .select([
      'task_versions.id as id',
      'task_versions.version as version',
      'task_versions.spec_json as spec_json',
      'task_versions.created_at as created_at',
      'tasks.name as task_name',
      'tasks.competition_id as competition_id',
    ])
    .orderBy('tasks.name')
    .orderBy('task_versions.id', 'desc')
    .execute();
  return rows.map(({ spec_json, ...row }) => ({ ...row, spec: JSON.parse(spec_json) as unknown }));
}
