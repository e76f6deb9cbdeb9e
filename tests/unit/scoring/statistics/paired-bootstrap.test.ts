import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  pairedBootstrap,
  pairedBootstrapExact,
  pairedP,
} from '../../../../scoring/statistics/paired-bootstrap.ts';
import { quantile } from '../../../../scoring/statistics/quantile.ts';
import { column, mean } from './statistics.ts';

/** The mean of every one of the n^n draws, ascending. */
function everyMean(differences: readonly number[]): number[] {
  const n = differences.length;
  return Array.from({ length: n ** n }, (_, draw) => {
    let sum = 0;
    for (let left = draw, count = 0; count < n; count++, left = Math.floor(left / n)) {
      sum += differences[left % n] ?? 0;
    }
    return sum / n;
  }).toSorted((a, b) => a - b);
}

describe('paired_bootstrap_exact', () => {
  it('counts every draw', () => {
    const lists = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lists, (differences) => {
        const means = everyMean(differences);
        const { value } = pairedBootstrapExact.report({ differences });
        const answer = value as Record<string, number>;
        expect(answer['p2_5']).toBeCloseTo(quantile(means, 0.025), 9);
        expect(answer['p97_5']).toBeCloseTo(quantile(means, 0.975), 9);
        const below = means.filter((sample) => sample <= 1e-9).length / means.length;
        expect(answer['shareBelowOrEqualZero']).toBeCloseTo(below, 12);
      }),
    );
  });

  it('is what the sampled law converges to', () => {
    const differences = [1, 0, -1, 2, 1, 0, 1, 3, -2, 1, 1];
    const exact = pairedBootstrapExact.report({ differences });
    const twice = pairedBootstrapExact.report({
      differences: [...differences, ...differences],
      replicates: 50_000,
    });
    expect(exact['method']).toBe('exact');
    expect(twice['method']).toBe('sampled');
    // Twice the items: the same mean, and 1/sqrt(2) of the width of the interval.
    const width = (report: typeof exact) => {
      const { p2_5 = NaN, p97_5 = NaN } = report.value as Record<string, number>;
      return p97_5 - p2_5;
    };
    expect(Math.abs(width(twice) / width(exact) - Math.SQRT1_2)).toBeLessThan(0.06);
  });

  it('is undefined without items', () => {
    expect(pairedBootstrapExact.report({ differences: [] }).value).toEqual({
      mean: null,
      p2_5: null,
      p97_5: null,
      shareBelowOrEqualZero: null,
    });
  });
});

describe('pairedP', () => {
  it('counts losses as Koehn and deviations as sacrebleu', () => {
    const values = Float64Array.of(-1, 0, 1, 2, 3, 6);
    // Losses: -1 and 0. Mean |difference| 13/6; beyond it by more than 2: only 6.
    expect(pairedP(values, 2)).toEqual({ koehnP: 2 / 6, sacrebleuP: 2 / 7 });
    expect(
      pairedP(
        values.map((value) => -value),
        -2,
      ),
    ).toEqual({ koehnP: 2 / 6, sacrebleuP: 2 / 7 });
  });
});

describe('pairedBootstrap', () => {
  it('counts a tie of decimals as no win, whatever their rounding', () => {
    // In whole tenths, where nothing is rounded, the same draws give the same losses.
    const [a, b] = [
      [7, 3, 1, 0, 0],
      [3, 0, 0, 3, 11],
    ];
    const tenths = (values: readonly number[]) => column(values.map((value) => value / 10));
    const options = { replicates: 20_000, seed: 5 };
    const whole = pairedBootstrap(mean, column(a), column(b), options);
    const decimal = pairedBootstrap(mean, tenths(a), tenths(b), options);
    expect(decimal.koehnP).toBe(whole.koehnP);
  });

  it('draws items once for both: a constant difference has no spread', () => {
    const values = Array.from({ length: 50 }, (_, item) => (item * 37) % 64);
    const a = column(values.map((value) => value + 2));
    const { difference, koehnP } = pairedBootstrap(mean, a, column(values), { replicates: 500 });
    expect(difference.value).toBeCloseTo(2, 12);
    expect(difference.interval).toBeNull();
    expect(koehnP).toBe(0);
  });

  it('changes its sign with the order of the entries', () => {
    const a = column([1, 5, 2, 8, 3, 9, 1, 2]);
    const b = column([2, 3, 2, 5, 5, 1, 0, 1]);
    const options = { replicates: 1000, seed: 2 };
    const there = pairedBootstrap(mean, a, b, options);
    const back = pairedBootstrap(mean, b, a, options);
    expect(back.difference.value).toBe(-(there.difference.value ?? NaN));
    expect(back.difference.interval?.low).toBeCloseTo(-(there.difference.interval?.high ?? NaN), 9);
    expect(back.koehnP).toBe(there.koehnP);
    expect(back.sacrebleuP).toBe(there.sacrebleuP);
  });
});
