import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  cityscapesRules,
  meanIou,
  miouCityscapes,
} from '../../../../scoring/segmentation/miou-cityscapes.ts';
import { countPixels, createPixelCounter } from '../../../../scoring/segmentation/label-maps.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';
import { anyLabels, reversed } from './label-maps.ts';

function value(input: object): unknown {
  return miouCityscapes.report(input).value;
}

describe('miou_cityscapes', () => {
  it.each(loadVectors('miou_cityscapes'))(
    'agrees with the vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(miouCityscapes.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('drops pixels whose true label is ignored', () => {
    const input = { gt: [0, 0, 1, 255], pred: [0, 0, 1, 1], classes: 2, ignore: [255] };
    expect(value(input)).toBe(1);
  });

  it('counts a real pixel predicted as void as a miss of its class alone', () => {
    const input = { gt: [0, 0, 1, 1], pred: [0, 255, 1, 1], classes: 2, ignore: [255] };
    expect(miouCityscapes.report(input)).toEqual({ value: 0.75, per_class: [0.5, 1], pixels: 4 });
    expect(value({ ...input, pred: [0, -1, 1, 1] })).toBe(0.75);
  });

  it('leaves an ignored class out of the mean even where it is predicted', () => {
    const input = { gt: [0, 0, 1, 2], pred: [0, 2, 1, 1], classes: 3, ignore: [2] };
    expect(miouCityscapes.report(input)).toMatchObject({ value: 0.75, per_class: [0.5, 1, null] });
    expect(finishOfItems(miouCityscapes, input)).toBe(0.75);
  });

  it('is not the mean of the IoUs of single images', () => {
    const images = [
      { gt: [0, 0, 0, 1], pred: [0, 0, 0, 1] },
      { gt: [1, 1, 1, 1], pred: [1, 0, 0, 0] },
    ];
    expect(value({ images, classes: 2 })).toBeCloseTo((3 / 6 + 2 / 5) / 2, 12);
  });

  it('is undefined where no pixel counts', () => {
    expect(value({ gt: [], pred: [], classes: 2 })).toBeNull();
    expect(value({ gt: [255], pred: [0], classes: 2, ignore: [255] })).toBeNull();
    expect(value({ images: [], classes: 2 })).toBeNull();
  });

  it.each([
    ['other lengths', { gt: [0, 1], pred: [0], classes: 2 }, /\[2\].*\[1\]/],
    ['an unknown true label', { gt: [0, 7], pred: [0, 1], classes: 2 }, /pixel 1 is 7/],
    ['a fraction as a label', { gt: [0, 1], pred: [0, 0.5], classes: 2 }, /pixel 1 is 0.5/],
    ['no number of classes', { gt: [0], pred: [0] }, /classes/],
    ['one map alone', { gt: [0], classes: 1 }, /expected gt and pred/],
  ])('refuses %s', (_, input, message) => {
    expect(() => value(input)).toThrow(RangeError);
    expect(() => value(input)).toThrow(message);
  });

  it('does not mind the order of pixels, nor which map is the truth', () => {
    fc.assert(
      fc.property(anyLabels, (input) => {
        expect(value(reversed(input))).toBe(value(input));
        expect(value({ ...input, gt: input.pred, pred: input.gt })).toBe(value(input));
      }),
    );
  });

  it('is 1 for the truth itself and within [0, 1]', () => {
    fc.assert(
      fc.property(anyLabels, (input) => {
        expect(value({ ...input, pred: input.gt })).toBe(1);
        expect(value(input)).toBeGreaterThanOrEqual(0);
        expect(value(input)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('counts in batches what it counts at once', () => {
    fc.assert(
      fc.property(anyLabels, fc.nat(40), ({ gt, pred }, cut) => {
        const counter = createPixelCounter(cityscapesRules(3, []));
        counter.update({ truth: gt.slice(0, cut), predicted: pred.slice(0, cut) });
        counter.update({
          truth: Uint8Array.from(gt.slice(cut)),
          predicted: Uint8Array.from(pred.slice(cut)),
        });
        const atOnce = countPixels([{ truth: gt, predicted: pred }], cityscapesRules(3, []));
        expect(counter.counts()).toEqual(atOnce);
        expect(meanIou(counter.counts())).toBe(value({ gt, pred, classes: 3 }));
      }),
    );
  });

  it('finishes the sums of single images', () => {
    fc.assert(
      fc.property(fc.array(anyLabels, { minLength: 1, maxLength: 4 }), (images) => {
        const input = { images, classes: 3 };
        expect(finishOfItems(miouCityscapes, input)).toBe(value(input));
      }),
    );
  });

  it('takes the first of three axes as images', () => {
    const input = {
      gt: [[[0, 1]], [[1, 1]], [[0, 0]]],
      pred: [[[0, 1]], [[0, 1]], [[0, 0]]],
      classes: 2,
    };
    expect(miouCityscapes.itemwise?.statistics(input).items).toBe(3);
  });
});
