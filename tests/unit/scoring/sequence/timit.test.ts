import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { TIMIT_PHONES, foldPhones } from '../../../../scoring/sequence/timit-phones.ts';
import { finishOfItems } from '../vectors.ts';

const phones = fc.array(fc.constantFrom(...TIMIT_PHONES.map(([phone]) => phone)), {
  maxLength: 20,
});
const utterances = fc.array(fc.tuple(phones, phones), { minLength: 1, maxLength: 6 });

describe('TIMIT phones', () => {
  it('are 61, in 48 classes for training and 39 for scoring', () => {
    const classes = (column: 0 | 1 | 2) =>
      new Set(TIMIT_PHONES.map((row) => row[column]).filter((name) => name !== null)).size;
    expect([classes(0), classes(1), classes(2)]).toEqual([61, 48, 39]);
  });

  it('fold to the same 39 classes by way of the 48', () => {
    fc.assert(
      fc.property(phones, (list) => {
        const folded = foldPhones(list, 39);
        expect(foldPhones(foldPhones(list, 48), 39)).toEqual(folded);
        expect(foldPhones(folded, 39)).toEqual(folded);
      }),
    );
  });

  it('lose q token by token, and never a q inside a name', () => {
    expect(foldPhones(['q', 'aa', 'q'], 39)).toEqual(['aa']);
    expect(foldPhones(['q', 'aa', 'q'], 48)).toEqual(['aa']);
    expect(foldPhones(['q', 'aa'], 61)).toEqual(['q', 'aa']);
  });

  it('keep neighbouring silences apart', () => {
    expect(foldPhones(['h#', 'bcl', 'pau'], 39)).toEqual(['sil', 'sil', 'sil']);
    expect(foldPhones(['h#', 'bcl', 'tcl'], 48)).toEqual(['sil', 'vcl', 'cl']);
  });

  it('are an error where there is no such phone, named with its place', () => {
    expect(() => foldPhones(['aa', 'AA'], 39)).toThrow('phones61: phone 2, "AA", is none of TIMIT');
    expect(() => foldPhones(['sil'], 61)).toThrow(/is none of TIMIT/);
  });
});

describe('timit_fold', () => {
  it('folds to 48 where asked', () => {
    const { value } = findMetric('timit_fold').report({ phones61: 'q bcl b zh', fold: 48 });
    expect(value).toBe('vcl b zh');
  });
});

describe.each(['per', 'per_timit', 'per_timit_sclite'])('%s', (name) => {
  const metric = findMetric(name);
  const corpusOf = (list: readonly (readonly [string[], string[]])[]) => ({
    reference: list.map(([wanted]) => wanted.join(' ')),
    hypothesis: list.map(([, found]) => found),
  });

  it('does not depend on the order of utterances', () => {
    fc.assert(
      fc.property(utterances, (list) => {
        expect(metric.report(corpusOf(list.toReversed())).value).toBe(
          metric.report(corpusOf(list)).value,
        );
      }),
    );
  });

  it('is 0 for equal sides, and is what the sums of its utterances finish to', () => {
    fc.assert(
      fc.property(utterances, (list) => {
        const equal = list.map(([wanted]) => [wanted, wanted] as const);
        expect(metric.report(corpusOf(equal.map(([a, b]) => [a, b]))).value).toBe(0);
        const corpus = corpusOf(list);
        expect(finishOfItems(metric, corpus)).toBe(metric.report(corpus).value);
      }),
    );
  });

  it('states its identity beside the value', () => {
    const identity = {
      per: { fold: 'none', alignment: 'unit', silence: 'scored' },
      per_timit: { fold: 39, alignment: 'unit', silence: 'scored' },
      per_timit_sclite: { fold: 39, alignment: 'sclite', silence: 'optional' },
    }[name];
    expect(metric.report({ reference: ['aa'], hypothesis: ['aa'] })).toMatchObject(identity ?? {});
  });
});

describe('per_timit', () => {
  const metric = findMetric('per_timit');
  const perOf = (reference: string, hypothesis: string, options = {}) =>
    metric.report({ reference: [reference], hypothesis: [hypothesis], ...options }).value;

  it('deletes q from both sides before it aligns', () => {
    expect(perOf('q aa', 'aa q q')).toBe(0);
    expect(perOf('aa', 'q')).toBe(1);
  });

  it('scores confusions that a finer folding sees', () => {
    expect(perOf('ih', 'ix')).toBe(0);
    expect(perOf('ih', 'ix', { fold: 48 })).toBe(1);
    expect(perOf('ax', 'ax-h', { fold: 48 })).toBe(0);
    expect(perOf('ax', 'ax-h', { fold: 61 })).toBe(1);
  });

  it('takes silence as it is told', () => {
    const reference = 'h# aa pau b h#';
    expect(perOf(reference, 'aa b')).toBe(3 / 5);
    expect(perOf(reference, 'aa b', { silence: 'removed' })).toBe(0);
    expect(perOf(reference, 'aa b', { silence: 'optional', alignment: 'sclite' })).toBe(0);
    expect(perOf('aa b', reference, { silence: 'optional', alignment: 'sclite' })).toBe(3 / 2);
    expect(() => perOf(reference, 'aa b', { silence: 'optional' })).toThrow(/alignment sclite/);
  });

  it('aligns at the costs it is told', () => {
    const sides = ['aa b ch d eh', 'd eh f g hh'] as const;
    expect(perOf(...sides)).toBe(1);
    expect(perOf(...sides, { alignment: 'sclite' })).toBe(6 / 5);
  });

  it('names the utterance of a token that is no phone', () => {
    const input = { reference: ['aa', 'b'], hypothesis: ['aa', 'b (b)'] };
    expect(() => metric.report(input)).toThrow(
      'utterance 2 of the hypothesis: phone 2, "(b)", is none of TIMIT',
    );
  });
});

describe('per', () => {
  it('lets sclite see nothing but phones in marks of its own', () => {
    const options = { alignment: 'sclite', silence: 'optional' };
    const input = { reference: ['@ a'], hypothesis: ['a (b) (c)'], ...options };
    expect(findMetric('per').report(input)).toMatchObject({ hits: 1, deletions: 1, insertions: 2 });
  });
});
