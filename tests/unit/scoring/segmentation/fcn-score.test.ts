import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  fcnClassAccuracy,
  fcnClassIou,
  fcnPixelAccuracy,
  fcnScore,
} from '../../../../scoring/segmentation/fcn-score.ts';
import { miouCityscapes } from '../../../../scoring/segmentation/miou-cityscapes.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';
import { anyLabels, reversed } from './label-maps.ts';

const FIGURES = [
  { metric: fcnPixelAccuracy, key: 'pixelAcc' },
  { metric: fcnClassAccuracy, key: 'classAcc' },
  { metric: fcnClassIou, key: 'classIoU' },
] as const;

function figure(input: object, key: string): number | null {
  return (fcnScore.report(input).value as Record<string, number | null>)[key] ?? null;
}

describe('fcn_score', () => {
  it.each(loadVectors('fcn_score'))(
    'agrees with the vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(fcnScore.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('drops pixels whose truth is no class', () => {
    const input = { gt: [0, 1, 255, -1], pred: [0, 1, 7, 0], classes: 2 };
    expect(figure(input, 'classIoU')).toBeCloseTo(1, 9);
  });

  it('averages absent classes in as 0, where Cityscapes leaves them out', () => {
    const input = { gt: [0, 0, 1, 1], pred: [0, 0, 1, 1], classes: 4 };
    expect(figure(input, 'classIoU')).toBeCloseTo(0.5, 9);
    expect(miouCityscapes.report(input).value).toBe(1);
  });

  it('is undefined where no pixel counts', () => {
    const nothing = { pixelAcc: null, classAcc: null, classIoU: null };
    expect(fcnScore.report({ gt: [], pred: [], classes: 2 }).value).toEqual(nothing);
    expect(fcnScore.report({ gt: [9], pred: [0], classes: 2 }).value).toEqual(nothing);
  });

  it('refuses a prediction that is no class, and maps of other sizes', () => {
    expect(() => fcnScore.report({ gt: [0, 1], pred: [0, 2], classes: 2 })).toThrow(/pixel 1 is 2/);
    expect(() => fcnScore.report({ gt: [0, 1], pred: [0], classes: 2 })).toThrow(/\[2\].*\[1\]/);
  });
});

describe.each(FIGURES)('$metric.name', ({ metric, key }) => {
  it('is the figure of the whole score, and of the sums of single images', () => {
    fc.assert(
      fc.property(fc.array(anyLabels, { minLength: 1, maxLength: 4 }), (images) => {
        const input = { images, classes: 3 };
        expect(metric.report(input).value).toBe(figure(input, key));
        expect(finishOfItems(metric, input)).toBe(figure(input, key));
      }),
    );
  });

  it('does not mind the order of pixels, and stays within [0, 1]', () => {
    fc.assert(
      fc.property(anyLabels, (input) => {
        const value = Number(metric.report(input).value);
        expect(metric.report(reversed(input)).value).toBe(value);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });
});
