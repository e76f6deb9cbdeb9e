/**
 * A judge network: a model of the organizer's that turns images into what a score is computed from.
 * It runs in the sandbox like any model, and what it answers is checked here like any answer.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { FailureReason } from '../sandbox/failure.ts';
import type { Model } from '../sandbox/model.ts';
import { elementCount, formatShape } from '../sandbox/tensor.ts';
import type { NamedTensor, Tensor } from '../sandbox/tensor.ts';
import type { Features } from '../scoring/generation/features.ts';
import { createFeeder } from './feed.ts';
import type { RowOrder } from './feed.ts';
import { asFloats } from './floats.ts';
import type { JudgeImages } from './judge-images.ts';
import { negotiateInput } from './signature.ts';
import type { NegotiatedInput } from './signature.ts';
import type { FeedOptions, TaskSpec } from './task.ts';

/** The judge does not take these images, or does not answer what the score needs. */
export class JudgeError extends RangeError {}

export interface JudgeOptions extends FeedOptions {
  /** Images in each request, where the judge takes any number. Default: 32, or 4 where it answers maps. */
  readonly batch?: number | undefined;
}

/** Probabilities of each image, row-major. */
export interface JudgeProbabilities {
  readonly classes: number;
  readonly values: Float32Array | Float64Array;
  /** What the judge really answered. */
  readonly from: 'probabilities' | 'logits';
  readonly output: string;
}

/** A class for each pixel of some images. */
export interface JudgeLabelMaps {
  readonly images: number;
  readonly classes: number;
  readonly height: number;
  readonly width: number;
  /** images x height x width. */
  readonly labels: Int32Array;
  readonly output: string;
}

/** What one layer answers for some images. */
export interface JudgeLayer {
  readonly output: string;
  readonly channels: number;
  /** Numbers of one image: `channels` planes one after another. */
  readonly imageLength: number;
  readonly values: Float32Array | Float64Array;
}

export interface JudgeLayers {
  readonly images: number;
  readonly layers: readonly JudgeLayer[];
}

export interface JudgeFeatures extends Features {
  readonly output: string;
}

/**
 * All of them go through the images in their order, some at a time. Without the name of an output they
 * take the only one of a fitting shape.
 *
 * @throws JudgeError where images, options or answers do not fit, stating both sides; EvaluationFailure
 *   where the run itself fails.
 */
export interface Judge {
  /** A floating-point output [N, D]; further axes may have one place, as after pooling: [N, D, 1, 1]. */
  features(images: JudgeImages, output?: string): AsyncGenerator<JudgeFeatures>;
  /**
   * A floating-point output [N, C]. Values that are all from 0 to 1 and sum to 1 in every row are
   * probabilities; softmax is applied to any others.
   *
   * @throws JudgeError too where all values are from 0 to 1 and some row does not sum to 1: such are no
   *   logits.
   */
  probabilities(images: JudgeImages, output?: string): Promise<JudgeProbabilities | null>;
  /** A floating-point output [N, C, H, W]; each pixel gets the class of its highest score, the first of equals. */
  labelMaps(images: JudgeImages, output?: string): AsyncGenerator<JudgeLabelMaps>;
  /** Floating-point outputs [N, C, H, W]: those named, in that order, or all outputs of the judge. */
  layers(images: JudgeImages, outputs?: readonly string[]): AsyncGenerator<JudgeLayers>;
}

const IMAGES_A_BATCH = 32;
/** Maps of many channels are large. */
const MAPS_A_BATCH = 4;
/** The child computes one batch while the next one is on its way. */
const REQUESTS_IN_FLIGHT = 2;
/** Probabilities that sum to 1 by no more than this are taken for rounded. */
const ROUNDING = 1e-3;

const FORMS = {
  features: {
    wanted: '[N,D]',
    fits: (shape: readonly number[]) =>
      shape.length >= 2 && shape.slice(1).filter((size) => size !== 1).length <= 1,
  },
  scores: { wanted: '[N,C]', fits: (shape: readonly number[]) => shape.length === 2 },
  maps: { wanted: '[N,C,H,W]', fits: (shape: readonly number[]) => shape.length === 4 },
} as const;
type Form = (typeof FORMS)[keyof typeof FORMS];

export function createJudge(model: Model, options: JudgeOptions = {}): Judge {
  return {
    async *features(images, output) {
      for await (const answer of answers(model, images, options, IMAGES_A_BATCH)) {
        const { name, shape, values } = takeOutput(answer, FORMS.features, output);
        yield {
          rows: answer.images,
          columns: elementCount(shape.slice(1)),
          values,
          output: name,
        };
      }
    },

    async probabilities(images, output) {
      let all: JudgeProbabilities | null = null;
      let filled = 0;
      for await (const answer of answers(model, images, options, IMAGES_A_BATCH)) {
        const { name, shape, values } = takeOutput(answer, FORMS.scores, output);
        const classes = shape[1] ?? 0;
        const length = images.count * classes;
        all ??= {
          classes,
          values:
            values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length),
          from: 'probabilities',
          output: name,
        };
        if (all.classes !== classes) throw changed(name, all.classes, classes);
        all.values.set(values, filled);
        filled += values.length;
      }
      return all === null ? null : asProbabilities(all);
    },

    async *labelMaps(images, output) {
      for await (const answer of answers(model, images, options, MAPS_A_BATCH)) {
        const { name, shape, values } = takeOutput(answer, FORMS.maps, output);
        const [, classes = 0, height = 0, width = 0] = shape;
        const labels = highestChannel(values, answer.images, classes, height * width);
        yield { images: answer.images, classes, height, width, labels, output: name };
      }
    },

    async *layers(images, outputs) {
      for await (const answer of answers(model, images, options, MAPS_A_BATCH)) {
        const names = outputs ?? answer.outputs.map(({ name }) => name);
        const layers = names.map((wanted) => {
          const { name, shape, values } = takeOutput(answer, FORMS.maps, wanted);
          return {
            output: name,
            channels: shape[1] ?? 0,
            imageLength: elementCount(shape.slice(1)),
            values,
          };
        });
        yield { images: answer.images, layers };
      }
    },
  };
}

interface Answer {
  /** Images that were asked for, the first of those that were fed. */
  readonly images: number;
  readonly fed: number;
  readonly outputs: readonly NamedTensor[];
}

async function* answers(
  model: Model,
  images: JudgeImages,
  options: JudgeOptions,
  usualBatch: number,
): AsyncGenerator<Answer> {
  const taskInput = { name: 'images', dtype: images.dtype, shape: images.shape, scale: 1 };
  const input = negotiate(model, taskInput, images.name, options);
  const size = input.batch ?? options.batch ?? usualBatch;
  const inFlight: { answer: Promise<readonly NamedTensor[]>; images: number; fed: number }[] = [];
  const oldest = async (): Promise<Answer[]> => {
    const request = inFlight.shift();
    if (request === undefined) return [];
    return [{ ...request, outputs: await request.answer }];
  };
  for (let start = 0; start < images.count; start += size) {
    const count = Math.min(size, images.count - start);
    const fed = input.batch ?? count;
    const data = await images.read(start, count);
    const rows: Tensor = { dtype: images.dtype, shape: [count, ...images.shape], data };
    const answer = model.predict([feed(rows, fed, input, taskInput, images.name, options)]);
    // Whoever reads the answers may have stopped by the time that this one fails.
    answer.catch(() => undefined);
    inFlight.push({ answer, images: count, fed });
    if (inFlight.length >= REQUESTS_IN_FLIGHT) yield* await oldest();
  }
  while (inFlight.length > 0) yield* await oldest();
}

function negotiate(
  model: Model,
  taskInput: TaskSpec['input'],
  name: string,
  options: JudgeOptions,
): NegotiatedInput {
  const input = explained(name, () => negotiateInput(model.signature, taskInput, options));
  const isFloat = ['float32', 'float64', 'float16'].includes(input.dtype);
  const given = (['scale', 'mean', 'std'] as const).filter((key) => options[key] !== undefined);
  if (!isFloat && given.length > 0) {
    throw new JudgeError(
      `the judge's input is ${input.dtype} and gets raw values: ${given.join(', ')} would change nothing`,
    );
  }
  return input;
}

function feed(
  rows: Tensor,
  fed: number,
  input: NegotiatedInput,
  taskInput: TaskSpec['input'],
  name: string,
  options: JudgeOptions,
): NamedTensor {
  const count = rows.shape[0] ?? 0;
  const inOrder: RowOrder = {
    source: new Uint16Array(count),
    row: Int32Array.from({ length: count }, (_, row) => row),
  };
  return explained(name, () =>
    createFeeder([rows], inOrder, input, taskInput, options).batch(0, count, fed),
  );
}

/** Failures of a submission's signature, in words for whoever chose the judge. */
function explained<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { reason, params } = error.failure;
    const { expected = '', received = '', option = '' } = params;
    const messages: Partial<Record<FailureReason, string>> = {
      'input-count': `a judge has 1 input, this one has: ${received}`,
      'input-shape': `${name} need a judge with an input ${expected}, its input is ${received}`,
      'input-dtype': `${name} need a judge with an input of ${expected}, its input is ${received}`,
      'feed-channels': `${option} has ${received} values, ${name} have ${expected} channels`,
    };
    const message = messages[reason];
    throw message === undefined ? error : new JudgeError(message, { cause: error });
  }
}

interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the images that were asked for: those that only fill the batch are left out. */
  readonly values: Float32Array | Float64Array;
}

function takeOutput(answer: Answer, form: Form, wanted?: string): Output {
  const output = chooseOutput(answer.outputs, form, wanted);
  const { name, shape } = output;
  const floats = asFloats(output);
  if (floats === null) {
    throw new JudgeError(`the judge's output ${name} is ${output.dtype}, floats are needed`);
  }
  if (shape[0] !== answer.fed || elementCount(shape) !== floats.length) {
    throw new JudgeError(
      `the judge's output ${name} is ${formatShape(shape)} for a batch of ${answer.fed} images`,
    );
  }
  const values = floats.subarray(0, answer.images * elementCount(shape.slice(1)));
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) {
      throw new JudgeError(`the judge's output ${name} holds NaN or Infinity`);
    }
  }
  return { name, shape, values };
}

function chooseOutput(
  outputs: readonly NamedTensor[],
  { wanted, fits }: Form,
  name: string | undefined,
): NamedTensor {
  const described = (list: readonly NamedTensor[]) =>
    list.map((output) => `${output.name} ${output.dtype} [${output.shape.join(',')}]`).join('; ');
  if (name !== undefined) {
    const named = outputs.find((output) => output.name === name);
    if (named === undefined) {
      throw new JudgeError(`the judge has no output ${name}; it has ${described(outputs)}`);
    }
    if (fits(named.shape)) return named;
    throw new JudgeError(`an output ${wanted} is needed, the judge has ${described([named])}`);
  }
  const fitting = outputs.filter((output) => fits(output.shape) && asFloats(output) !== null);
  const [only] = fitting;
  if (only === undefined) {
    throw new JudgeError(
      `a floating-point output ${wanted} is needed, the judge has ${described(outputs)}`,
    );
  }
  if (fitting.length === 1) return only;
  throw new JudgeError(`name one of the judge's outputs ${wanted}: ${described(fitting)}`);
}

function changed(name: string, before: number, now: number): JudgeError {
  return new JudgeError(
    `the judge's output ${name} had ${before} columns at first, then it had ${now}`,
  );
}

/** Decided over all images, since a single row of logits might sum to 1 by chance. */
function asProbabilities(given: JudgeProbabilities): JudgeProbabilities {
  const { classes, values, output } = given;
  const rows = values.length / classes;
  let withinUnit = true;
  let wrongRow = -1;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let index = row * classes; index < (row + 1) * classes; index++) {
      const value = values[index] ?? 0;
      if (value < 0 || value > 1 + ROUNDING) withinUnit = false;
      sum += value;
    }
    if (wrongRow < 0 && Math.abs(sum - 1) > ROUNDING) wrongRow = row;
  }
  if (withinUnit && wrongRow < 0) return given;
  if (withinUnit) {
    throw new JudgeError(
      `the judge's output ${output} lies between 0 and 1 and does not sum to 1 for image ${wrongRow}: neither probabilities nor logits`,
    );
  }
  for (let row = 0; row < rows; row++) softmax(values.subarray(row * classes, (row + 1) * classes));
  return { ...given, from: 'logits' };
}

function softmax(values: Float32Array | Float64Array): void {
  let highest = -Infinity;
  for (const value of values) highest = Math.max(highest, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - highest);
  for (let index = 0; index < values.length; index++) {
    values[index] = Math.exp((values[index] ?? 0) - highest) / sum;
  }
}

function highestChannel(
  values: Float32Array | Float64Array,
  images: number,
  channels: number,
  area: number,
): Int32Array {
  const labels = new Int32Array(images * area);
  const highest = new Float64Array(area);
  for (let image = 0; image < images; image++) {
    highest.fill(-Infinity);
    for (let channel = 0; channel < channels; channel++) {
      const plane = (image * channels + channel) * area;
      for (let place = 0; place < area; place++) {
        const value = values[plane + place] ?? 0;
        if (value <= (highest[place] ?? 0)) continue;
        highest[place] = value;
        labels[image * area + place] = channel;
      }
    }
  }
  return labels;
}
