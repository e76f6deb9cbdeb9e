import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confusionMatrix } from '../../../../scoring/classification/confusion-matrix.ts';
import { top1Error } from '../../../../scoring/classification/top-k-error.ts';

describe('confusionMatrix', () => {
  it('counts truth by row and prediction by column', () => {
    const labels = { form: 'labels', classes: 3, labels: Int32Array.of(0, 2, 2, 1) } as const;
    expect(confusionMatrix(labels, [0, 1, 2, 1])).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 1]);
  });

  it('has the diagonal that the top-1 error counts as right, ties included', () => {
    const rows = fc.array(
      fc.tuple(fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), fc.nat(3)),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(rows, (drawn) => {
        const predictions = {
          form: 'scores',
          classes: 4,
          values: Float32Array.from(drawn.flatMap(([values]) => values)),
        } as const;
        const targets = drawn.map(([, target]) => target);
        const counts = confusionMatrix(predictions, targets);
        const right = [0, 1, 2, 3].reduce((sum, index) => sum + (counts[index * 5] ?? 0), 0);
        const error = top1Error.compute(predictions, targets).value ?? 0;
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(drawn.length);
        expect(drawn.length - right).toBeCloseTo(error * drawn.length, 9);
      }),
    );
  });
});
