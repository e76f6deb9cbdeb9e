import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { lpips, lpipsOfImage, type FeatureLayer } from '../../../../scoring/image/lpips.ts';
import { finishOfItems } from '../vectors.ts';

const positive = fc.double({ min: 0.01, max: 10, noNaN: true });
const anyLayer: fc.Arbitrary<FeatureLayer> = fc
  .record({ channels: fc.integer({ min: 1, max: 4 }), places: fc.integer({ min: 1, max: 5 }) })
  .chain(({ channels, places }) => {
    const planes = fc
      .array(positive, { minLength: channels * places, maxLength: channels * places })
      .map((values) => Float64Array.from(values));
    const weights = fc.array(positive, { minLength: channels, maxLength: channels });
    return fc.record({ channels: fc.constant(channels), a: planes, b: planes, weights });
  });

/** Two channels at two places: at the first the features are at right angles, at the second equal. */
const layer = {
  a: [[[1, 3]], [[0, 4]]],
  b: [[[0, 6]], [[2, 8]]],
  weights: [0.5, 2],
};

describe('lpips', () => {
  it('scales to length 1, squares, weights, averages over places and sums over layers', () => {
    expect(lpips.report({ layers: [layer] }).value).toBeCloseTo((0.5 + 2 + 0) / 2, 9);
    expect(lpips.report({ layers: [layer, layer], network: 'alex-0.1' })).toEqual({
      value: expect.closeTo(2.5, 9) as number,
      images: 1,
      network: 'alex-0.1',
    });
  });

  it('averages over images and finishes their sums', () => {
    const images = [{ layers: [layer] }, { layers: [{ ...layer, b: layer.a }] }];
    expect(lpips.report({ images }).value).toBeCloseTo(0.625, 9);
    expect(finishOfItems(lpips, { images })).toBe(lpips.report({ images }).value);
    expect(lpips.report({ images: [] }).value).toBeNull();
  });

  it('leaves a feature vector of zeros at zero', () => {
    expect(lpips.report({ layers: [{ a: [[0]], b: [[0]], weights: [1] }] }).value).toBe(0);
    expect(lpips.report({ layers: [{ a: [[0]], b: [[9]], weights: [1] }] }).value).toBeCloseTo(
      1,
      9,
    );
  });

  it('refuses layers whose sizes do not fit, and states both', () => {
    const refuse = (change: object) => () => lpips.report({ layers: [{ ...layer, ...change }] });
    expect(refuse({ b: [[[1, 1]]] })).toThrow(/\[2,1,2\], of b \[1,1,2\]/);
    expect(refuse({ weights: [1] })).toThrow(/2 channels has 1 weights/);
    expect(() => lpips.report({})).toThrow(/expected layers, or images/);
  });

  it('is 0 for identical features, symmetric, never negative, and blind to the length of features', () => {
    fc.assert(
      fc.property(anyLayer, positive, (one, factor) => {
        const value = lpipsOfImage([one]);
        expect(lpipsOfImage([{ ...one, b: one.a }])).toBe(0);
        expect(lpipsOfImage([{ ...one, a: one.b, b: one.a }])).toBeCloseTo(value, 12);
        expect(value).toBeGreaterThanOrEqual(0);
        const scaled = Float64Array.from(one.a, (feature) => factor * feature);
        // But for the slack under the division.
        expect(lpipsOfImage([{ ...one, a: scaled }])).toBeCloseTo(value, 4);
      }),
    );
  });
});
