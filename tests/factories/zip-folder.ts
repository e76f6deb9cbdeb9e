import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

import { zip } from '../sandbox/make-zip.ts';

/** A zip of everything in a folder, as a file manager makes it. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return { name: path.relative(folder, file), content: await readFile(file) };
    }),
  );
  return Buffer.from(zip(contents));
}
