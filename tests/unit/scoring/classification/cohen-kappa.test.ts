import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  WEIGHTS,
  cohenKappaMetric,
  createKappaCounter,
} from '../../../../scoring/classification/cohen-kappa.ts';
import { compare, finishOfItems } from '../vectors.ts';

const rows = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 25 });

/** The definition word for word: observed and expected tables, cell by cell. */
function plainKappa(a: readonly number[], b: readonly number[], names: number[], weights: string) {
  const share = (list: readonly number[], name: number) =>
    list.filter((label) => label === name).length / list.length;
  let observed = 0;
  let expected = 0;
  for (const [i, x] of names.entries()) {
    for (const [j, y] of names.entries()) {
      const cost = { none: Number(i !== j), linear: Math.abs(i - j), quadratic: (i - j) ** 2 };
      const weight = cost[weights as keyof typeof cost];
      observed +=
        (weight * a.filter((label, row) => label === x && b[row] === y).length) / a.length;
      expected += weight * share(a, x) * share(b, y);
    }
  }
  return expected === 0 ? null : 1 - observed / expected;
}

describe('cohen_kappa', () => {
  it.each(WEIGHTS)('compares observed with expected disagreement, weights %s', (weights) => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const a = drawn.map(([label]) => label);
        const b = drawn.map(([, label]) => label);
        const occur = [...new Set([...a, ...b])].toSorted((x, y) => x - y);
        const given = weights === 'none' ? null : weights;
        const { value } = cohenKappaMetric.report({ a, b, weights: given });
        expect(compare(value, plainKappa(a, b, occur, weights), 1e-9)).toEqual([]);
        expect(
          compare(cohenKappaMetric.report({ a: b, b: a, weights: given }).value, value, 1e-12),
        ).toEqual([]);
        expect(
          compare(finishOfItems(cohenKappaMetric, { a, b, weights: given }), value, 1e-12),
        ).toEqual([]);
        const named = cohenKappaMetric.report({ a, b, weights: given, classes: 4 }).value;
        expect(compare(named, plainKappa(a, b, [0, 1, 2, 3], weights), 1e-9)).toEqual([]);
      }),
    );
  });

  it('is 1 for a list and itself, and never above', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom(...WEIGHTS), (drawn, weights) => {
        const a = drawn.map(([label]) => label);
        const b = drawn.map(([, label]) => label);
        expect(cohenKappaMetric.report({ a, b: a, weights }).value ?? 1).toBe(1);
        const value = cohenKappaMetric.report({ a, b, weights }).value as number | null;
        expect(value ?? 0).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('counts places in the order of the classes, not what their names subtract to', () => {
    const far = cohenKappaMetric.report({ a: [1, 5, 9], b: [5, 5, 9], weights: 'linear' }).value;
    expect(cohenKappaMetric.report({ a: [0, 1, 2], b: [1, 1, 2], weights: 'linear' }).value).toBe(
      far,
    );
    const texts = { a: ['low', 'mid', 'high'], b: ['mid', 'mid', 'high'], weights: 'linear' };
    expect(cohenKappaMetric.report({ ...texts, classes: ['low', 'mid', 'high'] }).value).toBe(far);
  });

  it('is 0 for two different constants, and undefined for one and the same', () => {
    expect(cohenKappaMetric.report({ a: [0, 0], b: [1, 1] }).value).toBe(0);
    expect(cohenKappaMetric.report({ a: [1, 1], b: [1, 1] }).value).toBeNull();
    expect(cohenKappaMetric.report({ a: [], b: [] }).value).toBeNull();
  });

  it('counts in batches what it counts at once', () => {
    fc.assert(
      fc.property(rows, fc.nat(25), fc.constantFrom(...WEIGHTS), (drawn, cut, weights) => {
        const a = drawn.map(([label]) => label);
        const b = drawn.map(([, label]) => label);
        const whole = createKappaCounter(4, weights);
        whole.update(a, b);
        const parts = createKappaCounter(4, weights);
        parts.update(a.slice(0, cut), b.slice(0, cut));
        parts.update(a.slice(cut), b.slice(cut));
        expect(parts.finish()).toBe(whole.finish());
      }),
    );
  });

  it('refuses what does not fit', () => {
    expect(() => cohenKappaMetric.report({ a: [0], b: [0, 1] })).toThrow(/1 rows.* 2/);
    expect(() => cohenKappaMetric.report({ a: [0], b: [0], weights: 'cubic' })).toThrow(/weights/);
    expect(() => cohenKappaMetric.report({ a: [0, 'x'], b: [0, 1] })).toThrow(/a: item 1/);
  });
});
