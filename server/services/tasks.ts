import { randomBytes } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';

import { EvaluationFailure } from '../../sandbox/failure.ts';
import { loadTask } from '../../tasks/load.ts';
import type { Task, TaskSpec } from '../../tasks/task.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { insertSettingOnce } from '../models/settings.ts';
import { selectTaskVersion, upsertTaskVersion } from '../models/task-versions.ts';
import { insertTask, selectOptionalTaskByName, upsertTask } from '../models/tasks.ts';

/** Opens the folder, preparing its data when missing, and stores task and version if they are new. */
export async function registerTask(
  deps: Deps,
  input: { folder: string; onProgress?: (message: string) => void },
): Promise<{ task_id: string; task_version_id: string; spec: TaskSpec }> {
  const { PROJECT_DIR } = deps.config;
  const folder = resolve(PROJECT_DIR, input.folder);
  const salt = await readTaskSalt(deps.db);
  const task = await loadTask(folder, { onProgress: input.onProgress, salt });
  const inProject = relative(PROJECT_DIR, folder);
  // Relative within the checkout, so that the checkout may be moved.
  const stored = inProject.startsWith('..') || isAbsolute(inProject) ? folder : inProject;
  const created_at = timestamp(deps.clock);
  const ids = await deps.db.transaction().execute(async (trx) => {
    const task_id = await upsertTask(trx, {
      id: newId(),
      name: task.spec.name,
      folder: stored,
      created_at,
    });
    const task_version_id = await upsertTaskVersion(trx, {
      id: newId(),
      task_id,
      version: task.version,
      spec: task.spec,
      split_hashes: task.splitHashes,
      created_at,
    });
    return { task_id, task_version_id };
  });
  deps.tasks.set(ids.task_version_id, Promise.resolve(task));
  return { ...ids, spec: task.spec };
}

/**
 * Cached. For downloads and for evaluations.
 *
 * @throws EvaluationFailure `task-invalid` when the folder's content is of another version by now.
 */
export async function openTask(deps: Deps, taskVersionId: string): Promise<Task> {
  const known = deps.tasks.get(taskVersionId);
  if (known !== undefined) return known;
  const opening = open(deps, taskVersionId);
  deps.tasks.set(taskVersionId, opening);
  try {
    return await opening;
  } catch (error) {
    deps.tasks.delete(taskVersionId);
    throw error;
  }
}

async function open(deps: Deps, taskVersionId: string): Promise<Task> {
  const stored = await selectTaskVersion(deps.db, taskVersionId);
  const salt = await readTaskSalt(deps.db);
  const task = await loadTask(folderOf(deps, stored.folder), { salt });
  // Versions that were registered before there was a salt are hashes of the content.
  if (task.version !== stored.version && task.contentHash !== stored.version) {
    throw new EvaluationFailure('task-invalid', {
      file: 'task.yaml',
      key: 'version',
      expected: stored.version.slice(0, 12),
      received: task.version.slice(0, 12),
    });
  }
  return task;
}

/** Folder of a task whose content is kept in the data folder; it may be moved as a whole. */
const IN_DATA = 'data:';

function folderOf({ config }: Deps, stored: string): string {
  return stored.startsWith(IN_DATA)
    ? resolve(config.DATA_DIR, stored.slice(IN_DATA.length))
    : resolve(config.PROJECT_DIR, stored);
}

/** Folder in `DATA_DIR/tasks` that a command copies a task into before it knows the version. */
export const COPY_ROOM = '.copying-';

/** Absolute; opens nothing. */
export async function findTaskFolder(deps: Deps, taskVersionId: string): Promise<string> {
  return folderOf(deps, (await selectTaskVersion(deps.db, taskVersionId)).folder);
}

/** The task of another competition, or of the site, has this name. */
export class TaskNameTaken extends Error {
  readonly taskName: string;

  constructor(taskName: string) {
    super(`there is another task called ${taskName}`);
    this.name = 'TaskNameTaken';
    this.taskName = taskName;
  }
}

/**
 * Registers a task that the organizers of a competition brought. Each version has a folder of its own.
 *
 * @param input.place moves the folder to where it stays and says how that is stored.
 * @throws TaskNameTaken, and as `loadTask` does.
 */
export async function registerTaskOf(
  deps: Deps,
  input: {
    folder: string;
    competition_id: string;
    place: (name: string, version: string) => Promise<string>;
  },
): Promise<{ task_version_id: string; spec: TaskSpec }> {
  const { spec, version, splitHashes } = await loadTask(input.folder, {
    salt: await readTaskSalt(deps.db),
  });
  const { competition_id } = input;
  const checkName = async (db: Db) => {
    const known = await selectOptionalTaskByName(db, spec.name);
    if (known !== null && known.competition_id !== competition_id) {
      throw new TaskNameTaken(spec.name);
    }
    return known;
  };
  await checkName(deps.db);
  const folder = await input.place(spec.name, version);
  const created_at = timestamp(deps.clock);
  const task_version_id = await deps.db.transaction().execute(async (trx) => {
    const known = await checkName(trx);
    const task_id = known?.id ?? newId();
    if (known === null) {
      await insertTask(trx, { id: task_id, name: spec.name, folder, created_at, competition_id });
    }
    const split_hashes = splitHashes;
    return upsertTaskVersion(trx, {
      id: newId(),
      task_id,
      version,
      spec,
      split_hashes,
      created_at,
      folder,
    });
  });
  // Its files may have been moved under whoever had it open.
  deps.tasks.delete(task_version_id);
  return { task_version_id, spec };
}

/** Made once, and kept in the database, so that workers on other machines give a task the same version. */
async function readTaskSalt(db: Db): Promise<string> {
  return insertSettingOnce(db, 'task_salt', randomBytes(32).toString('hex'));
}

/** What `task.yaml` said when the version was registered; opens no data. */
export async function readTaskSpec(
  deps: Pick<Deps, 'db'>,
  taskVersionId: string,
): Promise<{ spec: TaskSpec; version: string }> {
  const { spec, version } = await selectTaskVersion(deps.db, taskVersionId);
  // Written by registerTask from a spec that the task loader had checked.
  return { spec: spec as TaskSpec, version };
}

export function primaryMetric(spec: TaskSpec): string {
  const metric = spec.metrics.find(({ primary }) => primary) ?? spec.metrics[0];
  if (metric === undefined) throw new Error(`task ${spec.name} has no metric`);
  return metric.name;
}
