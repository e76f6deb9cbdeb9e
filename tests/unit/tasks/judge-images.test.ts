import { describe, expect, it } from 'vitest';

import type { Tensor } from '../../../sandbox/tensor.ts';
import type { ArrayRows } from '../../../tasks/data/array-rows.ts';
import { imagesOf } from '../../../tasks/judge-images.ts';

function rowsOf({ dtype, shape, data }: Tensor): ArrayRows {
  const length = data.length / (shape[0] ?? 1);
  return {
    dtype,
    shape,
    read: (start, rows) => Promise.resolve(data.slice(start * length, (start + rows) * length)),
    close: () => Promise.resolve(),
  };
}

const bytes = (shape: readonly number[]) => {
  const length = shape.reduce((product, size) => product * size, 1);
  return rowsOf({ dtype: 'uint8', shape, data: Uint8Array.from({ length }, (_, at) => at) });
};

describe('images for a judge', () => {
  it('have their channels where an axis of 1 to 4 stands', () => {
    expect(imagesOf(bytes([2, 3, 6, 5]), 'it').shape).toEqual([6, 5, 3]);
    expect(imagesOf(bytes([2, 6, 5, 3]), 'it').shape).toEqual([6, 5, 3]);
    expect(imagesOf(bytes([2, 6, 5]), 'it').shape).toEqual([6, 5, 1]);
  });

  it('need to be told where that is open', () => {
    for (const shape of [
      [2, 3, 6, 4],
      [2, 8, 6, 8],
    ]) {
      expect(() => imagesOf(bytes(shape), 'it')).toThrow(
        `it: the shape [${shape.join(',')}] does not tell where the channels stand; say nhwc or nchw`,
      );
      expect(imagesOf(bytes(shape), 'it', 'nchw').shape).toEqual([shape[2], shape[3], shape[1]]);
      expect(imagesOf(bytes(shape), 'it', 'nhwc').shape).toEqual(shape.slice(1));
    }
  });

  it('come with channels last, in any batch', async () => {
    const images = imagesOf(bytes([2, 2, 1, 5]), 'it', 'nchw');
    const first = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9];
    expect([...(await images.read(0, 1))]).toEqual(first);
    expect([...(await images.read(0, 2))]).toEqual([...first, ...first.map((each) => each + 10)]);
    expect([...(await images.read(1, 1))]).toEqual(first.map((each) => each + 10));
  });

  it('come as float32 from floats of any size', async () => {
    const half = new Uint16Array(new Float16Array([0.5, -1]).buffer);
    const halves = imagesOf(rowsOf({ dtype: 'float16', shape: [1, 1, 2], data: half }), 'it');
    expect(await halves.read(0, 1)).toEqual(Float32Array.of(0.5, -1));
    const doubles = imagesOf(
      rowsOf({ dtype: 'float64', shape: [1, 1, 2], data: Float64Array.of(0.1, 3) }),
      'it',
    );
    expect(await doubles.read(0, 1)).toEqual(Float32Array.of(0.1, 3));
  });

  it('are refused with NaN or Infinity, naming the image', async () => {
    const data = Float32Array.of(0, 0, 0, 0, 0, Infinity);
    const images = imagesOf(rowsOf({ dtype: 'float32', shape: [3, 1, 2], data }), 'it');
    await expect(images.read(0, 2)).resolves.toHaveLength(4);
    await expect(images.read(1, 2)).rejects.toThrow('it: image 2 holds NaN or Infinity');
  });

  it('are refused in other shapes and dtypes', () => {
    expect(() => imagesOf(bytes([2, 6]), 'it')).toThrow(
      'it: images are [N,H,W,C], [N,C,H,W] or [N,H,W], found [2,6]',
    );
    expect(() =>
      imagesOf(rowsOf({ dtype: 'int32', shape: [1, 1, 1], data: new Int32Array(1) }), 'it'),
    ).toThrow('it: images are uint8, float32, float64, float16, found int32');
    expect(() => imagesOf(bytes([2, 0, 5]), 'it')).toThrow('have no pixels');
  });
});
