import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createErrorCounter } from '../../../../scoring/regression/errors.ts';
import { l1, mae } from '../../../../scoring/regression/absolute-error.ts';
import { averageRanks, spearman, spearmanRho } from '../../../../scoring/regression/spearman.ts';
import { mse, rmse } from '../../../../scoring/regression/squared-error.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

/** Numbers whose sums and squares are exact, so that no order of adding them matters. */
const finite = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((value) => value / 64);
const pairs = fc
  .array(fc.tuple(finite, finite), { minLength: 1, maxLength: 30 })
  .map((drawn) => ({ pred: drawn.map(([p]) => p), target: drawn.map(([, t]) => t) }));

describe.each([l1, rmse])('$name', (metric) => {
  it.each(loadVectors(metric.name))('agrees with its reference: $name', (vector) => {
    const { value } = metric.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
    expect(compare(finishOfItems(metric, vector.input), value, 1e-12)).toEqual([]);
  });
});

describe.each([l1, mae, rmse, mse])('$name as an error', (metric) => {
  it('is 0 for the truth itself, symmetric, and otherwise above 0', () => {
    fc.assert(
      fc.property(pairs, ({ pred, target }) => {
        const value = metric.report({ pred, target }).value as number;
        expect(metric.report({ pred, target: pred }).value).toBe(0);
        expect(metric.report({ pred: target, target: pred }).value).toBe(value);
        expect(value).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('does not depend on the order of the items', () => {
    fc.assert(
      fc.property(pairs, ({ pred, target }) => {
        const turned = { pred: pred.toReversed(), target: target.toReversed() };
        expect(metric.report(turned).value).toBe(metric.report({ pred, target }).value);
      }),
    );
  });

  it('is what its statistics finish to, rows of several numbers included', () => {
    fc.assert(
      fc.property(pairs, ({ pred, target }) => {
        const input = { pred: pred.map((p) => [p, 1]), target: target.map((t) => [t, 3]) };
        const { value } = metric.report(input);
        expect(compare(finishOfItems(metric, input), value, 1e-9 * (value as number))).toEqual([]);
      }),
    );
  });

  it('is undefined without elements', () => {
    for (const empty of [[], [[]], [[], []]]) {
      expect(metric.report({ pred: empty, target: empty }).value).toBeNull();
      expect(finishOfItems(metric, { pred: empty, target: empty })).toBeNull();
    }
  });

  it.each([
    ['lengths that differ', { pred: [1, 2], target: [1] }, /\[2\].*\[1\]/],
    ['shapes that differ', { pred: [[1, 2]], target: [[1], [2]] }, /\[1, 2\].*\[2, 1\]/],
    ['ragged rows', { pred: [[1, 2], [3]], target: [[1, 2], [3]] }, /\[1\] has 1 items.* 2/],
    ['a number that is none', { pred: [1, NaN], target: [1, 2] }, /pred: \[1\].*finite number/],
    ['infinity', { pred: [1], target: [-Infinity] }, /target: \[0\].*finite number/],
    ['a missing side', { pred: [1] }, /target: expected a list/],
    ['a mixture of numbers and rows', { pred: [[1], 2], target: [[1], 2] }, /list at \[1\]/],
  ])('refuses %s', (_, input, message) => {
    expect(() => metric.report(input)).toThrow(RangeError);
    expect(() => metric.report(input)).toThrow(message);
  });
});

describe('rmse', () => {
  it('is the root of mse, and mse itself where asked', () => {
    const input = { pred: [1, 2, 3], target: [1, 4, 6] };
    expect(mse.report(input).value).toBeCloseTo(13 / 3, 12);
    expect(rmse.report(input).value).toBeCloseTo(Math.sqrt(13 / 3), 12);
    expect(rmse.report({ ...input, output: 'mse' }).value).toBe(mse.report(input).value);
    expect(finishOfItems(rmse, { ...input, output: 'mse' })).toBeCloseTo(13 / 3, 12);
  });

  it('takes the root of the pool, not a mean of roots of columns', () => {
    const input = { pred: [[0, 0]], target: [[3, 4]] };
    expect(rmse.report(input).value).toBeCloseTo(Math.sqrt(12.5), 12);
  });

  it('is never below the mean absolute error', () => {
    fc.assert(
      fc.property(pairs, (input) => {
        const absolute = mae.report(input).value as number;
        expect(rmse.report(input).value).toBeGreaterThanOrEqual(absolute * (1 - 1e-12));
      }),
    );
  });
});

describe('createErrorCounter', () => {
  it('gives in batches exactly what it gives at once', () => {
    fc.assert(
      fc.property(pairs, fc.nat(30), ({ pred, target }, cut) => {
        for (const norm of ['absolute', 'squared'] as const) {
          const whole = createErrorCounter(norm);
          whole.update(pred, target);
          const parts = createErrorCounter(norm);
          parts.update(pred.slice(0, cut), target.slice(0, cut));
          parts.update(pred.slice(cut), target.slice(cut));
          expect(parts.mean()).toBe(whole.mean());
        }
      }),
    );
  });
});

describe('spearman', () => {
  it.each(loadVectors('spearman'))('agrees with its reference: $name', (vector) => {
    const { value } = spearman.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
  });

  it('gives equal values the mean of their ranks', () => {
    expect([...averageRanks(Float64Array.of(10, 30, 20, 30, -0, 0))]).toEqual([
      3, 5.5, 4, 5.5, 1.5, 1.5,
    ]);
  });

  const lists = fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { minLength: 2, maxLength: 30 });
  const columns = (drawn: readonly (readonly [number, number])[]) =>
    [drawn.map(([x]) => x), drawn.map(([, y]) => y)].map((list) => Float64Array.from(list)) as [
      Float64Array,
      Float64Array,
    ];

  it('is symmetric, in [-1, 1], and the same for any order-preserving form of the values', () => {
    fc.assert(
      fc.property(lists, (drawn) => {
        const [a, b] = columns(drawn);
        const rho = spearmanRho(a, b);
        expect(spearmanRho(b, a)).toBe(rho);
        expect(spearmanRho(a.map(Math.exp), b)).toBe(rho);
        if (rho !== null) expect(Math.abs(rho)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is 1 for a list and itself, and turns its sign with one side', () => {
    fc.assert(
      fc.property(lists, (drawn) => {
        const [a, b] = columns(drawn);
        const rho = spearmanRho(a, b);
        expect(spearmanRho(a, a) ?? 1).toBe(1);
        const turned = spearmanRho(
          a,
          b.map((value) => -value),
        );
        if (rho === null) expect(turned).toBeNull();
        else expect(turned).toBeCloseTo(-rho, 12);
      }),
    );
  });

  it('does not depend on the order of the items', () => {
    fc.assert(
      fc.property(lists, (drawn) => {
        const [a, b] = columns(drawn);
        const rho = spearmanRho(a, b);
        expect(spearmanRho(a.toReversed(), b.toReversed())).toBe(rho);
      }),
    );
  });

  it('is undefined below two items, and refuses lists of different length', () => {
    expect(spearman.report({ a: [], b: [] }).value).toBeNull();
    expect(spearman.report({ a: [1], b: [2] }).value).toBeNull();
    expect(() => spearman.report({ a: [1, 2], b: [2] })).toThrow(/2 rows.*1/);
  });
});
