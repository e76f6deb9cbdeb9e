import { describe, expect, it } from 'vitest';
import { openSandbox } from '../../../sandbox/host.ts';
import type { Level } from '../run-child.ts';
import { levelsHere, makeRequest, modelOf } from '../run-child.ts';
import type { ArtifactFile, SandboxSession } from '../../../sandbox/request.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';
import { expectFailure, failureOf } from '../expect-failure.ts';
import { file } from '../load-options.ts';
import {
  BOOL,
  FLOAT,
  INT64,
  attribute,
  bytesOf,
  graph,
  linearModel,
  model,
  node,
  tensor,
  value,
} from '../make-onnx.ts';
import { linearGraph, upload } from '../make-tfjs.ts';
import { zip } from '../make-zip.ts';

const W = Float32Array.of(1, 2, 3, 4, 5, 6);
const B = Float32Array.of(10, 20, 30);
const X: NamedTensor = {
  name: 'x',
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 1, 2, 0),
};
const Y = [15, 27, 39, 12, 24, 36];

async function withFiles<T>(
  { isolation }: Level,
  files: readonly ArtifactFile[],
  use: (session: SandboxSession) => T | Promise<T>,
  wall_ms = 30_000,
): Promise<T> {
  const limits = { wall_ms, memory_mb: 1024, artifact_mb: 16 };
  const session = await openSandbox(makeRequest({ files, limits }), { isolation });
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

async function predict(session: SandboxSession): Promise<number[]> {
  const [output] = await modelOf(session).predict([X]);
  return Array.from(output?.data ?? [], Number);
}

/** `y = x`, after a loop that never ends. */
function endlessLoop(): Uint8Array {
  const body = graph({
    nodes: [node('Identity', ['go'], ['go_on']), node('Identity', ['state'], ['next'])],
    inputs: [value('i', INT64, []), value('go', BOOL, []), value('state', FLOAT, ['N', 2])],
    outputs: [value('go_on', BOOL, []), value('next', FLOAT, ['N', 2])],
  });
  return model(
    graph({
      nodes: [
        node('Loop', ['', 'true', 'x'], ['y'], {
          attributes: [attribute('body', { graph: body })],
        }),
      ],
      initializers: [tensor({ name: 'true', type: BOOL, raw: Uint8Array.of(1) })],
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('y', FLOAT, ['N', 2])],
    }),
  );
}

/** The largest of each column of `x`, after many copies of it: 16 bytes each. */
function expanded(copies: bigint): Uint8Array {
  return model(
    graph({
      nodes: [
        node('Expand', ['x', 'many'], ['wide']),
        node('Exp', ['wide'], ['waves']),
        node('ReduceMax', ['waves'], ['y'], {
          attributes: [attribute('axes', { ints: [0] }), attribute('keepdims', { int: 0 })],
        }),
      ],
      initializers: [tensor({ name: 'many', type: INT64, dims: [3], int64s: [copies, 2n, 2n] })],
      inputs: [value('x', FLOAT, [2, 2])],
      outputs: [value('y', FLOAT, [2, 2])],
    }),
  );
}

describe.each(await levelsHere())('a child at level $level', (level) => {
  it('runs a model whose weights lie in a second file', async () => {
    const external = [['location', 'model.onnx.data']] as const;
    const files = [
      file('model.onnx', linearModel(W, B, { w: { external } })),
      file('model.onnx.data', bytesOf(W)),
    ];
    const { engine, values } = await withFiles(level, files, async (session) => ({
      engine: modelOf(session).engine,
      values: await predict(session),
    }));
    expect(values).toEqual(Y);
    expect(engine).toMatchObject({ name: 'onnxruntime', provider: 'cpu' });
  });

  it('runs a zipped TensorFlow.js model', async () => {
    const entries = upload(linearGraph()).map(({ name, bytes }) => ({ name, content: bytes }));
    const files = [file('model.zip', zip(entries))];
    const { engine, values } = await withFiles(level, files, async (session) => ({
      engine: modelOf(session).engine,
      values: await predict(session),
    }));
    expect(values).toEqual(Y);
    expect(engine).toMatchObject({ name: 'tfjs', provider: 'wasm' });
  });

  it('reads a predictions file', async () => {
    const files = [file('p.csv', 'id,cat,dog\r\n03,0.5,1e-3\r\n')];
    const artifact = await withFiles(level, files, (session) => session.artifact);
    expect(artifact).toMatchObject({
      kind: 'predictions',
      table: { columns: ['cat', 'dog'], ids: ['03'], scores: Float64Array.of(0.5, 0.001) },
    });
  });

  it('names what is wrong with a file', async () => {
    const open = (one: ArtifactFile): Promise<void> => withFiles(level, [one], () => undefined);
    await expectFailure(() => open(file('model.onnx', 'hello')), 'not-onnx', {
      file: 'model.onnx',
    });
    await expectFailure(() => open(file('p.csv', 'id;label\n')), 'csv-separator', { found: ';' });
    const slip = zip([{ name: '../model.onnx', content: 'x' }]);
    await expectFailure(() => open(file('a.zip', slip)), 'zip-entry-name', {
      name: '../model.onnx',
    });
    const zeros = new Uint8Array(9 * 2 ** 20);
    const bomb = zip([
      { name: 'a', content: zeros },
      { name: 'b', content: zeros },
    ]);
    await expectFailure(() => open(file('a.zip', bomb)), 'zip-too-large', { limit_mb: 16 });
  });

  it('ends an endless loop at the time limit', async () => {
    const files = [file('model.onnx', endlessLoop())];
    await expectFailure(() => withFiles(level, files, predict, 4000), 'time-limit');
  });

  it('ends a model that fills the memory', async () => {
    expect(await withFiles(level, [file('model.onnx', expanded(1000n))], predict)).toHaveLength(4);
    const files = [file('model.onnx', expanded(1_000_000_000n))];
    const { reason } = await failureOf(() => withFiles(level, files, predict));
    // The engine may be denied the memory before the limit ends the run.
    expect(['memory-limit', 'engine-run', 'crashed']).toContain(reason);
  });
});
