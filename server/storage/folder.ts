import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import {
  mkdir,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

import { AppError } from '../errors.ts';
import { isDiskFull } from '../lib/system-errors.ts';
import type { Storage } from './storage.ts';

const KEY = /^[A-Za-z0-9_-]{32}$/u;
const MIB = 1024 * 1024;
/** Kept free for the database, which shares the disk as a rule: of a small disk, this share of it. */
const RESERVE_BYTES = 256 * MIB;
const RESERVE_SHARE = 0.05;
/** How much of an upload comes between two looks at what is free. */
const LOOK_EVERY_BYTES = 8 * MIB;

/**
 * Files in one folder: `objects/ab/<key>`, where `ab` are the key's first two characters, and `incoming/`
 * for uploads that are still arriving. A file appears under its key whole or not at all.
 *
 * @param storageUrl `file://` and an absolute folder.
 */
export async function openFolderStorage(storageUrl: string): Promise<Storage> {
  const root = fileURLToPath(storageUrl);
  const incoming = join(root, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  const objects = join(root, 'objects');
  await mkdir(objects, { recursive: true, mode: 0o700 });

  function pathOf(storageKey: string): string {
    // Keys are ours, but a path is never built from anything else.
    if (!KEY.test(storageKey)) throw new AppError('NOT_FOUND', { detail: 'malformed storage key' });
    return join(objects, storageKey.slice(0, 2), storageKey);
  }

  return {
    async put(source: Readable, { maxBytes }) {
      const storageKey = randomBytes(24).toString('base64url');
      const temporary = join(incoming, storageKey);
      const hash = createHash('sha256');
      let bytes = 0;
      let lookAt = 0;
      const meter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          if (bytes > maxBytes) {
            const limit_mb = Math.floor(maxBytes / MIB);
            done(new AppError('UPLOAD_TOO_LARGE', { params: { limit_mb } }));
            return;
          }
          hash.update(chunk);
          if (bytes < lookAt) {
            done(null, chunk);
            return;
          }
          lookAt = bytes + LOOK_EVERY_BYTES;
          checkRoom(incoming).then(() => done(null, chunk), done);
        },
      });
      try {
        await pipeline(source, meter, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }));
        await flush(temporary);
        const target = pathOf(storageKey);
        await mkdir(join(target, '..'), { recursive: true, mode: 0o700 });
        await rename(temporary, target);
        await flushFolder(join(target, '..'));
      } catch (error) {
        await rm(temporary, { force: true });
        throw isDiskFull(error) ? new AppError('STORAGE_FULL', { cause: error }) : error;
      }
      return { storage_key: storageKey, bytes, sha256: hash.digest('hex') };
    },

    async open(storageKey) {
      const stream = createReadStream(pathOf(storageKey));
      await new Promise<void>((opened, failed) => {
        stream.once('open', () => opened());
        stream.once('error', (error) => failed(notFound(error)));
      });
      return stream;
    },

    async read(storageKey) {
      try {
        return await readFile(pathOf(storageKey));
      } catch (error) {
        throw notFound(error);
      }
    },

    async remove(storageKey) {
      await rm(pathOf(storageKey), { force: true });
    },

    async *listOlder(olderThanMs) {
      for (const folder of await readdir(objects)) {
        for (const name of await readdir(join(objects, folder))) {
          const modified = await modifiedMs(join(objects, folder, name));
          if (KEY.test(name) && modified !== null && modified < olderThanMs) yield name;
        }
      }
    },

    async removeStaleUploads(olderThanMs) {
      let removed = 0;
      for (const name of await readdir(incoming)) {
        const file = join(incoming, name);
        const modified = await modifiedMs(file);
        if (modified === null || modified >= olderThanMs) continue;
        await rm(file, { force: true });
        removed += 1;
      }
      return removed;
    },
  };
}

/** The database may only name files that survive a power cut. */
async function flush(file: string): Promise<void> {
  const handle = await openFile(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name of a file too. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws AppError STORAGE_FULL */
async function checkRoom(folder: string): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserve = Math.min(RESERVE_BYTES, RESERVE_SHARE * blocks * bsize);
  if (bavail * bsize < reserve) {
    throw new AppError('STORAGE_FULL', { detail: `${bavail * bsize} bytes are free` });
  }
}

/** Null when it has gone. */
async function modifiedMs(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return null;
  }
}

function notFound(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const missing = 'code' in error && error.code === 'ENOENT';
  return missing ? new AppError('NOT_FOUND', { cause: error }) : error;
}
