/** Files that a process left behind when it died between an upload and its submission. */
import { setImmediate as yieldTurn } from 'node:timers/promises';

import type { Deps } from '../deps.ts';
import { listBundleKeys, listSubmittedFiles } from '../models/stored-files.ts';

/** Longer than any upload may take, from its first file to its submission. */
export const ORPHAN_AGE_MS = 60 * 60 * 1000;

const PAGE = 500;

/**
 * Removes uploads that were cut off, and stored files that no table names. Whoever keeps files in the storage has
 * to be asked here.
 *
 * @param olderThanMs by the clock of the file system, Unix ms. What is younger may belong to a submission that is
 *   being made.
 */
export async function collectOrphans(
  deps: Deps,
  olderThanMs: number,
): Promise<{ uploads: number; files: number }> {
  const { db, storage, logger } = deps;
  const uploads = await storage.removeStaleUploads(olderThanMs);
  const unnamed = new Set<string>();
  for await (const key of storage.listOlder(olderThanMs)) unnamed.add(key);
  // Files first, names after: a submission that is made in between is seen.
  for (const key of await listBundleKeys(db)) unnamed.delete(key);
  for (let after = ''; unnamed.size > 0;) {
    const page = await listSubmittedFiles(db, { after, limit: PAGE });
    for (const { files } of page) for (const { storage_key } of files) unnamed.delete(storage_key);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
    await yieldTurn();
  }
  for (const key of unnamed) await storage.remove(key);
  if (uploads + unnamed.size > 0) {
    logger.warn({ uploads, files: unnamed.size }, 'files that belong to nothing were removed');
  }
  return { uploads, files: unnamed.size };
}
