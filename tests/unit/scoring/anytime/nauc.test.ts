import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nauc, normalisedAuc } from '../../../../scoring/anytime/nauc.ts';
import { compare, loadVectors } from '../vectors.ts';

const tables = fc
  .record({ rows: fc.integer({ min: 1, max: 12 }), columns: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, columns }) => {
    const table = (cell: fc.Arbitrary<number>) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      });
    return fc.record({
      scores: table(fc.integer({ min: 0, max: 9 })),
      labels: table(fc.constantFrom(0, 1)),
    });
  });
const valueOf = (input: unknown) => nauc.report(input).value;

/** Over every pair of a positive and a negative: 1, 0 or -1. */
function byPairs({ scores, labels }: { scores: number[][]; labels: number[][] }): number | null {
  const columns = (labels[0] ?? []).flatMap((_, column) => {
    const side = (label: number) =>
      scores.flatMap((row, i) => (labels[i]?.[column] === label ? [row[column] ?? NaN] : []));
    const pairs = side(1).flatMap((high) => side(0).map((low) => Math.sign(high - low)));
    return pairs.length === 0 ? [] : [pairs.reduce((sum, sign) => sum + sign, 0) / pairs.length];
  });
  return columns.length === 0
    ? null
    : columns.reduce((sum, each) => sum + each, 0) / columns.length;
}

describe('normalised AUC', () => {
  it.each(loadVectors('nauc'))(
    'agrees with its vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(valueOf(input), expected, tolerance)).toEqual([]);
    },
  );

  it('is the mean over columns of ordered minus reversed pairs', () => {
    fc.assert(
      fc.property(tables, (input) => {
        const expected = byPairs(input) ?? 'undefined';
        expect(compare(valueOf(input), expected, 1e-12)).toEqual([]);
      }),
    );
  });

  it('depends on the order of the scores only, and changes its sign with the labels', () => {
    fc.assert(
      fc.property(tables, ({ scores, labels }) => {
        const value = valueOf({ scores, labels });
        const squeezed = scores.map((row) => row.map((score) => Math.exp(score) - 5));
        const other = labels.map((row) => row.map((label) => 1 - label));
        expect(valueOf({ scores: squeezed, labels })).toBe(value);
        const negative = value === null ? 'undefined' : -Number(value);
        expect(compare(valueOf({ scores, labels: other }), negative, 1e-12)).toEqual([]);
      }),
    );
  });

  it('reads one column as a plain list', () => {
    const scores = [0.1, 0.4, 0.35, 0.8];
    const labels = [0, 0, 1, 1];
    expect(valueOf({ scores, labels })).toBe(0.5);
    expect(normalisedAuc(Float64Array.from(scores), labels, 1)).toBe(0.5);
  });

  it('is undefined where no column has both classes', () => {
    expect(valueOf({ scores: [[1], [2]], labels: [[1], [1]] })).toBeNull();
    expect(valueOf({ scores: [], labels: [] })).toBeNull();
  });

  it.each([
    [{ scores: [[1, 2]], labels: [[1]] }, /1 x 2.* 1 x 1/],
    [{ scores: [1, 2], labels: [0, 2] }, /a label is 2/],
  ])('refuses %j', (input, message) => {
    expect(() => nauc.report(input)).toThrow(message);
    expect(() => nauc.report(input)).toThrow(RangeError);
  });
});
