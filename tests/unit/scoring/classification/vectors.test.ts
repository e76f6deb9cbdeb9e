import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

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
    const finished = finishOfItems(metric, vector.input);
    expect(compare(finished, metric.report(vector.input).value, 1e-12)).toEqual([]);
  });
});
