/** Label maps: a class index for each pixel, true and predicted, and how their agreement is counted. */
import { z } from 'zod';

import { mersenneTwister } from '../image/mersenne-twister.ts';
import { numberArray, type NumberArray } from '../input.ts';
import type { ItemStatistics } from '../metric.ts';

/** One image, or as many pixels as one likes: both lists are of the same length. */
export interface LabelMaps {
  readonly truth: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** What is done with labels that are no class. */
export interface LabelRules {
  /** How many classes there are: 0 to `classes` - 1. */
  readonly classes: number;
  /** True labels whose pixels are dropped, classes or not. An ignored class is not evaluated at all. */
  readonly ignored: readonly number[];
  /** True labels that are neither a class nor ignored: an error, or dropped too. */
  readonly unknownTruth: 'error' | 'drop';
  /** Predicted labels that are no class: an error, or a miss that counts for no class. */
  readonly unknownPrediction: 'error' | 'miss';
}

/** Counts of pixels whose truth is a class that is not ignored; zero for ignored classes. */
export interface ClassCounts {
  /** Pixels of each class that were predicted as it. */
  readonly correct: Float64Array;
  /** Pixels of each class. */
  readonly truth: Float64Array;
  /** Pixels predicted as each class. */
  readonly predicted: Float64Array;
}

/** Counts the pixels of any number of images in constant memory. */
export interface PixelCounter {
  /**
   * @throws RangeError when the maps differ in length, stating both, or hold a label that the rules call
   * an error, stating pixel and label.
   */
  update(maps: LabelMaps): void;
  counts(): ClassCounts;
}

/** What a table says of a label that needs a closer look, and of one whose pixel is dropped. */
const UNKNOWN = -1;
const DROPPED = -2;

/** @throws RangeError unless the number of classes is a positive integer. */
export function createPixelCounter(rules: LabelRules): PixelCounter {
  const { classes, unknownTruth, unknownPrediction } = rules;
  if (!(Number.isInteger(classes) && classes >= 1)) {
    throw new RangeError(`the number of classes is ${classes}, not a positive integer`);
  }
  const ignored = new Set(rules.ignored);
  const columns = classes + 1;
  /** Truth by prediction, the last column for predictions that are no class. */
  const confusion = new Float64Array(classes * columns);

  /** @returns where the row of a true label begins. */
  const rowOf = (label: number): number => {
    if (ignored.has(label)) return DROPPED;
    if (Number.isInteger(label)) {
      if (label >= 0 && label < classes) return label * columns;
      if (unknownTruth === 'drop') return DROPPED;
    }
    return UNKNOWN;
  };
  const columnOf = (label: number): number => {
    if (!Number.isInteger(label)) return UNKNOWN;
    if (label >= 0 && label < classes) return label;
    return unknownPrediction === 'miss' ? classes : UNKNOWN;
  };
  // The labels that there usually are, looked up once; all others are rare.
  const usual = Math.max(classes, 256);
  const rows = Int32Array.from({ length: usual }, (_, label) => rowOf(label));
  const places = Int32Array.from({ length: usual }, (_, label) => columnOf(label));

  return {
    update({ truth, predicted }) {
      if (truth.length !== predicted.length) {
        throw new RangeError(
          `the truth has ${truth.length} pixels, the prediction has ${predicted.length}`,
        );
      }
      for (let pixel = 0; pixel < truth.length; pixel++) {
        const label = truth[pixel] ?? 0;
        const row = label >>> 0 === label && label < usual ? (rows[label] ?? 0) : rowOf(label);
        if (row === DROPPED) continue;
        const other = predicted[pixel] ?? 0;
        const column =
          other >>> 0 === other && other < usual ? (places[other] ?? 0) : columnOf(other);
        if (row === UNKNOWN) {
          throw new RangeError(
            `the true label of pixel ${pixel} is ${label}, neither one of ${classes} classes nor ignored`,
          );
        }
        if (column === UNKNOWN) {
          throw new RangeError(
            `the predicted label of pixel ${pixel} is ${other}, not one of ${classes} classes`,
          );
        }
        confusion[row + column] = (confusion[row + column] ?? 0) + 1;
      }
    },
    counts: () => countClasses(confusion, (label) => !ignored.has(label), classes),
  };
}

function countClasses(
  confusion: Float64Array,
  isCounted: (label: number) => boolean,
  classes: number,
): ClassCounts {
  const counts = {
    correct: new Float64Array(classes),
    truth: new Float64Array(classes),
    predicted: new Float64Array(classes),
  };
  for (let label = 0; label < classes; label++) {
    const row = confusion.subarray(label * (classes + 1), (label + 1) * (classes + 1));
    counts.correct[label] = row[label] ?? 0;
    counts.truth[label] = row.reduce((sum, pixels) => sum + pixels, 0);
    for (let column = 0; column < classes; column++) {
      if (!isCounted(column)) continue;
      counts.predicted[column] = (counts.predicted[column] ?? 0) + (row[column] ?? 0);
    }
  }
  return counts;
}

export function countPixels(images: Iterable<LabelMaps>, rules: LabelRules): ClassCounts {
  const counter = createPixelCounter(rules);
  for (const image of images) counter.update(image);
  return counter.counts();
}

/** The counts of one image as a row of statistics, and back: correct, truth, predicted. */
export function toRow({ correct, truth, predicted }: ClassCounts): Float64Array {
  return Float64Array.of(...correct, ...truth, ...predicted);
}

export function fromRow(row: ArrayLike<number>, width: number): ClassCounts {
  const classes = width / 3;
  const values = Float64Array.from(row);
  return {
    correct: values.subarray(0, classes),
    truth: values.subarray(classes, 2 * classes),
    predicted: values.subarray(2 * classes),
  };
}

/** @param countsOf what is kept of one image. */
export function statisticsByImage(
  images: readonly LabelMaps[],
  width: number,
  countsOf: (image: LabelMaps) => ClassCounts,
): ItemStatistics {
  const values = new Float64Array(images.length * width);
  for (const [index, image] of images.entries()) values.set(toRow(countsOf(image)), index * width);
  return { items: images.length, width, values };
}

/** IoU of each class: correct / (truth + predicted - correct), null for a class without any pixel. */
export function classIous({ correct, truth, predicted }: ClassCounts): (number | null)[] {
  return Array.from(correct, (both, label) => {
    const union = (truth[label] ?? 0) + (predicted[label] ?? 0) - both;
    return union === 0 ? null : both / union;
  });
}

/** The mean of those that are defined, or null where none is. */
export function meanOfDefined(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  if (defined.length === 0) return null;
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
}

/** The confusion matrix then takes 128 MiB. */
const MOST_CLASSES = 4096;

const MapsSchema = z.object({
  gt: numberArray.optional(),
  pred: numberArray.optional(),
  images: z.array(z.object({ gt: numberArray, pred: numberArray })).optional(),
  generator: z.string().optional(),
  classes: z.int().min(1).max(MOST_CLASSES),
});

export type LabelOptions<Options> = Options & {
  readonly classes: number;
  readonly images: readonly LabelMaps[];
};

/**
 * The input of a metric of label maps: `{gt, pred, classes}`, where an array of three axes or more is a
 * list of images and any other one image; or `{images: [{gt, pred}], classes}`; or `{generator, classes}`
 * for a published random pattern.
 */
export function labelInput<Shape extends z.ZodRawShape>(
  options: Shape,
): z.ZodType<LabelOptions<z.output<z.ZodObject<Shape>>>> {
  return MapsSchema.extend(options).transform((input, context) => {
    const given = input as z.output<typeof MapsSchema>;
    try {
      const images = readArrays(given).flatMap(({ gt, pred }) => splitImages(gt, pred));
      const { classes } = given;
      return { ...(input as z.output<z.ZodObject<Shape>>), classes, images };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

interface ArrayPair {
  readonly gt: NumberArray;
  readonly pred: NumberArray;
}

function readArrays({ gt, pred, images, generator }: z.output<typeof MapsSchema>) {
  if (gt !== undefined && pred !== undefined) return [{ gt, pred }];
  if (images !== undefined) return images;
  if (generator !== undefined) return [testPattern(generator)];
  throw new RangeError('expected gt and pred, or images, or generator');
}

function splitImages({ shape, values }: NumberArray, pred: NumberArray): LabelMaps[] {
  if (shape.join() !== pred.shape.join()) {
    throw new RangeError(`gt has shape [${shape.join()}], pred has shape [${pred.shape.join()}]`);
  }
  const images = shape.length < 3 ? 1 : (shape[0] ?? 0);
  const size = values.length / images;
  return Array.from({ length: images }, (_, image) => {
    const [from, to] = [image * size, (image + 1) * size];
    return { truth: values.subarray(from, to), predicted: pred.values.subarray(from, to) };
  });
}

/**
 * The random label maps of a published example, from their description: `MT19937 seed SEED, uint32 % 2,
 * row-major, shape AxBxC; pred = target with [a:b,c:d,e:f] flipped`.
 */
function testPattern(generator: string): ArrayPair {
  const read = (pattern: RegExp): number[] | null =>
    pattern.exec(generator)?.slice(1).map(Number) ?? null;
  const [seed] = read(/^MT19937 seed (\d+), uint32 % 2, row-major/u) ?? [];
  const shape = read(/\bshape (\d+)x(\d+)x(\d+)/u);
  const block = read(/\btarget with \[(\d+):(\d+), ?(\d+):(\d+), ?(\d+):(\d+)\] flipped/u);
  if (seed === undefined || shape === null || block === null) {
    throw new RangeError(
      'the generator must be of the form "MT19937 seed 42, uint32 % 2, row-major, shape 10x25x25; pred = target with [2:5,7:13,9:15] flipped"',
    );
  }
  const next = mersenneTwister(seed);
  const [depth, height, width] = shape as [number, number, number];
  const truth = Float64Array.from({ length: depth * height * width }, () => next() % 2);
  const predicted = truth.slice();
  const [z0, z1, y0, y1, x0, x1] = block as [number, number, number, number, number, number];
  for (let z = z0; z < Math.min(z1, depth); z++) {
    for (let y = y0; y < Math.min(y1, height); y++) {
      for (let x = x0; x < Math.min(x1, width); x++) {
        const pixel = (z * height + y) * width + x;
        predicted[pixel] = 1 - (truth[pixel] ?? 0);
      }
    }
  }
  return { gt: { shape, values: truth }, pred: { shape, values: predicted } };
}
