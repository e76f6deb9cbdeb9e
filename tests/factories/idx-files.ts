/** Raw data as somebody has it who hosts a competition: IDX files, gzipped, of some of the digits. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { encodeIdx } from '../../tasks/data/idx.ts';
import { loadTask } from '../../tasks/load.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const SIDE = 28;

/** Writes `train` and `test` images and labels. @returns the arguments of `certamen task new` that name them. */
export async function writeIdxFiles(
  folder: string,
  rows: { train: number; test: number } = { train: 200, test: 120 },
): Promise<string[]> {
  const digits = await loadTask(DIGITS);
  const args: string[] = [];
  for (const [name, split] of [
    ['train', 'train'],
    ['test', 'public'],
  ] as const) {
    const count = rows[name];
    const inputs = await digits.readInputs(split);
    const targets = await digits.readTargets(split);
    const pixels = (inputs.rows.data as Uint8Array<ArrayBuffer>).slice(0, count * SIDE * SIDE);
    const images = { dtype: 'uint8', shape: [count, SIDE, SIDE], data: pixels } as const;
    const data = Uint8Array.from(targets.slice(0, count));
    const labels = { dtype: 'uint8', shape: [count], data } as const;
    for (const [what, tensor] of [
      ['images', images],
      ['labels', labels],
    ] as const) {
      const file = path.join(folder, `${name}-${what}-idx.gz`);
      await writeFile(file, gzipSync(encodeIdx(tensor)));
      args.push(`--${name}-${what}`, file);
    }
  }
  return args;
}
