import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brierMetric, brierOfClasses } from '../../../../scoring/classification/brier.ts';
import {
  CLOSED_ENDS,
  NORMS,
  binOf,
  createCalibrationCounter,
  eceMetric,
  eceOfClasses,
} from '../../../../scoring/classification/ece.ts';
import {
  areProbabilities,
  asProbabilities,
  softmax,
} from '../../../../scoring/classification/probabilities.ts';
import { compare, finishOfItems } from '../vectors.ts';

const bets = fc
  .array(fc.tuple(fc.nat(20), fc.nat(1)), { minLength: 1, maxLength: 25 })
  .map((rows) => ({
    confidences: rows.map(([twentieths]) => twentieths / 20),
    correct: rows.map(([, right]) => right),
  }));

/** The definition word for word: rows sorted into bins by their bounds. */
function plainEce(
  { confidences, correct }: { confidences: number[]; correct: number[] },
  bins: number,
  norm: string,
  closed: string,
): number {
  const inside = (value: number, bin: number) => {
    const [low, high] = [bin / bins, (bin + 1) / bins];
    if (closed === 'left') return value >= low && value < high;
    return (value > low || (bin === 0 && value === 0)) && value <= high;
  };
  const gaps = Array.from({ length: bins + 1 }, (_, bin) => {
    const rows = confidences.flatMap((value, row) => (inside(value, bin) ? [row] : []));
    const sum = (list: number[]) => rows.reduce((total, row) => total + (list[row] ?? NaN), 0);
    const share = rows.length / confidences.length;
    return {
      share,
      gap: rows.length === 0 ? 0 : Math.abs(sum(correct) - sum(confidences)) / rows.length,
    };
  });
  if (norm === 'max') return Math.max(...gaps.map(({ gap }) => gap));
  if (norm === 'l1') return gaps.reduce((total, { share, gap }) => total + share * gap, 0);
  return Math.sqrt(gaps.reduce((total, { share, gap }) => total + share * gap * gap, 0));
}

describe('ece', () => {
  it.each(NORMS)('sorts rows into bins and compares accuracy with confidence: %s', (norm) => {
    const options = fc.tuple(
      bets,
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(...CLOSED_ENDS),
    );
    fc.assert(
      fc.property(options, ([drawn, bins, closed]) => {
        const input = { ...drawn, bins, norm, closed };
        const { value } = eceMetric.report(input);
        expect(compare(value, plainEce(drawn, bins, norm, closed), 1e-12)).toEqual([]);
        expect(compare(finishOfItems(eceMetric, input), value, 1e-12)).toEqual([]);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('puts every bound into the bin it belongs to', () => {
    for (const bins of [1, 3, 7, 10, 15, 49]) {
      for (let bin = 0; bin <= bins; bin++) {
        expect(binOf(bin / bins, bins, 'left')).toBe(bin);
        expect(binOf(bin / bins, bins, 'right')).toBe(Math.max(0, bin - 1));
      }
    }
  });

  it('takes fifteen bins and the weighted mean unless told otherwise', () => {
    fc.assert(
      fc.property(bets, (drawn) => {
        expect(eceMetric.report(drawn)).toEqual(
          eceMetric.report({ ...drawn, bins: 15, norm: 'l1' }),
        );
      }),
    );
  });

  it('reads the confidence and the prediction from rows of probabilities', () => {
    const input = {
      probabilities: [
        [0.7, 0.3],
        [0.4, 0.6],
        [0.5, 0.5],
      ],
      labels: [0, 0, 0],
      bins: 5,
    };
    const same = { confidences: [0.7, 0.6, 0.5], correct: [1, 0, 1], bins: 5 };
    expect(eceMetric.report(input)).toEqual(eceMetric.report(same));
  });

  it('reads one probability a row as that of label 1', () => {
    const input = { probabilities: [0.25, 0.75], labels: [0, 1], bins: 2 };
    expect(eceMetric.report(input).value).toBeCloseTo(0.25, 12);
  });

  it('counts in batches what it counts at once', () => {
    fc.assert(
      fc.property(bets, fc.nat(25), ({ confidences, correct }, cut) => {
        const whole = createCalibrationCounter(10, 'left');
        whole.update(confidences, correct);
        const parts = createCalibrationCounter(10, 'left');
        parts.update(confidences.slice(0, cut), correct.slice(0, cut));
        parts.update(confidences.slice(cut), correct.slice(cut));
        expect(parts.finish('l2')).toBe(whole.finish('l2'));
      }),
    );
  });

  it('is undefined without rows, and refuses what does not fit', () => {
    expect(eceMetric.report({ confidences: [], correct: [] }).value).toBeNull();
    expect(eceMetric.report({ probabilities: [], labels: [] }).value).toBeNull();
    expect(() => eceMetric.report({ confidences: [1, 1.1], correct: [1, 1] })).toThrow(
      /confidences: row 1 has 1\.1, outside \[0, 1\]/,
    );
    const [certain, wrong] = [
      [1, 0],
      [1, -1],
    ];
    expect(() =>
      eceMetric.report({ probabilities: [certain, certain, wrong], labels: [1, 0, 1] }),
    ).toThrow(/probabilities: row 2 has -1, outside/);
    expect(() => eceMetric.report({ confidences: [1], correct: [1, 0] })).toThrow(/1 rows.* 2/);
    expect(() => eceMetric.report({ probabilities: [[1, 0]], labels: [0, 1] })).toThrow(
      /1 rows.* 2/,
    );
    expect(() => eceMetric.report({ probabilities: [[1, 0]], labels: [2] })).toThrow(/below 2/);
    expect(() => eceMetric.report({ confidences: [1] })).toThrow(
      /expected confidences and correct/,
    );
    expect(() => eceMetric.report({ confidences: [1], correct: [1], bins: 0 })).toThrow(/bins/);
  });
});

describe('brier', () => {
  it('is twice as much from two probabilities a row as from one', () => {
    fc.assert(
      fc.property(bets, ({ confidences, correct: labels }) => {
        const one = brierMetric.report({ probabilities: confidences, labels });
        const two = brierMetric.report({
          probabilities: confidences.map((p) => [1 - p, p]),
          labels,
        });
        expect(two.value).toBeCloseTo(2 * (one.value as number), 12);
        expect(finishOfItems(brierMetric, { probabilities: confidences, labels })).toBe(one.value);
      }),
    );
  });

  it('is 0 for certain truth and 2 for certain error', () => {
    const labels = [0, 2];
    expect(
      brierMetric.report({
        probabilities: [
          [1, 0, 0],
          [0, 0, 1],
        ],
        labels,
      }).value,
    ).toBe(0);
    expect(
      brierMetric.report({
        probabilities: [
          [0, 1, 0],
          [0, 1, 0],
        ],
        labels,
      }).value,
    ).toBe(2);
  });

  it('is undefined without rows, and refuses what does not fit', () => {
    expect(brierMetric.report({ probabilities: [], labels: [] }).value).toBeNull();
    expect(() => brierMetric.report({ probabilities: [1, 1.5], labels: [1, 1] })).toThrow(
      /probabilities: row 1 has 1\.5, outside/,
    );
    expect(() => brierMetric.report({ probabilities: [1], labels: [1, 0] })).toThrow(/1 rows.* 2/);
    expect(() => brierMetric.report({ probabilities: [1], labels: [2] })).toThrow(/below 2/);
  });
});

describe('outputs of a model as probabilities', () => {
  it('are taken as they are where every row is a distribution, and through a softmax otherwise', () => {
    const given = Float32Array.of(0.1, 0.2, 0.7, 1, 0, 0);
    expect(asProbabilities(given, 3)).toBe(given);
    const logits = Float32Array.of(0.1, 0.2, 0.7, 1, 0, 0.5);
    expect(asProbabilities(logits, 3)).toEqual(softmax(logits, 3));
    expect(areProbabilities(Float64Array.of(0.5, 0.50002), 2)).toBe(false);
    expect(areProbabilities(Float64Array.of(0.5, 0.500009), 2)).toBe(true);
    expect(areProbabilities(Float64Array.of(-0.5, 1.5), 2)).toBe(false);
  });

  it('may sum to 1 more roughly where they have half precision', () => {
    const third = Math.f16round(1 / 3);
    expect(Math.abs(3 * third - 1)).toBeGreaterThan(1e-4);
    expect(areProbabilities(Float32Array.of(third, third, third), 3)).toBe(true);
    expect(areProbabilities(Float32Array.of(0.3333, 0.3333, 0.3333), 3)).toBe(false);
  });

  it('sum to 1 after a softmax however large the scores are', () => {
    expect([...softmax(Float64Array.of(1000, 1000, -1000), 3)]).toEqual([0.5, 0.5, 0]);
  });

  it('give the same calibration as logits and as their softmax', () => {
    const rows = fc.array(
      fc.tuple(fc.array(fc.nat(6), { minLength: 3, maxLength: 3 }), fc.nat(2)),
      {
        minLength: 1,
        maxLength: 15,
      },
    );
    fc.assert(
      fc.property(rows, (drawn) => {
        // No row of such whole numbers is a distribution, but for one with a single 1: that is shifted away.
        const logits = Float64Array.from(drawn.flatMap(([row]) => row.map((value) => value + 2)));
        const targets = drawn.map(([, target]) => target);
        const asLogits = { form: 'scores', classes: 3, values: logits } as const;
        const asShares = { form: 'scores', classes: 3, values: softmax(logits, 3) } as const;
        for (const metric of [eceOfClasses, brierOfClasses]) {
          const { value } = metric.compute(asLogits, targets);
          expect(metric.compute(asShares, targets).value).toBe(value);
        }
      }),
    );
  });
});
