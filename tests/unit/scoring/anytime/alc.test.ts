import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { alcAutodl, areaUnderLearningCurve } from '../../../../scoring/anytime/alc.ts';
import { compare, loadVectors } from '../vectors.ts';

const score = fc.double({ min: -1, max: 1, noNaN: true });
const curve = fc.uniqueArray(
  fc.record({ time: fc.double({ min: 0, max: 2000, noNaN: true }), score }),
  { selector: ({ time }) => time, maxLength: 10 },
);
type Points = readonly { time: number; score: number }[];
const inputOf = (points: Points) => ({
  timestamps: points.map(({ time }) => time),
  scores: points.map((point) => point.score),
});
const areaOf = (points: Points) => Number(alcAutodl.report(inputOf(points)).value);

describe('area under the learning curve', () => {
  it.each(loadVectors('alc_autodl'))(
    'agrees with its vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(alcAutodl.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('has 1,200 seconds and a t0 of 60 seconds where none are given', () => {
    const points = { timestamps: [10, 100], scores: [0.9, 0.3] };
    expect(alcAutodl.report(points)).toEqual(
      alcAutodl.report({ ...points, timeBudget: 1200, t0: 60 }),
    );
    expect(alcAutodl.report({ ...points, timeBudget: 7200 })).not.toEqual(alcAutodl.report(points));
  });

  it('is the score that holds from the start, and stays between the extremes and 0', () => {
    fc.assert(
      fc.property(curve, score, (points, first) => {
        expect(areaOf([{ time: 0, score: first }])).toBeCloseTo(first, 12);
        const scores = points.map((point) => point.score);
        expect(areaOf(points)).toBeLessThanOrEqual(Math.max(0, ...scores) + 1e-12);
        expect(areaOf(points)).toBeGreaterThanOrEqual(Math.min(0, ...scores) - 1e-12);
      }),
    );
  });

  it('does not depend on the order of the points', () => {
    fc.assert(
      fc.property(curve, (points) => {
        expect(areaOf(points.toReversed())).toBe(areaOf(points));
      }),
    );
  });

  it('ignores predictions after the budget', () => {
    fc.assert(
      fc.property(curve, (points) => {
        expect(areaOf(points.filter(({ time }) => time <= 1200))).toBe(areaOf(points));
      }),
    );
  });

  it('does not fall when a score rises', () => {
    fc.assert(
      fc.property(curve, (points) => {
        const better = points.map((point) => ({ ...point, score: (point.score + 1) / 2 }));
        expect(areaOf(better)).toBeGreaterThanOrEqual(areaOf(points) - 1e-12);
      }),
    );
  });

  it('holds the later of two predictions made at one time', () => {
    const points = [
      { time: 60, score: 0.1 },
      { time: 60, score: 0.8 },
    ];
    expect(areaOf(points)).toBe(areaOf(points.slice(1)));
  });

  it.each([
    [{ timestamps: [1, 2], scores: [0.5] }, /2 timestamps and 1 scores/],
    [{ timestamps: [-1], scores: [0.5] }, /-1/],
    [{ timestamps: [], scores: [], timeBudget: 0 }, /timeBudget/],
    [{ timestamps: [], scores: [], t0: 0 }, /t0/],
  ])('refuses %j', (input, message) => {
    expect(() => alcAutodl.report(input)).toThrow(message);
    expect(() => alcAutodl.report(input)).toThrow(RangeError);
  });

  it('is a pure function, too', () => {
    expect(areaUnderLearningCurve([60], [0.8], 1200, 60)).toBeCloseTo(0.6178638010424377, 12);
  });
});
