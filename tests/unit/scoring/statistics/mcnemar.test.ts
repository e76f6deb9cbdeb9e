import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcnemarExact, mcnemarTest } from '../../../../scoring/statistics/mcnemar.ts';
import { ANSWERS } from './answers.ts';

/** min(1, 2 P(X <= smaller)) in whole numbers. */
function enumerated(b: number, c: number): number {
  const trials = b + c;
  let coefficient = 1n;
  let sum = 0n;
  for (let k = 0; k <= Math.min(b, c); k++) {
    sum += coefficient;
    coefficient = (coefficient * BigInt(trials - k)) / BigInt(k + 1);
  }
  const scale = 10n ** 20n;
  return Math.min(1, Number((2n * sum * scale) >> BigInt(trials)) / 1e20);
}

describe('mcnemarExact', () => {
  it.each(ANSWERS.binomialTest)("agrees with SciPy's binomial test for %d and %d", (b, c, p) => {
    expect(Math.abs(mcnemarExact(b, c) - p)).toBeLessThan(1e-10 * Math.max(p, 1e-300));
  });

  it('agrees with a sum in whole numbers and does not care who is first', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.nat(120), (b, c) => {
        expect(mcnemarExact(b, c)).toBeCloseTo(enumerated(b, c), 12);
        expect(mcnemarExact(b, c)).toBe(mcnemarExact(c, b));
      }),
    );
  });

  it('refuses what is no count', () => {
    expect(() => mcnemarExact(1.5, 2)).toThrow(/1.5 is not a count/);
    expect(() => mcnemarExact(3, -1)).toThrow(/-1 is not a count/);
  });
});

describe('mcnemarTest', () => {
  it('has p 1 and no chi-squared without discordant items', () => {
    expect(mcnemarTest(0, 0)).toEqual({ exactP: 1, chi2: null, chi2P: 1, correctedP: 1 });
  });

  it('comes near its chi-squared where there are many discordant items', () => {
    const { exactP, correctedP } = mcnemarTest(5000, 5200);
    expect(Math.abs(exactP - correctedP)).toBeLessThan(1e-3);
  });
});
