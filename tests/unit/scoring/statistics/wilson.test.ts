import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { wilsonInterval } from '../../../../scoring/statistics/wilson.ts';
import { readVectors } from '../vectors.ts';

const vectors = readVectors(
  'wilson',
  z.object({ successes: z.number(), n: z.number(), confidence: z.literal(0.95) }),
  z.tuple([z.number(), z.number()]),
);

describe('wilsonInterval', () => {
  it.each(vectors)('agrees with the published interval of $name', (vector) => {
    const interval = wilsonInterval(vector.input.successes, vector.input.n);
    expect(Math.abs((interval?.low ?? NaN) - vector.expected[0])).toBeLessThan(vector.tolerance);
    expect(Math.abs((interval?.high ?? NaN) - vector.expected[1])).toBeLessThan(vector.tolerance);
  });

  it('holds the proportion, stays in [0, 1] and mirrors its complement', () => {
    const trials = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(trials, fc.nat(10_000), (total, draw) => {
        const count = Math.min(draw, total);
        const { low, high } = wilsonInterval(count, total) ?? { low: NaN, high: NaN };
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(count / total);
        expect(high).toBeGreaterThanOrEqual(count / total);
        expect(high).toBeLessThanOrEqual(1);
        const mirrored = wilsonInterval(total - count, total);
        expect(mirrored?.high).toBeCloseTo(1 - low, 12);
      }),
    );
  });

  it('is undefined without trials', () => {
    expect(wilsonInterval(0, 0)).toBeNull();
  });

  it('refuses counts that contradict each other', () => {
    expect(() => wilsonInterval(3, 2)).toThrow(/3 of 2/);
  });
});
