/** What holds for every metric that an image-classification task can name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASS_METRICS } from '../../../../scoring/classification/index.ts';
import type { ClassPredictions } from '../../../../scoring/metric.ts';
import { findMetric } from '../../../../scoring/registry.ts';
import { columnSums, compare } from '../vectors.ts';

const CLASSES = 4;

/** Few different scores, so that ties are common; some draws are probabilities, most are not. */
const drawnRows = fc.array(
  fc.record({
    scores: fc.array(fc.nat(3), { minLength: CLASSES, maxLength: CLASSES }),
    label: fc.nat(CLASSES - 1),
    target: fc.nat(CLASSES - 1),
  }),
  { minLength: 1, maxLength: 25 },
);
type Row = typeof drawnRows extends fc.Arbitrary<(infer Item)[]> ? Item : never;

function scores(rows: readonly Row[]): ClassPredictions {
  return {
    form: 'scores',
    classes: CLASSES,
    values: Float32Array.from(rows.flatMap((row) => row.scores)),
  };
}

function labels(rows: readonly Row[]): ClassPredictions {
  return { form: 'labels', classes: CLASSES, labels: Int32Array.from(rows, ({ label }) => label) };
}

function targets(rows: readonly Row[]): number[] {
  return rows.map(({ target }) => target);
}

describe.each(CLASS_METRICS)('$name on a task', (metric) => {
  it('lies in its range, whatever the order of the rows', () => {
    fc.assert(
      fc.property(drawnRows, (rows) => {
        for (const form of [scores, labels]) {
          const { value } = metric.compute(form(rows), targets(rows));
          const turned = rows.toReversed();
          const again = metric.compute(form(turned), targets(turned));
          expect(compare(again.value, value, 1e-12)).toEqual([]);
          if (value === null) continue;
          expect(value).toBeGreaterThanOrEqual(metric.range[0]);
          expect(value).toBeLessThanOrEqual(metric.range[1]);
        }
      }),
    );
  });

  it('is what its statistics finish to, one row of them for each row', () => {
    fc.assert(
      fc.property(drawnRows, (rows) => {
        for (const form of [scores, labels]) {
          const { value } = metric.compute(form(rows), targets(rows));
          const statistics = metric.itemwise(form(rows), targets(rows));
          if (statistics === null) {
            expect(value).toBeNull();
            continue;
          }
          const { items, width } = statistics;
          expect(items).toBe(rows.length);
          const finished = metric.finish(columnSums(statistics), items, width);
          expect(compare(finished, value, 1e-12)).toEqual([]);
        }
      }),
    );
  });

  it('has no value without rows', () => {
    expect(metric.compute(scores([]), []).value).toBeNull();
    expect(metric.finish(new Float64Array(0), 0, 0)).toBeNull();
  });

  it('is named, directed and sourced as the metric that reads JSON', () => {
    const { name, higherIsBetter, range, source } = findMetric(metric.name);
    expect(metric).toMatchObject({ name, higherIsBetter, range, source });
  });

  it('refuses rows and targets that do not fit, stating both', () => {
    const two = { form: 'labels', classes: 2, labels: Int32Array.of(0, 1) } as const;
    for (const face of ['compute', 'itemwise'] as const) {
      expect(() => metric[face](two, [0])).toThrow(/2 rows.* 1/);
      expect(() => metric[face](two, [0, 2])).toThrow(/target of row 1 is not .* below 2/);
      const three = { ...two, labels: Int32Array.of(0, 2) };
      expect(() => metric[face](three, [0, 1])).toThrow(/prediction of row 1 is not .* below 2/);
    }
  });
});

const DEFINED_FOR_LABELS = ['top1_error', 'accuracy', 'macro_f1', 'cohen_kappa'];

describe('predictions with a single label a row', () => {
  const rows: Row[] = [
    { scores: [], label: 1, target: 1 },
    { scores: [], label: 0, target: 2 },
  ];

  it.each(CLASS_METRICS)('leave $name undefined where it needs scores', (metric) => {
    const { value } = metric.compute(labels(rows), targets(rows));
    const statistics = metric.itemwise(labels(rows), targets(rows));
    expect([value !== null, statistics !== null]).toEqual(
      DEFINED_FOR_LABELS.includes(metric.name) ? [true, true] : [false, false],
    );
  });
});

describe('intervals', () => {
  it('are given for shares; the others are left to the bootstrap', () => {
    const rows: Row[] = [
      { scores: [4, 3, 2, 1], label: 0, target: 0 },
      { scores: [1, 2, 3, 4], label: 3, target: 1 },
    ];
    const withInterval = CLASS_METRICS.filter(
      (metric) => metric.compute(scores(rows), targets(rows)).interval !== null,
    );
    expect(withInterval.map(({ name }) => name)).toEqual(['top1_error', 'top5_error', 'accuracy']);
  });
});
