import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Features } from '../../../../scoring/generation/features.ts';
import {
  kernelDistance,
  kernelDistanceOfSubsets,
  kid,
} from '../../../../scoring/generation/kid.ts';
import { compare, loadVectors } from '../vectors.ts';
import { noiseFeatures, reversed, rowsOf } from './features.ts';

/** The definition, pair by pair. */
function byDefinition(real: Features, fake: Features): number {
  const [x, y] = [rowsOf(real), rowsOf(fake)];
  const kernel = (a: number[], b: number[]) =>
    (a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / a.length + 1) ** 3;
  const mean = (a: number[][], b: number[][]) => {
    const values = a.flatMap((one, i) =>
      b.filter((_, j) => a !== b || i !== j).map((other) => kernel(one, other)),
    );
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return mean(x, x) + mean(y, y) - 2 * mean(x, y);
}

describe('kid', () => {
  it.each(loadVectors('kid'))('agrees with the vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(kid.report(input).value, expected, tolerance)).toEqual([]);
  });

  it('is the definition, symmetric, and blind to the order of images', () => {
    const size = fc.integer({ min: 2, max: 11 });
    fc.assert(
      fc.property(fc.nat(), size, size, size, (seed, m, n, columns) => {
        const [real, fake] = [
          noiseFeatures(seed, m, columns),
          noiseFeatures(seed + 1, n, columns, 0.5),
        ];
        const value = kernelDistance(real, fake) ?? NaN;
        expect(value).toBeCloseTo(byDefinition(real, fake), 9);
        expect(kernelDistance(fake, real)).toBeCloseTo(value, 9);
        expect(kernelDistance(reversed(real), fake)).toBeCloseTo(value, 9);
      }),
    );
  });

  it('may be negative, as for a set and itself', () => {
    const features = noiseFeatures(1, 6, 3);
    const itself = kernelDistance(features, features) ?? NaN;
    expect(itself).toBeLessThan(0);
    expect(itself).toBeCloseTo(kernelDistance(features, { ...features }) ?? NaN, 12);
  });

  it('averages over seeded subsets and gives their spread', () => {
    const input = {
      real: rowsOf(noiseFeatures(1, 30, 4)),
      fake: rowsOf(noiseFeatures(2, 25, 4, 0.4)),
      subsets: 20,
      subset_size: 10,
    };
    const report = kid.report(input);
    expect(report).toEqual(kid.report(input));
    expect(report.value).not.toBe(kid.report({ ...input, seed: 1 }).value);
    expect(report).toMatchObject({ subsets: 20, subset_size: 10, samples: [30, 25] });
    const whole = Number(kid.report({ real: input.real, fake: input.fake }).value);
    expect(Math.abs(Number(report.value) - whole)).toBeLessThan(Number(report['sd']));
  });

  it('draws whole sets where a subset is as large', () => {
    const [real, fake] = [noiseFeatures(1, 9, 4), noiseFeatures(2, 9, 4, 0.4)];
    const subsets = kernelDistanceOfSubsets(real, fake, { subsets: 3, size: 9, seed: 0 });
    expect(subsets.mean).toBeCloseTo(kernelDistance(real, fake) ?? NaN, 9);
    expect(subsets.sd).toBeCloseTo(0, 9);
  });

  it('is undefined where a set has fewer than two images', () => {
    expect(kid.report({ real: [[1]], fake: [[1], [2]] }).value).toBeNull();
    expect(kid.report({ real: [], fake: [] }).value).toBeNull();
  });

  it('is undefined where its kernels are infinite', () => {
    const input = { real: [[1e308], [2], [1e308]], fake: [[1e308], [0]] };
    expect(kid.report(input).value).toBeNull();
    expect(kid.report({ ...input, subset_size: 2, subsets: 9 })['value']).toBeNull();
  });

  it('refuses rows of other lengths and subsets that are too large, and states both', () => {
    const [real, fake] = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 2],
        [0, 0],
      ],
    ];
    expect(() => kid.report({ real, fake: [[1], [2]] })).toThrow(/2 features, the second 1/);
    expect(() => kid.report({ real, fake, subset_size: 3 })).toThrow(/subset of 3 .* set of 2/);
  });
});
