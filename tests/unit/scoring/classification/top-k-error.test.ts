import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { top1Error, top5Error, topKError } from '../../../../scoring/classification/top-k-error.ts';
import type { ClassPredictions } from '../../../../scoring/metric.ts';
import { readVectors } from '../vectors.ts';

function scores(rows: readonly (readonly number[])[]): ClassPredictions {
  return {
    form: 'scores',
    classes: rows[0]?.length ?? 0,
    values: Float64Array.from(rows.flat()),
  };
}

/** An ordered list of guesses as scores that fall with the place; classes not guessed share the last. */
function guesses(lists: readonly (readonly number[])[], classes: number): ClassPredictions {
  return scores(
    lists.map((list) =>
      Array.from({ length: classes }, (_, label) => {
        const place = list.indexOf(label);
        return place < 0 ? -1 : 1 - place / 100;
      }),
    ),
  );
}

// Vectors under another tie rule or with several true labels a row do not apply to this metric.
const accuracyVectors = readVectors(
  'topk_scores',
  z.object({
    scores: z.array(z.array(z.number())),
    labels: z.array(z.number()),
    k: z.number(),
    tie: z.string().optional(),
  }),
  z.number(),
).filter(({ input }) => input.tie === undefined);

const ilsvrcVectors = readVectors(
  'ilsvrc_flat_error',
  z.object({
    predictions: z.array(z.array(z.number())),
    groundTruth: z.array(z.union([z.number(), z.array(z.number())])),
    maxPredictions: z.number(),
  }),
  z.number(),
).filter(({ input }) => input.groundTruth.every((truth) => typeof truth === 'number'));

describe('topKError', () => {
  it('reads the vectors that apply', () => {
    expect(accuracyVectors).toHaveLength(3);
    expect(ilsvrcVectors).toHaveLength(5);
  });

  it.each(accuracyVectors)('is one minus the reference accuracy: $name', (vector) => {
    const { value } = topKError(vector.input.k).compute(
      scores(vector.input.scores),
      vector.input.labels,
    );
    expect(Math.abs((value ?? NaN) - (1 - vector.expected))).toBeLessThanOrEqual(vector.tolerance);
  });

  it.each(ilsvrcVectors)('agrees with the ILSVRC script: $name', (vector) => {
    const { value } = topKError(vector.input.maxPredictions).compute(
      guesses(vector.input.predictions, 12),
      vector.input.groundTruth as number[],
    );
    expect(Math.abs((value ?? NaN) - vector.expected)).toBeLessThanOrEqual(vector.tolerance);
  });

  it('gives constant scores the worst place', () => {
    const constant = scores(Array.from({ length: 4 }, () => new Array<number>(10).fill(0.1)));
    expect(top1Error.compute(constant, [0, 1, 5, 9]).value).toBe(1);
    expect(top5Error.compute(constant, [0, 1, 5, 9]).value).toBe(1);
  });

  it('counts a tie for the last place as an error', () => {
    const tied = scores([[6, 5, 4, 3, 2, 2, 0]]);
    expect(top5Error.compute(tied, [4]).value).toBe(1);
    expect(top5Error.compute(tied, [3]).value).toBe(0);
  });

  it('is the same for scores in any order-preserving form, such as logits and softmax', () => {
    const row = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 6, maxLength: 6 });
    const rows = fc.array(fc.tuple(row, fc.nat(5)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, (drawn) => {
        const logits = drawn.map(([values]) => values);
        const targets = drawn.map(([, target]) => target);
        const raised = logits.map((values) => values.map((value) => 2 ** value));
        for (const metric of [top1Error, top5Error]) {
          const expected = metric.compute(scores(logits), targets);
          expect(metric.compute(scores(raised), targets)).toEqual(expected);
        }
      }),
    );
  });

  it('never rises with k, and is an error count over the rows', () => {
    const rows = fc.array(fc.array(fc.nat(4), { minLength: 7, maxLength: 7 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (values) => {
        const targets = values.map((_, row) => row % 7);
        let before = 1;
        for (const k of [1, 2, 3, 4, 5, 6, 7]) {
          const value = topKError(k).compute(scores(values), targets).value ?? NaN;
          expect(value).toBeLessThanOrEqual(before);
          expect(value * values.length).toBeCloseTo(Math.round(value * values.length), 9);
          before = value;
        }
        expect(before).toBe(0);
      }),
    );
  });

  it('is the mean of one statistic a row', () => {
    const predictions = scores([
      [3, 2, 1],
      [3, 2, 1],
      [1, 2, 3],
      [2, 2, 1],
    ]);
    const statistics = top1Error.itemwise(predictions, [0, 1, 2, 0]);
    expect(statistics).toEqual({ items: 4, width: 1, values: Float64Array.of(0, 1, 0, 1) });
    expect(top1Error.finish([2], 4, 1)).toBe(0.5);
    expect(top1Error.finish([0], 0, 1)).toBeNull();
  });

  it('leaves the top-5 error of hard labels undefined', () => {
    const labels = { form: 'labels', classes: 10, labels: Int32Array.of(3, 1) } as const;
    expect(top1Error.compute(labels, [3, 2]).value).toBe(0.5);
    expect(top1Error.itemwise(labels, [3, 2])?.values).toEqual(Float64Array.of(0, 1));
    expect(top5Error.itemwise(labels, [3, 2])).toBeNull();
    expect(top5Error.compute(labels, [3, 2])).toEqual({
      metric: 'top5_error',
      value: null,
      interval: null,
    });
  });

  it('is undefined without rows', () => {
    expect(
      top1Error.compute({ form: 'scores', classes: 3, values: new Float32Array(0) }, []).value,
    ).toBeNull();
  });

  it('refuses rows and targets that do not fit, stating both', () => {
    expect(() => top1Error.compute(scores([[1, 0]]), [0, 1])).toThrow(/1 rows.*2/);
    expect(() => top1Error.compute(scores([[1, 0]]), [2])).toThrow(/below 2/);
  });
});
