/** Pairs of images, as the metrics of this folder take them and as they read them from JSON. */
import { z } from 'zod';

import { numberArray, type NumberArray } from '../input.ts';
import { mersenneTwister } from './mersenne-twister.ts';

export type Samples = Float64Array | Float32Array | Uint8Array | Uint8ClampedArray | Uint16Array;

/** An image and the one it is compared with: same size, same scale. */
export interface ImagePair {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** `channels` planes one after another, each `height` x `width`, row-major. */
  readonly a: Samples;
  /** As `a`. */
  readonly b: Samples;
  /** L: how far the largest possible sample lies from the smallest; 255 for 8-bit images. Above 0. */
  readonly dataRange: number;
}

/** @throws RangeError when the samples are not as many as the sizes say; the message states both. */
export function checkImagePair({ channels, height, width, a, b, dataRange }: ImagePair): void {
  const count = channels * height * width;
  if (a.length !== count || b.length !== count) {
    throw new RangeError(
      `${channels} planes of ${height} x ${width} have ${count} samples; a has ${a.length}, b has ${b.length}`,
    );
  }
  if (!(dataRange > 0 && dataRange < Infinity)) {
    throw new RangeError(`the data range must be a number above 0, found ${dataRange}`);
  }
}

/** Samples of pixels one after another (RGBRGB...) as planes one after another (RR...GG...BB...). */
export function toPlanes<T extends Samples>(pixels: T, channels: number): T {
  const planes = pixels.slice() as T;
  const size = pixels.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * size;
    for (let pixel = 0; pixel < size; pixel++) {
      planes[start + pixel] = pixels[pixel * channels + channel] ?? 0;
    }
  }
  return planes;
}

/**
 * The luma of an RGB pair, 0.299 R + 0.587 G + 0.114 B in the scale of the samples (ITU-R BT.601, full
 * range). A pair of one channel is its own luma.
 *
 * @throws RangeError for any other number of channels.
 */
export function toLuma(pair: ImagePair): ImagePair {
  if (pair.channels === 1) return pair;
  if (pair.channels !== 3) {
    throw new RangeError(`luma needs 1 or 3 channels, the images have ${pair.channels}`);
  }
  const size = pair.height * pair.width;
  const luma = (planes: Samples) =>
    Float64Array.from(
      { length: size },
      (_, pixel) =>
        0.299 * (planes[pixel] ?? 0) +
        0.587 * (planes[size + pixel] ?? 0) +
        0.114 * (planes[2 * size + pixel] ?? 0),
    );
  return { ...pair, channels: 1, a: luma(pair.a), b: luma(pair.b) };
}

const RANGE_WORDS = ['max-min of a', 'max-min of b'] as const;

const PairsSchema = z.object({
  a: numberArray.optional(),
  b: numberArray.optional(),
  pairs: z.array(z.object({ a: numberArray, b: numberArray })).optional(),
  generator: z.string().optional(),
  shape: z.array(z.int().min(1)).min(2).max(4).optional(),
  dataRange: z.union([z.number().positive(), z.enum(RANGE_WORDS)], {
    error: `must be given as a number above 0 (255 for 8-bit images), or as one of: ${RANGE_WORDS.join(', ')}`,
  }),
  layout: z.enum(['chw', 'hwc']).optional(),
  channels: z.enum(['all', 'luma']).default('all'),
});

/** The options of one metric beside the images themselves. */
export type ImageOptions<Options> = Options & { readonly pairs: readonly ImagePair[] };

/**
 * The input of an image metric: `{a, b, dataRange}`, or `{pairs: [{a, b}], dataRange}` for several
 * images, or `{generator, shape, dataRange}` for a published random pattern. An array is [H][W],
 * [C][H][W] or [H][W][C], or with the images in front, [N][C][H][W] or [N][H][W][C]. Where `layout` does
 * not say which, channels are taken to be last if that axis is shorter than 11 and the first of the three
 * is not. `channels: "luma"` compares the luma of RGB images.
 */
export function imageInput<Shape extends z.ZodRawShape>(
  options: Shape,
): z.ZodType<ImageOptions<z.output<z.ZodObject<Shape>>>> {
  return PairsSchema.extend(options).transform((input, context) => {
    try {
      const { layout, channels, dataRange } = input as z.output<typeof PairsSchema>;
      const pairs = readArrays(input as z.output<typeof PairsSchema>).flatMap(({ a, b }) =>
        readPairs(a, b, layout, dataRange),
      );
      return {
        ...(input as z.output<z.ZodObject<Shape>>),
        pairs: channels === 'luma' ? pairs.map(toLuma) : pairs,
      };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

function readArrays(
  input: z.output<typeof PairsSchema>,
): readonly { readonly a: NumberArray; readonly b: NumberArray }[] {
  const { a, b, pairs, generator, shape } = input;
  if (a !== undefined && b !== undefined) return [{ a, b }];
  if (pairs !== undefined) return pairs;
  if (generator !== undefined && shape !== undefined) return [testPattern(generator, shape)];
  throw new RangeError('expected a and b, or pairs, or generator and shape');
}

function readPairs(
  a: NumberArray,
  b: NumberArray,
  layout: 'chw' | 'hwc' | undefined,
  dataRange: number | (typeof RANGE_WORDS)[number],
): ImagePair[] {
  if (a.shape.join() !== b.shape.join()) {
    throw new RangeError(`a has shape [${a.shape.join()}], b has shape [${b.shape.join()}]`);
  }
  if (a.shape.length > 4) throw new RangeError(`an array of ${a.shape.length} axes is no image`);
  const range =
    typeof dataRange === 'number' ? dataRange : span(dataRange === 'max-min of a' ? a : b);
  const last = layout === 'hwc' || (layout === undefined && looksChannelsLast(a.shape));
  const [images, first, second, third] = [
    ...new Array<number>(4 - a.shape.length).fill(1),
    ...a.shape,
  ] as [number, number, number, number];
  const [channels, height, width] = last ? [third, first, second] : [first, second, third];
  const size = channels * height * width;
  return Array.from({ length: images }, (_, image) => {
    const samples = ({ values }: NumberArray) => {
      const one = values.subarray(image * size, (image + 1) * size);
      return last ? toPlanes(one, channels) : one;
    };
    return { channels, height, width, a: samples(a), b: samples(b), dataRange: range };
  });
}

/** No image of these metrics is narrower than 11 pixels, and no colour model has 11 channels. */
function looksChannelsLast(shape: readonly number[]): boolean {
  const [first = 0, , last = 0] = shape.slice(-3);
  return shape.length >= 3 && last < 11 && first >= 11;
}

function span({ values }: NumberArray): number {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high > low) return high - low;
  throw new RangeError('the samples span no range to take as the data range');
}

/**
 * The random images of published examples, from their description: `MT19937 ... init_genrand(SEED)`,
 * 24-bit values in [0, 1), row-major, and `b = FACTOR*a`.
 */
function testPattern(
  generator: string,
  shape: readonly number[],
): { readonly a: NumberArray; readonly b: NumberArray } {
  const seed = /^MT19937\b.*?\b(?:init_genrand\(|seed )(\d+)/u.exec(generator)?.[1];
  const factor = /\bb = (-?\d*\.?\d+) ?\* ?a\b/u.exec(generator)?.[1];
  if (seed === undefined || factor === undefined || !generator.includes('0xFFFFFF) / 2^24')) {
    throw new RangeError(
      'the generator must be of the form "MT19937 seeded by init_genrand(42); value = (uint32 & 0xFFFFFF) / 2^24, row-major; b = 0.75*a"',
    );
  }
  const next = mersenneTwister(Number(seed));
  const count = shape.reduce((product, size) => product * size, 1);
  const a = Float64Array.from({ length: count }, () => (next() & 0xffffff) / 2 ** 24);
  return {
    a: { shape, values: a },
    b: { shape, values: a.map((value) => Number(factor) * value) },
  };
}
