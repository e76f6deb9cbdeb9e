import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { makeAxis, makeMirroredAxis, makeWhisker } from '../../../server/presenters/axis.ts';

const mark = (value: number, low = value, high = value) => ({ value, interval: { low, high } });

describe('makeAxis', () => {
  it('starts at zero when zero is near and has round ticks', () => {
    const axis = makeAxis([mark(0.01, 0.005, 0.018), mark(0.031, 0.02, 0.045)], false);
    expect(axis.ticks).toEqual([0, 0.01, 0.02, 0.03, 0.04, 0.05]);
  });

  it('does not start at zero when all scores are far from it', () => {
    const axis = makeAxis([mark(0.91), mark(0.93)], true);
    expect(axis.low).toBeGreaterThan(0.9);
  });

  it('is not stretched by a score far worse than the rest', () => {
    const good = [0.01, 0.012, 0.015, 0.02].map((value) => mark(value));
    expect(makeAxis([...good, mark(0.9)], false).high).toBeLessThan(0.1);
    const accuracies = [0.99, 0.985, 0.98, 0.97].map((value) => mark(value));
    expect(makeAxis([...accuracies, mark(-3)], true).low).toBeGreaterThan(-1.5);
  });

  it('always has its ticks in order and the best score on it', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(rate, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        (values, higher) => {
          const axis = makeAxis(
            values.map((value) => mark(value)),
            higher,
          );
          const best = higher ? Math.max(...values) : Math.min(...values);
          expect(axis.high).toBeGreaterThan(axis.low);
          expect(best).toBeGreaterThanOrEqual(axis.low - 1e-9);
          expect(best).toBeLessThanOrEqual(axis.high + 1e-9);
          expect(axis.ticks.length).toBeLessThanOrEqual(8);
          expect(axis.ticks).toEqual(axis.ticks.toSorted((a, b) => a - b));
          expect(axis.ticks[0]).toBe(axis.low);
          expect(axis.ticks.at(-1)).toBe(axis.high);
        },
      ),
    );
  });

  it('stands without any score', () => {
    expect(makeAxis([], false)).toEqual({ low: 0, high: 1, ticks: [0, 0.5, 1] });
  });
});

describe('makeWhisker', () => {
  const axis = { low: 0, high: 0.1, ticks: [0, 0.05, 0.1] };

  it('places the dot between the ends of its line', () => {
    expect(makeWhisker(axis, mark(0.05, 0.025, 0.1))).toEqual({
      dot: '50.00%',
      from: '28.00%',
      to: '94.00%',
    });
  });

  it('runs to the edge where the interval goes on, and has no dot beyond it', () => {
    expect(makeWhisker(axis, mark(0.2, 0.08, 0.4))).toEqual({
      dot: null,
      from: '76.40%',
      to: '100%',
    });
    expect(makeWhisker(axis, mark(0.5, 0.4, 0.6))).toEqual({ dot: null, from: null, to: null });
  });

  it('ends on the last tick where an interval misses it by the dust of fractions', () => {
    const sides = makeMirroredAxis(0.06);
    const low = -0.1 - 0.2 + 0.24;
    expect(low).toBeLessThan(sides.low);
    expect(makeWhisker(sides, mark(-0.04, low, -0.02)).from).toBe('6.00%');
    expect(makeWhisker(sides, mark(low)).dot).toBe('6.00%');
  });

  it('has no line where there is no interval', () => {
    const whisker = makeWhisker(axis, { value: 0, interval: null });
    expect(whisker).toEqual({ dot: '6.00%', from: null, to: null });
  });
});
