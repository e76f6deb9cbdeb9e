import fc from 'fast-check';

/** Two lists of labels of three classes, one for each pixel. */
export const anyLabels: fc.Arbitrary<{ gt: number[]; pred: number[]; classes: number }> = fc
  .array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 40 })
  .map((pixels) => ({
    gt: pixels.map(([truth]) => truth),
    pred: pixels.map(([, predicted]) => predicted),
    classes: 3,
  }));

/** Pixels from the last to the first. */
export function reversed({ gt, pred, classes }: { gt: number[]; pred: number[]; classes: number }) {
  return { gt: gt.toReversed(), pred: pred.toReversed(), classes };
}
