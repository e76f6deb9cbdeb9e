import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import {
  compareEntries,
  jackknifeTest,
  pairedTest,
} from '../../../../scoring/statistics/compare.ts';
import { mcnemarExact } from '../../../../scoring/statistics/mcnemar.ts';
import { column, fromRows, makeMetric, mean, ratio } from './statistics.ts';

const accuracy = makeMetric({ range: [0, 1] });

/** Zeros and ones: `onlyA`, `onlyB` and as many of both and of neither as asked for. */
function zerosAndOnes(onlyA: number, onlyB: number, both: number, neither: number) {
  const repeat = (count: number, value: number) => Array.from({ length: count }, () => value);
  return {
    a: column([...repeat(onlyA + both, 1), ...repeat(onlyB + neither, 0)]),
    b: column([...repeat(onlyA, 0), ...repeat(both + onlyB, 1), ...repeat(neither, 0)]),
  };
}

describe('compareEntries', () => {
  it("tests proportions by McNemar's exact test", () => {
    const { a, b } = zerosAndOnes(30, 12, 50, 8);
    const comparison = compareEntries(accuracy, a, b, { replicates: 2000 });
    expect(comparison).toMatchObject({
      a: 0.8,
      b: 0.62,
      discordance: { onlyA: 30, onlyB: 12 },
      test: { method: 'mcnemar-exact', p: mcnemarExact(30, 12) },
      better: 'a',
      items: 100,
      replicates: 2000,
      seed: 1,
    });
    expect(comparison.difference).toBeCloseTo(0.18, 12);
    expect(comparison.interval?.low).toBeGreaterThan(0);
    expect(comparison.interval?.high).toBeLessThan(0.36);
  });

  it('calls nobody better where the test cannot tell', () => {
    const { a, b } = zerosAndOnes(10, 8, 60, 22);
    expect(compareEntries(accuracy, a, b, { replicates: 500 }).better).toBeNull();
  });

  it('knows that a lower error is better', () => {
    const { a, b } = zerosAndOnes(30, 5, 50, 15);
    const error = makeMetric({ range: [0, 1], higherIsBetter: false });
    expect(compareEntries(error, a, b, { replicates: 500 }).better).toBe('b');
    expect(compareEntries(error, b, a, { replicates: 500 }).better).toBe('a');
  });

  it('tests other scores by randomisation and gives the p-values of papers beside it', () => {
    const random = createRandom(4);
    const lengths = Array.from({ length: 300 }, () => 10 + random.nextBelow(20));
    const rows = (extra: number) =>
      fromRows(
        lengths.map((length) => [random.nextBelow(5) + extra * random.nextBelow(3), length]),
      );
    const wer = makeMetric({
      higherIsBetter: false,
      range: [0, Infinity],
      itemwise: { finish: ratio },
    });
    const comparison = compareEntries(wer, rows(0), rows(1), { replicates: 2000 });
    expect(comparison.test).toEqual({ method: 'approximate-randomisation', p: 0.0001 });
    expect(comparison.better).toBe('a');
    expect(comparison.koehnP).toBe(0);
    expect(comparison.sacrebleuP).toBeCloseTo(1 / 2001, 12);
    expect(comparison.discordance).toBeNull();
  });

  it('has no test where a score is undefined', () => {
    const metric = makeMetric({ itemwise: { finish: ratio } });
    const comparison = compareEntries(metric, fromRows([[1, 0]]), fromRows([[1, 2]]));
    expect(comparison).toMatchObject({
      a: null,
      b: 0.5,
      difference: null,
      test: null,
      better: null,
    });
  });
});

describe('jackknifeTest', () => {
  it('is the paired z-test of a mean', () => {
    const a = [3, 5, 4, 8, 1, 9, 4];
    const b = [2, 5, 3, 5, 2, 6, 4];
    const differences = a.map((value, item) => value - (b[item] ?? 0));
    const centre = differences.reduce((sum, value) => sum + value, 0) / 7;
    const squares = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    const z = centre / Math.sqrt(squares / 6 / 7);
    const { p } = jackknifeTest(mean, column(a), column(b));
    // P(|Z| >= sqrt(3)), the tail of a chi-squared of 3.
    expect(z).toBeCloseTo(Math.sqrt(3), 12);
    expect(p).toBeCloseTo(0.0832645, 6);
  });

  it('comes near the randomisation test on many items', () => {
    const random = createRandom(12);
    const a = column(Array.from({ length: 2000 }, () => random.nextBelow(1000)));
    const b = column(a.values.map((value) => value + random.nextBelow(200) - 94));
    const sampled = pairedTest(mean, a, b, { trials: 9999 });
    expect(sampled.method).toBe('approximate-randomisation');
    expect(Math.abs(sampled.p - jackknifeTest(mean, a, b).p)).toBeLessThan(0.02);
  });

  it('has p 1 for equal results', () => {
    expect(jackknifeTest(mean, column([1, 2, 3]), column([1, 2, 3])).p).toBe(1);
  });
});
