/**
 * Data that is made on the machine rather than shipped in the task folder. `prepared.json` beside
 * `task.yaml` records what was made, so that absent or damaged files are made again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { EvaluationFailure } from '../sandbox/failure.ts';
import { prepareDigits } from './digits/prepare.ts';
import type { PrepareProgress, PrepareSpec, Preparer } from './preparer.ts';

const PREPARERS: ReadonlyMap<string, Preparer> = new Map([['mnist', prepareDigits]]);

export const PREPARER_NAMES: readonly string[] = [...PREPARERS.keys()];

const RECORD_FILE = 'prepared.json';

const RecordSchema = z.object({
  with: z.string(),
  seed: z.number(),
  sizes: z.record(z.string(), z.number()),
  files: z.record(
    z.string(),
    z.object({ sha256: z.string(), size: z.number(), mtime_ms: z.number() }),
  ),
});
type PreparedRecord = z.infer<typeof RecordSchema>;

/**
 * Makes the data of a task unless it is there and whole. Two processes may do so at once: each file
 * is renamed into place and both write the same bytes.
 *
 * @returns hex SHA-256 of every prepared file by its path in the task folder.
 * @throws EvaluationFailure `task-not-prepared` when the data cannot be made or written.
 */
export async function prepareTask(
  task: { readonly folder: string; readonly name: string },
  spec: PrepareSpec,
  onProgress?: PrepareProgress,
): Promise<ReadonlyMap<string, string>> {
  const { folder } = task;
  const ready = await checkPrepared(folder, spec);
  if (ready !== null) return ready;
  const preparer = PREPARERS.get(spec.with);
  try {
    if (preparer === undefined) throw new Error(`no preparer is called ${spec.with}`);
    const files = await preparer({ seed: spec.seed, sizes: spec.sizes, onProgress });
    const record: PreparedRecord = {
      with: spec.with,
      seed: spec.seed,
      sizes: { ...spec.sizes },
      files: {},
    };
    for (const file of files) {
      const target = path.join(folder, file.path);
      await writeFileAtomic(target, file.bytes);
      const { size, mtimeMs } = await stat(target);
      const sha256 = createHash('sha256').update(file.bytes).digest('hex');
      record.files[file.path] = { sha256, size, mtime_ms: mtimeMs };
    }
    await writeFileAtomic(
      path.join(folder, RECORD_FILE),
      Buffer.from(`${JSON.stringify(record, null, 2)}\n`),
    );
    return new Map(Object.entries(record.files).map(([name, { sha256 }]) => [name, sha256]));
  } catch (error) {
    throw new EvaluationFailure('task-not-prepared', { task: task.name }, { cause: error });
  }
}

/** Hex SHA-256 of a file, streamed. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** The recorded hashes when every file is as it was made under the same settings; else null. */
async function checkPrepared(
  folder: string,
  spec: PrepareSpec,
): Promise<ReadonlyMap<string, string> | null> {
  const record = await readRecord(path.join(folder, RECORD_FILE));
  if (record === null || record.with !== spec.with || record.seed !== spec.seed) return null;
  if (!haveEqualSizes(record.sizes, spec.sizes)) return null;
  const hashes = new Map<string, string>();
  for (const [name, { sha256, size, mtime_ms }] of Object.entries(record.files)) {
    const file = path.join(folder, name);
    const found = await stat(file).catch(() => null);
    if (found?.size !== size) return null;
    if (found.mtimeMs !== mtime_ms && (await hashFile(file)) !== sha256) return null;
    hashes.set(name, sha256);
  }
  return hashes;
}

function haveEqualSizes(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => left[name] === right[name]);
}

async function readRecord(file: string): Promise<PreparedRecord | null> {
  try {
    return RecordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Absent, half-written or foreign: either way the data is made again.
    return null;
  }
}

async function writeFileAtomic(target: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
