import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf, proportionOf } from '../../../../scoring/statistics/interval.ts';
import { wilsonInterval } from '../../../../scoring/statistics/wilson.ts';
import { column, fromRows, makeMetric, mean, ratio } from './statistics.ts';

const error = makeMetric({ range: [0, 1], higherIsBetter: false });
const accuracy = makeMetric({
  range: [0, 1],
  itemwise: { finish: (sums, items) => 1 - (sums[0] ?? 0) / items },
});
const zerosAndOnes = fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 60 });

describe('intervalOf', () => {
  it("is Wilson's for a mean of zeros and ones, and for its complement", () => {
    fc.assert(
      fc.property(zerosAndOnes, (values) => {
        const count = values.filter((value) => value === 1).length;
        const expected = wilsonInterval(count, values.length);
        const own = intervalOf(error, column(values));
        expect(own).toMatchObject({ method: 'wilson', replicates: 0, seed: null });
        expect(own.value).toBe(count / values.length);
        expect(own.interval?.low).toBeCloseTo(expected?.low ?? NaN, 12);
        const mirrored = intervalOf(accuracy, column(values));
        expect(mirrored.method).toBe('wilson');
        expect(mirrored.interval?.low).toBeCloseTo(1 - (expected?.high ?? NaN), 12);
      }),
    );
  });

  it('is a bootstrap for anything else', () => {
    expect(intervalOf(error, column([0, 1, 0.5, 0.2])).method).toBe('bca');
    const percent = makeMetric({
      itemwise: { finish: (sums, items) => ((sums[0] ?? 0) / items) * 100 },
    });
    expect(intervalOf(percent, column([0, 1, 1, 0, 1])).method).toBe('bca');
    const pairs = fromRows([
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
    ]);
    expect(intervalOf(makeMetric({ itemwise: { finish: ratio } }), pairs).method).toBe('bca');
  });

  it('stays inside the range of the metric', () => {
    const cubed = makeMetric({
      range: [0.2, 0.6],
      itemwise: { finish: mean },
    });
    const { interval } = intervalOf(cubed, column([0, 1, 0.4, 0.5]));
    expect(interval).toEqual({ low: 0.2, high: 0.6 });
  });

  it('takes another confidence', () => {
    const { interval, confidence } = intervalOf(error, column([0, 1, 1]), { confidence: 0.5 });
    expect(confidence).toBe(0.5);
    const whole = intervalOf(error, column([0, 1, 1]));
    expect(interval?.low).toBeGreaterThan(whole.interval?.low ?? NaN);
  });

  it('is undefined without items', () => {
    expect(intervalOf(error, column([]))).toMatchObject({ value: null, interval: null });
  });
});

describe('proportionOf', () => {
  it('sees through a finish that only agrees at some counts', () => {
    const squared = (sums: ArrayLike<number>, items: number) => ((sums[0] ?? 0) / items) ** 2;
    expect(proportionOf(squared, column([0, 0, 0]))).toBeNull();
    expect(proportionOf(squared, column([1, 1, 1, 1]))).toBeNull();
    expect(proportionOf(mean, column([1, 1]))).toEqual({
      count: 2,
      total: 2,
      isComplement: false,
    });
  });
});
