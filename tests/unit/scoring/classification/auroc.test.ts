import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AVERAGES,
  auroc,
  aurocMetric,
  aurocOfClasses,
  multiclassAuroc,
} from '../../../../scoring/classification/auroc.ts';
import { compare, finishOfItems } from '../vectors.ts';

/** The definition word for word: every pair of a positive and a negative. */
function plainArea(scores: readonly number[], isPositive: readonly boolean[]): number | null {
  const positives = scores.filter((_, row) => isPositive[row]);
  const negatives = scores.filter((_, row) => !isPositive[row]);
  if (positives.length === 0 || negatives.length === 0) return null;
  let sum = 0;
  for (const p of positives) for (const n of negatives) sum += p > n ? 1 : p === n ? 0.5 : 0;
  return sum / (positives.length * negatives.length);
}

const binary = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.nat(1)), { maxLength: 25 });
const columns = (drawn: readonly (readonly [number, number])[]) => ({
  scores: drawn.map(([score]) => score),
  labels: drawn.map(([, label]) => label),
});

describe('auroc of two classes', () => {
  it('is the share of pairs in order, ties counting half', () => {
    fc.assert(
      fc.property(binary, (drawn) => {
        const { scores, labels } = columns(drawn);
        const expected = plainArea(scores, labels.map(Boolean));
        expect(compare(aurocMetric.report({ scores, labels }).value, expected, 1e-12)).toEqual([]);
        expect(compare(finishOfItems(aurocMetric, { scores, labels }), expected, 1e-12)).toEqual(
          [],
        );
      }),
    );
  });

  it('is turned around by turning the scores or the labels', () => {
    fc.assert(
      fc.property(binary, (drawn) => {
        const { scores, labels } = columns(drawn);
        const values = Float64Array.from(scores);
        const area = auroc(values, labels);
        if (area === null) return;
        const negated = auroc(
          values.map((value) => -value),
          labels,
        );
        const swapped = auroc(
          values,
          labels.map((label) => 1 - label),
        );
        expect(negated).toBeCloseTo(1 - area, 12);
        expect(swapped).toBeCloseTo(1 - area, 12);
        expect(auroc(values.map(Math.exp), labels)).toBe(area);
      }),
    );
  });

  it('is undefined with one class, and without rows', () => {
    for (const labels of [[], [0, 0], [1, 1]]) {
      const input = { scores: labels.map((_, row) => row), labels };
      expect(aurocMetric.report(input).value).toBeNull();
      expect(finishOfItems(aurocMetric, input)).toBeNull();
    }
  });

  it('refuses what does not fit', () => {
    expect(() => aurocMetric.report({ scores: [1], labels: [0, 1] })).toThrow(/1 rows.* 2/);
    expect(() => aurocMetric.report({ scores: [1], labels: [2] })).toThrow(/row 0.*below 2/);
    expect(() => aurocMetric.report({ scores: [NaN, 1], labels: [0, 1] })).toThrow(/item 0/);
    const matrix = { scores: [[1, 2, 3]], labels: [1], classes: 2 };
    expect(() => aurocMetric.report(matrix)).toThrow(/3 columns.* 2/);
    expect(() => auroc(Float64Array.of(1), [])).toThrow(/1 rows.* 0/);
  });
});

const rows = fc.array(fc.tuple(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), fc.nat(2)), {
  minLength: 1,
  maxLength: 20,
});

describe('auroc of several classes', () => {
  it('averages each class against the rest', () => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const scores = drawn.map(([row]) => row);
        const labels = drawn.map(([, label]) => label);
        const areas = [0, 1, 2].map((index) =>
          plainArea(
            scores.map((row) => row[index] ?? NaN),
            labels.map((label) => label === index),
          ),
        );
        const weights = [0, 1, 2].map((index) => labels.filter((label) => label === index).length);
        const mean = (weight: (area: number | null, index: number) => number) => {
          const total = areas.reduce<number>((sum, area, index) => sum + weight(area, index), 0);
          const sum = areas.reduce<number>(
            (part, area, index) => part + weight(area, index) * (area ?? 0),
            0,
          );
          return total === 0 ? null : sum / total;
        };
        const expected = {
          macro: mean((area) => (area === null ? 0 : 1)),
          weighted: mean((area, index) => (area === null ? 0 : (weights[index] ?? 0))),
          'macro-absent-as-0': mean(() => 1),
        };
        for (const average of AVERAGES) {
          const input = { scores, labels, average };
          const { value } = aurocMetric.report(input);
          expect(compare(value, expected[average], 1e-12)).toEqual([]);
          expect(compare(finishOfItems(aurocMetric, input), value, 1e-12)).toEqual([]);
        }
      }),
    );
  });

  it('has statistics whose spread is that of the area over drawn samples', () => {
    // Row i of class c scores high in column c with noise; a fixed generator keeps the test still.
    let state = 1;
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const draw = () => {
      const labels = Array.from({ length: 300 }, () => Math.floor(uniform() * 3));
      const values = Float64Array.from(
        { length: 900 },
        (_, at) => (labels[Math.floor(at / 3)] === at % 3 ? 0.4 : 0) + uniform(),
      );
      return { labels, predictions: { form: 'scores', classes: 3, values } as const };
    };
    const areas: number[] = [];
    let variance = 0;
    for (let sample = 0; sample < 300; sample++) {
      const { labels, predictions } = draw();
      const area = aurocOfClasses.compute(predictions, labels).value ?? NaN;
      const influence = aurocOfClasses.itemwise(predictions, labels)?.values ?? [];
      areas.push(area);
      for (const value of influence) variance += (value - area) ** 2 / 300 ** 2 / 300;
    }
    const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length;
    const seen = areas.reduce((sum, area) => sum + (area - mean) ** 2, 0) / (areas.length - 1);
    expect(Math.sqrt(variance / seen)).toBeGreaterThan(0.85);
    expect(Math.sqrt(variance / seen)).toBeLessThan(1.15);
  });

  it('is undefined where only one class occurs', () => {
    expect(multiclassAuroc(Float64Array.of(1, 2, 3, 4), 2, [1, 1])).toBeNull();
    expect(multiclassAuroc(Float64Array.of(1, 2, 3, 4), 2, [1, 1], 'macro-absent-as-0')).toBe(0);
  });

  it('is kept in its range where a resample of influences leaves it', () => {
    expect(aurocOfClasses.finish([10.5], 10, 1)).toBe(1);
    expect(aurocOfClasses.finish([-0.5], 10, 1)).toBe(0);
  });
});
