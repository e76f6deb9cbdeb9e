/**
 * Every program of `hostile/python`, in a child of its own, against the verdict in its header:
 *
 *   # What it tries.
 *   # expect: OK | CODE | CODE reason …     verdicts that hold, any of them
 *   # with: data.bin                        files beside it
 *   # memory: 256                           limit in MiB
 *   # runs: 2                               how often it runs, each time afresh
 *   # detail: TEXT                          the exact text that is reported
 *
 * A program that expects OK looks for a hole itself and fails when it finds one.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';
import { SHORT, memorySlack, modelOf, withChild } from '../sandbox/run-child.ts';
import type { Level } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const FOLDER = path.join(import.meta.dirname, 'hostile/python');
const ROWS = 4;
const BATCHES = 2;
const TASK = { inputShape: [2, 2, 1], classes: 3 };
const MARKER = '/tmp/made-by-a-pickle';
const SHADOW = Buffer.from('shadow = True\n');
const COMPANIONS: Readonly<Record<string, Uint8Array>> = {
  // Protocol 0: calls open('/tmp/made-by-a-pickle', 'w').
  'evil.pkl': Buffer.from(`cio\nopen\n(S'${MARKER}'\nS'w'\ntR.`),
  'json.py': SHADOW,
  'struct.py': SHADOW,
};

interface Program {
  readonly name: string;
  readonly files: readonly ArtifactFile[];
  /** `OK`, a code, or a code and a reason. */
  readonly expected: readonly string[];
  readonly memory_mb: number;
  readonly runs: number;
  readonly detail: string | null;
}

function readProgram(file: string): Program {
  const bytes = readFileSync(path.join(FOLDER, file));
  const header = (key: string) =>
    new RegExp(`^# ${key}: (.+)$`, 'mu').exec(bytes.toString('utf8'))?.[1];
  const companions = (header('with') ?? '').split(' ').filter((name) => name !== '');
  return {
    name: path.basename(file, '.py'),
    files: [
      { name: 'model.py', bytes },
      ...companions.map((name) => ({ name, bytes: COMPANIONS[name] as Uint8Array })),
    ],
    expected: (header('expect') ?? '').split(' | '),
    memory_mb: Number(header('memory') ?? 512),
    runs: Number(header('runs') ?? 1),
    detail: header('detail') ?? null,
  };
}

const programs = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.py'))
  .map(readProgram);

interface Outcome {
  readonly verdict: string;
  readonly scores: readonly number[];
  readonly detail: string;
  readonly peak_mb: number;
}

async function run(level: Level, program: Program): Promise<Outcome> {
  // Only programs that are to run out of time have little of it: a busy machine starts children late.
  const isShort = program.expected.includes('TIME_LIMIT');
  const limits = {
    ...SHORT,
    wall_ms: isShort ? SHORT.wall_ms : 50_000,
    memory_mb: program.memory_mb,
    output_mb: 64,
  };
  const scores: number[] = [];
  let peak = 0;
  try {
    await withChild(
      level,
      null,
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
      { files: program.files, accepts: ['python'], task: TASK, limits },
    );
    return { verdict: 'OK', scores, detail: '', peak_mb: peak / 2 ** 20 };
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { code, reason, params } = error.failure;
    const detail = typeof params['detail'] === 'string' ? params['detail'] : JSON.stringify(params);
    return { verdict: `${code} ${reason}`, scores, detail, peak_mb: peak / 2 ** 20 };
  }
}

/** Numbered through all batches, so that a row tells which one it is. */
function makeBatch(batch: number): NamedTensor {
  const length = ROWS * 4;
  const data = Float32Array.from({ length }, (_, index) => batch * length + index);
  return { name: 'batch', dtype: 'float32', shape: [ROWS, ...TASK.inputShape], data };
}

const CONSTANT = Array.from({ length: BATCHES * ROWS }, () => [1, 0, 0]).flat();

describe.each(await walledLevels())('a hostile Python submission at level $level', (level) => {
  it.each(programs)('does no harm: $name', async (program) => {
    for (let count = 0; count < program.runs; count++) {
      const outcome = await run(level, program);
      const { verdict } = outcome;
      const code = verdict.split(' ')[0] as string;
      const holds = program.expected.includes(verdict) || program.expected.includes(code);
      const wanted = `${verdict} where ${program.expected.join(' or ')} is expected`;
      expect(holds ? null : outcome, wanted).toBeNull();
      expect(outcome.peak_mb).toBeLessThan(program.memory_mb * memorySlack(level));
      expect(outcome.detail).not.toMatch(/\/(?:rt|home|work|tmp|usr|etc|submission)\b/u);
      if (program.detail !== null) expect(outcome.detail).toBe(program.detail);
      if (verdict === 'OK') expect(outcome.scores).toEqual(CONSTANT);
    }
    expect(existsSync(MARKER)).toBe(false);
  });
});
