import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { splitWords } from '../../../../scoring/sequence/tokens.ts';
import { BleuCounter } from '../../../../scoring/text/bleu.ts';
import { tokenize13a } from '../../../../scoring/text/tokenize-13a.ts';
import { finishOfItems } from '../vectors.ts';
import { readAnswers } from './answers.ts';

const bleu = findMetric('bleu');
const answers = readAnswers();

const sentence = fc
  .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 })
  .map((words) => words.join(' '));
const pairs = fc.array(
  fc.record({
    hypothesis: sentence,
    references: fc.array(sentence, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 6 },
);
const smoothing = fc.constantFrom('none', 'exp', 'floor', 'add-k');

function inputOf(list: readonly { hypothesis: string; references: string[] }[]) {
  return {
    hypotheses: list.map(({ hypothesis }) => hypothesis),
    references: list.map(({ references }) => references),
  };
}

describe('bleu', () => {
  it('agrees with sacrebleu in every smoothing, order and tokenisation', () => {
    for (const { input, score } of answers.bleu) {
      expect(bleu.report(input).value).toBeCloseTo(score, 9);
    }
  });

  it('does not depend on the order of sentences or of references', () => {
    fc.assert(
      fc.property(pairs, smoothing, (list, smooth) => {
        const turned = list.toReversed().map(({ hypothesis, references }) => ({
          hypothesis,
          references: references.toReversed(),
        }));
        const { value } = bleu.report({ ...inputOf(list), smoothing: smooth });
        expect(bleu.report({ ...inputOf(turned), smoothing: smooth }).value).toBe(value);
      }),
    );
  });

  it('stays in [0, 1], and is 1 where hypotheses of four words or more equal a reference', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { value } = bleu.report(inputOf(list));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        const equal = list.map(({ references }) => {
          const hypothesis = `x y z ${references[0] ?? ''}`;
          return { hypothesis, references: [hypothesis, ...references] };
        });
        expect(bleu.report(inputOf(equal)).value).toBeCloseTo(1, 12);
      }),
    );
  });

  it('is what the sums of its sentences finish to, whatever the options', () => {
    const options = fc.record({
      smoothing,
      order: fc.integer({ min: 1, max: 6 }),
      scale: fc.constantFrom(1, 100),
      effectiveOrder: fc.boolean(),
      smoothValue: fc.constantFrom(null, 0.25),
    });
    fc.assert(
      fc.property(pairs, options, (list, chosen) => {
        const input = { ...inputOf(list), ...chosen };
        expect(finishOfItems(bleu, input)).toBeCloseTo(bleu.report(input).value as number, 12);
      }),
    );
  });

  it('counts the same in batches as at once', () => {
    fc.assert(
      fc.property(pairs, fc.nat(6), (list, cut) => {
        const text = { tokenize: 'none', lowercase: false } as const;
        const atOnce = new BleuCounter(4, text);
        const inBatches = new BleuCounter(4, text);
        const { hypotheses, references } = inputOf(list);
        atOnce.update(hypotheses, references);
        inBatches.update(hypotheses.slice(0, cut), references.slice(0, cut));
        inBatches.update(hypotheses.slice(cut), references.slice(cut));
        expect(inBatches.finish()).toEqual(atOnce.finish());
      }),
    );
  });

  it('takes the shorter of two references equally near in length', () => {
    const input = { hypotheses: ['a b c d'], references: [['a b c d e f', 'a b']], order: 1 };
    expect(bleu.report(input)).toMatchObject({ value: 1, referenceLength: 2 });
  });

  it('is 0 without smoothing where no 4-gram matches', () => {
    expect(bleu.report({ hypotheses: ['a b c'], references: [['a b c']] }).value).toBe(0);
  });

  it('says which BLEU it is', () => {
    const input = { hypotheses: ['A b', 'c'], references: [['a b'], ['c', 'd']] };
    const options = { tokenize: '13a', smoothing: 'floor', lowercase: true };
    expect(bleu.report({ ...input, ...options })).toMatchObject({
      signature: 'nrefs:var|case:lc|eff:no|tok:13a|smooth:floor[0.10]|order:4',
    });
  });

  it('is undefined without sentences, and refuses unequal counts and no reference', () => {
    expect(bleu.report({ hypotheses: [], references: [] }).value).toBeNull();
    expect(() => bleu.report({ hypotheses: ['a'], references: [['a'], ['b']] })).toThrow(
      'there are 1 hypotheses, and references for 2',
    );
    expect(() => bleu.report({ hypotheses: ['a'], references: [[]] })).toThrow(
      /references.0: expected one reference or more/,
    );
  });
});

describe('tokenize13a', () => {
  it('splits as sacrebleu does', () => {
    for (const { text, tokens } of answers.tokens13a) {
      expect(splitWords(tokenize13a(text))).toEqual(tokens);
    }
  });
});
