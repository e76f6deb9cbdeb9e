import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { ciderD } from '../../../../scoring/text/cider-d.ts';
import { cocoRougeL } from '../../../../scoring/text/rouge-l-coco.ts';
import { finishOfItems } from '../vectors.ts';

const caption = fc
  .array(fc.constantFrom('a', 'the', 'cat', 'dog', 'sits', 'runs'), { minLength: 1, maxLength: 10 })
  .map((words) => words.join(' '));
const images = fc.array(
  fc.record({ hypothesis: caption, references: fc.array(caption, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 6 },
);

function captionsOf(list: readonly { hypothesis: string; references: string[] }[]) {
  return {
    references: Object.fromEntries(list.map(({ references }, id) => [`i${id}`, references])),
    hypotheses: Object.fromEntries(list.map(({ hypothesis }, id) => [`i${id}`, hypothesis])),
  };
}

const BOARD = [
  ['coco_bleu4', 1],
  ['coco_rouge_l', 1],
  ['cider', 10],
] as const;

describe.each(BOARD)('%s', (name, highest) => {
  const metric = findMetric(name);

  it('stays in its range and is what the sums of its images finish to', () => {
    fc.assert(
      fc.property(images, (list) => {
        const captions = captionsOf(list);
        const value = metric.report(captions).value as number;
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(highest + 1e-9);
        expect(finishOfItems(metric, captions)).toBeCloseTo(value, 12);
      }),
    );
  });

  it('does not depend on the order of images or of references', () => {
    fc.assert(
      fc.property(images, (list) => {
        const turned = list.toReversed().map(({ hypothesis, references }) => ({
          hypothesis,
          references: references.toReversed(),
        }));
        const value = metric.report(captionsOf(list)).value as number;
        expect(metric.report(captionsOf(turned)).value).toBeCloseTo(value, 12);
      }),
    );
  });

  it('names an image that one side lacks', () => {
    const captions = captionsOf([{ hypothesis: 'a', references: ['a'] }]);
    expect(() => metric.report({ ...captions, hypotheses: {} })).toThrow(
      'there is no hypothesis for image i0',
    );
    expect(() => metric.report({ ...captions, references: {} })).toThrow(
      'there is no reference for image i0',
    );
  });

  it('is undefined without images', () => {
    expect(metric.report({ references: {}, hypotheses: {} }).value).toBeNull();
  });

  it('takes a caption in a list of one, as files of results have it', () => {
    const [references, hypothesis] = [{ '7': ['a cat sits'] }, 'a cat runs'];
    const listed = metric.report({ references, hypotheses: { '7': [hypothesis] } }).value;
    expect(listed).toBe(metric.report({ references, hypotheses: { '7': hypothesis } }).value);
  });
});

describe('cider_d', () => {
  it('gives one image alone 0, whose n-grams are in every document', () => {
    expect([...ciderD([{ hypothesis: 'a cat', references: ['a cat'] }])]).toEqual([0]);
  });

  it('gives 10 for the only reference of an image that shares nothing with the others', () => {
    const list = ['one two three four', 'five six seven eight'].map((text) => ({
      hypothesis: text,
      references: [text],
    }));
    for (const score of ciderD(list)) expect(score).toBeCloseTo(10, 12);
  });

  it('gives an empty caption 0', () => {
    const others = { hypothesis: 'a b', references: ['a b'] };
    expect(ciderD([{ hypothesis: '', references: ['c d'] }, others])[0]).toBe(0);
  });
});

describe('rouge_l_coco', () => {
  it('takes precision and recall from different references', () => {
    const [score] = cocoRougeL([{ hypothesis: 'a b c', references: ['a', 'a b c d e f'] }]);
    expect(score).toBe(1);
  });
});

describe('coco_bleu', () => {
  it('is a little above 0 without a match, and never quite 1', () => {
    const report = (hypothesis: string) =>
      findMetric('coco_bleu').report({
        references: { '1': ['a b c d e'] },
        hypotheses: { '1': hypothesis },
      }).value as number[];
    expect(report('v w x y z')[3]).toBeGreaterThan(0);
    expect(report('v w x y z')[3]).toBeLessThan(1e-15);
    expect(report('a b c d e')[3]).toBeLessThan(1);
  });
});
