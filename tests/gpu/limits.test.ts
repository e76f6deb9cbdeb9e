/** Hostile models on an accelerator: the walls hold there too, and the next run has the device. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import { openSandbox } from '../../sandbox/host.ts';
import { detect } from '../../sandbox/isolation/detect.ts';
import type { Isolation } from '../../sandbox/isolation/launch.ts';
import type { ArtifactFile, RunLimits } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';
import { files as memoryBomb } from '../sandbox/hostile/onnx/expand-by-input-bomb.ts';
import { files as endlessLoop } from '../sandbox/hostile/onnx/endless-loop.ts';
import { UNTESTED_WEBGPU as engine } from './software-driver.ts';

const LOGREG = path.resolve(import.meta.dirname, '../../tasks/digits/baselines/logreg.onnx');
const WALL_MS = 12_000;

let walls: Isolation;
beforeAll(async () => {
  walls = (await detect()).isolation;
});

async function predict(
  files: readonly ArtifactFile[],
  input: Omit<NamedTensor, 'name'>,
  limits: Partial<RunLimits> = {},
) {
  const session = await openSandbox(
    {
      files,
      accepts: ['onnx'],
      limits: { wall_ms: 100_000, memory_mb: 4096, artifact_mb: 100, ...limits },
      provider: 'webgpu',
    },
    { isolation: walls, engine },
  );
  try {
    if (session.artifact.kind !== 'model') throw new Error('no model');
    const { model } = session.artifact;
    const [spec] = model.signature.inputs;
    const outputs = await model.predict([{ name: spec?.name ?? '', ...input }]);
    return { provider: model.engine.provider, outputs };
  } finally {
    await session.close();
  }
}

async function expectNextRunUnharmed(): Promise<void> {
  const files = [{ name: 'logreg.onnx', bytes: await readFile(LOGREG) }];
  const shape = [2, 1, 28, 28];
  const data = new Float32Array(2 * 784);
  const { provider, outputs } = await predict(files, { dtype: 'float32', shape, data });
  expect(provider).toBe('webgpu');
  expect(outputs[0]?.shape).toEqual([2, 10]);
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.catch((reason: unknown) => reason);
  if (!(error instanceof EvaluationFailure)) throw new Error('it did not fail', { cause: error });
  return error.failure.code;
}

const two = { dtype: 'float32' as const, shape: [1, 2], data: Float32Array.of(1, 2) };

it('ends a loop without end at the wall limit, and gives the device to the next run', async () => {
  expect(await codeOf(predict(endlessLoop, two, { wall_ms: WALL_MS }))).toBe('TIME_LIMIT');
  await expectNextRunUnharmed();
});

it('ends a model that takes too much memory, and gives the device to the next run', async () => {
  const code = await codeOf(predict(memoryBomb, two, { memory_mb: 1024 }));
  expect(['MEMORY_LIMIT', 'RUN_ERROR']).toContain(code);
  await expectNextRunUnharmed();
});
