import type { Features } from '../../../../scoring/generation/features.ts';
import { createRandom } from '../../../../scoring/random.ts';

/** Uniform features in [0, 1), moved by `shift`, the same for the same seed. */
export function noiseFeatures(seed: number, rows: number, columns: number, shift = 0): Features {
  const random = createRandom(seed);
  const values = Float64Array.from(
    { length: rows * columns },
    () => random.nextUint32() / 2 ** 32 + shift,
  );
  return { rows, columns, values };
}

/** As rows of JSON. */
export function rowsOf({ rows, columns, values }: Features): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(values.subarray(row * columns, (row + 1) * columns)),
  );
}

/** The same images from the last to the first. */
export function reversed(features: Features): Features {
  return { ...features, values: Float64Array.from(rowsOf(features).toReversed().flat()) };
}

/** Some of the images. */
export function slice({ columns, values }: Features, from: number, to: number): Features {
  return { rows: to - from, columns, values: values.slice(from * columns, to * columns) };
}
