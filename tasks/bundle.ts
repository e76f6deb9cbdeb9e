/** A task that travels as a zip is unpacked into a folder of its own, since its data is read by path. */
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import { EvaluationFailure } from '../sandbox/failure.ts';
import { TASK_FILE } from './task-schema.ts';

const MAX_ENTRIES = 100_000;
/** Inflated bytes of all files together; sizes that the archive claims are not believed. */
const MAX_BYTES = 16 * 1024 ** 3;
const MIB = 1024 ** 2;
const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;

export interface TaskBundle {
  /** The folder that holds `task.yaml`. */
  readonly folder: string;
  /** Removes what was unpacked; does nothing to a folder of the organizer's. */
  close(): Promise<void>;
}

export interface BundleOptions {
  /** Where the folder is made that a zip is unpacked into; default: the system's for temporary files. */
  readonly parent?: string;
  /** Inflated bytes of all files together. */
  readonly maxBytes?: number;
}

/**
 * @param source a task folder, or a zip of one (with `task.yaml` at its root or in its only folder).
 * @throws EvaluationFailure `task-invalid` for a file that is no such zip, with the key `(file)`, `(size)` or
 *   `(entries)`; what the machine could not do, such as write to a full disk, as it comes.
 */
export async function openTaskBundle(
  source: string,
  options: BundleOptions = {},
): Promise<TaskBundle> {
  const info = await stat(source).catch(() => null);
  // What is not there is reported by whoever reads it.
  if (!info?.isFile()) return { folder: source, close: () => Promise.resolve() };

  const folder = await mkdtemp(path.join(options.parent ?? tmpdir(), 'certamen-task-'));
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    await unpack(source, folder, options.maxBytes ?? MAX_BYTES);
    return { folder: await rootOf(folder), close };
  } catch (cause) {
    await close();
    if (cause instanceof EvaluationFailure || isOurs(cause)) throw cause;
    const file = path.basename(source);
    if (cause instanceof TooLarge) {
      const limit = `at most ${Math.floor(cause.maxBytes / MIB)} MiB when it is unpacked`;
      throw refused({ file, key: '(size)', expected: limit, received: 'more' }, cause);
    }
    if (isOfEntries(cause)) {
      throw refused(
        {
          file,
          key: '(entries)',
          expected: `at most ${MAX_ENTRIES} files, each once, by names inside the folder`,
          received: 'others',
        },
        cause,
      );
    }
    const expected = 'a zip of a task folder';
    throw refused(
      { file, key: '(file)', expected, received: 'a file that cannot be unpacked' },
      cause,
    );
  }
}

class TooLarge extends Error {
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super('the archive is too large');
    this.maxBytes = maxBytes;
  }
}

class BadEntry extends Error {}

/** No fault of the zip. */
const OURS: ReadonlySet<unknown> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
]);

function isOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && OURS.has(error.code);
}

/** About what the archive lists, by our own eyes, by yauzl's, or by the file system's. */
function isOfEntries(error: unknown): boolean {
  if (error instanceof BadEntry) return true;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : null;
  return (
    code === 'EEXIST' ||
    code === 'ENOTDIR' ||
    /(?:relative|absolute) path|characters in fileName/u.test(error.message)
  );
}

async function unpack(source: string, folder: string, maxBytes: number): Promise<void> {
  const zip = await yauzl.openPromise(source, { lazyEntries: true, strictFileNames: true });
  let bytes = 0;
  const budget = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        done(bytes > maxBytes ? new TooLarge(maxBytes) : null, chunk);
      },
    });
  try {
    if (zip.entryCount > MAX_ENTRIES) throw new BadEntry('the archive has too many entries');
    for await (const entry of zip.eachEntry()) {
      // yauzl has refused names that are absolute, lead upwards or hold backslashes.
      const target = path.join(folder, entry.fileName);
      if (entry.fileName.endsWith('/')) {
        await mkdir(target, { recursive: true });
        continue;
      }
      const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
      if (type !== 0 && type !== REGULAR) {
        throw new BadEntry('the archive holds a link or a device');
      }
      await mkdir(path.dirname(target), { recursive: true });
      // `wx`: a name that comes twice is an error, not an overwrite.
      const file = createWriteStream(target, { flags: 'wx' });
      await pipeline(await zip.openReadStreamPromise(entry), budget(), file);
    }
  } finally {
    zip.close();
  }
}

/** Zips made of a folder hold that folder; zips made inside it do not. */
async function rootOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name !== '__MACOSX');
  if (names.includes(TASK_FILE)) return folder;
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return path.join(folder, only);
  const expected = 'a zip of a task folder';
  throw refused({
    file: TASK_FILE,
    key: '(file)',
    expected,
    received: `a zip without ${TASK_FILE}`,
  });
}

function refused(
  params: { file: string; key: string; expected: string; received: string },
  cause?: unknown,
): EvaluationFailure {
  return new EvaluationFailure('task-invalid', params, { cause });
}
