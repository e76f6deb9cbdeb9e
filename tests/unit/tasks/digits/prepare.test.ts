import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import { apportion, drawStratified } from '../../../../tasks/digits/prepare.ts';

describe('apportion', () => {
  it('gives the largest remainders the rest, and a tie to the lower class', () => {
    expect(apportion([1, 1, 1], 2)).toEqual([1, 1, 0]);
    expect(apportion([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978], 1000)).toEqual([
      100, 113, 99, 103, 98, 86, 102, 107, 94, 98,
    ]);
  });

  it('adds up and never takes more than there is', () => {
    const weights = fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (available, share) => {
        const sum = available.reduce((left, right) => left + right, 0);
        const total = Math.floor(share * sum);
        const counts = apportion(available, total);
        expect(counts.reduce((left, right) => left + right, 0)).toBe(total);
        for (const [index, count] of counts.entries()) {
          expect(Math.abs(count - ((available[index] ?? 0) * total) / (sum || 1))).toBeLessThan(1);
          expect(count).toBeLessThanOrEqual(available[index] ?? 0);
        }
      }),
    );
  });

  it('refuses to share out more than there is', () => {
    expect(() => apportion([2, 3], 6)).toThrow(/6 rows were asked for, 5 are left/);
  });
});

describe('drawStratified', () => {
  it('draws every row at most once, and all of them when asked', () => {
    const parts = drawStratified([5, 7, 8], [4, 6, 10], createRandom(3));
    const rows = parts.flat().map(({ label, position }) => `${label}/${position}`);
    expect(parts.map((part) => part.length)).toEqual([4, 6, 10]);
    expect(new Set(rows).size).toBe(20);
  });
});
