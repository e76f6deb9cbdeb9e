import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { compare, loadVectors } from '../vectors.ts';

describe.each([
  'ilsvrc_flat_error',
  'ilsvrc_hierarchical',
  'topk_scores',
  'macro_f1',
  'auroc',
  'cohen_kappa',
  'ece',
  'brier',
])('%s', (name) => {
  const metric = findMetric(name);

  it.each(loadVectors(name))('agrees with its reference: $name', (vector) => {
    const { value } = metric.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
  });

  it.each(loadVectors(name))('is what its statistics finish to: $name', (vector) => {
    const statistics = metric.itemwise?.statistics(vector.input);
    expect(statistics).toBeDefined();
    const { items, width, values } = statistics ?? { items: 0, width: 0, values: [] };
    const sums = Array.from({ length: width }, (_, column) =>
      values.reduce((sum, value, at) => (at % width === column ? sum + value : sum), 0),
    );
    const finished = metric.itemwise?.finish(sums, items, width);
    expect(compare(finished, metric.report(vector.input).value, 1e-12)).toEqual([]);
  });
});
