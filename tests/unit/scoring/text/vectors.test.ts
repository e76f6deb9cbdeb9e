import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { compare, loadVectors } from '../vectors.ts';

/** `coco_caption_published` quotes a table of captions that are not part of it: nothing to compute. */
const NAMES = [
  'bleu',
  'coco_bleu',
  'rouge_l_coco',
  'rouge_l_f1',
  'cider_d',
  'vqa_accuracy',
  'vqa_normalise',
  'perplexity',
  'bits_per_char',
];

describe.each(NAMES)('%s', (name) => {
  it.each(loadVectors(name))('agrees with its vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(findMetric(name).report(input).value, expected, tolerance)).toEqual([]);
  });
});
