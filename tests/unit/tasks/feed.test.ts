import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType, Tensor } from '../../../sandbox/tensor.ts';
import { createFeeder } from '../../../tasks/feed.ts';
import { negotiateInput } from '../../../tasks/signature.ts';
import type { InputLayout } from '../../../tasks/signature.ts';
import type { FeedOptions } from '../../../tasks/task.ts';

interface Images {
  readonly shape: readonly [number, number, number];
  readonly rows: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

const anyImages: fc.Arbitrary<Images> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 5 }),
  )
  .chain(([height, width, channels, rows]) => {
    const length = rows * height * width * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ shape: [height, width, channels] as const, rows, data: data.slice() }));
  });

/** Feeds all rows in order as one batch and returns the tensor. */
function feed(
  images: Images,
  layout: InputLayout,
  dtype: DType,
  options: FeedOptions & { taskScale?: number } = {},
): Tensor {
  const { shape, rows, data } = images;
  const taskInput = {
    name: 'image',
    dtype: 'uint8',
    shape,
    scale: options.taskScale ?? 1 / 255,
  } as const;
  const source = { dtype: 'uint8', shape: [rows, ...shape], data } as const;
  const order = {
    source: new Uint16Array(rows),
    row: Int32Array.from({ length: rows }, (_, i) => i),
  };
  const input = { inputName: 'x', dtype, layout, batch: null };
  return createFeeder([source], order, input, taskInput, options).batch(0, rows, rows);
}

/** The value at (row, y, x, channel) of a tensor in a layout. */
function pixel(
  { shape, data }: Tensor,
  layout: InputLayout,
  [height, width, channels]: readonly [number, number, number],
  [row, y, x, channel]: readonly [number, number, number, number],
): number {
  const expected = {
    nhwc: [height, width, channels],
    nchw: [channels, height, width],
    nhw: [height, width],
    flat: [height * width * channels],
  }[layout];
  expect(shape.slice(1)).toEqual(expected);
  const at =
    layout === 'nchw'
      ? ((row * channels + channel) * height + y) * width + x
      : ((row * height + y) * width + x) * channels + channel;
  return Number(data[at]);
}

describe('createFeeder', () => {
  it.each(['float32', 'uint8', 'int64'] as const)(
    'gives equal pixels in every layout as %s',
    (dtype) => {
      fc.assert(
        fc.property(anyImages, (images) => {
          const layouts: InputLayout[] = [
            'nchw',
            'flat',
            ...(images.shape[2] === 1 ? ['nhw' as const] : []),
          ];
          const reference = feed(images, 'nhwc', dtype);
          const [height, width, channels] = images.shape;
          for (const layout of layouts) {
            const tensor = feed(images, layout, dtype);
            for (let row = 0; row < images.rows; row++)
              for (let y = 0; y < height; y++)
                for (let x = 0; x < width; x++)
                  for (let channel = 0; channel < channels; channel++) {
                    const place = [row, y, x, channel] as const;
                    expect(pixel(tensor, layout, images.shape, place)).toBe(
                      pixel(reference, 'nhwc', images.shape, place),
                    );
                  }
          }
        }),
        { numRuns: 40 },
      );
    },
  );

  it('gives integer inputs the raw values', () => {
    fc.assert(
      fc.property(anyImages, (images) => {
        for (const dtype of [
          'uint8',
          'int16',
          'uint16',
          'int32',
          'uint32',
          'int64',
          'uint64',
        ] as const) {
          const { data } = feed(images, 'nhwc', dtype, { mean: [3], std: [2] });
          expect(Array.from<number | bigint, number>(data, Number)).toEqual([...images.data]);
        }
      }),
    );
  });

  it('computes (raw * scale - mean) / std with a float32 rounding after each step', () => {
    const real = fc.double({ min: -300, max: 300, noNaN: true });
    const nonZero = fc.double({ min: 0.01, max: 300, noNaN: true });
    fc.assert(
      fc.property(
        anyImages,
        real,
        fc.array(real, { minLength: 4, maxLength: 4 }),
        fc.array(nonZero, { minLength: 4, maxLength: 4 }),
        (images, scale, means, stds) => {
          const channels = images.shape[2];
          const mean = means.slice(0, channels);
          const std = stds.slice(0, channels);
          const { data } = feed(images, 'nhwc', 'float32', { scale, mean, std });
          // A float32 array stores each intermediate as hardware would.
          const x = new Float32Array(1);
          const single = (value: number | undefined) => Float32Array.of(value ?? NaN)[0] ?? NaN;
          for (const [index, raw] of images.data.entries()) {
            x[0] = raw * single(scale);
            x[0] -= single(mean[index % channels]);
            x[0] /= single(std[index % channels]);
            expect(data[index]).toBe(x[0]);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    // SHA-256 of the 256 float32 results, little-endian, of PyTorch 2.13.0 on CPU:
    // x = torch.arange(256, dtype=torch.uint8).float() * 0.00392156862745098
    [{}, 'd5f525a13a07c1d604032ed460ac58ad9e012b8bec74236bd5f4f46142995b87'],
    // (x - torch.tensor([0.1307])) / torch.tensor([0.3081])
    [
      { mean: [0.1307], std: [0.3081] },
      'c4a5be451f2426d5c404f24c56c918e07737dd7cc012a36e11fda837d115ec0a',
    ],
  ])('agrees with PyTorch on every byte to the bit: %j', (options, sha256) => {
    const data = Uint8Array.from({ length: 256 }, (_, value) => value);
    const images: Images = { shape: [1, 256, 1], rows: 1, data };
    const fed = feed(images, 'flat', 'float32', { taskScale: 0.00392156862745098, ...options });
    const bytes = Buffer.alloc(1024);
    for (const [index, value] of fed.data.entries()) bytes.writeFloatLE(Number(value), index * 4);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  });

  it('rounds float16 inputs to nearest even and widens float64 inputs', () => {
    // 2049 lies midway between the float16 neighbours 2048 and 2050; 2051 between 2050 and 2052.
    const images: Images = { shape: [1, 2, 1], rows: 1, data: Uint8Array.of(1, 3) };
    const half = feed(images, 'nhwc', 'float16', { taskScale: 1, mean: [-2048] });
    expect([...new Float16Array((half.data as Uint16Array).buffer)]).toEqual([2048, 2052]);
    const wide = feed(images, 'nhwc', 'float64', { taskScale: 0.1 });
    expect([...(wide.data as Float64Array)]).toEqual([
      Math.fround(0.1),
      Math.fround(3 * Math.fround(0.1)),
    ]);
  });

  it('feeds real-valued rows through the same arithmetic', () => {
    const taskInput = { name: 'image', dtype: 'float32', shape: [1, 2, 1], scale: 0.1 } as const;
    const source = {
      dtype: 'float32',
      shape: [1, 1, 2, 1],
      data: Float32Array.of(0.7, -3.25),
    } as const;
    const order = { source: new Uint16Array(1), row: new Int32Array(1) };
    const input = { inputName: 'x', dtype: 'float32', layout: 'flat', batch: null } as const;
    const { data } = createFeeder([source], order, input, taskInput).batch(0, 1, 1);
    const scale = Math.fround(0.1);
    expect([...data]).toEqual([Math.fround(Math.fround(0.7) * scale), Math.fround(-3.25 * scale)]);
  });

  it('follows the order of the rows over several sources and pads with the last row', () => {
    const row = (value: number) => [value, value + 100];
    const source = (...values: number[]): Tensor => ({
      dtype: 'uint8',
      shape: [values.length, 1, 2, 1],
      data: Uint8Array.from(values.flatMap(row)),
    });
    const order = { source: Uint16Array.of(1, 0, 1), row: Int32Array.of(1, 0, 0) };
    const input = { inputName: 'x', dtype: 'uint8', layout: 'flat', batch: 4 } as const;
    const taskInput = { name: 'image', dtype: 'uint8', shape: [1, 2, 1], scale: 1 } as const;
    const feeder = createFeeder([source(1), source(2, 3)], order, input, taskInput);
    expect([...feeder.batch(0, 2, 2).data]).toEqual([...row(3), ...row(1)]);
    const last = feeder.batch(2, 1, 4);
    expect(last.shape).toEqual([4, 2]);
    expect([...last.data]).toEqual([...row(2), ...row(2), ...row(2), ...row(2)]);
  });

  it('refuses a number of means that fits no channels', () => {
    const images: Images = { shape: [1, 1, 1], rows: 1, data: Uint8Array.of(1) };
    expect(() => feed(images, 'nhwc', 'float32', { mean: [1, 2, 3] })).toThrow(
      expect.objectContaining({
        failure: {
          kind: 'submission',
          code: 'BAD_SHAPE',
          reason: 'feed-channels',
          params: { option: 'mean', expected: 1, received: 3 },
        },
      }),
    );
  });

  it('takes what the negotiation settles', () => {
    const taskInput = { name: 'image', dtype: 'uint8', shape: [2, 2, 3], scale: 1 } as const;
    const spec = { name: 'x', dtype: 'float32', shape: [null, 3, 2, 2] } as const;
    const input = negotiateInput({ inputs: [spec], outputs: [], layout: 'nchw' }, taskInput);
    const data = Uint8Array.from({ length: 12 }, (_, index) => index);
    const order = { source: new Uint16Array(1), row: new Int32Array(1) };
    const feeder = createFeeder(
      [{ dtype: 'uint8', shape: [1, 2, 2, 3], data }],
      order,
      input,
      taskInput,
    );
    const fed = feeder.batch(0, 1, 1);
    expect(fed.shape).toEqual([1, 3, 2, 2]);
    expect([...fed.data]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  });
});
