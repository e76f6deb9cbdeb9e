/**
 * A whole site in one file, and back: the database as it was at one moment, the files that its submissions name,
 * and whatever else is in the data folder (the signing key, imported tasks). For the set-up on SQLite.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';

import { z } from 'zod';

import manifest from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { openDatabase, type Db } from '../db/connect.ts';
import { MIGRATION_NAMES } from '../db/migrations/index.ts';
import {
  checkDatabase,
  databaseFile,
  isDatabaseInUse,
  migrationsOf,
  snapshotDatabase,
} from '../db/snapshot.ts';
import { StartError } from '../errors.ts';
import { TarError, readTar, tarEnd, tarHeader, tarPadding } from '../lib/tar.ts';
import { listSubmittedFiles, listTaskFolders } from '../models/stored-files.ts';

const Manifest = z.object({
  format: z.literal('certamen-backup'),
  version: z.literal(1),
  created_at: z.string(),
  certamen: z.string(),
  /** Of the database, in order. */
  migrations: z.array(z.string()),
  /** Everything in the archive but the manifest. */
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  /** Stored files that were not as their submissions name them when the backup was made. */
  damaged: z.array(z.object({ name: z.string(), what: z.enum(['missing', 'changed']) })),
});

export type BackupManifest = z.output<typeof Manifest>;

const MANIFEST = 'manifest.json';
const DATABASE = 'certamen.db';
const OBJECTS = 'storage/objects';
const PAGE = 500;
/** What earlier restores moved aside or were writing when they were stopped. */
const ASIDE = /^(?:before-restore-|\.restore-)/u;
/** Of a task bundle that is being unpacked. */
const UNFINISHED = /^\.incoming-/u;

/**
 * For commands about a site that is there: none of them should begin another one where somebody mistyped.
 *
 * @throws StartError
 */
export async function requireDatabase({
  DATABASE_URL,
}: Pick<Config, 'DATABASE_URL'>): Promise<void> {
  const database = databaseFile(DATABASE_URL);
  if ((await kindOf(database)) !== 'file') {
    throw new StartError(`there is no database at ${database}; is DATA_DIR right?`);
  }
}

/**
 * Writes the archive beside its place and moves it there when it is whole. The site may run meanwhile.
 *
 * @param input.out file, gzipped where it ends in `.gz` or `.tgz`; or a folder that is there, for a file that is
 *   named by the time.
 * @returns where it is, and what it holds.
 * @throws StartError when the file is there already, or would lie in the data folder.
 */
export async function backUp(
  config: Config,
  input: { out: string; now: Date },
): Promise<{ file: string; manifest: BackupManifest; tasks_elsewhere: string[] }> {
  await requireDatabase(config);
  const database = databaseFile(config.DATABASE_URL);
  const file = await placeFor(resolve(input.out), input.now);
  if (isWithin(config.DATA_DIR, file)) {
    throw new StartError('a backup inside the data folder is lost with it; choose another place');
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}.partial`;
  const snapshot = `${draft}.db`;
  try {
    await snapshotDatabase(database, snapshot);
    const db = await openDatabase(`sqlite:${snapshot}`);
    try {
      const tasks_elsewhere = (await listTaskFolders(db)).filter(
        (folder) => isAbsolute(folder) && !isWithin(config.DATA_DIR, folder),
      );
      const found: BackupManifest = {
        format: 'certamen-backup',
        version: 1,
        created_at: input.now.toISOString(),
        certamen: manifest.version,
        migrations: migrationsOf(snapshot),
        files: [],
        damaged: [],
      };
      const content = Readable.from(writeArchive(config, { db, snapshot, found }));
      const target = createWriteStream(draft, { flags: 'wx', mode: 0o600 });
      if (/\.t?gz$/u.test(file)) await pipeline(content, createGzip(), target);
      else await pipeline(content, target);
      await flush(draft);
      await rename(draft, file);
      return { file, manifest: found, tasks_elsewhere };
    } finally {
      await db.destroy();
    }
  } finally {
    for (const left of [draft, snapshot, `${snapshot}-wal`, `${snapshot}-shm`]) {
      await rm(left, { force: true });
    }
  }
}

/** The bytes of the archive; notes in `found` what goes in. The manifest comes last. */
async function* writeArchive(
  config: Config,
  { db, snapshot, found }: { db: Db; snapshot: string; found: BackupManifest },
): AsyncGenerator<Buffer> {
  const storage = fileURLToPath(config.STORAGE_URL);
  yield* writeFile(snapshot, DATABASE, found);
  for await (const { storage_key, sha256 } of storedFiles(db)) {
    const path = `${storage_key.slice(0, 2)}/${storage_key}`;
    const name = `${OBJECTS}/${path}`;
    const written = yield* writeFile(join(storage, 'objects', path), name, found);
    if (written === null) found.damaged.push({ name, what: 'missing' });
    else if (written !== sha256) found.damaged.push({ name, what: 'changed' });
  }
  const left = [databaseFile(config.DATABASE_URL), storage];
  for await (const path of walk(config.DATA_DIR, left)) {
    yield* writeFile(path, relative(config.DATA_DIR, path).split(sep).join('/'), found);
  }
  const text = Buffer.from(`${JSON.stringify(found, null, 2)}\n`);
  const modified_ms = Date.parse(found.created_at);
  yield tarHeader({ name: MANIFEST, bytes: text.length, modified_ms });
  yield text;
  yield tarPadding(text.length);
  yield tarEnd();
}

/** @returns the hash of what was written; null when there is no such file. */
async function* writeFile(
  path: string,
  name: string,
  found: BackupManifest,
): AsyncGenerator<Buffer, string | null> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { size: bytes, mtimeMs: modified_ms } = await handle.stat();
    const hash = createHash('sha256');
    let left = bytes;
    yield tarHeader({ name, bytes, modified_ms });
    if (bytes > 0) {
      const content = handle.createReadStream({ end: bytes - 1, autoClose: false });
      for await (const chunk of content as AsyncIterable<Buffer>) {
        hash.update(chunk);
        left -= chunk.length;
        yield chunk;
      }
    }
    if (left > 0) throw new StartError(`${path} became shorter while it was read; try again`);
    yield tarPadding(bytes);
    const sha256 = hash.digest('hex');
    found.files.push({ name, bytes, sha256 });
    return sha256;
  } finally {
    await handle.close();
  }
}

async function* storedFiles(db: Db) {
  for (let after = ''; ;) {
    const page = await listSubmittedFiles(db, { after, limit: PAGE });
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
    for (const { files } of page) yield* files;
  }
}

/** Regular files below a folder, without the database, the storage and what restores left. */
async function* walk(folder: string, leftOut: readonly string[]): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const isLeftOut = leftOut.some(
      (out) => path === out || ['-wal', '-shm', '-journal'].some((end) => path === `${out}${end}`),
    );
    if (isLeftOut || ASIDE.test(entry.name) || UNFINISHED.test(entry.name)) continue;
    if (entry.isDirectory()) yield* walk(path, leftOut);
    else if (entry.isFile()) yield path;
  }
}

/**
 * Unpacks a backup beside what is there, proves that it is whole, and only then puts it in place. What was there
 * before is moved aside, never deleted.
 *
 * @param input.force lets the folder hold something already.
 * @returns where the earlier content is now; null when there was none.
 * @throws StartError when the archive is damaged or newer than this Certamen, the folder is not empty, or a server
 *   runs on it.
 */
export async function restore(input: {
  file: string;
  into: string;
  force: boolean;
  now: Date;
}): Promise<{ manifest: BackupManifest; moved_to: string | null }> {
  const into = resolve(input.into);
  const there = (await kindOf(into)) === null ? [] : await readdir(into);
  const old = there.filter((name) => !ASIDE.test(name));
  if (old.length > 0 && !input.force) {
    throw new StartError(
      `${into} is not empty; --force moves what is there aside, and loses nothing`,
    );
  }
  const database = join(into, DATABASE);
  if ((await kindOf(database)) === 'file' && isDatabaseInUse(database)) {
    throw new StartError(`a server or a worker runs on ${into}; stop it first`);
  }
  await mkdir(into, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(into, '.restore-'));
  try {
    const found = await unpack(resolve(input.file), draft);
    await prove(draft, found);
    const moved_to = old.length === 0 ? null : join(into, `before-restore-${stamp(input.now)}`);
    if (moved_to !== null) {
      await mkdir(moved_to, { mode: 0o700 });
      for (const name of old) await rename(join(into, name), join(moved_to, name));
    }
    for (const name of await readdir(draft)) await rename(join(draft, name), join(into, name));
    await rmdir(draft);
    return { manifest: found, moved_to };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error instanceof TarError
      ? new StartError(`${input.file} is no whole backup: ${error.message}`)
      : error;
  }
}

/** @throws TarError, StartError */
async function unpack(file: string, folder: string): Promise<BackupManifest> {
  const hashes = new Map<string, { bytes: number; sha256: string }>();
  let text: string | null = null;
  const content = await openArchive(file);
  for await (const entry of readTar(content)) {
    if (text !== null) throw new TarError('something follows the manifest');
    if (entry.name === MANIFEST) {
      const parts: Uint8Array[] = [];
      for await (const part of entry.content) parts.push(part);
      text = Buffer.concat(parts).toString('utf8');
      continue;
    }
    const target = placeIn(folder, entry.name);
    if (hashes.has(entry.name)) throw new TarError(`it holds ${entry.name} twice`);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const hash = createHash('sha256');
    await pipeline(
      entry.content,
      async function* (parts: AsyncIterable<Uint8Array>) {
        for await (const part of parts) {
          hash.update(part);
          yield part;
        }
      },
      createWriteStream(target, { flags: 'wx', mode: 0o600 }),
    );
    await flush(target);
    hashes.set(entry.name, { bytes: entry.bytes, sha256: hash.digest('hex') });
  }
  if (text === null) throw new TarError('it has no manifest');
  const parsed = Manifest.safeParse(parseJson(text));
  if (!parsed.success) throw new TarError('its manifest cannot be read');
  const found = parsed.data;
  for (const { name, bytes, sha256 } of found.files) {
    const held = hashes.get(name);
    if (held === undefined) throw new TarError(`it lacks ${name}`);
    if (held.bytes !== bytes || held.sha256 !== sha256) throw new TarError(`${name} is damaged`);
    hashes.delete(name);
  }
  const [more] = hashes.keys();
  if (more !== undefined) throw new TarError(`its manifest does not know ${more}`);
  return found;
}

/** The database is sound and of a form that we know, and every file that it names is there. @throws StartError */
async function prove(folder: string, found: BackupManifest): Promise<void> {
  const newer = found.migrations.filter((name) => !MIGRATION_NAMES.includes(name));
  if (newer.length > 0) {
    throw new StartError(
      `the backup was made by Certamen ${found.certamen}, whose tables are newer than these`,
    );
  }
  const file = join(folder, DATABASE);
  const wrong = checkDatabase(file);
  if (wrong.length > 0) throw new StartError(`its database is damaged: ${wrong[0] ?? ''}`);
  const known = new Set(found.damaged.map(({ name }) => name));
  const hashes = new Map(found.files.map(({ name, sha256 }) => [name, sha256]));
  const db = await openDatabase(`sqlite:${file}`);
  try {
    for await (const { storage_key, sha256 } of storedFiles(db)) {
      const name = `${OBJECTS}/${storage_key.slice(0, 2)}/${storage_key}`;
      if (hashes.get(name) !== sha256 && !known.has(name)) {
        throw new StartError(`it lacks a file of a submission: ${name}`);
      }
    }
  } finally {
    await db.destroy();
  }
}

async function openArchive(file: string): Promise<AsyncIterable<Uint8Array>> {
  if ((await kindOf(file)) !== 'file') throw new StartError(`there is no file ${file}`);
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
  const stream = createReadStream(file);
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return stream;
  const plain = createGunzip();
  pipeline(stream, plain).catch(() => undefined); // The reader of `plain` is told.
  return withTarErrors(plain);
}

async function* withTarErrors(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw new TarError('it cannot be unzipped', { cause: error });
  }
}

/** @throws TarError for a name that leads elsewhere. */
function placeIn(folder: string, name: string): string {
  const parts = name.split('/');
  const isFlat = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isFlat || name.includes('\\') || name.includes('\0')) {
    throw new TarError(`it holds a file that leads elsewhere: ${JSON.stringify(name)}`);
  }
  return join(folder, ...parts);
}

async function placeFor(out: string, now: Date): Promise<string> {
  const kind = await kindOf(out);
  if (kind === 'folder') return placeFor(join(out, `certamen-${stamp(now)}.tar`), now);
  if (kind !== null) throw new StartError(`${out} is there already`);
  if ((await kindOf(dirname(out))) !== 'folder') {
    throw new StartError(`there is no folder ${dirname(out)}`);
  }
  return out;
}

function stamp(now: Date): string {
  return now.toISOString().replaceAll(/[-:]|\.\d+/gu, '');
}

function isWithin(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from !== '' && !from.startsWith(`..${sep}`) && from !== '..' && !isAbsolute(from);
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch {
    return (await isThere(path)) ? 'other' : null;
  }
}

/** A link to nothing is there too. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
