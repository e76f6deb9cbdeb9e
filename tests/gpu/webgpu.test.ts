/** The WebGPU provider on a software driver: slow, so few rows, and with errors that have to be caught. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { testProvider } from '../../sandbox/accelerator.ts';
import { openSandbox } from '../../sandbox/host.ts';
import { detect } from '../../sandbox/isolation/detect.ts';
import { runProbeChild } from '../../sandbox/isolation/probe.ts';
import type { Isolation } from '../../sandbox/isolation/launch.ts';
import { processIsolation } from '../../sandbox/isolation/process-level.ts';
import type { ArtifactFile, SandboxRequest } from '../../sandbox/request.ts';
import { TOLERANCES } from '../../sandbox/runners/recheck.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { elementCount } from '../../sandbox/tensor.ts';
import { loadTask } from '../../tasks/load.ts';
import type { Task } from '../../tasks/task.ts';
import { zip } from '../sandbox/make-zip.ts';
import { UNTESTED_WEBGPU as engine } from './software-driver.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const ROWS = 24;

let walls: Isolation;
let task: Task;

beforeAll(async () => {
  walls = (await detect()).isolation;
  task = fewRows(await loadTask(DIGITS));
});

/** The first rows of each split: the driver is slow. */
function fewRows(whole: Task): Task {
  return {
    ...whole,
    readInputs: async (split) => {
      const { ids, rows: all } = await whole.readInputs(split);
      const shape = [ROWS, ...all.shape.slice(1)];
      const data = all.data.slice(0, elementCount(shape));
      return { split, ids: ids.slice(0, ROWS), rows: { ...all, shape, data } };
    },
    readTargets: async (split) => (await whole.readTargets(split)).slice(0, ROWS),
  };
}

async function baseline(name: string): Promise<ArtifactFile> {
  return { name, bytes: await readFile(path.join(DIGITS, 'baselines', name)) };
}

function request(files: readonly ArtifactFile[]): SandboxRequest {
  return {
    files,
    accepts: ['onnx', 'tfjs', 'javascript', 'python', 'predictions'],
    limits: { wall_ms: 100_000, memory_mb: 4096, artifact_mb: 100 },
    provider: 'webgpu',
  };
}

const rows = (count: number) => ({
  name: 'image',
  dtype: 'float32' as const,
  shape: [count, 1, 28, 28],
  data: Float32Array.from({ length: count * 784 }, (_, index) => Math.sin(index) ** 2),
});

function evaluate(file: ArtifactFile, provider: 'webgpu' | 'cpu') {
  const platform = { isolation: walls, engine };
  return evaluateArtifact({
    task,
    splits: ['public'],
    files: [file],
    options: {},
    provider,
    platform,
  });
}

describe('a baseline on WebGPU, inside the walls', () => {
  it.each(['logreg.onnx', 'mlp.onnx'])('%s gives the scores of the processor', async (name) => {
    const file = await baseline(name);
    const [accelerated, processor] = [await evaluate(file, 'webgpu'), await evaluate(file, 'cpu')];
    expect(accelerated.engine).toMatchObject({ provider: 'webgpu' });
    expect(accelerated.engine.fallback_reason).toBeUndefined();
    expect(accelerated.isolation.level).not.toBe('process');
    expect(processor.engine.provider).toBe('cpu');
    expect(accelerated.splits[0]?.scores).toEqual(processor.splits[0]?.scores);
  });

  it('lenet5.onnx, which the driver gets wrong, is evaluated on the processor instead and says why', async () => {
    const file = await baseline('lenet5.onnx');
    const [fallen, processor] = [await evaluate(file, 'webgpu'), await evaluate(file, 'cpu')];
    expect(fallen.engine).toMatchObject({
      provider: 'cpu',
      fallback_reason: 'webgpu differs from the processor',
    });
    expect(fallen.splits[0]?.scores).toEqual(processor.splits[0]?.scores);
  });

  it('tfjs stays on the processor and says why', async () => {
    const files = await Promise.all(['tfjs/model.json', 'tfjs/weights.bin'].map(baseline));
    const flat = files.map(({ name, bytes }) => ({ name: path.basename(name), bytes }));
    const session = await openSandbox(request(flat), { isolation: walls, engine });
    try {
      expect(session.artifact).toMatchObject({
        model: { engine: { name: 'tfjs', provider: 'wasm' } },
      });
      const { engine: told } = (
        session.artifact as { model: { engine: { fallback_reason: string } } }
      ).model;
      expect(told.fallback_reason).toMatch(/^webgpu: TF\.js/u);
    } finally {
      await session.close();
    }
  });
});

describe.each([
  ['inside the walls', () => walls],
  ['as a plain process', () => processIsolation([])],
])('WebGPU %s', (_, isolation) => {
  it('agrees with the processor within the documented tolerance', async () => {
    const files = [await baseline('mlp.onnx')];
    const answers: Float32Array[] = [];
    for (const provider of ['webgpu', 'cpu'] as const) {
      const session = await openSandbox(
        { ...request(files), provider },
        { isolation: isolation(), engine },
      );
      try {
        if (session.artifact.kind !== 'model') throw new Error('no model');
        expect(session.artifact.model.engine.provider).toBe(provider);
        const [logits] = await session.artifact.model.predict([rows(8)]);
        answers.push(logits?.data as Float32Array);
      } finally {
        await session.close();
      }
    }
    const [webgpu, cpu] = answers as [Float32Array, Float32Array];
    const largest = Math.max(...cpu.map(Math.abs));
    const worst = Math.max(...cpu.map((value, index) => Math.abs(value - (webgpu[index] ?? NaN))));
    expect(worst).toBeLessThanOrEqual(TOLERANCES.float32 * largest);
  });
});

it('runs weights out of an archive on WebGPU, in a second child', async () => {
  const { name, bytes } = await baseline('logreg.onnx');
  const archive = { name: 'model.zip', bytes: zip([{ name, content: bytes }]) };
  const session = await openSandbox(request([archive]), { isolation: walls, engine });
  try {
    expect(session.artifact).toMatchObject({ model: { engine: { provider: 'webgpu' } } });
  } finally {
    await session.close();
  }
});

it('gives the device to one run at a time', async () => {
  const files = [await baseline('logreg.onnx')];
  const order: string[] = [];
  const first = await openSandbox(request(files), { isolation: walls, engine });
  const second = openSandbox(request(files), { isolation: walls, engine }).then((session) => {
    order.push('second opened');
    return session;
  });
  // A run on the processor waits for nobody.
  const processor = await openSandbox({ ...request(files), provider: 'cpu' }, { isolation: walls });
  await processor.close();
  order.push('first closes');
  await first.close();
  await (await second).close();
  expect(order).toEqual(['first closes', 'second opened']);
});

it('finds in its self-test what the driver gets wrong, and not what it gets right', async () => {
  const wrong = ['Conv 5x5/1, 6 to 16', 'Conv 3x3/2, 9 to 4'];
  const right = ['Conv 5x5/1, 4 to 16', 'Gemm', 'MaxPool'];
  const only = [...wrong, ...right];
  const { operators, problems, speed } = await testProvider('webgpu', engine.access, walls, only);
  expect(operators).toBe(only.length);
  expect(problems.map((text) => wrong.findIndex((name) => text.startsWith(name)))).toEqual([0, 1]);
  expect(speed?.accelerator).toBeGreaterThan(0);
});

it('shows the files of the driver to a run that uses it, and to no other', async () => {
  const without = await runProbeChild(walls);
  const { access } = engine;
  if (access === null) throw new Error('no access');
  const beside: Isolation = { ...walls, launch: (spec) => walls.launch({ ...spec, access }) };
  const driver = /vulkan|swiftshader|\/rt\/gpu|\/dev\/(?:dri|nvidia)/u;
  expect(without.files.filter((file) => driver.test(file))).toEqual([]);
  expect(without.environment.filter((name) => /VK_|LD_/u.test(name))).toEqual([]);
  const found = await runProbeChild(beside);
  expect(found.files.filter((file) => driver.test(file))).not.toEqual([]);
  expect(found.environment).toContain('VK_DRIVER_FILES');
});
