import { describe, expect, it } from 'vitest';
import {
  chiSquaredAbove,
  erfc,
  normalBelow,
  normalQuantile,
  normalTwoSided,
} from '../../../../scoring/statistics/normal.ts';
import { Z_95 } from '../../../../scoring/statistics/wilson.ts';
import { ANSWERS } from './answers.ts';

/** Relative distance. */
function off(value: number, expected: number): number {
  return value === expected ? 0 : Math.abs(value - expected) / Math.abs(expected);
}

describe('erfc', () => {
  it.each(ANSWERS.erfc)('agrees with SciPy at %d', (x, expected) => {
    expect(off(erfc(x), expected)).toBeLessThan(1e-12);
  });
});

describe('normalQuantile', () => {
  it.each(ANSWERS.normalQuantile)('agrees with SciPy at %d', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-9);
  });

  it('gives the 1.96 of 95 % to its last digits', () => {
    expect(off(-normalQuantile(0.025), Z_95)).toBeLessThan(1e-14);
  });

  it('is infinite at 0 and 1 and refuses what is no probability', () => {
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
    expect(() => normalQuantile(1.1)).toThrow(/1.1 is not a probability/);
    expect(() => normalQuantile(NaN)).toThrow(RangeError);
  });
});

describe('tails', () => {
  it('agree with each other', () => {
    for (const z of [0, 0.5, 1.96, 4, 8]) {
      expect(off(normalTwoSided(z), 2 * normalBelow(-z))).toBeLessThan(1e-12);
      expect(normalTwoSided(-z)).toBe(normalTwoSided(z));
      expect(off(chiSquaredAbove(z * z), normalTwoSided(z))).toBeLessThan(1e-12);
    }
  });
});
