import { describe, expect, it } from 'vitest';

import { miouTorchmetrics } from '../../../../scoring/segmentation/miou-torchmetrics.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

const labels = { gt: [0, 0, 0, 1, 1, 2], pred: [0, 0, 1, 1, 2, 2], classes: 4 };

function value(input: object): unknown {
  return miouTorchmetrics.report(input).value;
}

describe('miou_torchmetrics', () => {
  it.each(loadVectors('miou_torchmetrics'))(
    'agrees with the vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(miouTorchmetrics.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('leaves a class out that is absent from both', () => {
    expect(value(labels)).toBeCloseTo((2 / 3 + 1 / 3 + 1 / 2) / 3, 12);
  });

  it('sums the counts of all classes where the average is micro', () => {
    expect(value({ ...labels, average: 'micro' })).toBeCloseTo(4 / 8, 12);
  });

  it('counts the positive class alone for a binary task', () => {
    const input = { gt: [1, 1, 0, 0], pred: [0, 1, 0, 0], classes: 2 };
    expect(value({ ...input, task: 'binary' })).toBe(0.5);
    expect(value(input)).toBeCloseTo((0.5 + 2 / 3) / 2, 12);
    expect(() => value({ ...labels, task: 'binary' })).toThrow(/2 classes, not 4/);
  });

  it('drops the ignored label, class or not', () => {
    const outside = { gt: [0, 1, 9], pred: [0, 1, 0], classes: 2, ignore_index: 9 };
    expect(value(outside)).toBe(1);
    expect(value({ ...labels, ignore_index: 0 })).toBeCloseTo((1 / 2 + 1 / 2) / 2, 12);
  });

  it('is undefined where no class occurs', () => {
    expect(value({ gt: [], pred: [], classes: 2 })).toBeNull();
    expect(value({ gt: [0], pred: [0], classes: 2, task: 'binary' })).toBeNull();
  });

  it('refuses a predicted label outside the classes', () => {
    expect(() => value({ gt: [0, 1], pred: [0, 2], classes: 2 })).toThrow(/pixel 1 is 2/);
  });

  it.each([{}, { average: 'micro' }, { ignore_index: 0 }])(
    'finishes the sums of single images: %j',
    (options) => {
      const images = [labels, { gt: [3, 1], pred: [3, 3] }, { gt: [0], pred: [1] }];
      const input = { images, classes: 4, ...options };
      expect(finishOfItems(miouTorchmetrics, input)).toBe(value(input));
    },
  );
});
