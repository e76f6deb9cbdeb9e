import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holmAdjust } from '../../../../scoring/statistics/holm.ts';

const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

describe('holmAdjust', () => {
  it('agrees with the example of R, p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05))', () => {
    const adjusted = holmAdjust([0.01, 0.02, 0.03, 0.04, 0.05]);
    [0.05, 0.08, 0.09, 0.09, 0.09].forEach((p, index) =>
      expect(adjusted[index]).toBeCloseTo(p, 12),
    );
  });

  it('rejects what the step-down procedure rejects', () => {
    fc.assert(
      fc.property(pValues, (drawn) => {
        const adjusted = holmAdjust(drawn);
        const sorted = drawn.toSorted((a, b) => a - b);
        const failing = sorted.findIndex((p, place) => (drawn.length - place) * p > 0.05);
        const rejected = failing < 0 ? drawn.length : failing;
        expect(adjusted.filter((p) => p <= 0.05)).toHaveLength(rejected);
      }),
    );
  });

  it('keeps the order, only raises, and does not care about places', () => {
    fc.assert(
      fc.property(pValues, (drawn) => {
        const adjusted = holmAdjust(drawn);
        drawn.forEach((p, index) => {
          expect(adjusted[index]).toBeGreaterThanOrEqual(p);
          expect(adjusted[index]).toBeLessThanOrEqual(1);
        });
        expect(holmAdjust(drawn.toReversed())).toEqual(adjusted.toReversed());
      }),
    );
  });

  it('refuses what is no p-value', () => {
    expect(() => holmAdjust([0.5, NaN])).toThrow(/NaN is not a p-value/);
  });
});
