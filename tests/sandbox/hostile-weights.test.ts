/**
 * Every program of `hostile/onnx` and `hostile/tfjs`, in a child of its own, against the verdict in its
 * header:
 *
 *   // What it tries.
 *   // expect: TIME_LIMIT | CODE reason …   verdicts that hold, any of them
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';
import { linearModel } from './make-onnx.ts';
import type { Level } from './run-child.ts';
import { levelsHere, makeRequest, modelOf } from './run-child.ts';
import { openSandbox } from '../../sandbox/host.ts';

const X: NamedTensor = {
  name: 'x',
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 1, 2, 0),
};
const HONEST: ArtifactFile = {
  name: 'model.onnx',
  bytes: linearModel(Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 0)),
};

interface Program {
  readonly name: string;
  readonly files: readonly ArtifactFile[];
  readonly expected: readonly string[];
}

async function readPrograms(lane: string): Promise<Program[]> {
  const folder = path.join(import.meta.dirname, 'hostile', lane);
  const programs: Program[] = [];
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const expected = /^\/\/ expect: (.+)$/mu.exec(readFileSync(file, 'utf8'))?.[1];
    if (expected === undefined) continue; // What several programs share.
    const { files } = (await import(file)) as { files: readonly ArtifactFile[] };
    programs.push({ name: `${lane}/${name}`, files, expected: expected.split(' | ') });
  }
  return programs;
}

async function verdictOf(
  { isolation }: Level,
  files: readonly ArtifactFile[],
  wall_ms: number,
): Promise<string> {
  const limits = { wall_ms, memory_mb: 768, artifact_mb: 16 };
  try {
    const session = await openSandbox(makeRequest({ files, limits }), { isolation });
    try {
      await modelOf(session).predict([X]);
    } finally {
      await session.close();
    }
    return 'OK';
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const { code, reason, params } = error.failure;
    expect(JSON.stringify(params)).not.toMatch(/\/(?:rt|home|work|tmp|usr|root)\b/u);
    return `${code} ${reason}`;
  }
}

const programs = [...(await readPrograms('onnx')), ...(await readPrograms('tfjs'))];

describe.each(await levelsHere())('hostile weights at level $level', (level) => {
  it.concurrent.each(programs)('do no harm: $name', async ({ files, expected }) => {
    const wall_ms = expected.includes('TIME_LIMIT') ? 4000 : 30_000;
    const verdict = await verdictOf(level, files, wall_ms);
    const holds = expected.some((each) => verdict === each || verdict.startsWith(`${each} `));
    expect(
      holds ? null : verdict,
      `${verdict} where ${expected.join(' or ')} is expected`,
    ).toBeNull();
  });

  it('leave the next run alone', async () => {
    expect(await verdictOf(level, [HONEST], 30_000)).toBe('OK');
  });
});
