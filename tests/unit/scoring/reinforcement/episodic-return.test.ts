import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { interquartileMean, median } from '../../../../scoring/reinforcement/aggregate.ts';
import {
  episodicReturn,
  episodicReturnIqm,
  episodicReturnMedian,
} from '../../../../scoring/reinforcement/episodic-return.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

const returns = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 40 });
const METRICS = [episodicReturn, episodicReturnMedian, episodicReturnIqm];

describe('episodic return', () => {
  it.each(loadVectors('episodic_return'))('agrees with its vector: $name', (vector) => {
    const { value } = episodicReturn.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
  });

  it('is the mean of its episodes', () => {
    fc.assert(
      fc.property(returns, (list) => {
        const { value } = episodicReturn.report({ returns: list });
        expect(finishOfItems(episodicReturn, { returns: list })).toBe(value);
        expect(value).toBe(list.reduce((sum, each) => sum + each, 0) / list.length);
      }),
    );
  });

  it.each(METRICS.map((metric) => ({ name: metric.name, metric })))(
    'stays between the extremes and moves with its episodes: $name',
    ({ metric }) => {
      fc.assert(
        fc.property(returns, fc.integer({ min: -9, max: 9 }), (list, shift) => {
          const valueOf = (of: number[]) => Number(metric.report({ returns: of }).value);
          expect(valueOf(list)).toBeGreaterThanOrEqual(Math.min(...list));
          expect(valueOf(list)).toBeLessThanOrEqual(Math.max(...list));
          expect(valueOf(list.toReversed())).toBe(valueOf(list));
          expect(valueOf(list.map((each) => each + shift))).toBeCloseTo(valueOf(list) + shift, 9);
        }),
      );
    },
  );

  it('has a median: the middle one, or the mean of the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
  });

  it('has an interquartile mean that cuts a quarter, rounded down, at either end', () => {
    // What scipy.stats.trim_mean(values, 0.25) gives.
    expect(interquartileMean([0, 1, 2])).toBe(1);
    expect(interquartileMean([-100, 1, 2, 600])).toBe(1.5);
    expect(interquartileMean([1, 2, 3, 4, 5, 6, 700])).toBe(4);
    expect(interquartileMean([-9, -9, 1, 2, 3, 4, 99, 99])).toBe(2.5);
  });

  it('shows median, interquartile mean and number of episodes beside the mean', () => {
    const input = { returns: [0, 1, 2, 9] };
    const report = { value: 3, median: 1.5, iqm: 1.5, episodes: 4 };
    expect(episodicReturn.report(input)).toEqual(report);
    expect(episodicReturnMedian.report(input).value).toBe(report.median);
    expect(episodicReturnIqm.report(input).value).toBe(report.iqm);
  });

  it('is undefined without episodes', () => {
    for (const metric of METRICS) expect(metric.report({ returns: [] }).value).toBeNull();
  });

  it('refuses a return that is no number', () => {
    expect(() => episodicReturn.report({ returns: [1, NaN] })).toThrow(/returns.*item 1/);
  });
});
