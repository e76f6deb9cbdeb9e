import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ImagePair } from '../../../../scoring/image/image-pair.ts';
import { ssim, ssimOfImage } from '../../../../scoring/image/ssim.ts';
import { MetricInputError } from '../../../../scoring/metric.ts';
import { compare, loadVectors, finishOfItems } from '../vectors.ts';
import { anyPair, noisePair, rowsOf, swapped } from './pairs.ts';

const computable = loadVectors('ssim').filter(({ name }) => !name.includes('image not included'));

/** The definition, window by window, with two-dimensional weights and centred moments. */
function ssimByDefinition({ height, width, a, b, dataRange }: ImagePair): number {
  const places = Array.from({ length: 121 }, (_, k) => [Math.floor(k / 11), k % 11] as const);
  const bell = places.map(([y, x]) => Math.exp(-((y - 5) ** 2 + (x - 5) ** 2) / (2 * 1.5 ** 2)));
  const total = bell.reduce((sum, weight) => sum + weight, 0);
  const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2];
  const values: number[] = [];
  for (let top = 0; top + 11 <= height; top++) {
    for (let left = 0; left + 11 <= width; left++) {
      const mean = (of: (at: number) => number) =>
        places.reduce(
          (sum, [y, x], k) => sum + ((bell[k] ?? 0) / total) * of((top + y) * width + left + x),
          0,
        );
      const ma = mean((at) => a[at] ?? 0);
      const mb = mean((at) => b[at] ?? 0);
      const va = mean((at) => ((a[at] ?? 0) - ma) ** 2);
      const vb = mean((at) => ((b[at] ?? 0) - mb) ** 2);
      const cov = mean((at) => ((a[at] ?? 0) - ma) * ((b[at] ?? 0) - mb));
      values.push(
        ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2)),
      );
    }
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('ssim', () => {
  it.each(computable)('agrees with the vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(ssim.report(input).value, expected, tolerance)).toEqual([]);
  });

  it('gives the 7 digits of the published pattern under either border', () => {
    const input = {
      generator:
        'MT19937 seeded by init_genrand(42); value = (uint32 & 0xFFFFFF) / 2^24, row-major; b = 0.75*a',
      shape: [3, 3, 256, 256],
      dataRange: 'max-min of a',
    };
    expect(ssim.report(input).value).toBeCloseTo(0.92189211, 8);
    expect(ssim.report({ ...input, border: 'reflect-pad' }).value).toBeCloseTo(0.92189251, 7);
  });

  it('is the definition, window by window', () => {
    fc.assert(
      fc.property(anyPair, (pair) => {
        const one = noisePair(pair.height, { height: pair.height, width: pair.width });
        expect(ssimOfImage(one)).toBeCloseTo(ssimByDefinition(one), 10);
      }),
      { numRuns: 20 },
    );
  });

  it('continues the image by its mirror image, the edge not repeated', () => {
    const pair = noisePair(3, { height: 11, width: 13 });
    const grow = (samples: ArrayLike<number>) => {
      const rows = rowsOf(samples, 13).map((row) => mirrored(row));
      return Float64Array.from(mirrored(rows).flat());
    };
    const grown = { ...pair, height: 21, width: 23, a: grow(pair.a), b: grow(pair.b) };
    expect(ssimOfImage(pair, 'reflect')).toBeCloseTo(ssimOfImage(grown), 12);
  });

  it('is the mean over the channels, or of the luma where that is asked', () => {
    const planes = [1, 2, 3].map((seed) => noisePair(seed));
    const input = {
      a: planes.map(({ a }) => rowsOf(a, 16)),
      b: planes.map(({ b }) => rowsOf(b, 16)),
      dataRange: 255,
    };
    const mean = planes.reduce((sum, plane) => sum + ssimOfImage(plane), 0) / 3;
    expect(ssim.report(input).value).toBeCloseTo(mean, 12);

    const mix = (of: 'a' | 'b') =>
      Float64Array.from({ length: 256 }, (_, at) =>
        [0.299, 0.587, 0.114].reduce((sum, k, c) => sum + k * (planes[c]?.[of][at] ?? 0), 0),
      );
    const luma = { ...noisePair(1), a: mix('a'), b: mix('b') };
    expect(ssim.report({ ...input, channels: 'luma' }).value).toBeCloseTo(ssimOfImage(luma), 12);
  });

  it('reads pixels of interleaved channels as it reads planes', () => {
    const planes = [1, 2, 3].map((seed) => noisePair(seed));
    const interleave = (of: 'a' | 'b') =>
      Array.from({ length: 16 }, (_, y) =>
        Array.from({ length: 16 }, (_, x) => planes.map((plane) => plane[of][y * 16 + x])),
      );
    const stacked = (of: 'a' | 'b') => planes.map((plane) => rowsOf(plane[of], 16));
    expect(ssim.report({ a: interleave('a'), b: interleave('b'), dataRange: 255 }).value).toBe(
      ssim.report({ a: stacked('a'), b: stacked('b'), dataRange: 255 }).value,
    );
  });

  it('gives samples of 8 bits and of floating point the same value', () => {
    const pair = noisePair(5, { channels: 3 });
    const bytes = { ...pair, a: Uint8Array.from(pair.a), b: Uint8Array.from(pair.b) };
    const floats = { ...pair, a: Float32Array.from(pair.a), b: Float32Array.from(pair.b) };
    expect(ssimOfImage(bytes)).toBe(ssimOfImage(pair));
    expect(ssimOfImage(floats)).toBe(ssimOfImage(pair));
  });

  it('refuses an image smaller than the window and states both sizes', () => {
    const rows = rowsOf(new Float64Array(10 * 20), 20);
    expect(() => ssim.report({ a: rows, b: rows, dataRange: 255 })).toThrow(
      /10 x 20 is smaller than the window of 11 x 11/,
    );
  });

  it('never takes the scale from the images by itself', () => {
    const rows = rowsOf(noisePair(1).a, 16);
    expect(() => ssim.report({ a: rows, b: rows })).toThrow(MetricInputError);
    expect(() => ssim.report({ a: rows, b: rows })).toThrow(/dataRange: must be given/);
  });

  it('is undefined without images', () => {
    expect(ssim.report({ pairs: [], dataRange: 1 }).value).toBeNull();
  });

  it('is 1 for identical images, symmetric, and within its bounds', () => {
    fc.assert(
      fc.property(anyPair, (pair) => {
        const value = ssimOfImage(pair);
        expect(ssimOfImage({ ...pair, b: pair.a })).toBeCloseTo(1, 12);
        expect(ssimOfImage(swapped(pair))).toBeCloseTo(value, 12);
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not change with the unit of the samples', () => {
    fc.assert(
      fc.property(anyPair, fc.constantFrom(1 / 255, 0.5, 2, 257), (pair, unit) => {
        const scaled = {
          ...pair,
          a: Float64Array.from(pair.a, (value) => value * unit),
          b: Float64Array.from(pair.b, (value) => value * unit),
          dataRange: pair.dataRange * unit,
        };
        expect(ssimOfImage(scaled)).toBeCloseTo(ssimOfImage(pair), 9);
      }),
    );
  });

  it('finishes the sums of single images', () => {
    const pairs = [1, 2, 3].map((seed) => {
      const { a, b } = noisePair(seed);
      return { a: rowsOf(a, 16), b: rowsOf(b, 16) };
    });
    const input = { pairs, dataRange: 255 };
    expect(finishOfItems(ssim, input)).toBeCloseTo(Number(ssim.report(input).value), 12);
  });
});

/** Five more items before and after, mirrored about the first and the last. */
function mirrored<T>(items: readonly T[]): T[] {
  return [...items.slice(1, 6).toReversed(), ...items, ...items.slice(-6, -1).toReversed()];
}
