import { describe, expect, it } from 'vitest';
import type { Runner } from '../../../sandbox/runner.ts';
import { loadArtifact } from '../../../sandbox/runners/load.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';
import { failureOf } from '../expect-failure.ts';
import { OPTIONS, file, loadModel } from '../load-options.ts';
import {
  BOOL,
  FLOAT,
  FLOAT16,
  INT64,
  UINT8,
  attribute,
  bytesOf,
  graph,
  linearModel,
  localFunction,
  model,
  node,
  tensor,
  value,
} from '../make-onnx.ts';

const W = Float32Array.of(1, 2, 3, 4, 5, 6);
const B = Float32Array.of(10, 20, 30);
const X: NamedTensor = {
  name: 'x',
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 1, 2, 0),
};
const Y = [15, 27, 39, 12, 24, 36];

async function withModel<T>(bytes: Uint8Array, use: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await loadModel(file('model.onnx', bytes));
  try {
    return await use(runner);
  } finally {
    await runner.dispose();
  }
}

/** One node from `x` to `y` of the given types and shapes. */
function unary(
  operator: string,
  from: readonly [number, readonly (number | string)[] | null],
  to: readonly [number, readonly (number | string)[] | null],
  attributes = [] as ReturnType<typeof attribute>[],
): Uint8Array {
  return model(
    graph({
      nodes: [node(operator, ['x'], ['y'], { attributes })],
      inputs: [value('x', ...from)],
      outputs: [value('y', ...to)],
    }),
  );
}

describe('the ONNX runner', () => {
  it('runs a model and describes its signature and engine', async () => {
    await withModel(linearModel(W, B), async (runner) => {
      expect(runner.signature).toEqual({
        inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2] }],
        outputs: [{ name: 'y', dtype: 'float32', shape: [null, 3] }],
        layout: 'nchw',
      });
      expect(runner.engine).toEqual({
        name: 'onnxruntime',
        version: '1.30.0',
        provider: 'cpu',
        threads: 1,
      });
      const [y] = await runner.predict([X]);
      expect(y).toMatchObject({ name: 'y', dtype: 'float32', shape: [2, 3] });
      expect([...(y?.data ?? [])]).toEqual(Y);
    });
  });

  it('computes on the processor, and says why, where the accelerator cannot load the model', async () => {
    // No machine has this one.
    const provider = 'abacus' as 'webgpu';
    const loaded = await loadArtifact([file('model.onnx', linearModel(W, B))], {
      ...OPTIONS,
      provider,
    });
    if (loaded.kind !== 'model') throw new Error('not a model');
    expect(loaded.runner.engine).toMatchObject({ provider: 'cpu' });
    expect(loaded.runner.engine.fallback_reason).toBe(
      'abacus cannot load the model: this build of ONNX Runtime lacks it',
    );
    const [y] = await loaded.runner.predict([X]);
    expect([...(y?.data ?? [])]).toEqual(Y);
    await loaded.runner.dispose();
  });

  it('reads inputs from a buffer that is used again', async () => {
    await withModel(linearModel(W, B), async (runner) => {
      const shared = Float32Array.of(1, 1, 2, 0);
      const [first] = await runner.predict([{ ...X, data: shared }]);
      shared.fill(0);
      const [second] = await runner.predict([{ ...X, data: shared }]);
      expect([...(first?.data ?? [])]).toEqual(Y);
      expect([...(second?.data ?? [])]).toEqual([10, 20, 30, 10, 20, 30]);
    });
  });

  it('keeps a fixed batch size in the signature', async () => {
    await withModel(linearModel(W, B, { batch: 4 }), (runner) => {
      expect(runner.signature.inputs[0]?.shape).toEqual([4, 2]);
      return Promise.resolve();
    });
  });

  it('carries float16 as raw bits, both ways', async () => {
    // 1.0, -2.0, 65504 (the largest), the smallest subnormal
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001);
    await withModel(unary('Neg', [FLOAT16, ['N']], [FLOAT16, ['N']]), async (runner) => {
      expect(runner.signature.inputs[0]?.dtype).toBe('float16');
      const [y] = await runner.predict([{ name: 'x', dtype: 'float16', shape: [4], data: bits }]);
      expect(y?.dtype).toBe('float16');
      expect(y?.data).toEqual(Uint16Array.of(0xbc00, 0x4000, 0xfbff, 0x8001));
    });
  });

  it('carries uint8 inputs and int64 outputs', async () => {
    const bytes = unary('Cast', [UINT8, ['N']], [INT64, ['N']], [attribute('to', { int: INT64 })]);
    await withModel(bytes, async (runner) => {
      const data = Uint8Array.of(0, 7, 255);
      const [y] = await runner.predict([{ name: 'x', dtype: 'uint8', shape: [3], data }]);
      expect(y).toEqual({
        name: 'y',
        dtype: 'int64',
        shape: [3],
        data: BigInt64Array.of(0n, 7n, 255n),
      });
    });
  });

  it('gives a scalar output an empty shape', async () => {
    const attributes = [attribute('keepdims', { int: 0 })];
    const bytes = unary('ReduceMax', [FLOAT, ['N']], [FLOAT, []], attributes);
    await withModel(bytes, async (runner) => {
      expect(runner.signature.outputs[0]?.shape).toEqual([]);
      const data = Float32Array.of(3, 9, 4);
      const [y] = await runner.predict([{ name: 'x', dtype: 'float32', shape: [3], data }]);
      expect(y?.shape).toEqual([]);
      expect([...(y?.data ?? [])]).toEqual([9]);
    });
  });

  it('finds the rank of an output that the graph leaves open', async () => {
    // The target shape of Reshape comes from the data, so nothing can be inferred.
    const bytes = model(
      graph({
        nodes: [
          node('Shape', ['x'], ['shape']),
          node('NonZero', ['shape'], ['dims']),
          node('Squeeze', ['dims'], ['flat']),
          node('ReduceSum', ['x', 'flat'], ['y'], {
            attributes: [attribute('keepdims', { int: 1 })],
          }),
        ],
        inputs: [value('x', FLOAT, ['N', 2])],
        outputs: [value('y', FLOAT, null)],
      }),
    );
    await withModel(bytes, (runner) => {
      expect(runner.signature.outputs[0]?.shape).toEqual([null, null]);
      return Promise.resolve();
    });
  });

  it('leaves inputs that are initialisers out of the signature', async () => {
    const bytes = model(
      graph({
        nodes: [node('Add', ['x', 'b'], ['y'])],
        initializers: [tensor({ name: 'b', dims: [2], floats: [1, 2] })],
        inputs: [value('x', FLOAT, ['N', 2]), value('b', FLOAT, [2])],
        outputs: [value('y', FLOAT, ['N', 2])],
      }),
    );
    await withModel(bytes, (runner) => {
      expect(runner.signature.inputs.map(({ name }) => name)).toEqual(['x']);
      return Promise.resolve();
    });
  });

  it('runs local functions and sub-graphs', async () => {
    const branch = (operator: string): ReturnType<typeof graph> =>
      graph({
        nodes: [node(operator, ['z', 'z'], ['out'])],
        outputs: [value('out', FLOAT, ['N', 2])],
      });
    const bytes = model(
      graph({
        nodes: [
          node('Twice', ['x'], ['z'], { domain: 'my.functions' }),
          node('If', ['flag'], ['y'], {
            attributes: [
              attribute('then_branch', { graph: branch('Add') }),
              attribute('else_branch', { graph: branch('Sub') }),
            ],
          }),
        ],
        initializers: [tensor({ name: 'flag', type: BOOL, raw: Uint8Array.of(1) })],
        inputs: [value('x', FLOAT, ['N', 2])],
        outputs: [value('y', FLOAT, ['N', 2])],
      }),
      {
        functions: [localFunction('my.functions', 'Twice', [node('Add', ['x', 'x'], ['y'])])],
        opsets: [
          ['', 17],
          ['my.functions', 1],
        ],
      },
    );
    await withModel(bytes, async (runner) => {
      const [y] = await runner.predict([X]);
      expect([...(y?.data ?? [])]).toEqual([4, 4, 8, 0]);
    });
  });

  it('never lets a training graph reach the engine', async () => {
    const training = new Uint8Array(40).fill(0xff);
    const bytes = model(
      graph({
        nodes: [node('Relu', ['x'], ['y'])],
        inputs: [value('x', FLOAT, ['N', 2])],
        outputs: [value('y', FLOAT, ['N', 2])],
      }),
    );
    const withTraining = Uint8Array.from([...bytes, 0xa2, 0x01, 40, ...training]);
    await withModel(withTraining, async (runner) => {
      const [y] = await runner.predict([X]);
      expect([...(y?.data ?? [])]).toEqual([1, 1, 2, 0]);
    });
  });

  it('takes Dropout whose training flag is a constant false', async () => {
    const flags = {
      initialiser: { initializers: [tensor({ name: 'off', type: BOOL, raw: Uint8Array.of(0) })] },
      constant: {
        constants: [
          node('Constant', [], ['off'], {
            attributes: [
              attribute('value', { tensor: tensor({ type: BOOL, raw: Uint8Array.of(0) }) }),
            ],
          }),
        ],
      },
    };
    for (const { initializers = [], constants = [] } of Object.values(flags) as {
      initializers?: ReturnType<typeof tensor>[];
      constants?: ReturnType<typeof node>[];
    }[]) {
      const bytes = model(
        graph({
          nodes: [...constants, node('Dropout', ['x', '', 'off'], ['y'])],
          initializers,
          inputs: [value('x', FLOAT, ['N', 2])],
          outputs: [value('y', FLOAT, ['N', 2])],
        }),
      );
      await withModel(bytes, async (runner) => {
        const [y] = await runner.predict([X]);
        expect([...(y?.data ?? [])]).toEqual([1, 1, 2, 0]);
      });
    }
  });

  it('tells why the engine refused a model, in one line without paths', async () => {
    const bytes = unary('Relu', [FLOAT, ['N']], [INT64, ['N']]);
    const { reason, params } = await failureOf(() => loadModel(file('model.onnx', bytes)));
    expect(reason).toBe('engine-load');
    expect(params['detail']).toMatch(/\w/u);
    expect(params['detail']).not.toMatch(/[/\n]\w+\//u);
  });

  it('tells why a batch failed', async () => {
    await withModel(linearModel(W, B), async (runner) => {
      const wrong: NamedTensor = { ...X, shape: [1, 4] };
      const { reason, params } = await failureOf(() => runner.predict([wrong]));
      expect(reason).toBe('engine-run');
      expect(params['detail']).toContain('Expected: 2');
      const [y] = await runner.predict([X]);
      expect([...(y?.data ?? [])]).toEqual(Y);
    });
  });

  it('accepts the weights of the pair that exporters write', async () => {
    const external = [
      ['location', './model.onnx.data'],
      ['offset', '4096'],
      ['length', '24'],
      ['checksum', 'ignored'],
    ] as const;
    const data = new Uint8Array(4096 + 24);
    data.set(bytesOf(W), 4096);
    const runner = await loadModel(
      file('model.onnx.data', data),
      file('model.onnx', linearModel(W, B, { w: { external } })),
    );
    const [y] = await runner.predict([X]);
    expect([...(y?.data ?? [])]).toEqual(Y);
    await runner.dispose();
  });
});
