import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { rougeL } from '../../../../scoring/text/rouge-l-f1.ts';
import { finishOfItems } from '../vectors.ts';

const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'D', ','), { maxLength: 10 })
  .map((words) => words.join(' '));
const inputs = fc
  .array(fc.tuple(text, fc.array(text, { minLength: 1, maxLength: 3 })), { minLength: 1 })
  .map((list) => ({
    hypotheses: list.map(([hypothesis]) => hypothesis),
    references: list.map(([, references]) => references),
  }));

describe('rouge_l_f1', () => {
  it('turns precision and recall around with its sides, and keeps F', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const { precision, recall, fmeasure } = rougeL(first, [second]);
        expect(rougeL(second, [first])).toEqual({ precision: recall, recall: precision, fmeasure });
      }),
    );
  });

  it('ignores case and punctuation, and splits at every other letter', () => {
    expect(rougeL('The CAT, sat!', ['the cat sat']).fmeasure).toBe(1);
    expect(rougeL('niño', ['ni o']).fmeasure).toBe(1);
  });

  it('takes the reference with the best F, both numbers from it', () => {
    expect(rougeL('a b c d', ['a', 'a b c d e f g h', 'a b x'])).toEqual({
      precision: 1,
      recall: 0.5,
      fmeasure: 2 / 3,
    });
  });

  it('is 0 for an empty text', () => {
    expect(rougeL('', ['a'])).toEqual({ precision: 0, recall: 0, fmeasure: 0 });
    expect(rougeL('', [''])).toEqual({ precision: 0, recall: 0, fmeasure: 0 });
  });

  it('reads one reference or several', () => {
    const metric = findMetric('rouge_l_f1');
    const several = { hypothesis: 'a b', reference: ['c', 'a b'] };
    expect(metric.report(several).value).toMatchObject({ fmeasure: 1 });
    expect(() => metric.report({ hypothesis: 'a', reference: [] })).toThrow(
      /one reference or more/,
    );
  });
});

describe('rouge_l', () => {
  const metric = findMetric('rouge_l');

  it('is the mean of F, in [0, 1], and what the sums of its texts finish to', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const value = metric.report(input).value as number;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(finishOfItems(metric, input)).toBeCloseTo(value, 12);
      }),
    );
  });

  it('is undefined without texts', () => {
    expect(metric.report({ hypotheses: [], references: [] }).value).toBeNull();
  });
});
