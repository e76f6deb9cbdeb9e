/**
 * Every program of `hostile/javascript`, in a child of its own, against the verdict in its header:
 *
 *   // What it tries.
 *   // expect: OK | TIME_LIMIT | CODE reason …   verdicts that hold, any of them
 *   // with: net.onnx data.bin                   files beside it
 *   // memory: 256                               limit in MiB
 *   // scores: random                            compared between two runs instead of with `1 0 0`
 *   // detail: TEXT                              the exact text that is reported
 *
 * A program that expects OK looks for a hole itself and throws when it finds one.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';
import { linearModel } from './make-onnx.ts';
import { SHORT, levelsHere, memorySlack, modelOf, withChild } from './run-child.ts';
import type { Level } from './run-child.ts';

const FOLDER = path.join(import.meta.dirname, 'hostile/javascript');
const ROWS = 4;
const BATCHES = 2;
const TASK = { inputShape: [2, 2, 1], classes: 3 };
const COMPANIONS: Readonly<Record<string, Uint8Array>> = {
  'net.onnx': linearModel(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20, 30)),
  'data.bin': Uint8Array.from({ length: 2 ** 20 }, (_, index) => index),
};

interface Program {
  readonly name: string;
  readonly files: readonly ArtifactFile[];
  /** `OK`, a code, or a code and a reason. */
  readonly expected: readonly string[];
  readonly memory_mb: number;
  readonly isRandom: boolean;
  readonly detail: string | null;
}

function readProgram(file: string): Program {
  const bytes = readFileSync(path.join(FOLDER, file));
  const header = (key: string) =>
    new RegExp(`^// ${key}: (.+)$`, 'mu').exec(bytes.toString('utf8'))?.[1];
  const companions = (header('with') ?? '').split(' ').filter((name) => name !== '');
  return {
    name: path.basename(file, '.js'),
    files: [
      { name: 'model.js', bytes },
      ...companions.map((name) => ({ name, bytes: COMPANIONS[name] as Uint8Array })),
    ],
    expected: (header('expect') ?? '').split(' | '),
    memory_mb: Number(header('memory') ?? 512),
    isRandom: header('scores') === 'random',
    detail: header('detail') ?? null,
  };
}

const programs = readdirSync(FOLDER).map(readProgram);

interface Outcome {
  readonly verdict: string;
  readonly scores: readonly number[];
  readonly detail: string | null;
  readonly peak_mb: number;
}

async function run(level: Level, program: Program): Promise<Outcome> {
  // Only programs that are to run out of time have little of it: a busy machine starts children late.
  const isShort = program.expected.includes('TIME_LIMIT');
  const limits = {
    ...SHORT,
    wall_ms: isShort ? SHORT.wall_ms : 50_000,
    memory_mb: program.memory_mb,
  };
  const scores: number[] = [];
  let peak = 0;
  try {
    await withChild(
      level,
      'javascript',
      async (session) => {
        try {
          for (let batch = 0; batch < BATCHES; batch++) {
            const [output] = await modelOf(session).predict([makeBatch(batch)]);
            scores.push(...(output?.data as Float64Array));
          }
        } finally {
          peak = session.peakMemory() ?? 0;
        }
      },
      { files: program.files, accepts: ['javascript'], task: TASK, limits },
    );
    return { verdict: 'OK', scores, detail: null, peak_mb: peak / 2 ** 20 };
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { code, reason, params } = error.failure;
    const { detail } = params;
    return {
      verdict: `${code} ${reason}`,
      scores,
      detail: typeof detail === 'string' ? detail : JSON.stringify(params),
      peak_mb: peak / 2 ** 20,
    };
  }
}

/** Numbered through all batches, so that a row tells which one it is. */
function makeBatch(batch: number): NamedTensor {
  const length = ROWS * 4;
  const data = Float32Array.from({ length }, (_, index) => batch * length + index);
  return { name: 'batch', dtype: 'float32', shape: [ROWS, ...TASK.inputShape], data };
}

const CONSTANT = Array.from({ length: BATCHES * ROWS }, () => [1, 0, 0]).flat();

describe.each(await levelsHere())('a hostile JavaScript submission at level $level', (level) => {
  it.concurrent.each(programs)('does no harm: $name', async (program) => {
    const outcome = await run(level, program);
    const { verdict } = outcome;
    const code = verdict.split(' ')[0] as string;
    const holds = program.expected.includes(verdict) || program.expected.includes(code);
    const wanted = `${verdict} where ${program.expected.join(' or ')} is expected`;
    expect(holds ? null : outcome, wanted).toBeNull();
    expect(outcome.peak_mb).toBeLessThan(program.memory_mb * memorySlack(level));
    expect(outcome.detail ?? '').not.toMatch(/\/(?:rt|home|work|tmp|usr|etc)\b/u);
    if (program.detail !== null)
      expect(outcome.detail).toBe(JSON.parse(`"${program.detail}"`) as string);
    if (verdict !== 'OK') return;
    if (program.isRandom) expect((await run(level, program)).scores).toEqual(outcome.scores);
    else expect(outcome.scores).toEqual(CONSTANT);
  });
});
