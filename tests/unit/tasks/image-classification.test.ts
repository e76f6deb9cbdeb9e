import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvaluationFailure } from '../../../sandbox/failure.ts';
import type { Model } from '../../../sandbox/model.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';
import { imageClassification } from '../../../tasks/image-classification.ts';
import type { PredictContext, SplitInputs, TaskSpec } from '../../../tasks/task.ts';

const CLASSES = 3;
const both = (text: string) => ({ en: text, es: text });

const spec: TaskSpec = {
  name: 'bytes',
  kind: 'image-classification',
  title: both('Bytes'),
  description: both('One pixel'),
  input: { name: 'image', dtype: 'uint8', shape: [1, 1, 1], scale: 1 },
  output: { classes: ['low', 'middle', 'high'], form: 'scores' },
  splits: {},
  metrics: [
    { name: 'top1_error', primary: true },
    { name: 'top5_error', primary: false },
  ],
  accepts: ['onnx'],
  limits: { wall_ms: 1000, memory_mb: 128, artifact_mb: 1 },
  licence: 'CC0',
  credit: both('nobody'),
  baselines: [],
  references: [],
};

function split(name: string, pixels: readonly number[]): SplitInputs {
  return {
    split: name,
    ids: pixels.map((_, row) => `${name}-${row}`),
    rows: { dtype: 'uint8', shape: [pixels.length, 1, 1, 1], data: Uint8Array.from(pixels) },
  };
}

type Answer = (pixels: readonly number[], call: number) => NamedTensor | Promise<NamedTensor>;

const engine = { name: 'onnxruntime', version: '0', provider: 'cpu', threads: 1 } as const;

/** A model written here: scores are (pixel, -pixel, pixel / 2) unless told otherwise. */
function makeModel(
  options: { batch?: number; answer?: Answer; onFeed?: (pixels: number[]) => void } = {},
): Model {
  let calls = 0;
  return {
    engine,
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape: [options.batch ?? null, 1] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, CLASSES] }],
      layout: 'nchw',
    },
    async predict([input]) {
      const pixels = Array.from<number | bigint, number>(input?.data ?? [], Number);
      options.onFeed?.(pixels);
      return [await (options.answer ?? scoresOf)(pixels, calls++)];
    },
  };
}

function scoresOf(pixels: readonly number[]): NamedTensor {
  const data = Float32Array.from(pixels.flatMap((pixel) => [pixel, -pixel, pixel / 2]));
  return { name: 'y', dtype: 'float32', shape: [pixels.length, CLASSES], data };
}

function context(model: Model, inputs: readonly SplitInputs[], seed = 1): PredictContext {
  return { task: spec, artifact: { kind: 'model', model }, inputs, options: {}, seed };
}

async function failureOf(answer: Answer): Promise<EvaluationFailure['failure']> {
  const inputs = [
    split(
      'public',
      Array.from({ length: 1200 }, (_, row) => row % 256),
    ),
  ];
  try {
    await imageClassification.predict(context(makeModel({ answer }), inputs));
  } catch (error) {
    return (error as EvaluationFailure).failure;
  }
  throw new Error('nothing was refused');
}

describe('predict with a model', () => {
  it('gives every row its own scores, whatever the seed, batch and number of splits', async () => {
    const splits = fc.array(fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        splits,
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        async (pixels, seed, batch) => {
          const inputs = pixels.map((values, index) => split(`s${index}`, values));
          const model = makeModel(batch === undefined ? {} : { batch });
          const predictions = await imageClassification.predict(context(model, inputs, seed));
          expect(predictions).toEqual(
            pixels.map((values) => ({
              form: 'scores',
              classes: CLASSES,
              values: scoresOf(values).data,
            })),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('feeds the rows of all splits mixed, in an order that the seed decides', async () => {
    const inputs = [
      split(
        'public',
        Array.from({ length: 100 }, (_, row) => row),
      ),
      split(
        'private',
        Array.from({ length: 100 }, (_, row) => 100 + row),
      ),
    ];
    const orderOf = async (seed: number) => {
      const fed: number[] = [];
      const model = makeModel({ onFeed: (pixels) => fed.push(...pixels) });
      await imageClassification.predict(context(model, inputs, seed));
      return fed;
    };
    const first = await orderOf(1);
    expect(await orderOf(1)).toEqual(first);
    expect(await orderOf(2)).not.toEqual(first);
    expect(first.toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 200 }, (_, row) => row),
    );
    const privateInFirstHalf = first.slice(0, 100).filter((pixel) => pixel >= 100).length;
    expect(privateInFirstHalf).toBeGreaterThan(25);
    expect(privateInFirstHalf).toBeLessThan(75);
  });

  it('sends full batches to a model of fixed size', async () => {
    const sizes: number[] = [];
    const model = makeModel({ batch: 4, onFeed: (pixels) => sizes.push(pixels.length) });
    await imageClassification.predict(context(model, [split('public', [1, 2, 3, 4, 5, 6])]));
    expect(sizes).toEqual([4, 4]);
  });

  it('keeps two requests in flight and reports progress in order', async () => {
    const inputs = [split('public', new Array<number>(2000).fill(1))];
    let open = 0;
    let most = 0;
    const done: number[] = [];
    const model = makeModel({
      answer: async (pixels) => {
        most = Math.max(most, ++open);
        await new Promise(setImmediate);
        open--;
        return scoresOf(pixels);
      },
    });
    await imageClassification.predict({
      ...context(model, inputs),
      onProgress: (rows, total) => done.push(rows / total),
    });
    expect(most).toBe(2);
    expect(done).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('reads float64 and float16 scores', async () => {
    const inputs = [split('public', [1, 2])];
    for (const dtype of ['float64', 'float16'] as const) {
      const answer: Answer = (pixels) => {
        const values = [...scoresOf(pixels).data].map(Number);
        const data =
          dtype === 'float64'
            ? Float64Array.from(values)
            : new Uint16Array(Float16Array.from(values).buffer);
        return { name: 'y', dtype, shape: [pixels.length, CLASSES], data };
      };
      const [predictions] = await imageClassification.predict(
        context(makeModel({ answer }), inputs),
      );
      expect(predictions).toMatchObject({ form: 'scores' });
      expect(predictions?.form === 'scores' && [...predictions.values]).toEqual([
        1, -1, 0.5, 2, -2, 1,
      ]);
    }
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d without telling where it was', async (value) => {
    const failure = await failureOf((pixels) => {
      const scores = scoresOf(pixels);
      scores.data[7] = value;
      return scores;
    });
    expect(failure).toEqual({
      kind: 'submission',
      code: 'BAD_OUTPUT',
      reason: 'output-not-finite',
      params: {},
    });
  });

  it('ignores what a fixed batch says about padding', async () => {
    const answer: Answer = (pixels) => {
      const scores = scoresOf(pixels);
      scores.data.fill(NaN as never, CLASSES);
      return scores;
    };
    const model = makeModel({ batch: 4, answer });
    const [predictions] = await imageClassification.predict(context(model, [split('public', [7])]));
    expect(predictions?.form === 'scores' && [...predictions.values]).toEqual([7, -7, 3.5]);
  });

  it.each([
    ['one row too few', [499, 3]],
    ['another number of classes', [500, 4]],
    ['one dimension too many', [500, 3, 1]],
  ])('refuses %s, stating both sides', async (_, shape) => {
    const failure = await failureOf((pixels) => ({ ...scoresOf(pixels), shape }));
    expect(failure).toMatchObject({
      code: 'BAD_SHAPE',
      params: { expected: '[500,3]', received: `[${shape.join(',')}]` },
    });
  });

  it('refuses scores that are no floats', async () => {
    const failure = await failureOf((pixels) => ({
      name: 'y',
      dtype: 'int32',
      shape: [pixels.length, CLASSES],
      data: new Int32Array(pixels.length * CLASSES),
    }));
    expect(failure).toMatchObject({ reason: 'output-dtype', params: { received: 'int32' } });
  });

  it('refuses an answer without the output it declared', async () => {
    const failure = await failureOf((pixels) => ({ ...scoresOf(pixels), name: 'z' }));
    expect(failure.reason).toBe('output-protocol');
  });

  it('refuses fewer elements than the shape says', async () => {
    const failure = await failureOf((pixels) => ({
      ...scoresOf(pixels),
      data: new Float32Array(3),
    }));
    expect(failure.reason).toBe('output-protocol');
  });

  it('passes on the failure of a batch, also when a later one fails too', async () => {
    const failing = makeModel({
      answer: (_, call) => Promise.reject(new Error(`batch ${call}`)),
    });
    const inputs = [split('public', new Array<number>(2000).fill(1))];
    await expect(imageClassification.predict(context(failing, inputs))).rejects.toThrow('batch 0');
  });
});

describe('score', () => {
  it('gives the metrics of the task in order, and the confusion matrix', () => {
    const predictions = { form: 'labels', classes: CLASSES, labels: Int32Array.of(0, 2) } as const;
    const result = imageClassification.score(spec, 'public', predictions, Int32Array.of(0, 1));
    expect(result).toMatchObject({
      split: 'public',
      rows: 2,
      results: [
        { score: { metric: 'top1_error', value: 0.5 }, items: { items: 2, width: 1 } },
        { score: { metric: 'top5_error', value: null }, items: null },
      ],
      detail: { confusion: [1, 0, 0, 0, 0, 1, 0, 0, 0] },
    });
  });
});
