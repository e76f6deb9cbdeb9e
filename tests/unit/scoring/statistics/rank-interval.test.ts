import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  rankInterval,
  rankIntervals,
  simultaneousIntervals,
} from '../../../../scoring/statistics/rank-interval.ts';
import { wilsonInterval, Z_95 } from '../../../../scoring/statistics/wilson.ts';

const interval = fc
  .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 8 }))
  .map(([low, width]) => ({ low, high: low + width }));
const intervals = fc.array(interval, { minLength: 1, maxLength: 15 });

describe('rankIntervals', () => {
  it('counts the others that are surely better and surely worse', () => {
    fc.assert(
      fc.property(intervals, fc.boolean(), (board, higherIsBetter) => {
        const better = (a: (typeof board)[number], b: (typeof board)[number]) =>
          higherIsBetter ? a.low > b.high : a.high < b.low;
        const expected = board.map((own) => [
          1 + board.filter((other) => better(other, own)).length,
          board.length - board.filter((other) => better(own, other)).length,
        ]);
        expect(rankIntervals(board, higherIsBetter)).toEqual(expected);
      }),
    );
  });

  it('lets intervals that touch overlap', () => {
    const board = [
      { low: 0.5, high: 0.6 },
      { low: 0.4, high: 0.5 },
    ];
    expect(rankIntervals(board, true)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('cannot place an entry without an interval', () => {
    const board = [{ low: 0.9, high: 1 }, null, { low: 0, high: 0.1 }];
    expect(rankIntervals(board, true)).toEqual([
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
  });
});

describe('simultaneousIntervals', () => {
  it("comes near Wilson's intervals at the corrected level", () => {
    const n = 2000;
    const counts = [1900, 1500, 1000, 700];
    const scores = counts.map((count) => ({
      value: count / n,
      interval: wilsonInterval(count, n),
    }));
    const stretched = simultaneousIntervals(scores, [0, 1]);
    counts.forEach((count, index) => {
      // 1 - 0.05/4: the normal quantile of 0.99375.
      const exact = wilsonInterval(count, n, 2.4977055);
      expect(stretched[index]?.low).toBeCloseTo(exact?.low ?? NaN, 3);
      expect(stretched[index]?.high).toBeCloseTo(exact?.high ?? NaN, 3);
    });
  });

  it('leaves one interval as it is, stays in the range and keeps unknown ones unknown', () => {
    const alone = { value: 0.5, interval: { low: 0.5 - Z_95 / 100, high: 0.5 + Z_95 / 100 } };
    expect(simultaneousIntervals([alone], [0, 1])[0]?.low).toBeCloseTo(alone.interval.low, 12);
    const near = { value: 0.01, interval: { low: 0, high: 0.02 } };
    const none = { value: null, interval: null };
    const [first, second] = simultaneousIntervals([near, none], [0, 1]);
    expect(first?.low).toBe(0);
    expect(first?.high).toBeGreaterThan(0.02);
    expect(second).toBeNull();
  });
});

describe('rank_interval', () => {
  it('takes the other direction and refuses an interval that ends before it begins', () => {
    const lists = [
      [0.9, 0.95],
      [0.5, 0.6],
    ];
    expect(rankInterval.report({ intervals: lists, higherIsBetter: false }).value).toEqual([
      [2, 2],
      [1, 1],
    ]);
    expect(() => rankInterval.report({ intervals: [[0.2, 0.1]] })).toThrow(/\[0.2, 0.1\]/);
  });
});
