/**
 * Node's compile cache for the child: it saves a run some 80 ms of stripping types and compiling. It is
 * written by a child without a submission, and only read, where there are walls, by those with one.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Launched } from './launch.ts';
import { CHECKOUT } from './runtime.ts';
import { canDropUid, isReadableByOthers } from './uid.ts';

const FOLDER = path.join(CHECKOUT, 'node_modules/.cache/certamen-child');
/** A cache of another version is left to a worker that may still use it, for so long. */
const STALE_MS = 24 * 3600 * 1000;
const WARM_PATIENCE_MS = 60_000;

/** Caches of walls and of plain processes differ, since paths are part of what is cached. */
type CacheKind = 'walls' | 'process';

/** Changes with Node, with the packages and with any source of the child. */
async function fingerprint(kind: CacheKind): Promise<string> {
  const hash = createHash('sha256').update(`${kind} ${process.version} ${process.arch}\n`);
  hash.update(await readFile(path.join(CHECKOUT, 'package.json')));
  const folder = path.join(CHECKOUT, 'sandbox');
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (!/\.(?:ts|js)$/u.test(name)) continue;
    const { mtimeMs, size } = await stat(path.join(folder, name));
    hash.update(`${name} ${String(mtimeMs)} ${String(size)}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Makes all of it ours and readable, whatever user wrote it. */
async function handOver(file: string): Promise<void> {
  const folder = (await stat(file)).isDirectory();
  if (canDropUid()) await chown(file, 0, 0);
  await chmod(file, folder ? 0o755 : 0o644);
  if (folder) for (const name of await readdir(file)) await handOver(path.join(file, name));
}

async function removeStale(except: string): Promise<void> {
  for (const name of await readdir(FOLDER)) {
    const old = path.join(FOLDER, name);
    if (name !== except && Date.now() - (await stat(old)).mtimeMs > STALE_MS)
      await rm(old, { recursive: true, force: true });
  }
}

/** The folder of the cache where there is one already. */
export async function findCodeCache(kind: CacheKind): Promise<string | null> {
  try {
    const cache = path.join(FOLDER, `${kind}-${await fingerprint(kind)}`);
    return existsSync(cache) && (!canDropUid() || isReadableByOthers(cache)) ? cache : null;
  } catch {
    return null;
  }
}

/**
 * The folder of the cache, made now when there is none for these sources.
 *
 * @param warm starts the warming child with the given folder for it to write to.
 * @returns null where none can be kept, which costs time and nothing else.
 */
export async function prepareCodeCache(
  kind: CacheKind,
  warm: (folder: string) => Launched,
): Promise<string | null> {
  try {
    const found = await findCodeCache(kind);
    if (found !== null) return found;
    const name = `${kind}-${await fingerprint(kind)}`;
    const cache = path.join(FOLDER, name);
    await mkdir(FOLDER, { recursive: true });
    if (canDropUid() && !isReadableByOthers(FOLDER)) return null;
    await removeStale(name);

    const making = `${cache}.${randomUUID()}`;
    await mkdir(making);
    // The child that writes has a user of its own.
    await chmod(making, 0o777);
    try {
      await runToEnd(warm(making));
      await handOver(making);
      await rename(making, cache);
    } catch (error) {
      await rm(making, { recursive: true, force: true });
      // Another worker may have been quicker.
      if (!existsSync(cache)) throw error;
    }
    return cache;
  } catch {
    return null;
  }
}

/**
 * Node looks for its cache in a folder named for the user that it runs as. Where each run has another
 * user, all of them are led to the one cache, which none of them can write.
 */
export function linkCodeCache(cache: string, uid: number): void {
  for (const entry of readdirSync(cache, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const link = path.join(cache, entry.name.replace(/-\d+$/u, `-${String(uid)}`));
    if (!existsSync(link)) symlinkSync(entry.name, link);
  }
}

async function runToEnd(launched: Launched): Promise<void> {
  launched.stdout.resume();
  launched.stderr.resume();
  launched.pipe.resume();
  launched.pipe.end();
  const timer = setTimeout(() => void launched.end(), WARM_PATIENCE_MS);
  const { code } = await launched.exited;
  clearTimeout(timer);
  await launched.end();
  if (code !== 0) throw new Error(`warming ended with ${String(code)}`);
}
