/** Images for a judge network: arrays of pixels, read in batches and brought into one form. */
import { elementCount } from '../sandbox/tensor.ts';
import type { DType, TensorData } from '../sandbox/tensor.ts';
import type { ArrayRows } from './data/array-rows.ts';
import { asFloats } from './floats.ts';

/** Bytes from 0 to 255, or numbers of any range. */
export type Pixels = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** Images of one size. */
export interface JudgeImages {
  /** What messages call them. */
  readonly name: string;
  readonly count: number;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  /** `uint8` from 0 to 255, or `float32` of any range. */
  readonly dtype: 'uint8' | 'float32';
  /**
   * `count` images from image `start`: [count, height, width, channels], row-major.
   *
   * @throws RangeError for NaN and Infinity, naming the image.
   */
  read(start: number, count: number): Promise<Pixels>;
}

/** Where the channels stand in a file of images: last, or before height and width. */
export type ImageLayout = 'nhwc' | 'nchw';

/** An axis of this size or less can be that of the channels, where nobody says which one is. */
const MOST_CHANNELS = 4;

const DTYPES: readonly DType[] = ['uint8', 'float32', 'float64', 'float16'];

/**
 * @param rows [N, H, W, C], [N, C, H, W] or, with one channel, [N, H, W]; uint8 or floating point, which
 *   is rounded to float32.
 * @param layout undefined for the one whose channels are 1 to 4.
 * @throws RangeError stating shape or dtype, and where both layouts are possible or none.
 */
export function imagesOf(rows: ArrayRows, name: string, layout?: ImageLayout): JudgeImages {
  const { shape, dtype } = rows;
  if (!DTYPES.includes(dtype)) {
    throw new RangeError(`${name}: images are ${DTYPES.join(', ')}, found ${dtype}`);
  }
  const grey = shape.length === 3;
  const [count = 0, ...axes] = grey ? [...shape, 1] : shape;
  if (axes.length !== 3) {
    throw new RangeError(
      `${name}: images are [N,H,W,C], [N,C,H,W] or [N,H,W], found [${shape.join(',')}]`,
    );
  }
  const [first = 0, second = 0, third = 0] = axes;
  const planar = !grey && (layout ?? guessLayout(first, third, shape, name)) === 'nchw';
  const size = planar ? ([second, third, first] as const) : ([first, second, third] as const);
  if (elementCount(size) === 0) {
    throw new RangeError(`${name}: images of the shape [${shape.join(',')}] have no pixels`);
  }
  return {
    name,
    count,
    shape: size,
    dtype: dtype === 'uint8' ? 'uint8' : 'float32',
    async read(start, images) {
      const pixels = pixelsOf(await rows.read(start, images), dtype);
      if (pixels instanceof Float32Array) checkFinite(pixels, elementCount(size), start, name);
      return planar && size[2] > 1 ? channelsLast(pixels, size, images) : pixels;
    },
  };
}

function guessLayout(
  first: number,
  last: number,
  shape: readonly number[],
  name: string,
): ImageLayout {
  const [planar, interleaved] = [first <= MOST_CHANNELS, last <= MOST_CHANNELS];
  if (planar !== interleaved) return planar ? 'nchw' : 'nhwc';
  throw new RangeError(
    `${name}: the shape [${shape.join(',')}] does not tell where the channels stand; say nhwc or nchw`,
  );
}

function pixelsOf(data: TensorData, dtype: DType): Pixels {
  if (dtype === 'uint8' && data instanceof Uint8Array) return data;
  const floats = asFloats({ dtype, data, shape: [data.length] });
  return floats instanceof Float32Array
    ? (floats as Float32Array<ArrayBuffer>)
    : Float32Array.from(floats ?? []);
}

function checkFinite(pixels: Float32Array, imageLength: number, start: number, name: string): void {
  for (let index = 0; index < pixels.length; index++) {
    if (Number.isFinite(pixels[index])) continue;
    throw new RangeError(
      `${name}: image ${start + Math.floor(index / imageLength)} holds NaN or Infinity`,
    );
  }
}

function channelsLast(
  planes: Pixels,
  [height, width, channels]: readonly [number, number, number],
  images: number,
): Pixels {
  const area = height * width;
  const pixels = planes.slice();
  for (let image = 0; image < images; image++) {
    const start = image * area * channels;
    for (let channel = 0; channel < channels; channel++) {
      const plane = start + channel * area;
      for (let place = 0; place < area; place++) {
        pixels[start + place * channels + channel] = planes[plane + place] ?? 0;
      }
    }
  }
  return pixels;
}
