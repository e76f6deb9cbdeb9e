import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eer, equalErrorRate } from '../../../../scoring/verification/eer.ts';
import { lfwAccuracy, lfwAccuracyMetric } from '../../../../scoring/verification/lfw-accuracy.ts';
import { rocPoints } from '../../../../scoring/verification/roc.ts';
import { tarAtFar, tarAtFarMetric } from '../../../../scoring/verification/tar-at-far.ts';
import { compare, loadVectors } from '../vectors.ts';

describe.each([lfwAccuracyMetric, eer, tarAtFarMetric])('$name', (metric) => {
  it.each(loadVectors(metric.name))('agrees with its reference: $name', (vector) => {
    const { value } = metric.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
  });
});

/** Few different scores, so that ties are common. */
const pairs = fc.array(fc.tuple(fc.nat(8), fc.boolean()), { maxLength: 30 }).map((drawn) => ({
  scores: Float64Array.from(drawn, ([score]) => score / 8),
  labels: Uint8Array.from(drawn, ([, same]) => Number(same)),
}));

describe('rocPoints', () => {
  it('accepts nothing at first and everything at last, tied pairs together', () => {
    const points = rocPoints(Float64Array.of(0.2, 0.9, 0.2, 0.9, 0.5), [0, 1, 1, 0, 1]);
    expect([...points.truePositives]).toEqual([0, 1, 2, 3]);
    expect([...points.falsePositives]).toEqual([0, 1, 1, 2]);
  });
});

describe('eer', () => {
  it('takes the first of points that are equally near', () => {
    // (1/2, 1 - 1/3) and (1/2, 1 - 2/3) are both 1/6 apart.
    const scores = [0.9, 0.8, 0.7, 0.6, 0.1];
    expect(eer.report({ scores, labels: [1, 0, 1, 1, 0] }).value).toBeCloseTo((1 / 2 + 2 / 3) / 2);
  });

  it('is in [0, 1], and the same in any order and any order-preserving form', () => {
    fc.assert(
      fc.property(pairs, ({ scores, labels }) => {
        const value = equalErrorRate(scores, labels);
        expect(equalErrorRate(scores.toReversed(), labels.toReversed())).toBe(value);
        expect(equalErrorRate(scores.map(Math.exp), labels)).toBe(value);
        if (value !== null) expect(value).toBeGreaterThanOrEqual(0);
        if (value !== null) expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is undefined where one kind of pair is missing', () => {
    expect(eer.report({ scores: [1, 2], labels: [1, 1] }).value).toBeNull();
    expect(eer.report({ scores: [1, 2], labels: [0, 0] }).value).toBeNull();
    expect(eer.report({ scores: [], labels: [] }).value).toBeNull();
  });

  it('refuses input that does not fit', () => {
    expect(() => eer.report({ scores: [1], labels: [0, 1] })).toThrow(/1 rows.*2/);
    expect(() => eer.report({ scores: [1], labels: [2] })).toThrow(/labels: item 0/);
    expect(() => eer.report({ scores: [NaN], labels: [1] })).toThrow(/scores: item 0/);
  });
});

describe('tar_at_far', () => {
  const scores = [0.1, 0.2, 0.3, 0.7, 0.4, 0.6, 0.8, 0.9];
  const labels = [0, 0, 0, 0, 1, 1, 1, 1];

  it('lets in as many different pairs as the target allows, and no more', () => {
    expect(tarAtFarMetric.report({ scores, labels, far: 0.25 })).toEqual({ value: 1, far: 0.25 });
    expect(tarAtFarMetric.report({ scores, labels, far: 0.249 })).toEqual({ value: 0.5, far: 0 });
    expect(tarAtFarMetric.report({ scores, labels, far: 1 })).toEqual({ value: 1, far: 1 });
  });

  it('is 0 where a different pair scores highest and the target is below one pair', () => {
    expect(tarAtFarMetric.report({ scores: [3, 2, 1], labels: [0, 1, 1], far: 0.3 })).toEqual({
      value: 0,
      far: 0,
    });
    // Tied with it is as bad: the two come in together.
    expect(tarAtFarMetric.report({ scores: [3, 3], labels: [0, 1], far: 0 }).value).toBe(0);
  });

  it('never falls as the target rises, and keeps the target', () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0, max: 1, noNaN: true }), (drawn, far) => {
        const low = tarAtFar(drawn.scores, drawn.labels, far / 2);
        const high = tarAtFar(drawn.scores, drawn.labels, far);
        expect(low?.tar ?? 0).toBeLessThanOrEqual(high?.tar ?? 0);
        expect(high?.far ?? 0).toBeLessThanOrEqual(far);
        expect(tarAtFar(drawn.scores.toReversed(), drawn.labels.toReversed(), far)).toEqual(high);
      }),
    );
  });

  it('is undefined where one kind of pair is missing', () => {
    expect(tarAtFarMetric.report({ scores: [1], labels: [1], far: 0.1 }).value).toBeNull();
    expect(tarAtFarMetric.report({ scores: [1], labels: [0], far: 0.1 }).value).toBeNull();
  });

  it('refuses a target that is no rate', () => {
    expect(() => tarAtFarMetric.report({ scores, labels, far: 1.5 })).toThrow(/far/);
    expect(() => tarAtFarMetric.report({ scores, labels })).toThrow(/far/);
  });
});

/** The protocol word for word: every threshold tried on every pair. */
function plainLfw(distances: readonly number[], same: readonly number[], folds: number) {
  const bounds = Array.from({ length: folds + 1 }, (_, fold) =>
    Math.min(
      distances.length,
      fold * Math.floor(distances.length / folds) + Math.min(fold, distances.length % folds),
    ),
  );
  const isRight = (pair: number, threshold: number) =>
    Number((distances[pair] ?? NaN) < threshold) === same[pair];
  const accuracies = Array.from({ length: folds }, (_, fold) => {
    const inFold = (pair: number) => pair >= (bounds[fold] ?? 0) && pair < (bounds[fold + 1] ?? 0);
    const all = distances.map((_, pair) => pair);
    const count = (threshold: number, held: boolean) =>
      all.filter((pair) => inFold(pair) === held && isRight(pair, threshold)).length;
    let best = 0;
    for (let step = 1; step < 400; step++) {
      if (count(step * 0.01, false) > count(best * 0.01, false)) best = step;
    }
    return count(best * 0.01, true) / all.filter(inFold).length;
  });
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / folds;
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / folds;
  return { mean, std: Math.sqrt(variance) };
}

describe('lfw_accuracy', () => {
  it('is the protocol word for word, distances on a threshold and uneven folds included', () => {
    const drawn = fc.array(fc.tuple(fc.nat(450), fc.nat(1)), { minLength: 5, maxLength: 17 });
    fc.assert(
      fc.property(drawn, fc.integer({ min: 2, max: 5 }), (rows, folds) => {
        const distances = rows.map(([steps]) => steps * 0.01);
        const same = rows.map(([, label]) => label);
        const expected = plainLfw(distances, same, folds);
        expect(compare(lfwAccuracy(distances, same, folds), expected, 1e-12)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('counts distances beyond the thresholds, below 0 included, as they fall', () => {
    const distances = [-1, 50, -0.5, 3.99, -2, 4];
    const same = [1, 0, 1, 0, 1, 0];
    expect(lfwAccuracy(distances, same, 3)).toEqual({ mean: 1, std: 0 });
  });

  it('refuses fewer pairs than folds, and lists that do not fit', () => {
    expect(() => lfwAccuracyMetric.report({ distances: [1, 2], same: [true, false] })).toThrow(
      /2 pairs.*10 folds/,
    );
    expect(() => lfwAccuracyMetric.report({ distances: [1, 2], same: [true] })).toThrow(
      /2 rows.*1/,
    );
  });

  it('is undefined without pairs', () => {
    expect(lfwAccuracyMetric.report({ distances: [], same: [] }).value).toBeNull();
  });
});
