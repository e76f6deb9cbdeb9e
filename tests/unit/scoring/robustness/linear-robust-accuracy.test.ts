import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  linearRobustAccuracy,
  robustLinearRows,
} from '../../../../scoring/robustness/linear-robust-accuracy.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

const whole = fc.integer({ min: -5, max: 5 });
const models = fc.integer({ min: 1, max: 4 }).chain((features) => {
  const row = fc.array(whole, { minLength: features, maxLength: features });
  return fc.record({
    w: row,
    b: whole,
    data: fc.array(fc.record({ row, y: fc.constantFrom(-1, 1) }), { minLength: 1, maxLength: 6 }),
    eps: fc.integer({ min: 0, max: 3 }),
  });
});
const inputOf = (model: {
  w: number[];
  b: number;
  data: readonly { row: number[]; y: number }[];
  eps: number;
}) => ({ ...model, x: model.data.map(({ row }) => row), y: model.data.map(({ y }) => y) });

describe('exact robust accuracy of a linear model', () => {
  it.each(loadVectors('linear_robust_accuracy'))('agrees with its vector: $name', (vector) => {
    const { value } = linearRobustAccuracy.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
    expect(compare(finishOfItems(linearRobustAccuracy, vector.input), value, 0)).toEqual([]);
  });

  it('is what trying every corner of the ball finds', () => {
    fc.assert(
      fc.property(models, ({ w, b, data, eps }) => {
        const survives = ({ row, y }: { row: number[]; y: number }) =>
          Array.from({ length: 2 ** w.length }, (_, corner) =>
            row.reduce(
              (sum, value, i) => sum + (w[i] ?? 0) * (value + ((corner >> i) & 1 ? eps : -eps)),
              b,
            ),
          ).every((score) => y * score > 0);
        const rows = robustLinearRows(
          w,
          b,
          data.flatMap(({ row }) => row),
          data.map(({ y }) => y),
          eps,
        );
        expect([...rows]).toEqual(data.map((item) => Number(survives(item))));
      }),
    );
  });

  it('does not rise with eps', () => {
    fc.assert(
      fc.property(models, (model) => {
        const at = (eps: number) =>
          Number(linearRobustAccuracy.report(inputOf({ ...model, eps })).value);
        expect(at(model.eps + 1)).toBeLessThanOrEqual(at(model.eps));
      }),
    );
  });

  it('is undefined without rows', () => {
    expect(linearRobustAccuracy.report({ w: [1], x: [], y: [], eps: 0.1 }).value).toBeNull();
  });

  it.each([
    [{ w: [1, 2], x: [[1]], y: [1], eps: 0 }, /1 features.* 2 features/],
    [{ w: [1], x: [[1], [2]], y: [1], eps: 0 }, /2 rows.* 1 labels/],
    [{ w: [1], x: [[1]], y: [0], eps: 0 }, /label of row 0 is 0/],
  ])('refuses %j', (input, message) => {
    expect(() => linearRobustAccuracy.report(input)).toThrow(message);
  });
});
