import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  inceptionScore,
  inceptionScoreOf,
} from '../../../../scoring/generation/inception-score.ts';
import { compare, loadVectors } from '../vectors.ts';

const anyProbabilities: fc.Arbitrary<number[][]> = fc.integer({ min: 2, max: 5 }).chain((classes) =>
  fc.array(
    fc
      .array(fc.integer({ min: 0, max: 100 }), { minLength: classes, maxLength: classes })
      .filter((counts) => counts.some((count) => count > 0))
      .map((counts) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        return counts.map((count) => count / total);
      }),
    { minLength: 1, maxLength: 12 },
  ),
);

function score(probabilities: number[][], options: object = { splits: 1 }): number {
  return Number(inceptionScore.report({ probabilities, ...options }).value);
}

describe('inception_score', () => {
  it.each(loadVectors('inception_score'))(
    'agrees with the vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(inceptionScore.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('lies between 1 and the number of classes, whatever the order of images', () => {
    fc.assert(
      fc.property(anyProbabilities, (probabilities) => {
        const value = score(probabilities);
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual((probabilities[0]?.length ?? 0) + 1e-9);
        expect(score(probabilities.toReversed())).toBeCloseTo(value, 9);
      }),
    );
  });

  it('splits the images in their order, as evenly as they go', () => {
    const [sure, other] = [
      [1, 0],
      [0, 1],
    ];
    const probabilities = [sure, other, sure, sure, sure];
    const report = inceptionScore.report({ probabilities, splits: 2 });
    const first = 2;
    const second = 1;
    expect(report).toEqual({
      value: expect.closeTo((first + second) / 2, 12) as number,
      sd: expect.closeTo(0.5, 12) as number,
      splits: 2,
      samples: 5,
    });
    const sample = inceptionScore.report({ probabilities, splits: 2, sd: 'sample' });
    expect(sample['sd']).toBeCloseTo(Math.SQRT1_2, 12);
    expect(inceptionScore.report({ probabilities, splits: 1, sd: 'sample' })['sd']).toBeNull();
  });

  it('shuffles by a seed', () => {
    const probabilities = Array.from({ length: 40 }, (_, at) => (at < 20 ? [1, 0] : [0, 1]));
    expect(score(probabilities, { splits: 4 })).toBeCloseTo(1, 12);
    const shuffled = score(probabilities, { splits: 4, seed: 3 });
    expect(shuffled).toBeGreaterThan(1.5);
    expect(score(probabilities, { splits: 4, seed: 3 })).toBe(shuffled);
  });

  it('takes ten splits by default', () => {
    const probabilities = Array.from({ length: 25 }, () => [0.5, 0.5]);
    expect(inceptionScore.report({ probabilities })['splits']).toBe(10);
  });

  it('is undefined without images', () => {
    expect(inceptionScore.report({ probabilities: [] })).toMatchObject({ value: null, sd: null });
  });

  it('takes probabilities that were written with few digits', () => {
    const thirds = [0.33, 0.33, 0.33];
    expect(score([thirds, thirds])).toBeCloseTo(1, 12);
  });

  it('reads single precision', () => {
    expect(inceptionScoreOf(Float32Array.of(0.1, 0.9, 0.7, 0.3), 2, 1).mean).toBeCloseTo(
      score([
        [0.1, 0.9],
        [0.7, 0.3],
      ]),
      6,
    );
  });

  it.each([
    ['fewer images than splits', { probabilities: [[1, 0]], splits: 2 }, /1 images .* 2 parts/],
    ['a negative probability', { probabilities: [[1.5, -0.5]], splits: 1 }, /image 0 .* -0.5/],
    ['logits', { probabilities: [[3, 2]], splits: 1 }, /image 0 sum to 5/],
    ['rows of other lengths', { probabilities: [[1], [0.5, 0.5]], splits: 1 }, /row 1 has 2/],
  ])('refuses %s', (_, input, message) => {
    expect(() => inceptionScore.report(input)).toThrow(RangeError);
    expect(() => inceptionScore.report(input)).toThrow(message);
  });
});
