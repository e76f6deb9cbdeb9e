import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemStatistics } from '../../../../scoring/metric.ts';
import { createRandom } from '../../../../scoring/random.ts';
import {
  bootstrap,
  bootstrapInterval,
  bootstrapValues,
} from '../../../../scoring/statistics/bootstrap.ts';
import { leaveOneOut, standardError } from '../../../../scoring/statistics/jackknife.ts';
import { quantile } from '../../../../scoring/statistics/quantile.ts';
import { columnSums, resampleSums } from '../../../../scoring/statistics/resample.ts';
import { ANSWERS } from './answers.ts';
import { column, fromRows, mean, ratio } from './statistics.ts';

/** All sums that a seed draws, one array for each replicate. */
function sumsOf(statistics: ItemStatistics, replicates: number, seed: number): number[][] {
  const all: number[][] = [];
  resampleSums(statistics, replicates, createRandom(seed), (sums) => all.push([...sums]));
  return all;
}

/** The same rows with more columns: `extra` gives the added ones. */
function widen(statistics: ItemStatistics, width: number, extra: (column: number) => number) {
  const { items } = statistics;
  return fromRows(
    Array.from({ length: items }, (_, item) =>
      Array.from({ length: width }, (_unused, at) =>
        at < statistics.width ? (statistics.values[item * statistics.width + at] ?? 0) : extra(at),
      ),
    ),
  );
}

describe('resampleSums', () => {
  const integers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 });

  it('draws the same items whatever the width and however many zeros there are', () => {
    fc.assert(
      fc.property(integers, fc.integer(), (values, seed) => {
        const single = sumsOf(column(values), 5, seed).map(([first]) => first);
        for (const width of [2, 3, 4, 5, 12]) {
          for (const extra of [0, 1]) {
            const wide = sumsOf(
              widen(column(values), width, () => extra),
              5,
              seed,
            );
            expect(wide.map(([first]) => first)).toEqual(single);
            const ones = wide.map((sums) => sums.slice(1));
            expect(new Set(ones.flat())).toEqual(new Set([extra * values.length]));
          }
        }
      }),
    );
  });

  it('draws every resample of three items equally often', () => {
    // Powers of 4 tell which items a sum is made of. 27 equally likely draws, 10 different multisets.
    const counts = new Map<number, number>();
    const replicates = 27_000;
    for (const [sum = NaN] of sumsOf(column([1, 4, 16]), replicates, 11)) {
      counts.set(sum, (counts.get(sum) ?? 0) + 1);
    }
    const expected: Record<number, number> = { 3: 1, 12: 1, 48: 1, 6: 3, 9: 3, 18: 3, 33: 3 };
    Object.assign(expected, { 24: 3, 36: 3, 21: 6 });
    expect([...counts.keys()].toSorted()).toEqual(Object.keys(expected).map(Number).toSorted());
    for (const [sum, ways] of Object.entries(expected)) {
      const share = ways / 27;
      // Five standard deviations of a binomial count.
      const slack = 5 * Math.sqrt(replicates * share * (1 - share));
      expect(Math.abs((counts.get(Number(sum)) ?? 0) - replicates * share)).toBeLessThan(slack);
    }
  });

  it('draws as many items as there are, beyond what it draws at once', () => {
    const items = 40_000;
    expect(sumsOf(column(new Float64Array(items).fill(1)), 2, 1)).toEqual([[items], [items]]);
  });

  it('states both sizes where values are missing', () => {
    const broken = { items: 3, width: 2, values: new Float64Array(5) };
    expect(() => sumsOf(broken, 1, 1)).toThrow(/3 items by 2 columns have 6 values, not 5/);
  });
});

describe('leaveOneOut', () => {
  it('gives what finish gives on the other items', () => {
    const rows = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (drawn) => {
        const left = leaveOneOut(ratio, fromRows(drawn)) ?? [];
        drawn.forEach((_, item) => {
          const others = fromRows(drawn.filter((_row, other) => other !== item));
          expect(left[item]).toBeCloseTo(ratio(columnSums(others), others.items, 2) ?? NaN, 12);
        });
      }),
    );
  });

  it('has the standard error of a mean', () => {
    const [skewed] = ANSWERS.bootstrap;
    const left = leaveOneOut(mean, column(skewed?.columns[0] ?? [])) ?? new Float64Array(0);
    expect(standardError(left)).toBeCloseTo(skewed?.standardError ?? NaN, 12);
  });

  it('has no answer for one item, or where an item carries the score', () => {
    expect(leaveOneOut(mean, column([1]))).toBeNull();
    expect(
      leaveOneOut(
        ratio,
        fromRows([
          [1, 2],
          [0, 0],
        ]),
      ),
    ).toBeNull();
  });
});

describe('bootstrapInterval', () => {
  it.each(ANSWERS.bootstrap)('agrees with SciPy: $name', ({ columns, bca, percentile }) => {
    const rows = (columns[0] ?? []).map((_, item) => columns.map((values) => values[item] ?? NaN));
    const finish = columns.length === 1 ? mean : ratio;
    const { interval, sorted } = bootstrap(finish, fromRows(rows), { replicates: 100_000 });
    expect(interval.method).toBe('bca');
    // Four standard errors of the 2.5 % point of 100,000 draws, which is 0.0084 standard errors of the score.
    const slack = (4 * 0.0084 * (bca[1] - bca[0])) / 3.92;
    expect(Math.abs((interval.interval?.low ?? NaN) - bca[0])).toBeLessThan(slack);
    expect(Math.abs((interval.interval?.high ?? NaN) - bca[1])).toBeLessThan(slack);
    expect(Math.abs(quantile(sorted, 0.025) - percentile[0])).toBeLessThan(slack);
    expect(Math.abs(quantile(sorted, 0.975) - percentile[1])).toBeLessThan(slack);
  });

  it('is the same for the same seed and another for another', () => {
    const values = column([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);
    const first = bootstrapInterval(mean, values, { seed: 4, replicates: 500 });
    expect(bootstrapInterval(mean, values, { seed: 4, replicates: 500 })).toEqual(first);
    const other = bootstrapInterval(mean, values, { seed: 5, replicates: 500 });
    expect(other.interval).not.toEqual(first.interval);
  });

  it('moves and stretches with the scores, and mirrors with their sign', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.constantFrom(-4, -1, 2, 8), fc.nat(64), (drawn, factor, shift) => {
        fc.pre(new Set(drawn).size > 1);
        const options = { replicates: 400, seed: 3 };
        const own = bootstrapInterval(mean, column(drawn), options);
        const moved = bootstrapInterval(
          (sums, items) => factor * ((sums[0] ?? 0) / items) + shift,
          column(drawn),
          options,
        );
        const { low, high } = own.interval ?? { low: NaN, high: NaN };
        const ends = [factor * low + shift, factor * high + shift].toSorted((a, b) => a - b);
        expect(moved.method).toBe(own.method);
        expect(moved.interval?.low).toBeCloseTo(ends[0] ?? NaN, 6);
        expect(moved.interval?.high).toBeCloseTo(ends[1] ?? NaN, 6);
      }),
    );
  });

  it('grows with its confidence', () => {
    const values = column([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);
    const at = (confidence: number) =>
      bootstrapInterval(mean, values, { confidence, replicates: 2000 }).interval;
    expect(at(0.99)?.low).toBeLessThan(at(0.8)?.low ?? NaN);
    expect(at(0.99)?.high).toBeGreaterThan(at(0.8)?.high ?? NaN);
  });

  it('leaves undefined replicates out and counts them', () => {
    // One item of 40 has no length: (1/40)^40 is never drawn. A quarter of items: seldom all of them.
    const rows = Array.from({ length: 4 }, (_, item) => [item, item === 0 ? 0 : 1]);
    const values = bootstrapValues(ratio, fromRows(rows), 5000, 1);
    const missing = values.filter((value) => Number.isNaN(value)).length;
    // (1/4)^4 of the draws.
    expect(Math.abs(missing - 5000 / 256)).toBeLessThan(5 * Math.sqrt(5000 / 256));
    const { undefinedReplicates, interval } = bootstrapInterval(ratio, fromRows(rows), {
      replicates: 5000,
      seed: 1,
    });
    expect(undefinedReplicates).toBe(missing);
    expect(interval?.low).toBeGreaterThan(0);
  });

  it('says nothing where undefined replicates could fill a tail', () => {
    const rows = [
      [1, 1],
      [0, 0],
    ];
    const answer = bootstrapInterval(ratio, fromRows(rows), { replicates: 1000 });
    expect(answer).toMatchObject({ value: 1, interval: null, method: null });
    expect(answer.undefinedReplicates).toBeGreaterThan(150);
  });

  it('claims no certainty where items do not differ, or there are fewer than two', () => {
    expect(bootstrapInterval(mean, column([7, 7, 7]))).toMatchObject({ value: 7, interval: null });
    expect(bootstrapInterval(mean, column([7]))).toMatchObject({ value: 7, interval: null });
    expect(bootstrapInterval(mean, column([]))).toMatchObject({ value: null, interval: null });
  });

  it('falls back to percentiles where the jackknife has no answer', () => {
    const infinite = column([30, 31, 32, 33, 34, 35, Infinity]);
    const { value, method, interval } = bootstrapInterval(mean, infinite);
    expect(value).toBe(Infinity);
    expect(method).toBe('percentile');
    expect(interval?.low).toBeGreaterThan(30);
    expect(interval?.high).toBe(Infinity);
  });

  it('refuses a confidence or a number of replicates that is none', () => {
    expect(() => bootstrapInterval(mean, column([1, 2]), { confidence: 1 })).toThrow(
      /confidence 1/,
    );
    expect(() => bootstrapInterval(mean, column([1, 2]), { replicates: 0.5 })).toThrow(/0.5/);
  });
});
