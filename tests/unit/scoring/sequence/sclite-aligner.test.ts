import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { alignAsSclite } from '../../../../scoring/sequence/sclite-alignment.ts';
import { parseScliteFlags } from '../../../../scoring/sequence/sclite-aligner.ts';
import { readAnswers } from './answers.ts';

const { sclite } = readAnswers();
const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 15 });

describe('sclite alignment', () => {
  it('counts as sclite does, with every flag, optional and null words', () => {
    for (const { reference, hypothesis, flags, counts } of sclite) {
      const { hits, substitutions, deletions, insertions } = alignAsSclite(
        reference,
        hypothesis,
        flags,
      );
      expect([hits, substitutions, deletions, insertions]).toEqual(counts);
    }
  });

  it('never has fewer errors than the Levenshtein distance', () => {
    fc.assert(
      fc.property(text, text, (reference, hypothesis) => {
        const { substitutions, deletions, insertions } = alignAsSclite(reference, hypothesis);
        const { value } = findMetric('edit_distance').report({ a: reference, b: hypothesis });
        expect(substitutions + deletions + insertions).toBeGreaterThanOrEqual(value as number);
      }),
    );
  });

  it('counts every word of both sides once', () => {
    fc.assert(
      fc.property(text, text, (reference, hypothesis) => {
        const { hits, substitutions, deletions, insertions } = alignAsSclite(reference, hypothesis);
        expect(hits + substitutions + deletions).toBe(reference.length);
        expect(hits + substitutions + insertions).toBe(hypothesis.length);
      }),
    );
  });

  it('finds no error where both sides are equal', () => {
    fc.assert(
      fc.property(text, (words) => {
        expect(alignAsSclite(words, words)).toMatchObject({ hits: words.length, insertions: 0 });
      }),
    );
  });

  it('refuses alternations and unknown flags', () => {
    expect(() => alignAsSclite('{ a / b } c', 'a c')).toThrow(/alternations.*word 1/);
    expect(() => parseScliteFlags('-F')).toThrow(/flags: -F is none of default, -s, -D/);
  });

  it('reads flags in any order, and no before one', () => {
    expect(parseScliteFlags('-D -s')).toEqual({ caseSensitive: true, optionalWords: true });
    expect(parseScliteFlags('-s no -D')).toEqual({ caseSensitive: true, optionalWords: false });
    expect(parseScliteFlags('default')).toEqual({ caseSensitive: false, optionalWords: false });
  });
});

describe('sclite_corpus', () => {
  const corpus = findMetric('sclite_corpus');

  it('pairs trn files by id, whatever their order', () => {
    const input = {
      referenceTrn: ';; the truth\na b c (s-1)\n\nd e (s-2)\n',
      hypothesisTrn: 'd x (s-2)\r\na b c (s-1)\r\n',
    };
    expect(corpus.report(input).value).toMatchObject({ utterances: 2, words: 5, errPct: 20 });
  });

  it('leaves percentages of no words undefined', () => {
    expect(corpus.report({ reference: [''], hypothesis: ['a'] })).toMatchObject({
      value: { words: 0, errPct: null, sentErrPct: 100 },
      insertions: 1,
    });
  });
});

describe('sclite_wer', () => {
  const wer = findMetric('sclite_wer');

  it('lets the reference alone have optional words', () => {
    const flags = '-D';
    expect(wer.report({ reference: ['(um) a'], hypothesis: ['a'], flags }).value).toBe(0);
    expect(wer.report({ reference: ['a b'], hypothesis: ['a (c) (d)'], flags }).value).toBe(1);
  });

  it('is the rate of the alignment, which can exceed that at unit cost', () => {
    const input = { reference: ['a b c d e'], hypothesis: ['d e x y z'] };
    expect(wer.report(input).value).toBe(6 / 5);
    expect(findMetric('wer').report(input).value).toBe(1);
  });
});
