import fc from 'fast-check';

import type { ImagePair } from '../../../../scoring/image/image-pair.ts';
import { createRandom } from '../../../../scoring/random.ts';

/** A pair of noise images of 8-bit samples, b near a, the same for the same seed. */
export function noisePair(seed: number, sizes: Partial<ImagePair> = {}): ImagePair {
  const { channels = 1, height = 16, width = 16 } = sizes;
  const random = createRandom(seed);
  const count = channels * height * width;
  const a = Float64Array.from({ length: count }, () => random.nextBelow(256));
  const b = a.map((value) => Math.min(255, Math.max(0, value + random.nextBelow(61) - 30)));
  return { channels, height, width, a, b, dataRange: 255 };
}

/** Pairs whose two images have nothing in common. */
export const anyPair: fc.Arbitrary<ImagePair> = fc
  .record({
    channels: fc.constantFrom(1, 3),
    height: fc.integer({ min: 11, max: 18 }),
    width: fc.integer({ min: 11, max: 18 }),
    seed: fc.nat(),
  })
  .map(({ seed, ...sizes }) => ({
    ...noisePair(seed, sizes),
    b: noisePair(seed + 1, sizes).a,
  }));

export function swapped(pair: ImagePair): ImagePair {
  return { ...pair, a: pair.b, b: pair.a };
}

/** The pair as the JSON form reads it: rows of one plane. */
export function rowsOf(samples: ArrayLike<number>, width: number): number[][] {
  const values = Array.from(samples);
  return Array.from({ length: values.length / width }, (_, row) =>
    values.slice(row * width, (row + 1) * width),
  );
}
