import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  createMomentSum,
  momentsOf,
  type Features,
  type Moments,
} from '../../../../scoring/generation/features.ts';
import {
  fid,
  frechetDistance,
  frechetDistanceOfFeatures,
} from '../../../../scoring/generation/fid.ts';
import { compare, loadVectors } from '../vectors.ts';
import { noiseFeatures, reversed, rowsOf, slice } from './features.ts';

const anySets: fc.Arbitrary<[Features, Features]> = fc
  .record({
    seed: fc.nat(),
    columns: fc.integer({ min: 1, max: 6 }),
    rows: fc.tuple(fc.integer({ min: 2, max: 15 }), fc.integer({ min: 2, max: 15 })),
    shift: fc.double({ min: -2, max: 2, noNaN: true }),
  })
  .map(({ seed, columns, rows: [m, n], shift }) => [
    noiseFeatures(seed, m, columns),
    noiseFeatures(seed + 1, n, columns, shift),
  ]);

function distance(first: Features, second: Features): number {
  return frechetDistanceOfFeatures(first, second) ?? NaN;
}

describe('fid', () => {
  it.each(loadVectors('fid'))('agrees with the vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(fid.report(input).value, expected, tolerance)).toEqual([]);
  });

  it('reads real and fake features, and states how many images and features there were', () => {
    const [real, fake] = [noiseFeatures(1, 5, 3), noiseFeatures(2, 8, 3)];
    expect(fid.report({ real: rowsOf(real), fake: rowsOf(fake) })).toEqual({
      value: distance(real, fake),
      dimensions: 3,
      samples: [5, 8],
    });
  });

  it('divides by n where ddof is 0', () => {
    const [first, second] = [
      [[0], [2]],
      [[5], [9]],
    ];
    const value = (ddof: number) => fid.report({ features1: first, features2: second, ddof }).value;
    expect(value(1)).toBeCloseTo(36 + (Math.sqrt(2) - Math.sqrt(8)) ** 2, 9);
    expect(value(0)).toBeCloseTo(36 + (1 - 2) ** 2, 9);
  });

  it('adds epsilon under the root alone', () => {
    const moments = { mu1: [0], sigma1: [[1]], mu2: [0], sigma2: [[4]] };
    expect(fid.report({ ...moments, epsilon: 5 }).value).toBe(0);
    expect(fid.report({ ...moments, sigma1: [[0]], epsilon: 1 }).value).toBe(0);
    expect(fid.report({ ...moments, sigma1: [[0]], sigma2: [[9]], epsilon: 1 }).value).toBeCloseTo(
      9 - 2 * Math.sqrt(10),
      9,
    );
  });

  it('is the same from features and from their moments', () => {
    fc.assert(
      fc.property(anySets, ([first, second]) => {
        const fromMoments = frechetDistance(momentsOf(first), momentsOf(second));
        expect(fromMoments).toBeCloseTo(distance(first, second), 6);
      }),
    );
  });

  it('gathers batches of any size, however far the features lie from 0', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), fc.constantFrom(0, 1e6), (seed, cut, shift) => {
        const features = noiseFeatures(seed, 40, 5, shift);
        const sum = createMomentSum(5);
        sum.update(slice(features, 0, cut));
        sum.update(slice(features, cut, 40));
        const [batches, atOnce] = [sum.finish(), momentsOf(features)];
        expect(sum.samples).toBe(40);
        for (const [at, value] of atOnce.covariance.values.entries()) {
          expect(batches?.covariance.values[at]).toBeCloseTo(value, 9);
        }
        for (const [at, value] of atOnce.mean.entries()) {
          expect(batches?.mean[at]).toBeCloseTo(value, 6);
        }
      }),
    );
  });

  it('takes single and double precision alike', () => {
    const features = noiseFeatures(3, 12, 4);
    const single = { ...features, values: Float32Array.from(features.values) };
    const double = { ...features, values: Float64Array.from(single.values) };
    const other = noiseFeatures(4, 12, 4);
    expect(distance(single, other)).toBe(distance(double, other));
  });

  it('is symmetric, 0 for one set, never negative, and blind to the order of images', () => {
    fc.assert(
      fc.property(anySets, ([first, second]) => {
        const value = distance(first, second);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(distance(second, first)).toBeCloseTo(value, 9);
        expect(distance(reversed(first), second)).toBeCloseTo(value, 9);
        expect(distance(first, first)).toBeCloseTo(0, 9);
      }),
    );
  });

  it('grows by the square of the distance of the means', () => {
    const features = noiseFeatures(5, 20, 3);
    const moved = { ...features, values: features.values.map((value) => value + 2) };
    expect(distance(features, moved)).toBeCloseTo(3 * 2 ** 2, 9);
  });

  it('is undefined where a set has fewer than two images', () => {
    expect(
      fid.report({
        features1: [[1, 2]],
        features2: [
          [1, 2],
          [3, 4],
        ],
      }).value,
    ).toBeNull();
    expect(fid.report({ real: [], fake: [[1], [2]] }).value).toBeNull();
  });

  it('takes a covariance without full rank as its digits say, however few they are', () => {
    // The covariance of points on a line, with three digits: its determinant is a little below 0.
    const sigma1 = [
      [0.643, 1.062],
      [1.062, 1.754],
    ];
    const identity = [
      [1, 0],
      [0, 1],
    ];
    const at = { mu1: [0, 0], mu2: [0, 0] };
    const [trace, determinant] = [0.643 + 1.754, 0.643 * 1.754 - 1.062 ** 2];
    const root = Math.sqrt((trace + Math.sqrt(trace ** 2 - 4 * determinant)) / 2);
    for (const sigmas of [
      { sigma1, sigma2: identity },
      { sigma1: identity, sigma2: sigma1 },
    ]) {
      expect(fid.report({ ...at, ...sigmas }).value).toBeCloseTo(trace + 2 - 2 * root, 12);
    }
    expect(fid.report({ ...at, sigma1, sigma2: sigma1 }).value).toBeCloseTo(0, 3);
  });

  it.each([1e-300, 1e-160, 1e120, 1e300])('scales with features of any size: %d', (size) => {
    const input = {
      mu1: [0, 0],
      sigma1: [
        [size, 0],
        [0, 4 * size],
      ],
      mu2: [0, 0],
      sigma2: [
        [9 * size, 0],
        [0, size],
      ],
    };
    expect(Number(fid.report(input).value) / size).toBeCloseTo(5, 9);
  });

  it('ends where two covariances meet in the smallest of numbers', () => {
    const [sigma1, sigma2] = [
      [
        [1, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [1e-320, 1],
      ],
    ];
    expect(fid.report({ mu1: [0, 0], sigma1, mu2: [0, 0], sigma2 }).value).toBe(2);
  });

  it('refuses features whose distance is beyond any number', () => {
    const moments = { mu1: [0], sigma1: [[1e308]], mu2: [0], sigma2: [[1e308]] };
    expect(() => fid.report(moments)).toThrow(/too large/);
    expect(() => fid.report({ ...moments, mu1: [1e200] })).toThrow(/too large/);
  });

  it('is hardly another where the moments of few images were rounded', () => {
    const rounded = ({ mean, covariance }: Moments): Moments => {
      const round = (value: number) => Math.round(value * 1e6) / 1e6;
      return {
        mean: mean.map(round),
        covariance: { ...covariance, values: covariance.values.map(round) },
      };
    };
    fc.assert(
      fc.property(anySets, ([first, second]) => {
        const [one, other] = [momentsOf(first), momentsOf(second)];
        // The root of an eigenvalue of 0 moves by the root of what was rounded away.
        const apart = frechetDistance(rounded(one), rounded(other)) - frechetDistance(one, other);
        expect(Math.abs(apart)).toBeLessThan(0.02);
      }),
    );
  });

  const moments = {
    mu1: [0, 0],
    sigma1: [
      [1, 0],
      [0, 1],
    ],
    mu2: [0, 0],
    sigma2: [
      [1, 0],
      [0, 1],
    ],
  };
  it.each([
    [
      'rows of other lengths',
      {
        real: [
          [1, 2],
          [3, 4],
        ],
        fake: [[1], [2]],
      },
      /2 features, the second 1/,
    ],
    ['means of other lengths', { ...moments, mu2: [0], sigma2: [[1]] }, /2 features, the second 1/],
    ['a covariance of another size', { ...moments, sigma1: [[1]] }, /mu1 has 2 .* 1 x 1/],
    [
      'a covariance that is not symmetric',
      {
        ...moments,
        sigma1: [
          [1, 1],
          [0, 1],
        ],
      },
      /symmetric/,
    ],
    [
      'a covariance that is none',
      {
        ...moments,
        sigma2: [
          [1, 2],
          [2, 1],
        ],
      },
      /semi-definite/,
    ],
    ['moments of one set', { mu1: [0], sigma1: [[1]] }, /expected mu1/],
    ['a feature that is no number', { real: [[null]], fake: [[1]] }, /real/],
  ])('refuses %s', (_, input, message) => {
    expect(() => fid.report(input)).toThrow(RangeError);
    expect(() => fid.report(input)).toThrow(message);
  });
});
