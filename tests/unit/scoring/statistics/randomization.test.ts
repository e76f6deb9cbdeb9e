import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import {
  approxRandomizationExact,
  randomizationTest,
  sampledP,
} from '../../../../scoring/statistics/randomization.ts';
import { column, fromRows, mean, ratio } from './statistics.ts';

/** Every exchange of items between two entries, by the definition. */
function enumerated(a: readonly number[][], b: readonly number[][], finish: typeof mean): number {
  const score = (rows: readonly number[][]) =>
    finish(
      (rows[0] ?? []).map((_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0)),
      rows.length,
      rows[0]?.length ?? 1,
    ) ?? NaN;
  const observed = Math.abs(score(a) - score(b));
  let exceeding = 0;
  for (let choice = 0; choice < 2 ** a.length; choice++) {
    const isSwapped = (item: number) => ((choice >>> item) & 1) === 1;
    const first = a.map((row, item) => (isSwapped(item) ? (b[item] ?? []) : row));
    const second = b.map((row, item) => (isSwapped(item) ? (a[item] ?? []) : row));
    if (Math.abs(score(first) - score(second)) >= observed - 1e-12) exceeding++;
  }
  return exceeding / 2 ** a.length;
}

const row = fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })).map((pair): number[] => [...pair]);

describe('randomizationTest', () => {
  it('tries every exchange where few items differ', () => {
    const rows = fc.array(fc.tuple(row, row), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(rows, (drawn) => {
        const [a, b] = [drawn.map(([left]) => left), drawn.map(([, right]) => right)];
        const test = randomizationTest(ratio, fromRows(a), fromRows(b));
        expect(test.isExact).toBe(true);
        expect(test.p).toBeCloseTo(enumerated(a, b, ratio), 12);
      }),
    );
  });

  it('samples the same law where more items differ, with tables and without', () => {
    const random = createRandom(9);
    const draw = (bound: number) => random.nextBelow(bound);
    for (let round = 0; round < 4; round++) {
      const a = Array.from({ length: 14 }, () => [draw(10) + round, 1 + draw(9)]);
      const b = Array.from({ length: 14 }, () => [draw(10), 1 + draw(9)]);
      const exact = enumerated(a, b, ratio);
      const slack = 5 * Math.sqrt((exact * (1 - exact)) / 20_000) + 1e-3;
      const zeros = Array.from({ length: 8 }, () => 0);
      const wide = (rows: number[][]) => fromRows(rows.map((values) => [...values, ...zeros]));
      for (const [first, second] of [
        [fromRows(a), fromRows(b)] as const,
        [wide(a), wide(b)] as const,
      ]) {
        const test = randomizationTest(ratio, first, second, { trials: 20_000, seed: round });
        expect(test.isExact).toBe(false);
        expect(Math.abs(test.p - exact)).toBeLessThan(slack);
      }
    }
  });

  it('leaves items out on which both agree: they change nothing', () => {
    const differing = [3, 1, 2, 4, 1].map((value) => [value]);
    const same = Array.from({ length: 100 }, () => [5]);
    const zeros = differing.map(() => [0]);
    const { p, isExact } = randomizationTest(
      mean,
      fromRows([...same, ...differing]),
      fromRows([...same, ...zeros]),
    );
    expect({ p, isExact }).toEqual({ p: 0.0625, isExact: true });
  });

  it('has p 1 for equal results and is never 0', () => {
    const many = column(Array.from({ length: 500 }, (_, item) => item));
    expect(randomizationTest(mean, many, many).p).toBe(1);
    const better = column(Array.from({ length: 500 }, (_, item) => item + 1));
    expect(randomizationTest(mean, many, better, { trials: 999 }).p).toBe(0.001);
  });

  it('does not care who is first, for the same seed', () => {
    const values = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { minLength: 15, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer(), (drawn, seed) => {
        const a = column(drawn.map(([left]) => left));
        const b = column(drawn.map(([, right]) => right));
        const options = { trials: 200, seed };
        expect(randomizationTest(mean, a, b, options).p).toBe(
          randomizationTest(mean, b, a, options).p,
        );
      }),
    );
  });

  it('states both sizes where entries were scored on different items', () => {
    expect(() => randomizationTest(mean, column([1]), column([1, 2]))).toThrow(
      /1 items by 1 columns, the other 2 by 1/,
    );
  });
});

describe('sampledP', () => {
  it('counts the arrangement that was seen', () => {
    expect(sampledP(0, 9999)).toBe(0.0001);
    expect(sampledP(9999, 9999)).toBe(1);
  });
});

describe('approx_randomization_exact', () => {
  it('counts every exchange of up to 40 items', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.nat(9)), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(values, (drawn) => {
        const [a, b] = [drawn.map(([left]) => left), drawn.map(([, right]) => right)];
        const rows = (list: number[]) => list.map((value) => [value]);
        const { value } = approxRandomizationExact.report({ a, b });
        expect(value).toBeCloseTo(enumerated(rows(a), rows(b), mean), 12);
      }),
    );
    const ones = Array.from({ length: 30 }, () => 1);
    const zeros = Array.from({ length: 30 }, () => 0);
    expect(approxRandomizationExact.report({ a: ones, b: zeros }).value).toBe(2 / 2 ** 30);
  });

  it('takes a difference of decimals for what it is', () => {
    // 0.1 + 0.2 - 0.3 is not 0 in binary.
    const answer = approxRandomizationExact.report({ a: [0.1, 0.2, 0], b: [0, 0, 0.3] });
    expect(answer.value).toBe(1);
  });

  it('samples beyond that, and says so', () => {
    const a = Array.from({ length: 60 }, (_, item) => item % 7);
    const b = Array.from({ length: 60 }, (_, item) => item % 5);
    const first = approxRandomizationExact.report({ a, b, trials: 500, seed: 3 });
    expect(first['method']).toBe('sampled');
    expect(approxRandomizationExact.report({ a, b, trials: 500, seed: 3 })).toEqual(first);
  });

  it('refuses lists of different lengths, stating both, and more exceeding trials than trials', () => {
    expect(() => approxRandomizationExact.report({ a: [1], b: [1, 2] })).toThrow(
      /a has 1 items, b has 2/,
    );
    expect(() => approxRandomizationExact.report({ exceeding: 5, trials: 4 })).toThrow(/5 of 4/);
    expect(approxRandomizationExact.report({ a: [], b: [] }).value).toBeNull();
  });
});
