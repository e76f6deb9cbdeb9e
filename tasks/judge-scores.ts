/** Scores of images by a judge network. The formulas are those of `scoring/`: here they meet the judge. */
import type { TensorData } from '../sandbox/tensor.ts';
import { createMomentSum } from '../scoring/generation/features.ts';
import type { Features, MomentSum } from '../scoring/generation/features.ts';
import { frechetDistance } from '../scoring/generation/fid.ts';
import { inceptionScoreOf } from '../scoring/generation/inception-score.ts';
import { kernelDistance, kernelDistanceOfSubsets } from '../scoring/generation/kid.ts';
import { lpipsOfImage } from '../scoring/image/lpips.ts';
import type { Report } from '../scoring/metric.ts';
import { createFcnCounter, fcnScoreOf } from '../scoring/segmentation/fcn-score.ts';
import type { PixelCounter } from '../scoring/segmentation/label-maps.ts';
import type { ArrayRows } from './data/array-rows.ts';
import type { Judge, JudgeLayers } from './judge.ts';
import type { JudgeImages } from './judge-images.ts';

/**
 * Frechet distance of the judge's features of both sets: memory of D x D numbers, however many images.
 * Undefined where a set has fewer than two images.
 *
 * @throws JudgeError, and what the run of the judge throws.
 */
export async function frechetDistanceOfImages(
  judge: Judge,
  real: JudgeImages,
  fake: JudgeImages,
  output?: string,
): Promise<Report> {
  const first = await sumMoments(judge, real, output);
  const second = await sumMoments(judge, fake, output);
  const [m1, m2] = [first.sum?.finish() ?? null, second.sum?.finish() ?? null];
  return {
    value: m1 === null || m2 === null ? null : frechetDistance(m1, m2),
    dimensions: m1?.mean.length ?? m2?.mean.length ?? null,
    samples: [real.count, fake.count],
    output: first.output ?? second.output,
  };
}

async function sumMoments(
  judge: Judge,
  images: JudgeImages,
  wanted?: string,
): Promise<{ sum: MomentSum | null; output: string | null }> {
  let sum: MomentSum | null = null;
  let output: string | null = null;
  for await (const batch of judge.features(images, wanted)) {
    sum ??= createMomentSum(batch.columns);
    output ??= batch.output;
    sum.update(batch);
  }
  return { sum, output };
}

export interface SubsetOptions {
  readonly subsets: number;
  readonly size: number;
  readonly seed: number;
}

/**
 * Kernel distance of the judge's features of both sets, which are all kept: it is about pairs of images.
 * Undefined where a set has fewer than two images.
 *
 * @param subsets null for the distance of the whole sets.
 * @throws JudgeError, and what the run of the judge throws.
 */
export async function kernelDistanceOfImages(
  judge: Judge,
  real: JudgeImages,
  fake: JudgeImages,
  subsets: SubsetOptions | null,
  output?: string,
): Promise<Report> {
  const first = await collectFeatures(judge, real, output);
  const second = await collectFeatures(judge, fake, output);
  const facts = {
    dimensions: first.output === null ? second.columns : first.columns,
    samples: [real.count, fake.count],
    output: first.output ?? second.output,
  };
  if (subsets === null) return { value: kernelDistance(first, second), ...facts };
  const { mean, sd } = kernelDistanceOfSubsets(first, second, subsets);
  return { value: mean, sd, subsets: subsets.subsets, subset_size: subsets.size, ...facts };
}

async function collectFeatures(
  judge: Judge,
  images: JudgeImages,
  wanted?: string,
): Promise<Features & { readonly output: string | null }> {
  let values: Float32Array | Float64Array = new Float32Array(0);
  let [rows, columns] = [0, 0];
  let output: string | null = null;
  for await (const batch of judge.features(images, wanted)) {
    if (rows === 0) {
      ({ columns, output } = batch);
      const length = images.count * columns;
      values =
        batch.values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
    }
    if (batch.columns !== columns) {
      throw new RangeError(`expected ${columns} features a row, found ${batch.columns}`);
    }
    values.set(batch.values, rows * columns);
    rows += batch.rows;
  }
  return { rows, columns, values, output };
}

/**
 * Inception Score of the judge's class probabilities, images split in their order. Undefined without
 * images.
 *
 * @throws RangeError for fewer images than splits; JudgeError, and what the run of the judge throws.
 */
export async function inceptionScoreOfImages(
  judge: Judge,
  images: JudgeImages,
  splits: number,
  output?: string,
): Promise<Report> {
  if (images.count > 0 && images.count < splits) {
    throw new RangeError(`${images.count} images cannot be split into ${splits} parts`);
  }
  const found = await judge.probabilities(images, output);
  if (found === null) return { value: null, sd: null, splits, samples: 0 };
  const { mean, sd } = inceptionScoreOf(found.values, found.classes, splits);
  return {
    value: mean,
    sd,
    splits,
    samples: images.count,
    classes: found.classes,
    from: found.from,
    output: found.output,
  };
}

/**
 * FCN-score: the judge labels the pixels of generated images, and its labels are compared with the true
 * ones. Undefined where no pixel counts.
 *
 * @param truth integers [N, H, W]: the class of each pixel; what is no class is left out.
 * @throws RangeError where the sizes differ, stating both; JudgeError, and what the run of the judge throws.
 */
export async function fcnScoreOfImages(
  judge: Judge,
  truth: ArrayRows,
  fake: JudgeImages,
  output?: string,
): Promise<Report> {
  const shape = labelShape(truth);
  if (shape[0] !== fake.count) {
    throw new RangeError(`the truth has ${shape[0]} label maps, there are ${fake.count} images`);
  }
  let counter: PixelCounter | null = null;
  let [classes, done] = [0, 0];
  let name: string | null = null;
  for await (const batch of judge.labelMaps(fake, output)) {
    if (batch.height !== shape[1] || batch.width !== shape[2]) {
      throw new RangeError(
        `the truth has maps of ${shape[1]} x ${shape[2]} pixels, the judge answers ${batch.height} x ${batch.width}`,
      );
    }
    if (counter !== null && batch.classes !== classes) {
      throw new RangeError(
        `the judge had ${classes} classes at first, then it had ${batch.classes}`,
      );
    }
    ({ classes, output: name } = batch);
    counter ??= createFcnCounter(classes);
    const labels = numbersOf(await truth.read(done, batch.images));
    counter.update({ truth: labels, predicted: batch.labels });
    done += batch.images;
  }
  const value = fcnScoreOf((counter ?? createFcnCounter(1)).counts());
  return {
    value: { ...value },
    images: done,
    classes: name === null ? null : classes,
    output: name,
  };
}

function numbersOf(data: TensorData): ArrayLike<number> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float64Array.from(data, Number)
    : data;
}

function labelShape({ dtype, shape }: ArrayRows): readonly [number, number, number] {
  if (/^float|^bool/u.test(dtype)) {
    throw new RangeError(`the truth holds whole numbers, the class of each pixel; found ${dtype}`);
  }
  const [images = 0, height = 0, width = 0] = shape;
  if (shape.length === 3) return [images, height, width];
  throw new RangeError(`the truth is label maps [N,H,W], found [${shape.join(',')}]`);
}

/** Weights of the channels of each output by its name, or of the outputs in their order. */
export type LayerWeights =
  Readonly<Record<string, readonly number[]>> | readonly (readonly number[])[];

/**
 * Learned perceptual distance of image i of both sets, mean over i. Both sets are read side by side, so
 * that only a few images are in memory. Undefined without images.
 *
 * @param weights null for 1 everywhere.
 * @param outputs the layers in their order; undefined for every output of the judge.
 * @throws RangeError where sizes differ, stating both; JudgeError, and what the run of the judge throws.
 */
export async function lpipsOfImages(
  judge: Judge,
  real: JudgeImages,
  fake: JudgeImages,
  weights: LayerWeights | null,
  outputs?: readonly string[],
): Promise<Report> {
  if (real.count !== fake.count || real.shape.join() !== fake.shape.join()) {
    throw new RangeError(
      `pairs need images of equal number and size: ${real.name} has ${sizeOf(real)}, ${fake.name} has ${sizeOf(fake)}`,
    );
  }
  let [sum, done] = [0, 0];
  let layers: readonly string[] = outputs ?? [];
  const others = judge.layers(fake, outputs);
  for await (const first of judge.layers(real, outputs)) {
    const second = await others.next();
    if (second.done === true) throw new Error('the same number of images gave fewer batches');
    layers = first.layers.map(({ output }) => output);
    sum += sumOfPairs(first, second.value, weightsOf(first, weights));
    done += first.images;
  }
  return { value: done === 0 ? null : sum / done, images: done, layers };
}

function sumOfPairs(
  first: JudgeLayers,
  second: JudgeLayers,
  weights: readonly ArrayLike<number>[],
): number {
  let sum = 0;
  for (let image = 0; image < first.images; image++) {
    const of = ({ layers }: JudgeLayers, index: number) => {
      const { values, imageLength } = layers[index] ?? {
        values: new Float32Array(0),
        imageLength: 0,
      };
      return values.subarray(image * imageLength, (image + 1) * imageLength);
    };
    sum += lpipsOfImage(
      first.layers.map(({ channels }, index) => ({
        channels,
        a: of(first, index),
        b: of(second, index),
        weights: weights[index] ?? [],
      })),
    );
  }
  return sum;
}

function weightsOf(
  { layers }: JudgeLayers,
  weights: LayerWeights | null,
): readonly ArrayLike<number>[] {
  if (weights === null) return layers.map(({ channels }) => new Float64Array(channels).fill(1));
  const lists = new Map(Object.entries(weights));
  if (lists.size !== layers.length) {
    throw new RangeError(
      `there are weights of ${lists.size} layers, the judge has ${layers.length}`,
    );
  }
  return layers.map(({ output, channels }, index) => {
    const list = lists.get(Array.isArray(weights) ? String(index) : output);
    if (list === undefined) {
      throw new RangeError(`there are no weights of the layer ${output}`);
    }
    if (list.length === channels) return list;
    throw new RangeError(`the layer ${output} has ${channels} channels and ${list.length} weights`);
  });
}

function sizeOf({ count, shape }: JudgeImages): string {
  return `${count} of ${shape.join(' x ')}`;
}
