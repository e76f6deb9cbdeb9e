/**
 * Evaluation of the digits by LeNet-5 beside the bare ONNX Runtime loop over the same rows, in one run.
 *
 *   node bench/evaluate.ts [--repeats 7] [--threads 2] [--json]
 *
 * bare      one process: session already loaded, uint8 rows scaled to float32, batches of 500, argmax.
 * evaluate  the product's path on the same rows, from the artifact's bytes to scores: sandbox start,
 *           engine load, feeding, shuffling, checking, scoring. All splits together: 10,000 rows.
 * half      the same path on half the rows. The difference of the two is what rows cost; what is left
 *           is fixed: starting, loading, the first batches that warm an engine up (bare is warm).
 *
 * All are run in turn, so that a machine that slows down slows all; medians are printed.
 * rate = (evaluate - half) / (bare of the same number of rows); fixed = evaluate - rows at that cost.
 * The bound is our goal: 1.15 x bare + 400 ms.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

import { evaluateArtifact } from '../server/services/run-evaluation.ts';
import type { SplitInputs, Task } from '../tasks/task.ts';
import { loadTask } from '../tasks/load.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const repeats = Number(values.repeats);
const threads = Number(values.threads);

const RATE_GOAL = 1.15;
const FIXED_GOAL_MS = 400;
const BATCH = 500;

const folder = fileURLToPath(new URL('../tasks/digits', import.meta.url));
const task = await loadTask(folder);
const splits = Object.keys(task.spec.splits);
const inputs = await Promise.all(splits.map((split) => task.readInputs(split)));
const targets = await Promise.all(splits.map((split) => task.readTargets(split)));
const bytes = await readFile(new URL('../tasks/digits/baselines/lenet5.onnx', import.meta.url));
const files = [{ name: 'lenet5.onnx', bytes }];
const rows = inputs.reduce((sum, { ids }) => sum + ids.length, 0);

const ort = await import('onnxruntime-node');
const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: threads });
const [inputName = ''] = session.inputNames;
const [outputName = ''] = session.outputNames;

async function bare(): Promise<{ ms: number; errors: number }> {
  const { input, output } = task.spec;
  const [height = 0, width = 0] = input.shape;
  const pixels = height * width;
  const classes = output.classes.length;
  const started = performance.now();
  let errors = 0;
  for (const [index, { rows: raw }] of inputs.entries()) {
    const count = raw.shape[0] ?? 0;
    for (let start = 0; start < count; start += BATCH) {
      const size = Math.min(BATCH, count - start);
      const feed = new Float32Array(size * pixels);
      for (let i = 0; i < feed.length; i++)
        feed[i] = Number(raw.data[start * pixels + i]) * input.scale;
      const answer = await session.run({
        [inputName]: new ort.Tensor('float32', feed, [size, 1, height, width]),
      });
      const scores = answer[outputName]?.data as Float32Array;
      for (let row = 0; row < size; row++) {
        let best = 0;
        for (let c = 1; c < classes; c++) {
          if ((scores[row * classes + c] ?? 0) > (scores[row * classes + best] ?? 0)) best = c;
        }
        if (best !== targets[index]?.[start + row]) errors++;
      }
    }
  }
  return { ms: performance.now() - started, errors };
}

/** The task cut to the first rows of its splits. */
function firstRows(whole: Task, count: number): Task {
  return {
    ...whole,
    readInputs: async (split): Promise<SplitInputs> => {
      const { ids, rows: raw } = await whole.readInputs(split);
      const [, ...rowShape] = raw.shape;
      const size = rowShape.reduce((product, dim) => product * dim, count);
      return {
        split,
        ids: ids.slice(0, count),
        rows: { ...raw, shape: [count, ...rowShape], data: raw.data.slice(0, size) },
      };
    },
    readTargets: async (split) => (await whole.readTargets(split)).slice(0, count),
  };
}

async function evaluate(of: Task, ofSplits: readonly string[]) {
  const started = performance.now();
  const result = await evaluateArtifact({
    task: of,
    splits: ofSplits,
    files,
    options: {},
    threads,
  });
  return { ms: performance.now() - started, result };
}

const rowsOf = (split: string) => inputs.find((each) => each.split === split)?.ids.length ?? 0;
const median = (list: readonly number[]) =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;

const times = {
  bare: [] as number[],
  evaluate: [] as number[],
  rate: [] as number[],
  fixed: [] as number[],
};
let peak: number | null = null;
let isolation = '';
const halfRows = Math.floor(rows / 2);
const largest = splits.toSorted((a, b) => rowsOf(b) - rowsOf(a)).slice(0, 1);
if (rowsOf(largest[0] ?? '') < halfRows) throw new Error('no split holds half of the rows');
const half = firstRows(task, halfRows);
for (let i = 0; i <= repeats; i++) {
  const one = await bare();
  const two = await evaluate(task, splits);
  const three = await evaluate(half, largest);
  const errors = two.result.splits.reduce(
    (sum, { scores, rows: n }) => sum + Math.round((scores[0]?.value ?? NaN) * n),
    0,
  );
  if (errors !== one.errors)
    throw new Error(`the two disagree: ${one.errors} errors bare, ${errors} evaluated`);
  if (i === 0) continue; // warm-up
  times.bare.push(one.ms);
  times.evaluate.push(two.ms);
  const rowMs = (two.ms - three.ms) / (rows - halfRows);
  times.rate.push(rowMs / (one.ms / rows));
  times.fixed.push(two.ms - rowMs * rows);
  peak = two.result.peak_memory_bytes;
  isolation = two.result.isolation.level;
}

const figures = {
  rows,
  repeats,
  threads,
  isolation,
  bare_ms: median(times.bare),
  evaluate_ms: median(times.evaluate),
  fixed_ms: median(times.fixed),
  rate_ratio: median(times.rate),
  bound_ms: RATE_GOAL * median(times.bare) + FIXED_GOAL_MS,
  child_peak_mb: peak === null ? null : peak / 2 ** 20,
  machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
};
if (values.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
else {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  process.stdout.write(
    [
      `${figures.machine}; ${rows} rows, ${threads} engine threads, isolation ${isolation}, median of ${repeats}`,
      `bare ONNX Runtime loop   ${ms(figures.bare_ms)}`,
      `evaluation               ${ms(figures.evaluate_ms)}`,
      `  of which fixed         ${ms(figures.fixed_ms)}`,
      `rate, evaluation / bare  ${figures.rate_ratio.toFixed(2)}   (without the fixed cost)`,
      `bound, ${RATE_GOAL} x bare + 0.4 s  ${ms(figures.bound_ms)}: ${figures.evaluate_ms <= figures.bound_ms ? 'held' : 'NOT held'}`,
      `child's peak memory      ${figures.child_peak_mb === null ? 'unknown' : `${figures.child_peak_mb.toFixed(0)} MiB`}`,
      '',
    ].join('\n'),
  );
}
await session.release();
