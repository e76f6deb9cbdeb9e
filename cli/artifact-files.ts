import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { ArtifactFile } from '../sandbox/request.ts';
import { UsageError } from './command.ts';

/** Reads what `--model` names: files, or a folder whose files are taken (a saved TF.js model, say). */
export async function readArtifactFiles(paths: readonly string[]): Promise<ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => {
      throw new UsageError(`there is no file '${path}'`);
    });
    if (!info.isDirectory()) {
      files.push({ name: basename(path), bytes: await readFile(path) });
      continue;
    }
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isFile())
        files.push({ name: entry.name, bytes: await readFile(join(path, entry.name)) });
    }
  }
  return files;
}
