import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyMetric } from '../../../../scoring/classification/accuracy.ts';
import {
  top1ErrorMetric,
  top5ErrorMetric,
} from '../../../../scoring/classification/top-k-error.ts';
import { TIE_RULES, createTopKCounter } from '../../../../scoring/classification/top-k.ts';
import { topkScores } from '../../../../scoring/classification/topk-scores.ts';
import { wilsonInterval } from '../../../../scoring/statistics/wilson.ts';
import { finishOfItems } from '../vectors.ts';

/** The definition word for word: sort the classes of a row by score, tied ones as the rule says. */
function plainHit(row: readonly number[], label: number, k: number, tie: string): boolean {
  const order = row
    .map((score, index) => ({ score, index }))
    .toSorted((a, b) => {
      if (a.score !== b.score) return b.score - a.score;
      if (tie === 'pessimistic') return Number(a.index === label) - Number(b.index === label);
      if (tie === 'optimistic') return Number(b.index === label) - Number(a.index === label);
      return tie === 'highest-index' ? b.index - a.index : a.index - b.index;
    });
  return order.slice(0, k).some(({ index }) => index === label);
}

const rows = fc.array(fc.tuple(fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }), fc.nat(4)), {
  minLength: 1,
  maxLength: 20,
});

describe('topk_scores', () => {
  it.each(TIE_RULES)('sorts the classes of a row and settles ties by the rule: %s', (tie) => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (drawn, k) => {
        const hits = drawn.filter(([row, label]) => plainHit(row, label, k, tie)).length;
        const input = {
          scores: drawn.map(([row]) => row),
          labels: drawn.map(([, label]) => label),
          ...{ k, tie },
        };
        expect(topkScores.report(input).value).toBe(hits / drawn.length);
        expect(finishOfItems(topkScores, input)).toBe(hits / drawn.length);
      }),
    );
  });

  it('is pessimistic unless told otherwise', () => {
    const input = { scores: [[1, 1, 0]], labels: [0], k: 1 };
    expect(topkScores.report(input).value).toBe(0);
    expect(topkScores.report({ ...input, tie: 'optimistic' }).value).toBe(1);
    expect(topkScores.report({ ...input, tie: 'lowest-index' }).value).toBe(1);
    expect(topkScores.report({ ...input, tie: 'highest-index' }).value).toBe(0);
  });

  it('gives the Wilson interval beside the value', () => {
    const input = {
      scores: [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
      labels: [0, 1, 1],
      k: 1,
    };
    expect(topkScores.report(input)).toEqual({ value: 2 / 3, interval: wilsonInterval(2, 3) });
  });

  it('is undefined without rows', () => {
    const empty = { scores: [], labels: [], k: 5 };
    expect(topkScores.report(empty)).toEqual({ value: null, interval: null });
    expect(finishOfItems(topkScores, empty)).toBeNull();
  });

  it.each([
    ['more labels than rows', { scores: [[1, 0]], labels: [0, 1], k: 1 }, /1 rows.* 2/],
    [
      'rows of different length',
      { scores: [[1, 0], [1]], labels: [0, 0], k: 1 },
      /row 1 has 1.* 2/,
    ],
    ['a label beyond the classes', { scores: [[1, 0]], labels: [2], k: 1 }, /row 0.*below 2/],
    ['a label below 0', { scores: [[1, 0]], labels: [-1], k: 1 }, /row 0.*below 2/],
    ['a label that is no integer', { scores: [[1, 0]], labels: [0.5], k: 1 }, /labels: item 0/],
    ['NaN', { scores: [[1, NaN]], labels: [0], k: 1 }, /scores: row 0, item 1: .*finite.*NaN/],
    ['infinity', { scores: [[Infinity, 1]], labels: [0], k: 1 }, /scores: row 0, item 0/],
    ['text for a number', { scores: [['1', 1]], labels: [0], k: 1 }, /scores.*a text/],
    [
      'a row that is no list',
      { scores: [[1], 2], labels: [0, 0], k: 1 },
      /list of numbers in row 1/,
    ],
    ['k of 0', { scores: [[1, 0]], labels: [0], k: 0 }, /k:/],
    ['no k', { scores: [[1, 0]], labels: [0] }, /k:/],
    ['an unknown rule', { scores: [[1, 0]], labels: [0], k: 1, tie: 'lucky' }, /tie:/],
  ])('refuses %s', (_, input, message) => {
    expect(() => topkScores.report(input)).toThrow(RangeError);
    expect(() => topkScores.report(input)).toThrow(message);
  });
});

describe('top1_error, top5_error and accuracy from JSON', () => {
  it('complete the top-k accuracy to 1', () => {
    fc.assert(
      fc.property(rows, fc.constantFrom(...TIE_RULES), (drawn, tie) => {
        const input = {
          scores: drawn.map(([row]) => row),
          labels: drawn.map(([, label]) => label),
          tie,
        };
        const right = (k: number) => topkScores.report({ ...input, k }).value as number;
        expect(top1ErrorMetric.report(input).value).toBeCloseTo(1 - right(1), 12);
        expect(top5ErrorMetric.report(input).value).toBeCloseTo(1 - right(5), 12);
        expect(accuracyMetric.report(input).value).toBe(right(1));
        for (const metric of [top1ErrorMetric, top5ErrorMetric, accuracyMetric]) {
          expect(finishOfItems(metric, input)).toBe(metric.report(input).value);
        }
      }),
    );
  });

  it('have an accuracy of labels, of any name', () => {
    const input = { labels: ['cat', 'dog', 'dog'], predictions: ['cat', 'cow', 'dog'] };
    expect(accuracyMetric.report(input)).toEqual({ value: 2 / 3, interval: wilsonInterval(2, 3) });
    expect(finishOfItems(accuracyMetric, input)).toBe(2 / 3);
    expect(() => accuracyMetric.report({ labels: [0] })).toThrow(/predictions or scores/);
    expect(() => accuracyMetric.report({ labels: [0], predictions: [0, 1] })).toThrow(/2 rows.* 1/);
  });
});

describe('createTopKCounter', () => {
  it('counts in batches what it counts at once', () => {
    fc.assert(
      fc.property(rows, fc.nat(20), fc.constantFrom(...TIE_RULES), (drawn, cut, tie) => {
        const update = (counter: ReturnType<typeof createTopKCounter>, part: typeof drawn) => {
          const values = Float64Array.from(part.flatMap(([row]) => row));
          counter.update(
            values,
            5,
            part.map(([, label]) => label),
          );
        };
        const whole = createTopKCounter(2, tie);
        update(whole, drawn);
        const parts = createTopKCounter(2, tie);
        update(parts, drawn.slice(0, cut));
        update(parts, drawn.slice(cut));
        expect([parts.hits, parts.rows]).toEqual([whole.hits, whole.rows]);
      }),
    );
  });

  it('refuses a k that is no positive integer', () => {
    expect(() => createTopKCounter(0)).toThrow(RangeError);
    expect(() => createTopKCounter(1.5)).toThrow(RangeError);
  });
});
