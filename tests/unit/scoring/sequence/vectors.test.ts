import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { compare, loadVectors } from '../vectors.ts';

const NAMES = [
  'wer_jiwer',
  'wer_torchmetrics',
  'cer',
  'edit_distance',
  'sclite_alignment',
  'sclite_corpus',
  'timit_fold',
  'per_timit',
];

describe.each(NAMES)('%s', (name) => {
  it.each(loadVectors(name))('agrees with its vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(findMetric(name).report(input).value, expected, tolerance)).toEqual([]);
  });
});
