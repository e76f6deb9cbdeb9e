import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { vqaAccuracy } from '../../../../scoring/text/vqa-accuracy.ts';
import { normaliseAnswer } from '../../../../scoring/text/vqa-normalise.ts';
import { finishOfItems } from '../vectors.ts';

const answer = fc.constantFrom('yes', 'no', 'two', 'a dog', 'red');

describe('vqa_accuracy', () => {
  it.each([
    [0, 0],
    [1, 0.3],
    [2, 0.6],
    [3, 0.9],
    [4, 1],
    [9, 1],
  ])('gives for %i of ten annotators who agree %f', (agreeing, expected) => {
    const answers = Array.from({ length: 10 }, (_, index) =>
      index < agreeing ? 'yes' : `n${index}`,
    );
    expect(vqaAccuracy('yes', answers)).toBeCloseTo(expected, 12);
  });

  it('is the mean over the sets that leave out one annotator', () => {
    fc.assert(
      fc.property(answer, fc.array(answer, { minLength: 1, maxLength: 12 }), (given, answers) => {
        // One answer more, so that the annotators differ and everything is normalised.
        const all = [...answers, 'x y z'].map(normaliseAnswer);
        const scores = all.map((_, left) => {
          const others = all.filter((_, index) => index !== left);
          const matches = others.filter((other) => other === normaliseAnswer(given)).length;
          return Math.min(matches / 3, 1);
        });
        const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
        expect(vqaAccuracy(given, [...answers, 'x y z'])).toBeCloseTo(mean, 12);
      }),
    );
  });

  it('normalises both sides only where the annotators differ', () => {
    const differing = ['2', '2', '2', 'Two.', 'three'];
    expect(vqaAccuracy('two', differing)).toBe(1);
    expect(vqaAccuracy('two', ['2', '2', '2', '2'])).toBe(0);
    expect(vqaAccuracy('The Red', ['The Red', 'The Red', 'The Red', 'The Red'])).toBe(1);
    expect(vqaAccuracy(' yes\n', ['yes', '\tyes', 'yes', 'yes'])).toBe(1);
  });

  it('reads one question or many, and is what the sums of its questions finish to', () => {
    const metric = findMetric('vqa_accuracy');
    const many = {
      predictions: ['a', 'b'],
      answers: [
        ['a', 'a', 'a', 'a', 'c'],
        ['c', 'd'],
      ],
    };
    expect(metric.report(many).value).toBe(0.5);
    expect(finishOfItems(metric, many)).toBe(0.5);
    expect(metric.report({ predictions: [], answers: [] }).value).toBeNull();
    expect(() => metric.report({ predictions: ['a'], answers: [] })).toThrow(
      'there are 1 predictions, and answers for 0',
    );
    expect(() => metric.report({ prediction: 'a', answers: [] })).toThrow(/expected/);
  });
});

describe('vqa_normalise', () => {
  it.each([
    ['1,000 (dogs)', '1000 dogs'],
    ['a/b', 'b'],
    ['left/right', 'left right'],
    ['left /right', 'left right'],
    ['4.5 km.', '4.5 km'],
    ['.5', '.5'],
    ['None', '0'],
    ['TEN dogs', '10 dogs'],
    ['dont', "don't"],
    ["somebody'd", 'somebodyd'],
    ["couldn'tve", "couldn't've"],
    ['oclock', "o'clock"],
    ['Ive', 'ive'],
    ['x-ray', 'x ray'],
    ['50%', '50%'],
    ["it's", "it's"],
  ])('makes of %s: %s', (text, expected) => {
    expect(normaliseAnswer(text)).toBe(expected);
  });

  it('takes out 32 periods and no more, as the reference code', () => {
    expect(normaliseAnswer('.'.repeat(40))).toBe('.'.repeat(8));
  });
});
