/** Task bundles that organizers send: stored by the web process, opened by a worker's child, never by the web. */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { isFailureReason, sanitizeText } from '../../sandbox/failure.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import {
  insertTaskImport,
  listSpentImports,
  listTaskImports,
  listUnfinishedImportIds,
  selectTaskImport,
  updateTaskImportEnded,
  updateTaskImportRemoved,
  updateTaskImportStatus,
  type TaskImport,
} from '../models/task-imports.ts';
import type { Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
import { RunStopped, type AttemptOutcome } from './evaluations.ts';
import { loseImport } from './lost-imports.ts';
import { selectOwn } from './organizing.ts';
import type { SubmittedFile } from './submissions.ts';
import { COPY_ROOM, TaskNameTaken, registerTaskOf } from './tasks.ts';

const LISTED = 20;
const COPY = 'bundle.zip';
/** Folder that a bundle is unpacked into; the id of its import follows. */
const ROOM = '.incoming-';
/** No command copies a task for so long. */
const LONGEST_COPY_MS = 24 * 60 * 60 * 1000;
const MIB = 1024 * 1024;
const LINT = fileURLToPath(new URL('../../tasks/lint-process.ts', import.meta.url));
/** A bundle may inflate to this many times the cap on its upload. */
const INFLATION = 4;
const WATCH_EVERY_MS = 200;
const LONGEST_ANSWER = 1024 * 1024;

const Failures = z.array(
  z.object({
    reason: z.string().refine(isFailureReason),
    params: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
);
const Answer = z.object({ folder: z.string().nullable(), problems: Failures, warnings: Failures });
type Problems = TaskImport['problems'];

/** Newest first, 20 at most. */
export async function listImports(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<TaskImport[]> {
  const { competition } = await selectOwn(deps, input);
  return listTaskImports(deps.db, { competition_id: competition.id, limit: LISTED });
}

/**
 * Queues one stored file to be looked at. Files are removed from the storage when they are refused.
 *
 * @throws AppError NOT_FOUND, TASK_NOT_A_ZIP
 */
export async function sendTaskBundle(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null; files: readonly SubmittedFile[] },
): Promise<{ import_id: string }> {
  const { files } = input;
  try {
    const { competition, viewer } = await selectOwn(deps, input);
    const [file, ...others] = files;
    if (file === undefined || others.length > 0 || !/\.zip$/iu.test(file.name)) {
      throw new AppError('TASK_NOT_A_ZIP');
    }
    const id = newId();
    await deps.db.transaction().execute(async (trx) => {
      await insertTaskImport(trx, {
        id,
        competition_id: competition.id,
        user_id: viewer.id,
        file_name: sanitizeText(file.name, 120),
        storage_key: file.storage_key,
        bytes: file.bytes,
        sha256: file.sha256,
        status: 'waiting',
        problems: [],
        task_version_id: null,
        created_at: timestamp(deps.clock),
        finished_at: null,
      });
      await deps.queue.enqueue(trx, 'import-task', { import_id: id }, { id, priority: 1 });
      await recordAudit(deps, trx, {
        actor_id: viewer.id,
        action: 'task.sent',
        subject: 'competition',
        subject_id: competition.id,
        detail: { import_id: id, sha256: file.sha256, bytes: file.bytes },
      });
    });
    return { import_id: id };
  } catch (error) {
    for (const { storage_key } of files) await deps.storage.remove(storage_key);
    throw error;
  }
}

/**
 * One attempt of a worker at a bundle. Its end is one transaction, fenced by the attempt of its job.
 *
 * @param input.signal aborted with a `RunStopped`.
 */
export async function importTask(
  deps: Deps,
  input: { import_id: string; attempt: number; signal: AbortSignal },
): Promise<AttemptOutcome> {
  const { import_id: id, attempt, signal } = input;
  const row = await selectTaskImport(deps.db, id);
  if (row.finished_at !== null || row.storage_key === null) {
    return (await deps.queue.complete(deps.db, id, attempt)) === 'lost' ? 'lost' : 'succeeded';
  }
  await updateTaskImportStatus(deps.db, id, 'checking');
  const tasks = join(deps.config.DATA_DIR, 'tasks');
  // On the disk that keeps the tasks: what is unpacked is moved into its place.
  const room = join(tasks, `${ROOM}${id}`);
  // What an attempt left that was killed.
  await rm(room, { recursive: true, force: true });
  await mkdir(room, { recursive: true });
  try {
    const source = join(room, COPY);
    await pipeline(await deps.storage.open(row.storage_key), createWriteStream(source), { signal });
    const { folder, problems, warnings } = await inspect(deps, { source, room, signal });
    const kept = folder === null ? null : await keep(deps, row, { folder, tasks });
    if (kept === null || 'problem' in kept) {
      const found = kept === null ? problems.map(asSent(row)) : [kept.problem];
      return await end(deps, row, attempt, { status: 'refused', problems: found, version: null });
    }
    const version = kept.task_version_id;
    return await end(deps, row, attempt, { status: 'imported', problems: warnings, version });
  } catch (error) {
    if (signal.aborted && signal.reason instanceof RunStopped) {
      if (signal.reason.why === 'lost') return 'lost';
      return await deps.db.transaction().execute(async (trx) => {
        await updateTaskImportStatus(trx, id, 'waiting');
        return (await deps.queue.release(trx, id, attempt)) === 'lost' ? 'lost' : 'released';
      });
    }
    deps.logger.error({ err: error, import_id: id, attempt }, 'a task could not be imported');
    const options = { retryable: true, error: String(error) };
    const next = await deps.db.transaction().execute(async (trx) => {
      const outcome = await deps.queue.fail(trx, id, attempt, options);
      if (outcome !== 'lost') await loseImport(deps, trx, id, outcome);
      return outcome;
    });
    if (next !== 'dead') return next;
    await dropBundle(deps, row);
    return 'failed';
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

async function end(
  deps: Deps,
  row: TaskImport,
  attempt: number,
  result: { status: 'imported' | 'refused'; problems: Problems; version: string | null },
): Promise<AttemptOutcome> {
  const settled = await deps.db.transaction().execute(async (trx) => {
    if ((await deps.queue.complete(trx, row.id, attempt)) === 'lost') return false;
    await updateTaskImportEnded(trx, {
      id: row.id,
      status: result.status,
      problems: result.problems,
      task_version_id: result.version,
      finished_at: timestamp(deps.clock),
    });
    await recordAudit(deps, trx, {
      actor_id: row.user_id,
      action: result.status === 'imported' ? 'task.imported' : 'task.refused',
      subject: 'competition',
      subject_id: row.competition_id,
      detail: { import_id: row.id, task_version_id: result.version },
    });
    return true;
  });
  if (!settled) return 'lost';
  await dropBundle(deps, row);
  return result.status === 'imported' ? 'succeeded' : 'failed';
}

/** After the end is written: whatever stops us here, the next worker finds it. */
async function dropBundle(deps: Deps, { id, storage_key }: TaskImport): Promise<void> {
  if (storage_key === null) return;
  await deps.storage.remove(storage_key);
  await updateTaskImportRemoved(deps.db, id);
}

/** Removes what imports left that were killed: bundles of those that have ended, and folders of nobody. */
export async function sweepImports(deps: Deps): Promise<void> {
  for (const row of await listSpentImports(deps.db)) await dropBundle(deps, row);
  const tasks = join(deps.config.DATA_DIR, 'tasks');
  const kept = new Set((await listUnfinishedImportIds(deps.db)).map((id) => `${ROOM}${id}`));
  for (const name of await readdir(tasks).catch(() => [])) {
    const room = join(tasks, name);
    const isOurs = name.startsWith(ROOM) && !kept.has(name);
    const isOld = async () =>
      (await stat(room)).mtimeMs < deps.clock.now().getTime() - LONGEST_COPY_MS;
    if (isOurs || (name.startsWith(COPY_ROOM) && (await isOld()))) {
      await rm(room, { recursive: true, force: true });
    }
  }
}

/** The check knows the zip by the name of its copy, the organizer by another. */
function asSent({ file_name }: TaskImport) {
  return ({ reason, params }: Problems[number]): Problems[number] => ({
    reason,
    params: params['file'] === COPY ? { ...params, file: file_name } : params,
  });
}

/** Moves what was found sound to its place, `DATA_DIR/tasks/<name>/<version>`, and registers it. */
async function keep(
  deps: Deps,
  row: TaskImport,
  from: { folder: string; tasks: string },
): Promise<{ task_version_id: string } | { problem: Problems[number] }> {
  try {
    return await registerTaskOf(deps, {
      folder: from.folder,
      competition_id: row.competition_id,
      async place(name, version) {
        const place = join(from.tasks, name, version);
        await mkdir(join(from.tasks, name), { recursive: true });
        // Moved there in one step, so what is there already is whole and the same.
        if (!existsSync(place)) await rename(from.folder, place);
        return `data:tasks/${name}/${version}`;
      },
    });
  } catch (error) {
    if (!(error instanceof TaskNameTaken)) throw error;
    const params = {
      file: 'task.yaml',
      key: '(name)',
      expected: 'a name that no task of another competition has',
      received: error.taskName,
    };
    return { problem: { reason: 'task-invalid', params } };
  }
}

/** @throws what is no fault of the bundle. */
async function inspect(
  deps: Deps,
  input: { source: string; room: string; signal: AbortSignal },
): Promise<z.output<typeof Answer>> {
  const { TASK_UPLOAD_MAX_MB, TASK_CHECK_MS, TASK_CHECK_MB } = deps.config;
  const maxBytes = INFLATION * TASK_UPLOAD_MAX_MB * MIB;
  const child = spawn(process.execPath, [LINT, input.source, input.room, String(maxBytes)], {
    // Nothing of ours: no address of a database, no secret.
    env: { PATH: process.env['PATH'] ?? '', ORT_DISABLE_TELEMETRY: '1' },
    cwd: deps.config.PROJECT_DIR,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let answer = '';
  let complaint = '';
  const stopped = new AbortController();
  const stop = () => {
    stopped.abort();
    child.kill('SIGKILL');
  };
  const onAbort = () => child.kill('SIGKILL');
  input.signal.addEventListener('abort', onAbort);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
    if (answer.length > LONGEST_ANSWER) stop();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  const timer = setTimeout(stop, TASK_CHECK_MS);
  const watch = setInterval(() => {
    void residentBytes(child.pid).then((bytes) => {
      if (bytes > TASK_CHECK_MB * MIB) stop();
    });
  }, WATCH_EVERY_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    input.signal.throwIfAborted();
    if (stopped.signal.aborted) return tooMuch(deps);
    if (code !== 0) throw new Error(`the check of a task ended with ${String(code)}: ${complaint}`);
    return Answer.parse(JSON.parse(answer));
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    input.signal.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}

function tooMuch({ config }: Deps): z.output<typeof Answer> {
  const params = {
    file: 'task.yaml',
    key: '(folder)',
    expected: `a task that is read in ${config.TASK_CHECK_MS / 1000} s and ${config.TASK_CHECK_MB} MiB of memory`,
    received: 'a larger one',
  };
  return { folder: null, problems: [{ reason: 'task-invalid', params }], warnings: [] };
}

const PAGE_BYTES = 4096;

/** 0 where the system does not tell. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid ?? 0}/statm`, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) * PAGE_BYTES;
}
