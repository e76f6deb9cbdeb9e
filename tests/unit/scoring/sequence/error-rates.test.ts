import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { ErrorCounter } from '../../../../scoring/sequence/error-counter.ts';
import { finishOfItems } from '../vectors.ts';
import { readAnswers } from './answers.ts';

const { rates } = readAnswers();
const RATES = ['wer', 'mer', 'wil', 'wip', 'cer'] as const;

const sentence = fc
  .array(fc.constantFrom('a', 'b', 'cd', 'é', 'niño'), { maxLength: 8 })
  .map((words) => words.join(' '));
const pairs = fc.array(fc.tuple(sentence, sentence), { minLength: 1, maxLength: 12 });

function corpusOf(list: readonly (readonly [string, string])[]) {
  return { reference: list.map(([wanted]) => wanted), hypothesis: list.map(([, found]) => found) };
}

describe.each(RATES)('%s', (name) => {
  const metric = findMetric(name);

  it('does not depend on the order of utterances', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const reversed = metric.report(corpusOf(list.toReversed())).value;
        expect(reversed).toBe(metric.report(corpusOf(list)).value);
      }),
    );
  });

  it('is best where both sides are equal', () => {
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1 }), (texts) => {
        const { value } = metric.report({ reference: texts, hypothesis: texts });
        expect(value).toBe(metric.higherIsBetter === true ? 1 : 0);
      }),
    );
  });

  it('stays in its range', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { value } = metric.report(corpusOf(list));
        const [low, high] = metric.range ?? [NaN, NaN];
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThanOrEqual(high);
      }),
    );
  });

  it('is what the sums of its utterances finish to', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const corpus = corpusOf(list);
        expect(metric.itemwise?.statistics(corpus).items).toBe(list.length);
        expect(finishOfItems(metric, corpus)).toBe(metric.report(corpus).value);
      }),
    );
  });

  it('is undefined without utterances', () => {
    expect(metric.report({ reference: [], hypothesis: [] }).value).toBeNull();
    expect(metric.itemwise?.finish([0, 0, 0, 0], 0, 4)).toBeNull();
  });

  it('refuses unequal counts of utterances and states both', () => {
    expect(() => metric.report({ reference: ['a', 'b'], hypothesis: ['a'] })).toThrow(
      'reference has 2 utterances, hypothesis has 1',
    );
  });

  it('names the utterance that is no text', () => {
    expect(() => metric.report({ reference: ['a', 3], hypothesis: ['a', 'b'] })).toThrow(
      /reference: item 1: expected a text/,
    );
  });
});

describe('ErrorCounter', () => {
  it('counts the same in batches as at once', () => {
    fc.assert(
      fc.property(pairs, fc.nat(12), fc.constantFrom('word', 'character'), (list, cut, unit) => {
        const atOnce = new ErrorCounter(unit);
        const inBatches = new ErrorCounter(unit);
        const { reference, hypothesis } = corpusOf(list);
        atOnce.update(reference, hypothesis);
        inBatches.update(reference.slice(0, cut), hypothesis.slice(0, cut));
        inBatches.update(reference.slice(cut), hypothesis.slice(cut));
        expect(inBatches.finish()).toEqual(atOnce.finish());
      }),
    );
  });
});

describe('wer', () => {
  it('is 1 where the hypotheses are empty, and above 1 with many insertions', () => {
    const wer = findMetric('wer');
    expect(wer.report({ reference: ['a b', 'c'], hypothesis: ['', ''] }).value).toBe(1);
    expect(wer.report({ reference: ['a'], hypothesis: ['a b c d'] }).value).toBe(3);
  });

  it('is the count of insertions for empty references, and 0 where nothing was inserted', () => {
    const wer = findMetric('wer');
    expect(wer.report({ reference: ['', ' '], hypothesis: ['a b', 'c'] }).value).toBe(3);
    expect(wer.report({ reference: [''], hypothesis: [''] }).value).toBe(0);
  });

  it('minds case and punctuation, and takes lists of words', () => {
    const wer = findMetric('wer');
    expect(wer.report({ reference: ['Yes, no'], hypothesis: ['yes no'] }).value).toBe(0.5);
    expect(wer.report({ reference: [['a b', 'c']], hypothesis: [['a b', 'd']] }).value).toBe(0.5);
  });
});

describe('cer', () => {
  it('agrees with torchmetrics', () => {
    for (const { cer, ...corpus } of rates) {
      expect(findMetric('cer').report(corpus).value).toBeCloseTo(cer, 6);
    }
  });

  it('counts spaces inside, not around, and a code point once', () => {
    const cer = findMetric('cer');
    expect(cer.report({ reference: ['a b'], hypothesis: ['ab'] }).value).toBe(1 / 3);
    expect(cer.report({ reference: ['ab'], hypothesis: [' ab\n'] }).value).toBe(0);
    expect(cer.report({ reference: ['𝄞𝄢'], hypothesis: ['𝄞x'] }).value).toBe(0.5);
  });
});

describe('wer_torchmetrics', () => {
  it.each(['wer', 'mer', 'wil', 'wip'] as const)('agrees with torchmetrics: %s', (output) => {
    for (const { reference, hypothesis, ...expected } of rates) {
      const { value } = findMetric('wer_torchmetrics').report({ reference, hypothesis, output });
      expect(value).toBeCloseTo(expected[output], 6);
    }
  });

  it('divides by empty references: undefined for 0 / 0, infinite otherwise', () => {
    const metric = findMetric('wer_torchmetrics');
    expect(metric.report({ reference: [''], hypothesis: [''] }).value).toBeNull();
    expect(metric.report({ reference: [''], hypothesis: ['a'] }).value).toBe(Infinity);
  });
});

describe('wer_jiwer', () => {
  const jiwer = findMetric('wer_jiwer');

  it('gives other numbers when utterances are concatenated, and needs no equal counts then', () => {
    const corpus = { reference: ['i', 'am i good'], hypothesis: ['i am', 'i good'] };
    expect(jiwer.report({ ...corpus, mode: 'concatenate' }).value).toMatchObject({ wer: 0 });
    expect(jiwer.report(corpus).value).toMatchObject({ wer: 0.5 });
    const joined = { reference: ['a', 'b c'], hypothesis: ['a b c'], mode: 'concatenate' };
    expect(jiwer.report(joined).value).toEqual({ wer: 0, mer: 0, wil: 0, wip: 1 });
  });

  it('separates words at any whitespace', () => {
    const corpus = { reference: ['a b c\u3000d'], hypothesis: ['a\tb\nc d'] };
    expect(jiwer.report(corpus)).toMatchObject({ value: { wer: 0 }, hits: 4 });
  });

  it('is undefined in all its parts without utterances', () => {
    const value = { wer: null, mer: null, wil: null, wip: null };
    expect(jiwer.report({ reference: [], hypothesis: [] }).value).toEqual(value);
  });
});
