/**
 * What the sandbox costs: from the call to a child that is ready, and to one that has loaded its
 * submission, by lane and level; and how fast rows stream through it beside the bare engine.
 *
 *   node bench/sandbox.ts [--repeats 20] [--threads 2] [--json]
 *
 * Lanes and levels take turns, so that a machine that slows down slows all; medians and the middle half
 * of the values are printed. Every child ends before the next one starts.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

import { openSandbox } from '../sandbox/host.ts';
import { detect } from '../sandbox/isolation/detect.ts';
import type { Isolation } from '../sandbox/isolation/launch.ts';
import { processIsolation } from '../sandbox/isolation/process-level.ts';
import { findCodeCache } from '../sandbox/isolation/code-cache.ts';
import type { ArtifactFile, SandboxRequest } from '../sandbox/request.ts';
import { getKind } from '../tasks/registry.ts';
import { loadTask } from '../tasks/load.ts';

const { values } = parseArgs({
  options: {
    repeats: { type: 'string', default: '20' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const repeats = Number(values.repeats);
const threads = Number(values.threads);
const BATCH = 500;

const task = await loadTask(fileURLToPath(new URL('../tasks/digits', import.meta.url)));
const baseline = async (file: string, name = file): Promise<ArtifactFile> => ({
  name,
  bytes: await readFile(new URL(`../tasks/digits/baselines/${file}`, import.meta.url)),
});
const text = (name: string, content: string): ArtifactFile => ({
  name,
  bytes: Buffer.from(content),
});
const lenet = await baseline('lenet5.onnx');
const { ids } = await task.readInputs('public');

const LANES: readonly {
  lane: SandboxRequest['accepts'][number];
  files: readonly ArtifactFile[];
}[] = [
  { lane: 'onnx', files: [lenet] },
  {
    lane: 'tfjs',
    files: [
      await baseline('tfjs/model.json', 'model.json'),
      await baseline('tfjs/weights.bin', 'weights.bin'),
    ],
  },
  {
    lane: 'predictions',
    files: [text('predictions.csv', `id,label\n${ids.map((id) => `${id},0\n`).join('')}`)],
  },
  {
    lane: 'javascript',
    files: [text('model.js', 'const predict = ({ shape }) => new Float32Array(shape[0] * 10);')],
  },
  {
    lane: 'python',
    files: [text('model.py', 'def predict(batch):\n    return [[0.0] * 10 for _ in batch]\n')],
  },
];

const best = (await detect()).isolation;
const LEVELS: readonly Isolation[] = [
  best,
  ...(best.report.level === 'process'
    ? []
    : [processIsolation([], await findCodeCache('process'))]),
];

interface Cost {
  readonly lane: string;
  readonly level: string;
  readonly ready_ms: number[];
  readonly loaded_ms: number[];
}

const costs: Cost[] = LEVELS.flatMap((isolation) =>
  LANES.filter(
    ({ lane }) =>
      isolation.report.level !== 'process' || (lane !== 'javascript' && lane !== 'python'),
  ).map(({ lane }) => ({ lane, level: isolation.report.level, ready_ms: [], loaded_ms: [] })),
);

for (let round = -1; round < repeats; round++)
  for (const cost of costs) {
    const isolation = LEVELS.find(({ report }) => report.level === cost.level);
    const files = LANES.find(({ lane }) => lane === cost.lane)?.files ?? [];
    const session = await openSandbox(
      {
        files,
        accepts: [cost.lane as SandboxRequest['accepts'][number]],
        limits: task.spec.limits,
        task: { inputShape: task.spec.input.shape, classes: task.spec.output.classes.length },
        threads,
      },
      { isolation },
    );
    await session.close();
    if (round < 0) continue; // Warm-up.
    cost.ready_ms.push(session.times.ready_ms);
    cost.loaded_ms.push(session.times.loaded_ms);
  }

const splits = Object.keys(task.spec.splits);
const inputs = await Promise.all(splits.map((split) => task.readInputs(split)));
const rows = inputs.reduce((sum, split) => sum + split.ids.length, 0);
const ort = await import('onnxruntime-node');
const loadEngine = () => ort.InferenceSession.create(lenet.bytes, { intraOpNumThreads: threads });
const warm = await loadEngine();

/** Every row through an engine in this process, from raw bytes to scores, in ms. */
async function bare(engine: typeof warm): Promise<number> {
  const [inputName = ''] = engine.inputNames;
  const [height = 0, width = 0] = task.spec.input.shape;
  const pixels = height * width;
  const started = performance.now();
  for (const { rows: raw, ids: all } of inputs)
    for (let start = 0; start < all.length; start += BATCH) {
      const size = Math.min(BATCH, all.length - start);
      const feed = new Float32Array(size * pixels);
      for (let i = 0; i < feed.length; i++)
        feed[i] = Number(raw.data[start * pixels + i]) * task.spec.input.scale;
      await engine.run({ [inputName]: new ort.Tensor('float32', feed, [size, 1, height, width]) });
    }
  return performance.now() - started;
}

/** The same rows through a loaded child: shuffled, fed, answered and checked, in ms. */
async function sandboxed(seed: number): Promise<number> {
  const { accepts, limits } = task.spec;
  const session = await openSandbox({ files: [lenet], accepts, limits, threads });
  try {
    const { artifact } = session;
    const started = performance.now();
    const kind = getKind(task.spec.kind);
    await kind.predict({ task: task.spec, artifact, inputs, options: {}, seed });
    return performance.now() - started;
  } finally {
    await session.close();
  }
}

// A run's engine is freshly loaded, and so is the one that it is compared with: the first batches of any
// engine pay for its memory. The warm one tells how much that is.
const streaming = {
  bare_ms: [] as number[],
  warm_ms: [] as number[],
  sandboxed_ms: [] as number[],
};
for (let round = -1; round < repeats; round++) {
  const fresh = await loadEngine();
  const bare_ms = await bare(fresh);
  await fresh.release();
  const sandboxed_ms = await sandboxed(round + 1);
  const warm_ms = await bare(warm);
  if (round < 0) continue;
  streaming.bare_ms.push(bare_ms);
  streaming.warm_ms.push(warm_ms);
  streaming.sandboxed_ms.push(sandboxed_ms);
}
await warm.release();

/** Quartiles: [first, median, third]. */
function quartiles(list: readonly number[]): [number, number, number] {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

const ratiosTo = (bareTimes: readonly number[]) =>
  quartiles(streaming.sandboxed_ms.map((ms, index) => ms / (bareTimes[index] ?? NaN)));
const figures = {
  machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}`,
  repeats,
  threads,
  start: costs.map(({ lane, level, ready_ms, loaded_ms }) => ({
    lane,
    level,
    ready_ms: quartiles(ready_ms),
    loaded_ms: quartiles(loaded_ms),
  })),
  streaming: {
    rows,
    bare_ms: quartiles(streaming.bare_ms),
    warm_ms: quartiles(streaming.warm_ms),
    sandboxed_ms: quartiles(streaming.sandboxed_ms),
    ratio: ratiosTo(streaming.bare_ms),
    ratio_to_warm: ratiosTo(streaming.warm_ms),
  },
};

if (values.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
else {
  const show = ([low, median, high]: readonly number[], digits: number) =>
    `${(median ?? NaN).toFixed(digits)} (${(low ?? NaN).toFixed(digits)}–${(high ?? NaN).toFixed(digits)})`;
  process.stdout.write(
    [
      `${figures.machine}; ${threads} engine threads; median of ${repeats} (middle half)`,
      '| lane | level | ready, ms | loaded, ms |',
      '| --- | --- | --- | --- |',
      ...figures.start.map(
        ({ lane, level, ready_ms, loaded_ms }) =>
          `| ${lane} | ${level} | ${show(ready_ms, 0)} | ${show(loaded_ms, 0)} |`,
      ),
      `streaming ${rows} rows: bare engine, freshly loaded ${show(figures.streaming.bare_ms, 0)} ms, sandboxed ${show(figures.streaming.sandboxed_ms, 0)} ms, ratio ${show(figures.streaming.ratio, 2)}`,
      `  a bare engine that has run before: ${show(figures.streaming.warm_ms, 0)} ms, ratio ${show(figures.streaming.ratio_to_warm, 2)}`,
      '',
    ].join('\n'),
  );
}
