import { describe, expect, it } from 'vitest';

import { msSsim, msSsimOfImage } from '../../../../scoring/image/ms-ssim.ts';
import { ssimOfImage } from '../../../../scoring/image/ssim.ts';
import { compare, loadVectors, finishOfItems } from '../vectors.ts';
import { noisePair, rowsOf, swapped } from './pairs.ts';

const SIDE = { height: 176, width: 180 };

describe('ms_ssim', () => {
  it.each(loadVectors('ms_ssim'))(
    'agrees with the vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(msSsim.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('gives 0.9627 on the same pattern where every scale has valid windows only', () => {
    const [vector] = loadVectors('ms_ssim');
    const input = { ...(vector?.input as object), border: 'valid' };
    expect(msSsim.report(input).value).toBeCloseTo(0.9627, 4);
  });

  it('reads images from arrays', () => {
    const pair = noisePair(1, SIDE);
    const input = { a: rowsOf(pair.a, 180), b: rowsOf(pair.b, 180), dataRange: 255 };
    expect(msSsim.report(input).value).toBe(msSsimOfImage(pair));
    expect(msSsim.report({ ...input, border: 'reflect' }).value).toBe(
      msSsimOfImage(pair, 'reflect'),
    );
    expect(finishOfItems(msSsim, input)).toBe(msSsimOfImage(pair));
  });

  it('is 1 for identical images and symmetric', () => {
    const pair = noisePair(2, SIDE);
    expect(msSsimOfImage({ ...pair, b: pair.a })).toBeCloseTo(1, 12);
    expect(msSsimOfImage(swapped(pair))).toBeCloseTo(msSsimOfImage(pair), 12);
  });

  it('forgives noise that fades on coarser scales more than SSIM does', () => {
    const pair = noisePair(3, SIDE);
    const coarse = Float64Array.from(pair.a, (_, at) => 20 * Math.floor((at % 180) / 20));
    const noisy = { ...pair, a: coarse, b: coarse.map((v, at) => v + (pair.a[at] ?? 0) / 10) };
    expect(msSsimOfImage(noisy)).toBeGreaterThan(ssimOfImage(noisy));
  });

  it('takes a negative mean as 0, as undefined, or halved and shifted', () => {
    const { a } = noisePair(4, SIDE);
    const input = {
      a: rowsOf(a, 180),
      b: rowsOf(
        Float64Array.from(a, (value) => 255 - value),
        180,
      ),
      dataRange: 255,
    };
    expect(msSsim.report(input).value).toBe(0);
    expect(msSsim.report({ ...input, normalize: 'none' }).value).toBeNull();
    const simple = msSsim.report({ ...input, normalize: 'simple' }).value;
    expect(simple).toBeGreaterThan(0);
    expect(simple).toBeLessThan(0.5);
  });

  it('refuses a side of less than 176 pixels and states the sizes', () => {
    const pair = noisePair(5, { height: 175, width: 300 });
    expect(() => msSsimOfImage(pair)).toThrow(/175 x 300 is too small .* 176 pixels/);
  });
});
