import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createF1Counter,
  macroF1Metric,
  macroF1OfClasses,
} from '../../../../scoring/classification/macro-f1.ts';
import { finishOfItems } from '../vectors.ts';

const rows = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 25 });

/** The definition word for word. */
function plainF1(labels: readonly number[], predictions: readonly number[], classes: number[]) {
  const scores = classes.map((name) => {
    const count = (isLabel: boolean, isPredicted: boolean) =>
      labels.filter(
        (label, row) => (label === name) === isLabel && (predictions[row] === name) === isPredicted,
      ).length;
    const [tp, fp, fn] = [count(true, true), count(false, true), count(true, false)];
    return tp + fp + fn === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

describe('macro_f1', () => {
  it('averages the classes of truth and predictions, or those that are named', () => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const labels = drawn.map(([label]) => label);
        const predictions = drawn.map(([, predicted]) => predicted);
        const present = [...new Set([...labels, ...predictions])];
        const input = { labels, predictions };
        const named = { ...input, classes: [4, 2, 0, 1, 3] };
        expect(macroF1Metric.report(input).value).toBeCloseTo(
          plainF1(labels, predictions, present),
          12,
        );
        expect(macroF1Metric.report(named).value).toBeCloseTo(
          plainF1(labels, predictions, named.classes),
          12,
        );
        expect(macroF1Metric.report({ ...input, classes: 5 }).value).toBeCloseTo(
          plainF1(labels, predictions, named.classes),
          12,
        );
        for (const each of [input, named]) {
          expect(finishOfItems(macroF1Metric, each)).toBeCloseTo(
            macroF1Metric.report(each).value as number,
            12,
          );
        }
      }),
    );
  });

  it('is symmetric, 1 for the truth itself, and the same under other names of the classes', () => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const labels = drawn.map(([label]) => label);
        const predictions = drawn.map(([, predicted]) => predicted);
        const value = macroF1Metric.report({ labels, predictions }).value as number;
        const swapped = { labels: predictions, predictions: labels };
        expect(macroF1Metric.report(swapped).value).toBeCloseTo(value, 12);
        expect(macroF1Metric.report({ labels, predictions: labels }).value).toBe(1);
        const texts = {
          labels: labels.map((label) => `class ${4 - label}`),
          predictions: predictions.map((label) => `class ${4 - label}`),
        };
        expect(macroF1Metric.report(texts).value).toBeCloseTo(value, 12);
      }),
    );
  });

  it('counts in batches what it counts at once', () => {
    fc.assert(
      fc.property(rows, fc.nat(25), (drawn, cut) => {
        const labels = drawn.map(([label]) => label);
        const predictions = drawn.map(([, predicted]) => predicted);
        const whole = createF1Counter(5);
        whole.update(labels, predictions);
        const parts = createF1Counter(5);
        parts.update(labels.slice(0, cut), predictions.slice(0, cut));
        parts.update(labels.slice(cut), predictions.slice(cut));
        expect(parts.finish('count')).toBe(whole.finish('count'));
      }),
    );
  });

  it('leaves classes of a task that occur nowhere out of the mean', () => {
    const labels = { form: 'labels', classes: 10, labels: Int32Array.of(3, 3, 7) } as const;
    expect(macroF1OfClasses.compute(labels, [3, 3, 7]).value).toBe(1);
  });

  it('keeps no statistics that would fill the memory', () => {
    const labels = { form: 'labels', classes: 1_000_000, labels: new Int32Array(10) } as const;
    expect(macroF1OfClasses.itemwise(labels, new Int32Array(10))).toBeNull();
    expect(macroF1OfClasses.compute(labels, new Int32Array(10)).value).toBe(1);
  });

  it('is undefined without rows, and refuses what does not fit', () => {
    expect(macroF1Metric.report({ labels: [], predictions: [] }).value).toBeNull();
    expect(macroF1Metric.report({ labels: [], predictions: [], classes: [0] }).value).toBeNull();
    const one = { labels: [0], predictions: [1] };
    expect(() => macroF1Metric.report({ ...one, labels: [0, 1] })).toThrow(/1 rows.* 2/);
    expect(() => macroF1Metric.report({ ...one, classes: [0] })).toThrow(
      /row 0 is not one of the 1/,
    );
    expect(() => macroF1Metric.report({ ...one, classes: [0, 1, 1] })).toThrow(/named twice/);
    // As many would take all memory.
    expect(() => macroF1Metric.report({ ...one, classes: 2 ** 31 })).toThrow(/classes/);
    expect(() => macroF1Metric.report({ ...one, labels: ['a'] })).toThrow(RangeError);
    expect(() => macroF1Metric.report({ ...one, labels: [null] })).toThrow(/labels: item 0/);
  });
});
