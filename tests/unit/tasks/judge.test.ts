/** Judges written byte by byte and run in a child of their own; what they must answer is computed here. */
import { afterAll, describe, expect, it } from 'vitest';

import { openSandbox } from '../../../sandbox/host.ts';
import { processIsolation } from '../../../sandbox/isolation/process-level.ts';
import type { SandboxSession } from '../../../sandbox/request.ts';
import type { Tensor } from '../../../sandbox/tensor.ts';
import { frechetDistanceOfFeatures } from '../../../scoring/generation/fid.ts';
import { inceptionScoreOf } from '../../../scoring/generation/inception-score.ts';
import { kernelDistance } from '../../../scoring/generation/kid.ts';
import { createRandom } from '../../../scoring/random.ts';
import type { ArrayRows } from '../../../tasks/data/array-rows.ts';
import { imagesOf, type ImageLayout, type JudgeImages } from '../../../tasks/judge-images.ts';
import {
  fcnScoreOfImages,
  frechetDistanceOfImages,
  inceptionScoreOfImages,
  kernelDistanceOfImages,
  lpipsOfImages,
} from '../../../tasks/judge-scores.ts';
import { createJudge, type Judge, type JudgeOptions } from '../../../tasks/judge.ts';
import {
  attribute,
  FLOAT,
  graph,
  INT64,
  model,
  node,
  tensor,
  UINT8,
  value,
} from '../../sandbox/make-onnx.ts';

const HEIGHT = 5;
const WIDTH = 6;
const CHANNELS = 3;
const DIMENSIONS = 5;

/** One child for each judge of this file, started when it is first needed. */
const sessions = new Map<string, Promise<SandboxSession>>();
afterAll(async () => {
  for (const session of sessions.values()) await (await session).close();
});

async function openJudge(bytes: Uint8Array, options: JudgeOptions = {}): Promise<Judge> {
  const key = Buffer.from(bytes).toString('base64');
  const opened =
    sessions.get(key) ??
    openSandbox(
      {
        files: [{ name: 'judge.onnx', bytes }],
        accepts: ['onnx'],
        limits: { wall_ms: 120_000, memory_mb: 1024, artifact_mb: 10 },
      },
      { isolation: processIsolation([]) },
    );
  sessions.set(key, opened);
  const { artifact } = await opened;
  if (artifact.kind !== 'model') throw new Error('expected a model');
  return createJudge(artifact.model, options);
}

function rowsOf({ dtype, shape, data }: Tensor): ArrayRows {
  const [count = 0] = shape;
  const length = count === 0 ? 0 : data.length / count;
  return {
    dtype,
    shape,
    read: (start, rows) => Promise.resolve(data.slice(start * length, (start + rows) * length)),
    close: () => Promise.resolve(),
  };
}

/** Bytes at random: [count, HEIGHT, WIDTH, CHANNELS]. */
function randomPixels(count: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed);
  return Uint8Array.from({ length: count * HEIGHT * WIDTH * CHANNELS }, () =>
    random.nextBelow(256),
  );
}

function imagesFrom(
  pixels: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  layout?: ImageLayout,
): JudgeImages {
  const count = pixels.length / (HEIGHT * WIDTH * CHANNELS);
  const shape = layout === 'nchw' ? [CHANNELS, HEIGHT, WIDTH] : [HEIGHT, WIDTH, CHANNELS];
  const dtype = pixels instanceof Uint8Array ? 'uint8' : 'float32';
  return imagesOf(rowsOf({ dtype, shape: [count, ...shape], data: pixels }), 'images', layout);
}

const random = createRandom(11);
const WEIGHTS = Array.from({ length: CHANNELS * DIMENSIONS }, () =>
  Math.fround(random.nextBelow(1000) / 1000 - 0.5),
);
const BIAS = [0.25, -0.5, 0, 0.125, 1];

/** Global average, then a linear layer: output `pool` [N, C, 1, 1] and what `last` makes of `linear` [N, D]. */
function poolingJudge(
  last: 'Identity' | 'Softmax' | 'Sigmoid' | 'Log',
  {
    batch = 'N',
    type = FLOAT,
    withPool = false,
  }: { batch?: number | string; type?: number; withPool?: boolean } = {},
): Uint8Array {
  const cast =
    type === FLOAT
      ? []
      : [node('Cast', ['x'], ['f'], { attributes: [attribute('to', { int: FLOAT })] })];
  return model(
    graph({
      nodes: [
        ...cast,
        node('GlobalAveragePool', [type === FLOAT ? 'x' : 'f'], ['pool']),
        node('Flatten', ['pool'], ['flat']),
        node('Gemm', ['flat', 'w', 'b'], ['linear']),
        node(last, ['linear'], ['answer']),
      ],
      initializers: [
        tensor({ name: 'w', dims: [CHANNELS, DIMENSIONS], floats: WEIGHTS }),
        tensor({ name: 'b', dims: [DIMENSIONS], floats: BIAS }),
      ],
      inputs: [value('x', type, [batch, CHANNELS, HEIGHT, WIDTH])],
      outputs: [
        value('answer', FLOAT, [batch, DIMENSIONS]),
        ...(withPool ? [value('pool', FLOAT, [batch, CHANNELS, 1, 1])] : []),
      ],
    }),
  );
}

/** What `linear` must be. */
function featuresByHand(
  pixels: Uint8Array | Float32Array,
  { scale = 1, mean = [0, 0, 0], std = [1, 1, 1] } = {},
): Float64Array {
  const area = HEIGHT * WIDTH;
  const count = pixels.length / (area * CHANNELS);
  const features = new Float64Array(count * DIMENSIONS);
  for (let image = 0; image < count; image++) {
    const averages = [0, 0, 0].map((_, channel) => {
      let sum = 0;
      for (let place = 0; place < area; place++) {
        const pixel = pixels[(image * area + place) * CHANNELS + channel] ?? 0;
        sum += (pixel * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1);
      }
      return sum / area;
    });
    for (let column = 0; column < DIMENSIONS; column++) {
      features[image * DIMENSIONS + column] = averages.reduce(
        (sum, average, channel) => sum + average * (WEIGHTS[channel * DIMENSIONS + column] ?? 0),
        BIAS[column] ?? 0,
      );
    }
  }
  return features;
}

async function collect(judge: Judge, images: JudgeImages, output?: string): Promise<number[]> {
  const rows: number[] = [];
  for await (const batch of judge.features(images, output)) rows.push(...batch.values);
  return rows;
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, digits = 4): void {
  expect(found.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) {
    expect(found[index], `number ${index}`).toBeCloseTo(expected[index] ?? NaN, digits);
  }
}

const FEED = { scale: 1 / 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] };

describe('features by a judge', () => {
  it('are those of (pixel * scale - mean) / std, whatever the size of the batches', async () => {
    const pixels = randomPixels(7, 1);
    const expected = featuresByHand(pixels, FEED);
    for (const batch of [undefined, 1, 3]) {
      const judge = await openJudge(poolingJudge('Identity'), { ...FEED, batch });
      expectClose(await collect(judge, imagesFrom(pixels)), expected);
    }
  });

  it('are the same for channels first and channels last', async () => {
    const pixels = randomPixels(3, 2);
    const area = HEIGHT * WIDTH;
    const planes = pixels.map((_, at) => {
      const [image, rest] = [Math.floor(at / (area * CHANNELS)), at % (area * CHANNELS)];
      return (
        pixels[image * area * CHANNELS + (rest % area) * CHANNELS + Math.floor(rest / area)] ?? 0
      );
    });
    const judge = await openJudge(poolingJudge('Identity'), FEED);
    const found = await collect(judge, imagesFrom(planes, 'nchw'));
    expectClose(found, featuresByHand(pixels, FEED));
  });

  it('leave out the images that only fill a batch of fixed size', async () => {
    const pixels = randomPixels(6, 3);
    const judge = await openJudge(poolingJudge('Identity', { batch: 4 }), FEED);
    expectClose(await collect(judge, imagesFrom(pixels)), featuresByHand(pixels, FEED));
  });

  it('are of the raw pixels by default, floats and bytes', async () => {
    const pixels = randomPixels(2, 4);
    const floats = Float32Array.from(pixels, (pixel) => pixel / 64 - 1);
    const judge = await openJudge(poolingJudge('Identity'));
    expectClose(await collect(judge, imagesFrom(pixels)), featuresByHand(pixels), 3);
    expectClose(await collect(judge, imagesFrom(floats)), featuresByHand(floats));
  });

  it('are of the raw pixels where the judge takes bytes, which a scale cannot change', async () => {
    const pixels = randomPixels(2, 5);
    const bytes = poolingJudge('Identity', { type: UINT8 });
    expectClose(
      await collect(await openJudge(bytes), imagesFrom(pixels)),
      featuresByHand(pixels),
      3,
    );
    await expect(collect(await openJudge(bytes, FEED), imagesFrom(pixels))).rejects.toThrow(
      "the judge's input is uint8 and gets raw values: scale, mean, std would change nothing",
    );
  });

  it('may come with axes of one place, and from the output that is named', async () => {
    const pixels = randomPixels(2, 6);
    const judge = await openJudge(poolingJudge('Identity', { withPool: true }), FEED);
    expect(await collect(judge, imagesFrom(pixels), 'pool')).toHaveLength(2 * CHANNELS);
    expectClose(await collect(judge, imagesFrom(pixels), 'answer'), featuresByHand(pixels, FEED));
    await expect(collect(judge, imagesFrom(pixels))).rejects.toThrow(
      "name one of the judge's outputs [N,D]: answer float32 [2,5]; pool float32 [2,3,1,1]",
    );
    await expect(collect(judge, imagesFrom(pixels), 'none')).rejects.toThrow(
      'the judge has no output none; it has answer float32 [2,5]; pool float32 [2,3,1,1]',
    );
  });

  it('are refused for images of another size, other channels and wrong options, stating both', async () => {
    const judge = await openJudge(poolingJudge('Identity'));
    const grey = rowsOf({
      dtype: 'uint8',
      shape: [1, HEIGHT, WIDTH],
      data: new Uint8Array(HEIGHT * WIDTH),
    });
    await expect(collect(judge, imagesOf(grey, 'grey'))).rejects.toThrow(
      'grey need a judge with an input [N,5,6,1] | [N,1,5,6] | [N,5,6] | [N,30], its input is [N,3,5,6]',
    );
    const narrow = await openJudge(poolingJudge('Identity'), { mean: [0.5, 0.5] });
    await expect(collect(narrow, imagesFrom(randomPixels(1, 1)))).rejects.toThrow(
      'mean has 2 values, images have 3 channels',
    );
    const bytes = await openJudge(poolingJudge('Identity', { type: UINT8 }));
    await expect(
      collect(bytes, imagesFrom(new Float32Array(HEIGHT * WIDTH * CHANNELS))),
    ).rejects.toThrow(
      'images need a judge with an input of float32, float64, float16, its input is uint8',
    );
  });

  it('are refused when they are not finite', async () => {
    const judge = await openJudge(poolingJudge('Log'));
    await expect(collect(judge, imagesFrom(randomPixels(40, 1)))).rejects.toThrow(
      "the judge's output answer holds NaN or Infinity",
    );
  });
});

describe('distances of two sets of images by a judge', () => {
  const real = randomPixels(30, 21);
  const fake = randomPixels(26, 22).map((pixel) => Math.floor(pixel * 0.8));
  const asFeatures = (pixels: Uint8Array) => {
    const values = featuresByHand(pixels, FEED);
    return { rows: values.length / DIMENSIONS, columns: DIMENSIONS, values };
  };

  it('are the Frechet distance of the features', async () => {
    const judge = await openJudge(poolingJudge('Identity'), FEED);
    const report = await frechetDistanceOfImages(judge, imagesFrom(real), imagesFrom(fake));
    const expected = frechetDistanceOfFeatures(asFeatures(real), asFeatures(fake));
    expect(expected).toBeGreaterThan(0.1);
    expect(report.value).toBeCloseTo(expected ?? NaN, 5);
    expect(report).toMatchObject({ dimensions: 5, samples: [30, 26], output: 'answer' });
  });

  it('are the Frechet distance of fewer images than features too', async () => {
    const few = [real, fake].map((pixels) => pixels.slice(0, 3 * HEIGHT * WIDTH * CHANNELS));
    const [first = real, second = fake] = few;
    const judge = await openJudge(poolingJudge('Identity'), FEED);
    const report = await frechetDistanceOfImages(judge, imagesFrom(first), imagesFrom(second));
    const expected = frechetDistanceOfFeatures(asFeatures(first), asFeatures(second));
    expect(report.value).toBeCloseTo(expected ?? NaN, 4);
  });

  it('are the kernel distance of the features, of all images or of subsets', async () => {
    const judge = await openJudge(poolingJudge('Identity'), FEED);
    const sets = [imagesFrom(real), imagesFrom(fake)] as const;
    const expected = kernelDistance(asFeatures(real), asFeatures(fake));
    const whole = await kernelDistanceOfImages(judge, ...sets, null);
    expect(whole.value).toBeCloseTo(expected ?? NaN, 4);
    const some = { subsets: 4, size: 26, seed: 1 };
    const subsets = await kernelDistanceOfImages(judge, ...sets, some);
    expect(subsets).toMatchObject({ subsets: 4, subset_size: 26, samples: [30, 26] });
    await expect(kernelDistanceOfImages(judge, ...sets, { ...some, size: 27 })).rejects.toThrow(
      'a subset of 27 images is larger than a set of 26',
    );
  });

  it('are undefined for a set without images', async () => {
    const judge = await openJudge(poolingJudge('Identity'), FEED);
    const none = imagesFrom(new Uint8Array(0));
    expect(await frechetDistanceOfImages(judge, imagesFrom(real), none)).toMatchObject({
      value: null,
    });
    expect(await kernelDistanceOfImages(judge, none, imagesFrom(fake), null)).toMatchObject({
      value: null,
    });
    expect(await inceptionScoreOfImages(judge, none, 10)).toMatchObject({
      value: null,
      samples: 0,
    });
  });
});

describe('class probabilities by a judge', () => {
  const pixels = randomPixels(12, 31);
  const options = { ...FEED, batch: 5 };
  const logits = featuresByHand(pixels, FEED);
  const softmax = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += DIMENSIONS) {
    const row = logits.slice(start, start + DIMENSIONS).map(Math.exp);
    const sum = row.reduce((total, each) => total + each, 0);
    softmax.set(
      row.map((each) => each / sum),
      start,
    );
  }

  it('are the softmax of logits', async () => {
    const judge = await openJudge(poolingJudge('Identity'), options);
    const found = await judge.probabilities(imagesFrom(pixels));
    expect(found).toMatchObject({ classes: 5, from: 'logits', output: 'answer' });
    expectClose(found?.values ?? [], softmax);
  });

  it('are left alone where the judge answers probabilities', async () => {
    const judge = await openJudge(poolingJudge('Softmax'), options);
    const found = await judge.probabilities(imagesFrom(pixels));
    expect(found?.from).toBe('probabilities');
    expectClose(found?.values ?? [], softmax);
  });

  it('are refused where values from 0 to 1 do not sum to 1', async () => {
    const judge = await openJudge(poolingJudge('Sigmoid'), options);
    await expect(judge.probabilities(imagesFrom(pixels))).rejects.toThrow(
      "the judge's output answer lies between 0 and 1 and does not sum to 1 for image 0",
    );
  });

  it('give the Inception Score', async () => {
    const judge = await openJudge(poolingJudge('Identity'), options);
    const report = await inceptionScoreOfImages(judge, imagesFrom(pixels), 3);
    const expected = inceptionScoreOf(softmax, DIMENSIONS, 3);
    expect(report.value).toBeCloseTo(expected.mean ?? NaN, 6);
    expect(report['sd']).toBeCloseTo(expected.sd ?? NaN, 6);
    await expect(inceptionScoreOfImages(judge, imagesFrom(pixels), 13)).rejects.toThrow(
      '12 images cannot be split into 13 parts',
    );
  });
});

/** Its first output is the image itself as planes, its second one the double. */
function echoingJudge(): Uint8Array {
  return model(
    graph({
      nodes: [node('Identity', ['x'], ['same']), node('Add', ['x', 'x'], ['double'])],
      inputs: [value('x', FLOAT, ['N', CHANNELS, HEIGHT, WIDTH])],
      outputs: [
        value('same', FLOAT, ['N', CHANNELS, HEIGHT, WIDTH]),
        value('double', FLOAT, ['N', CHANNELS, HEIGHT, WIDTH]),
      ],
    }),
  );
}

describe('label maps by a judge', () => {
  const pixels = randomPixels(6, 41).map((pixel) => pixel % 4);
  const labels = Int32Array.from({ length: pixels.length / CHANNELS }, (_, place) => {
    const scores = [...pixels.slice(place * CHANNELS, (place + 1) * CHANNELS)];
    return scores.indexOf(Math.max(...scores));
  });
  const truth = (dtype: 'uint8' | 'int64', shape = [6, HEIGHT, WIDTH]) =>
    rowsOf({
      dtype,
      shape,
      data: dtype === 'uint8' ? Uint8Array.from(labels) : BigInt64Array.from(labels, BigInt),
    });

  it('have the class of the highest score at each pixel, the first of equal ones', async () => {
    const judge = await openJudge(echoingJudge());
    const found: number[] = [];
    for await (const batch of judge.labelMaps(imagesFrom(pixels), 'same')) {
      expect(batch).toMatchObject({ classes: CHANNELS, height: HEIGHT, width: WIDTH });
      found.push(...batch.labels);
    }
    expect(found).toEqual([...labels]);
  });

  it('give an FCN-score of 1 against themselves, in integers of any size', async () => {
    const judge = await openJudge(echoingJudge());
    for (const dtype of ['uint8', 'int64'] as const) {
      const report = await fcnScoreOfImages(judge, truth(dtype), imagesFrom(pixels), 'same');
      const { pixelAcc, classAcc, classIoU } = report.value as Record<string, number>;
      expectClose([pixelAcc ?? 0, classAcc ?? 0, classIoU ?? 0], [1, 1, 1], 9);
      expect(report).toMatchObject({ images: 6, classes: 3 });
    }
  });

  it('leave out pixels whose true label is no class, and count wrong ones', async () => {
    const judge = await openJudge(echoingJudge());
    const data = Uint8Array.from(labels, (label, place) =>
      place % 2 === 0 ? 255 : (label + 1) % 3,
    );
    const map = rowsOf({ dtype: 'uint8', shape: [6, HEIGHT, WIDTH], data });
    const report = await fcnScoreOfImages(judge, map, imagesFrom(pixels), 'same');
    expect(report.value).toEqual({ pixelAcc: 0, classAcc: 0, classIoU: 0 });
  });

  it('are refused where truth and images differ, stating both', async () => {
    const judge = await openJudge(echoingJudge());
    const images = imagesFrom(pixels);
    await expect(
      fcnScoreOfImages(judge, truth('uint8', [3, 2 * HEIGHT, WIDTH]), images, 'same'),
    ).rejects.toThrow('the truth has 3 label maps, there are 6 images');
    await expect(
      fcnScoreOfImages(judge, truth('uint8', [6, WIDTH, HEIGHT]), images, 'same'),
    ).rejects.toThrow('the truth has maps of 6 x 5 pixels, the judge answers 5 x 6');
    await expect(
      fcnScoreOfImages(judge, truth('uint8', [6, HEIGHT * WIDTH]), images, 'same'),
    ).rejects.toThrow('the truth is label maps [N,H,W], found [6,30]');
    const floats = rowsOf({
      dtype: 'float32',
      shape: [6, HEIGHT, WIDTH],
      data: new Float32Array(180),
    });
    await expect(fcnScoreOfImages(judge, floats, images, 'same')).rejects.toThrow(
      'the truth holds whole numbers, the class of each pixel; found float32',
    );
  });
});

describe('LPIPS by a judge', () => {
  const real = Float32Array.from(randomPixels(5, 51), (pixel) => pixel / 255);
  const fake = Float32Array.from(randomPixels(5, 52), (pixel) => pixel / 255);
  const area = HEIGHT * WIDTH;

  /** Of the judge that echoes: a layer and its double are the same once they have length 1. */
  function byHand(weights: readonly number[]): number {
    let sum = 0;
    for (let place = 0; place < 5 * area; place++) {
      const [a, b] = [real, fake].map((pixels) => {
        const vector = [...pixels.slice(place * CHANNELS, (place + 1) * CHANNELS)];
        const length = Math.hypot(...vector);
        return vector.map((each) => each / length);
      });
      weights.forEach((weight, channel) => {
        sum += weight * ((a?.[channel] ?? 0) - (b?.[channel] ?? 0)) ** 2;
      });
    }
    return sum / (5 * area);
  }

  it('is the sum over all outputs of the judge with weights of 1', async () => {
    const judge = await openJudge(echoingJudge(), { batch: 2 });
    const report = await lpipsOfImages(judge, imagesFrom(real), imagesFrom(fake), null);
    expect(report.value).toBeCloseTo(2 * byHand([1, 1, 1]), 6);
    expect(report).toMatchObject({ images: 5, layers: ['same', 'double'] });
  });

  it('weights channels by the name of their layer, or by its place', async () => {
    const judge = await openJudge(echoingJudge());
    const sets = [imagesFrom(real), imagesFrom(fake)] as const;
    const expected = byHand([0.5, 0, 2]) + byHand([0, 3, 0]);
    const named = { double: [0, 3, 0], same: [0.5, 0, 2] };
    expect((await lpipsOfImages(judge, ...sets, named)).value).toBeCloseTo(expected, 6);
    const placed = [
      [0, 3, 0],
      [0.5, 0, 2],
    ];
    expect((await lpipsOfImages(judge, ...sets, placed, ['double', 'same'])).value).toBeCloseTo(
      expected,
      6,
    );
    const one = await lpipsOfImages(judge, ...sets, { same: [1, 0, 0] }, ['same']);
    expect(one.value).toBeCloseTo(byHand([1, 0, 0]), 6);
  });

  it('is 0 between an image and itself', async () => {
    const judge = await openJudge(echoingJudge());
    expect((await lpipsOfImages(judge, imagesFrom(real), imagesFrom(real), null)).value).toBe(0);
  });

  it('is refused where pairs or weights do not fit, stating both', async () => {
    const judge = await openJudge(echoingJudge());
    const [a, b] = [imagesFrom(real), imagesFrom(fake)];
    await expect(
      lpipsOfImages(judge, a, imagesFrom(fake.slice(0, area * CHANNELS)), null),
    ).rejects.toThrow('images has 5 of 5 x 6 x 3, images has 1 of 5 x 6 x 3');
    await expect(lpipsOfImages(judge, a, b, { same: [1, 1, 1] })).rejects.toThrow(
      'there are weights of 1 layers, the judge has 2',
    );
    await expect(
      lpipsOfImages(judge, a, b, [
        [1, 1],
        [1, 1, 1],
      ]),
    ).rejects.toThrow('the layer same has 3 channels and 2 weights');
    await expect(lpipsOfImages(judge, a, b, { same: [1, 1, 1], other: [1, 1, 1] })).rejects.toThrow(
      'there are no weights of the layer double',
    );
  });
});

describe('a judge without a fitting output', () => {
  it('is told what is needed and what there is', async () => {
    const shape = model(
      graph({
        nodes: [node('Shape', ['x'], ['y'])],
        inputs: [value('x', FLOAT, ['N', CHANNELS, HEIGHT, WIDTH])],
        outputs: [value('y', INT64, [4])],
      }),
    );
    const judge = await openJudge(shape);
    await expect(collect(judge, imagesFrom(randomPixels(1, 1)))).rejects.toThrow(
      'a floating-point output [N,D] is needed, the judge has y int64 [4]',
    );
  });
});
