/** Ten evaluations of one submission, some alone and some beside others and beside hostile ones. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { loadTask } from '../../tasks/load.ts';
import type { Task } from '../../tasks/task.ts';
import { files as endless } from '../sandbox/hostile/onnx/endless-loop.ts';
import { levelsHere, predictOnce } from '../sandbox/run-child.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const digits = await loadTask(path.join(ROOT, 'tasks/digits'));
const baseline = (name: string) => readFileSync(path.join(ROOT, 'tasks/digits/baselines', name));
const text = (name: string, content: string): ArtifactFile => ({
  name,
  bytes: Buffer.from(content),
});

const LUCK_JS = `
function predict({ shape }, { classes }) {
  return Float64Array.from({ length: shape[0] * classes }, () => Math.random() + (Date.now() % 7));
}`;
const LUCK_PY = `
import random
def predict(batch):
    return [[random.random() for _ in range(10)] for _ in batch]`;

const SUBMISSIONS: readonly [string, readonly ArtifactFile[], string][] = [
  ['an ONNX model', [{ name: 'm.onnx', bytes: baseline('lenet5.onnx') }], 'OK'],
  ['random scores in JavaScript', [text('model.js', LUCK_JS)], 'OK'],
  ['random scores in Python', [text('model.py', LUCK_PY)], 'OK'],
  [
    'code that throws',
    [text('model.js', 'function predict() { throw new Error("x") }')],
    'RUN_ERROR',
  ],
  [
    'code that fills the memory',
    [
      text(
        'model.js',
        'const all = []; function predict() { for (;;) all.push(new Array(1e6).fill({})) }',
      ),
    ],
    'MEMORY_LIMIT',
  ],
];

const limits = { ...digits.spec.limits, memory_mb: 320 };
const task: Task = {
  ...digits,
  spec: { ...digits.spec, accepts: ['onnx', 'javascript', 'python'], limits },
  readInputs: (split) => digits.readInputs(split),
  readTargets: (split) => digits.readTargets(split),
};

/** Scores and verdict, without what may differ: times and memory. */
async function verdictOf(files: readonly ArtifactFile[]): Promise<string> {
  try {
    const { splits } = await evaluateArtifact({
      task,
      splits: ['public'],
      files,
      options: {},
      seed: 11,
    });
    return `OK ${JSON.stringify(splits)}`;
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    return `${error.failure.code} ${JSON.stringify(error.failure)}`;
  }
}

/** Keeps the machine busy until it is told to stop. */
async function makeLoad(stopped: () => boolean): Promise<void> {
  const level = (await levelsHere()).at(-1);
  if (level === undefined) throw new Error('no level');
  const short = { wall_ms: 1500, memory_mb: 256, artifact_mb: 10 };
  const hostile = [
    () => predictOnce(level, 'buffer-bomb', { limits: { ...short, wall_ms: 10_000 } }),
    () => predictOnce(level, 'loop-at-predict', { limits: short }),
    () =>
      evaluateArtifact({
        task: { ...task, spec: { ...task.spec, limits: short } },
        splits: ['public'],
        files: endless,
        options: {},
      }),
  ];
  for (let round = 0; !stopped(); round++)
    await hostile[round % hostile.length]?.().catch(() => undefined);
}

describe('ten evaluations of the same submission', () => {
  it.each(SUBMISSIONS)(
    'end the same, alone and under load: %s',
    async (_what, files, code) => {
      const verdicts = [await verdictOf(files), await verdictOf(files)];
      let stop = false;
      const load = makeLoad(() => stop);
      try {
        for (let round = 0; round < 4; round++)
          verdicts.push(...(await Promise.all([verdictOf(files), verdictOf(files)])));
      } finally {
        stop = true;
        await load;
      }
      expect(verdicts).toHaveLength(10);
      expect(new Set(verdicts).size).toBe(1);
      expect(verdicts[0]?.split(' ')[0]).toBe(code);
    },
    120_000,
  );
});
