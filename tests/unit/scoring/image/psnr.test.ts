import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { accumulateImages, valueOver } from '../../../../scoring/image/image-metric.ts';
import { MetricInputError } from '../../../../scoring/metric.ts';
import {
  meanPsnr,
  pooledPsnr,
  psnr,
  psnrOfImage,
  psnrPooled,
} from '../../../../scoring/image/psnr.ts';
import { compare, loadVectors, finishOfItems } from '../vectors.ts';
import { anyPair, noisePair, swapped } from './pairs.ts';

const computable = loadVectors('psnr').filter(({ name }) => !name.includes('image not included'));

describe('psnr', () => {
  it.each(computable)('agrees with the vector: $name', ({ input, expected, tolerance }) => {
    expect(compare(psnr.report(input).value, expected, tolerance)).toEqual([]);
  });

  it('averages the images by default and names both rules beside the value', () => {
    const report = psnr.report({
      pairs: [
        { a: [[0]], b: [[1]] },
        { a: [[0]], b: [[3]] },
      ],
      dataRange: 255,
    });
    const [first, second] = [1, 9].map((mse) => 10 * Math.log10(255 ** 2 / mse));
    expect(report['mean_of_images']).toBeCloseTo(((first ?? 0) + (second ?? 0)) / 2, 12);
    expect(report.value).toBe(report['mean_of_images']);
    expect(report['pooled']).toBeCloseTo(10 * Math.log10(255 ** 2 / 5), 12);
  });

  it('is infinite for identical images, unless a cap is set', () => {
    const same = { a: [[1, 2]], b: [[1, 2]], dataRange: 255 };
    expect(psnr.report(same).value).toBe(Infinity);
    expect(psnrPooled.report(same).value).toBe(Infinity);
    expect(psnr.report({ ...same, cap: 100 }).value).toBe(100);
  });

  it('is undefined without images and without samples', () => {
    expect(psnr.report({ pairs: [], dataRange: 255 }).value).toBeNull();
    expect(psnrPooled.report({ pairs: [], dataRange: 255 }).value).toBeNull();
    expect(psnr.report({ a: [], b: [], dataRange: 255 }).value).toBeNull();
  });

  it('takes channels first and channels last alike', () => {
    const pair = noisePair(1, { channels: 3, height: 11, width: 12 });
    const first = { ...pair, values: pair.a };
    const planes = [0, 1, 2].map((c) => nested(first.values, c, 11, 12));
    const pixels = planes[0]?.map((row, y) => row.map((_, x) => planes.map((p) => p[y]?.[x] ?? 0)));
    const zero = (list: unknown): unknown => (Array.isArray(list) ? list.map(zero) : 0);
    expect(
      psnr.report({ a: planes, b: zero(planes), dataRange: 255, channels: 'luma' }).value,
    ).toBe(psnr.report({ a: pixels, b: zero(pixels), dataRange: 255, channels: 'luma' }).value);
  });

  it.each([
    ['no data range', { a: [[0]], b: [[1]] }, /dataRange: must be given/],
    ['a data range of 0', { a: [[0]], b: [[1]], dataRange: 0 }, /dataRange/],
    ['other shapes', { a: [[0, 1]], b: [[0], [1]], dataRange: 1 }, /\[1,2\].*\[2,1\]/],
    ['a ragged array', { a: [[0, 1], [2]], b: [[0, 1], [2]], dataRange: 1 }, /a: /],
    ['a sample that is no number', { a: [[null]], b: [[1]], dataRange: 1 }, /a: /],
    ['one image alone', { a: [[0]], dataRange: 1 }, /expected a and b/],
    ['a constant image as the range', { a: [[3]], b: [[1]], dataRange: 'max-min of a' }, /span no/],
  ])('refuses %s', (_, input, message) => {
    expect(() => psnr.report(input)).toThrow(MetricInputError);
    expect(() => psnr.report(input)).toThrow(message);
  });

  it('states both sizes where samples and sizes differ', () => {
    const pair = { ...noisePair(1), b: new Float64Array(3) };
    expect(() => psnrOfImage(pair)).toThrow(/256 samples; a has 256, b has 3/);
  });

  it('does not mind which image comes first', () => {
    fc.assert(
      fc.property(anyPair, (pair) => {
        expect(psnrOfImage(swapped(pair))).toBe(psnrOfImage(pair));
      }),
    );
  });

  it('falls as noise grows', () => {
    fc.assert(
      fc.property(anyPair, fc.double({ min: 1.01, max: 5, noNaN: true }), (pair, factor) => {
        const b = pair.b as Float64Array;
        const farther = b.map((value, i) => (pair.a[i] ?? 0) + factor * (value - (pair.a[i] ?? 0)));
        expect(psnrOfImage({ ...pair, b: farther })).toBeLessThan(psnrOfImage(pair));
      }),
    );
  });

  it.each([
    ['the mean', meanPsnr()],
    ['the pool', pooledPsnr],
  ])('gives %s whatever the order of the images, within rounding', (_, metric) => {
    fc.assert(
      fc.property(fc.array(anyPair, { minLength: 1, maxLength: 5 }), (pairs) => {
        const accumulator = accumulateImages(metric);
        for (const pair of pairs.toReversed()) accumulator.update(pair);
        expect(accumulator.finish()).toBeCloseTo(valueOver(metric, pairs) ?? NaN, 9);
      }),
    );
  });

  it.each(['image', 'mse'])('finishes the sums of single images: pool %s', (pool) => {
    const input = {
      pairs: [1, 2, 3].map((seed) => ({ a: [[seed, 0]], b: [[0, seed * seed]] })),
      dataRange: 255,
      pool,
    };
    expect(finishOfItems(psnr, input)).toBeCloseTo(Number(psnr.report(input).value), 12);
  });
});

function nested(values: ArrayLike<number>, channel: number, height: number, width: number) {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => values[(channel * height + y) * width + x] ?? 0),
  );
}
