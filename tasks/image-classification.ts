/**
 * Image classification as in the ILSVRC: a score per class for every image, or predictions from a
 * file. Nothing that comes back from the sandbox is believed before it is checked here.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { Model, PredictionsTable } from '../sandbox/model.ts';
import { elementCount, formatShape } from '../sandbox/tensor.ts';
import type { NamedTensor } from '../sandbox/tensor.ts';
import { confusionMatrix } from '../scoring/classification/confusion-matrix.ts';
import { scoreClasses } from '../scoring/evaluate.ts';
import type { ClassPredictions } from '../scoring/metric.ts';
import { createRandom, shuffle } from '../scoring/random.ts';
import { METRIC_NAMES } from '../scoring/registry.ts';
import { createFeeder } from './feed.ts';
import type { RowOrder } from './feed.ts';
import { asFloats } from './floats.ts';
import { matchPredictions } from './predictions.ts';
import { negotiateInput, negotiateOutput } from './signature.ts';
import type { PredictContext, SplitInputs, TaskKind } from './task.ts';

/** Rows per request where the model takes any number, fewer where rows are large. */
const BATCH_ROWS = 500;
const BATCH_BYTES = 16 * 1024 ** 2;
/** The child computes one batch while the next one is on its way. */
const REQUESTS_IN_FLIGHT = 2;

export const imageClassification: TaskKind<ClassPredictions> = {
  name: 'image-classification',
  metrics: METRIC_NAMES,

  predict(context) {
    const { artifact } = context;
    switch (artifact.kind) {
      case 'model':
        return predictWithModel(artifact.model, context);
      case 'predictions':
        return readPredictions(artifact.table, context);
    }
  },

  score(task, split, predictions, targets) {
    return {
      split,
      rows: targets.length,
      results: scoreClasses(
        task.metrics.map(({ name }) => name),
        predictions,
        targets,
      ),
      detail: { confusion: confusionMatrix(predictions, targets) },
    };
  },
};

async function readPredictions(
  table: PredictionsTable,
  { task, inputs }: PredictContext,
): Promise<ClassPredictions[]> {
  return Promise.resolve(matchPredictions(table, inputs, task.output.classes));
}

async function predictWithModel(
  model: Model,
  { task, inputs, options, seed, onProgress }: PredictContext,
): Promise<ClassPredictions[]> {
  const classes = task.output.classes.length;
  const input = negotiateInput(model.signature, task.input, options);
  const { outputName } = negotiateOutput(model.signature, classes);
  const order = shuffledRows(inputs, seed);
  const feeder = createFeeder(
    inputs.map(({ rows }) => rows),
    order,
    input,
    task.input,
    options,
  );
  const total = order.row.length;
  const size = input.batch ?? batchRows(elementCount(task.input.shape));

  // The precision of the first answer decides; every later answer must keep it.
  let values: (Float32Array | Float64Array)[] | null = null;
  const inFlight: { answer: Promise<readonly NamedTensor[]>; start: number; rows: number }[] = [];
  const settleOldest = async () => {
    const request = inFlight.shift();
    if (request === undefined) return;
    const { start, rows } = request;
    const fed = input.batch ?? rows;
    const scores = checkOutput(await request.answer, outputName, fed, rows, classes);
    values ??= inputs.map(({ ids }) =>
      scores instanceof Float64Array
        ? new Float64Array(ids.length * classes)
        : new Float32Array(ids.length * classes),
    );
    unshuffle(scores, values, order, start, rows, classes);
    onProgress?.(start + rows, total);
  };

  // From here on the artifact has seen rows, whatever becomes of the first batch.
  onProgress?.(0, total);
  for (let start = 0; start < total; start += size) {
    const rows = Math.min(size, total - start);
    const answer = model.predict([feeder.batch(start, rows, input.batch ?? rows)]);
    // The loop may already be throwing for an earlier batch when this one fails.
    answer.catch(() => undefined);
    inFlight.push({ answer, start, rows });
    if (inFlight.length >= REQUESTS_IN_FLIGHT) await settleOldest();
  }
  while (inFlight.length > 0) await settleOldest();

  const perSplit = values as (Float32Array | Float64Array)[] | null;
  if (perSplit === null) throw new RangeError('there were no rows to predict');
  return perSplit.map((ofSplit) => ({ form: 'scores', classes, values: ofSplit }));
}

function batchRows(rowElements: number): number {
  const affordable = Math.floor(BATCH_BYTES / (rowElements * Float32Array.BYTES_PER_ELEMENT));
  return Math.max(1, Math.min(BATCH_ROWS, affordable));
}

/** All rows of all splits in one random order, so that position says nothing about split or label. */
function shuffledRows(inputs: readonly SplitInputs[], seed: number): RowOrder {
  const total = inputs.reduce((sum, { ids }) => sum + ids.length, 0);
  const source = new Uint16Array(total);
  const row = new Int32Array(total);
  const positions = shuffle(
    Int32Array.from({ length: total }, (_, index) => index),
    createRandom(seed),
  );
  let next = 0;
  for (const [index, { ids }] of inputs.entries()) {
    for (let ofSplit = 0; ofSplit < ids.length; ofSplit++, next++) {
      const position = positions[next] ?? 0;
      source[position] = index;
      row[position] = ofSplit;
    }
  }
  return { source, row };
}

/** @returns the scores of the rows that were really asked for: `rows` x `classes`. */
function checkOutput(
  outputs: readonly NamedTensor[],
  outputName: string,
  fed: number,
  rows: number,
  classes: number,
): Float32Array | Float64Array {
  const output = outputs.find(({ name }) => name === outputName);
  if (output === undefined) throw new EvaluationFailure('output-protocol');
  const { data, dtype, shape } = output;
  if (shape.length !== 2 || shape[0] !== fed || shape[1] !== classes) {
    throw new EvaluationFailure('output-shape', {
      expected: formatShape([fed, classes]),
      received: formatShape(shape),
    });
  }
  const scores = asFloats(output);
  if (scores === null) {
    throw new EvaluationFailure('output-dtype', {
      expected: 'float32, float64, float16',
      received: dtype,
    });
  }
  if (data.length !== fed * classes) throw new EvaluationFailure('output-protocol');
  for (let index = 0; index < rows * classes; index++) {
    if (!Number.isFinite(scores[index])) throw new EvaluationFailure('output-not-finite');
  }
  return scores;
}

function unshuffle(
  scores: Float32Array | Float64Array,
  values: readonly (Float32Array | Float64Array)[],
  order: RowOrder,
  start: number,
  rows: number,
  classes: number,
): void {
  for (let index = 0; index < rows; index++) {
    const target = values[order.source[start + index] ?? 0];
    const row = order.row[start + index] ?? 0;
    target?.set(scores.subarray(index * classes, (index + 1) * classes), row * classes);
  }
}
