import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { sequenceJaccard } from '../../../../scoring/gesture/jaccard.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

describe.each(['gesture_levenshtein', 'gesture_jaccard'])('%s', (name) => {
  it.each(loadVectors(name))('agrees with its vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(findMetric(name).report(input).value, expected, tolerance)).toEqual([]);
  });
});

const gestures = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 8 });
const pairs = fc.array(fc.tuple(gestures, gestures), { minLength: 1, maxLength: 6 });

describe('gesture_levenshtein', () => {
  const metric = findMetric('gesture_levenshtein');
  const inputOf = (list: readonly (readonly [number[], number[]])[]) => ({
    truth: list.map(([truth]) => truth),
    prediction: list.map(([, prediction]) => prediction),
  });

  it('does not depend on the order of sequences, and is what their sums finish to', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { value } = metric.report(inputOf(list));
        expect(metric.report(inputOf(list.toReversed())).value).toBe(value);
        expect(finishOfItems(metric, inputOf(list))).toBe(value);
      }),
    );
  });

  it('is 0 for equal sequences and 1 for empty predictions', () => {
    const truth = [[1, 2, 3], [4]];
    expect(metric.report({ truth, prediction: truth }).value).toBe(0);
    expect(metric.report({ truth, prediction: [[], []] }).value).toBe(1);
  });

  it('can exceed 1, and is undefined without true gestures', () => {
    expect(metric.report({ truth: [[1]], prediction: [[2, 3, 4]] }).value).toBe(3);
    expect(metric.report({ truth: [[]], prediction: [[1]] }).value).toBeNull();
  });

  it('takes gestures by name', () => {
    expect(metric.report({ truth: [['wave', 'nod']], prediction: [['wave']] }).value).toBe(0.5);
  });

  it('refuses unequal counts of sequences', () => {
    expect(() => metric.report({ truth: [[1]], prediction: [] })).toThrow(
      'truth has 1 sequences, prediction has 0',
    );
  });
});

const interval = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 }), fc.nat(10))
  .map(([label, first, length]): [number, number, number] => [label, first, first + length]);
const intervals = fc.array(interval, { maxLength: 6 });

/** Frame by frame. */
function slowJaccard(
  truth: readonly [number, number, number][],
  prediction: readonly [number, number, number][],
): number | null {
  const framesOf = (list: readonly [number, number, number][], wanted: number) => {
    const frames = new Set<number>();
    for (const [label, first, last] of list) {
      for (let frame = first; frame <= last; frame++) if (label === wanted) frames.add(frame);
    }
    return frames;
  };
  const labels = new Set([...truth, ...prediction].map(([label]) => label));
  if (labels.size === 0) return null;
  let sum = 0;
  for (const label of labels) {
    const [left, right] = [framesOf(truth, label), framesOf(prediction, label)];
    sum += left.intersection(right).size / left.union(right).size;
  }
  return sum / labels.size;
}

describe('gesture_jaccard', () => {
  const metric = findMetric('gesture_jaccard');

  it('agrees with counting frame by frame, intervals that overlap included', () => {
    fc.assert(
      fc.property(intervals, intervals, (truth, prediction) => {
        const expected = slowJaccard(truth, prediction);
        const value = sequenceJaccard({ truth, prediction });
        if (expected === null || value === null) expect(value).toBe(expected);
        else expect(value).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('is symmetric, 1 for equal sides and in [0, 1]', () => {
    fc.assert(
      fc.property(intervals, intervals, (truth, prediction) => {
        const value = sequenceJaccard({ truth, prediction }) ?? 0;
        const turned = sequenceJaccard({ truth: prediction, prediction: truth }) ?? 0;
        expect(turned).toBeCloseTo(value, 12);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        if (truth.length > 0) expect(sequenceJaccard({ truth, prediction: truth })).toBe(1);
      }),
    );
  });

  it('is what the sums of its sequences finish to', () => {
    const lists = fc.array(fc.record({ truth: intervals, prediction: intervals }));
    fc.assert(
      fc.property(lists, (sequences) => {
        expect(finishOfItems(metric, { sequences })).toBe(metric.report({ sequences }).value);
      }),
    );
  });

  it('leaves out sequences without gestures, and is undefined where there is no other', () => {
    const empty = { truth: [], prediction: [] };
    const right = { truth: [[1, 5, 9]], prediction: [[1, 5, 9]] };
    expect(metric.report({ sequences: [empty, right] })).toEqual({ value: 1, sequences: 1 });
    expect(metric.report({ sequences: [empty] }).value).toBeNull();
    expect(metric.report({ sequences: [] }).value).toBeNull();
  });

  it('counts both end frames, and refuses an interval that ends before it begins', () => {
    const sequences = [{ truth: [[1, 1, 2]], prediction: [[1, 2, 3]] }];
    expect(metric.report({ sequences }).value).toBe(1 / 3);
    const turned = [{ truth: [[1, 3, 2]], prediction: [] }];
    expect(() => metric.report({ sequences: turned })).toThrow('truth: frames 3 to 2');
  });
});
