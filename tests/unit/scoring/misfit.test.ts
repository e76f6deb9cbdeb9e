/** What an input that does not fit is answered: the field, what belongs there, and what was there. */
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../scoring/registry.ts';

describe('an input that does not fit', () => {
  it.each([
    ['the whole input', 'wilson', [1, 2], 'the input: expected an object, received a list of 2'],
    [
      'a field that is missing',
      'wilson',
      { n: 2 },
      'successes: expected a number, received nothing',
    ],
    [
      'a text for a number',
      'wilson',
      { successes: '1', n: 2 },
      'expected a number, received a text',
    ],
    ['a part of a number', 'wilson', { successes: 1.5, n: 2 }, 'expected an integer, received 1.5'],
    ['infinity', 'ladder', { losses: [0, Infinity], eta: 0.1 }, 'losses.1: expected a number, rec'],
    ['null in a list', 'ladder', { losses: [null], eta: 0.1 }, 'losses.0: expected a number, rec'],
    [
      'an object for a list',
      'l1',
      { pred: {}, target: [] },
      'a list of numbers, received an object',
    ],
    [
      'neither of two forms',
      'ilsvrc_flat_error',
      { predictions: [[1]], groundTruth: ['cat'] },
      'groundTruth.0: expected a number or a list, received a text',
    ],
    [
      'a part of one of two forms',
      'ilsvrc_flat_error',
      { predictions: [[1]], groundTruth: [[1, 'cat']] },
      'groundTruth.0.1: expected a number, received a text',
    ],
    [
      'a number of a list of numbers, where one number would do',
      'human_normalised',
      { score: [1, 'x'], random: [0, 0], human: [1, 1] },
      'score: [1]: expected a finite number, received a text',
    ],
    [
      'neither one number nor a list of them',
      'human_normalised',
      { score: 'x', random: 0, human: 1 },
      'score: expected a number or a list of numbers, received a text',
    ],
    [
      'forms within forms',
      'ilsvrc_hierarchical',
      { parent: { cat: true }, predictions: [], groundTruth: [] },
      'parent.cat: expected null or a text or a number or a list, received true',
    ],
    [
      'one of two forms, all but a field',
      'approx_randomization_exact',
      { a: [1, 2] },
      'b: expected a list, received nothing',
    ],
    [
      'fields of no form',
      'approx_randomization_exact',
      { x: [1, 2] },
      'the input: expected a and b, or exceeding and trials',
    ],
    [
      'a value that is not in the list',
      'per_timit',
      { reference: ['aa'], hypothesis: ['aa'], fold: 40 },
      'fold: expected 39, 48, 61 or none, received 40',
    ],
  ])('is answered with the field and what it expects: %s', (_, name, input, message) => {
    const report = () => findMetric(name).report(input);
    expect(report).toThrow(RangeError);
    expect(report).toThrow(message);
    expect(report).toThrow(new RegExp(`^${name}: `));
  });
});

describe('a field that is null', () => {
  it.each([
    ['topk_scores', { scores: [[1, 1]], labels: [0], k: 1 }, ['tie']],
    ['ece', { confidences: [0.9, 0.3], correct: [1, 0] }, ['bins', 'norm', 'closed', 'labels']],
    ['macro_f1', { labels: [0, 2], predictions: [0, 1] }, ['classes']],
    ['wer_jiwer', { reference: ['a'], hypothesis: ['b'] }, ['mode']],
    [
      'bleu',
      { hypotheses: ['a b c d'], references: [['a b c d']] },
      ['order', 'smoothing', 'scale'],
    ],
    ['bits_per_char', { logProbs: [-1], bytes: 2 }, ['characters']],
    ['alc_autodl', { timestamps: [5], scores: [1] }, ['timeBudget', 't0']],
    ['thresholdout', { train: [1], holdout: [0], threshold: 0.1 }, ['noise', 'budget']],
  ])('is one that is not given, in %s', (name, input, fields) => {
    const metric = findMetric(name);
    const nulls = Object.fromEntries(fields.map((field) => [field, null]));
    expect(metric.report({ ...input, ...nulls })).toEqual(metric.report(input));
  });

  it('is missing where the field is needed', () => {
    expect(() => findMetric('wilson').report({ successes: null, n: 2 })).toThrow(
      'successes: expected a number, received nothing',
    );
  });
});
