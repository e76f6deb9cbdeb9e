import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Runner } from '../../../sandbox/runner.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';
import { expectFailure, failureOf } from '../expect-failure.ts';
import { file, load, loadModel } from '../load-options.ts';
import { zip } from '../make-zip.ts';
import {
  constant,
  copyJson,
  graphUpload,
  jsonFile,
  linearGraph,
  liveTensors,
  placeholder,
  saveLayers,
  upload,
} from '../make-tfjs.ts';
import type { LayersUpload } from '../make-tfjs.ts';

const X: NamedTensor = {
  name: 'x',
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 1, 2, 0),
};
const Y = [15, 27, 39, 12, 24, 36];

beforeAll(async () => {
  // For the models that tests build with the library before a runner has started.
  await setBackend('cpu');
});

let open: Runner[] = [];
afterEach(async () => {
  for (const runner of open) await runner.dispose();
  open = [];
});

async function start(...files: Parameters<typeof loadModel>): Promise<Runner> {
  const runner = await loadModel(...files);
  open.push(runner);
  return runner;
}

async function predict(runner: Runner, input: NamedTensor): Promise<number[]> {
  const [output] = await runner.predict([input]);
  return Array.from(output?.data ?? [], Number);
}

/** A dense layer with the weights of `linearGraph`. */
async function linearLayers(build: () => tfl.LayersModel): Promise<LayersUpload> {
  const model = build();
  const saved = await saveLayers(model);
  model.dispose();
  return { json: saved.json, weights: linearGraph().weights };
}

function sequential(): tfl.LayersModel {
  return tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] })] });
}

function functional(): tfl.LayersModel {
  const input = tfl.input({ shape: [2], name: 'x' });
  const output = tfl.layers.dense({ units: 3, name: 'y' }).apply(input) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: output });
}

describe('the TensorFlow.js runner', () => {
  it.each([
    ['Sequential', sequential],
    ['Functional', functional],
  ])('runs a %s layers model', async (_title, build) => {
    const runner = await start(...upload(await linearLayers(build)));
    const [input] = runner.signature.inputs;
    const [output] = runner.signature.outputs;
    expect(input).toMatchObject({ dtype: 'float32', shape: [null, 2] });
    expect(output).toMatchObject({ dtype: 'float32', shape: [null, 3] });
    expect(runner.signature.layout).toBe('nhwc');
    expect(await predict(runner, { ...X, name: input?.name ?? '' })).toEqual(Y);
  });

  it('runs a graph model and says where it computes', async () => {
    const runner = await start(...upload(linearGraph()));
    expect(runner.signature).toEqual({
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, null] }],
      layout: 'nhwc',
    });
    expect(runner.engine).toEqual({
      name: 'tfjs',
      version: '4.22.0',
      provider: 'wasm',
      threads: 1,
    });
    expect(await predict(runner, X)).toEqual(Y);
  });

  it('takes the names and shapes of a graph from its signature', async () => {
    const graph = linearGraph();
    const dims = (...sizes: number[]): object => ({
      dim: sizes.map((size) => ({ size: `${size}` })),
    });
    graph.json.signature = {
      inputs: { features: { name: 'x:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, 2) } },
      outputs: { logits: { name: 'y:0', dtype: 'DT_FLOAT', tensorShape: dims(-1, 3) } },
    };
    const runner = await start(...upload(graph));
    expect(runner.signature.inputs[0]?.name).toBe('features');
    expect(runner.signature.outputs).toEqual([
      { name: 'logits', dtype: 'float32', shape: [null, 3] },
    ]);
    expect(await predict(runner, { ...X, name: 'features' })).toEqual(Y);
  });

  it('feeds uint8 to a graph that was exported with it', async () => {
    const runner = await start(...upload(linearGraph('DT_UINT8')));
    expect(runner.signature.inputs[0]?.dtype).toBe('uint8');
    const data = Uint8Array.of(1, 1, 2, 0);
    expect(await predict(runner, { ...X, dtype: 'uint8', data })).toEqual(Y);
  });

  it('feeds int32 to an embedding', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.embedding({ inputDim: 2, outputDim: 3, inputLength: 1 }),
        tfl.layers.flatten(),
      ],
    });
    const { json } = await saveLayers(model);
    model.dispose();
    const weights = linearGraph().weights.subarray(0, 24);
    const runner = await start(...upload({ json, weights }));
    const [input] = runner.signature.inputs;
    const data = input?.dtype === 'int32' ? Int32Array.of(1, 0) : Float32Array.of(1, 0);
    const fed = { name: input?.name ?? '', dtype: input?.dtype ?? 'int32', shape: [2, 1], data };
    expect(await predict(runner, fed)).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('accepts shards of any size, several groups, and a zip with a folder', async () => {
    const { json, weights } = linearGraph();
    const manifest = json.weightsManifest[0];
    if (manifest === undefined) throw new Error('no manifest');
    const sharded = copyJson(json);
    const paths = ['s1.bin', 's2.bin', 's3.bin'];
    sharded.weightsManifest = [{ ...manifest, paths }];
    const shards = [weights.subarray(0, 5), weights.subarray(5, 25), weights.subarray(25)];
    const files = paths.map((name, index) => file(name, shards[index] ?? ''));
    expect(await predict(await start(jsonFile(sharded), ...files), X)).toEqual(Y);

    const grouped = copyJson(json);
    grouped.weightsManifest = [
      { paths: ['w.bin'], weights: manifest.weights.slice(0, 1) },
      { paths: ['b.bin'], weights: manifest.weights.slice(1) },
    ];
    const packed = zip([
      { name: 'export/', mode: 0o040755 },
      { name: 'export/model.json', content: jsonFile(grouped).bytes },
      { name: 'export/w.bin', content: weights.subarray(0, 24) },
      { name: 'export/b.bin', content: weights.subarray(24) },
    ]);
    expect(await predict(await start(file('export.zip', packed)), X)).toEqual(Y);
  });

  it('accepts quantised weights', async () => {
    const { json } = linearGraph();
    for (const weight of json.weightsManifest[0]?.weights ?? []) {
      weight['quantization'] = { dtype: 'uint8', scale: 1, min: 0, original_dtype: 'float32' };
    }
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30);
    expect(await predict(await start(...upload({ json, weights: bytes })), X)).toEqual(Y);

    for (const weight of json.weightsManifest[0]?.weights ?? []) {
      weight['quantization'] = { dtype: 'float16', original_dtype: 'float32' };
    }
    const halves = new Uint8Array(Float16Array.of(1, 2, 3, 4, 5, 6, 10, 20, 30).buffer);
    expect(await predict(await start(...upload({ json, weights: halves })), X)).toEqual(Y);
  });

  it('computes in plain JavaScript what WebAssembly lacks, and says so', async () => {
    const spectrum = graphUpload(
      [
        placeholder('x', [-1, 4]),
        constant('length', 'DT_INT32'),
        { name: 'complex', op: 'RFFT', input: ['x', 'length'], attr: {} },
        { name: 'y', op: 'ComplexAbs', input: ['complex'], attr: {} },
      ],
      [{ name: 'length', shape: [1], values: new Float32Array(Int32Array.of(4).buffer) }],
    );
    const spec = spectrum.json.weightsManifest[0]?.weights[0];
    if (spec !== undefined) spec['dtype'] = 'int32';
    const runner = await start(...upload(spectrum));
    expect(runner.engine.provider).toBe('cpu');
    const input = { ...X, shape: [1, 4], data: Float32Array.of(1, 0, 0, 0) };
    expect(await predict(runner, input)).toEqual([1, 1, 1]);
  });

  it('runs control flow', async () => {
    const loop = graphUpload(
      [
        placeholder('x', [-1, 2]),
        {
          name: 'y',
          op: 'StatelessWhile',
          input: ['x'],
          attr: {
            cond: { func: { name: 'cond' } },
            body: { func: { name: 'body' } },
          },
        },
      ],
      [{ name: 'limit', shape: [], values: Float32Array.of(100) }],
      [
        loopFunction('cond', [
          { name: 'sum', op: 'Max', input: ['x', 'axes'], attr: {} },
          constant('axes', 'DT_INT32'),
          constant('limit'),
          { name: 'out', op: 'Less', input: ['sum', 'limit'], attr: {} },
        ]),
        loopFunction('body', [{ name: 'out', op: 'AddV2', input: ['x', 'x'], attr: {} }]),
      ],
    );
    const axes = new Float32Array(Int32Array.of(0, 1).buffer);
    const weights = Buffer.concat([loop.weights, Buffer.from(axes.buffer)]);
    loop.json.weightsManifest[0]?.weights.push({ name: 'axes', shape: [2], dtype: 'int32' });
    const runner = await start(...upload({ json: loop.json, weights }));
    expect(await predict(runner, X)).toEqual([64, 64, 128, 0]);
  });

  it('holds no tensor more after many batches', async () => {
    const layers = await start(...upload(await linearLayers(functional)));
    const graph = await start(...upload(linearGraph()));
    const before = liveTensors();
    for (let batch = 0; batch < 50; batch += 1) {
      await layers.predict([{ ...X, name: layers.signature.inputs[0]?.name ?? '' }]);
      await graph.predict([X]);
    }
    expect(liveTensors()).toBe(before);
  });

  it('holds no tensor after it is closed, nor after a batch that failed', async () => {
    const before = liveTensors();
    const runner = await loadModel(...upload(await linearLayers(functional)));
    const wrong = { ...X, name: runner.signature.inputs[0]?.name ?? '', shape: [1, 4] };
    const { reason, params } = await failureOf(() => runner.predict([wrong]));
    expect([reason, typeof params['detail']]).toEqual(['engine-run', 'string']);
    await runner.dispose();
    expect(liveTensors()).toBe(before);
  });

  it('starts every batch afresh when layers keep a state', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.simpleRNN({
          units: 2,
          batchInputShape: [1, 3, 2],
          stateful: true,
          kernelInitializer: 'ones',
          recurrentInitializer: 'ones',
        }),
      ],
    });
    const runner = await start(...upload(await saveLayers(model)));
    model.dispose();
    const input = {
      name: runner.signature.inputs[0]?.name ?? '',
      dtype: 'float32' as const,
      shape: [1, 3, 2],
      data: Float32Array.of(0.1, -0.2, 0.3, 0.1, 0, 0.2),
    };
    const first = await predict(runner, input);
    expect(await predict(runner, input)).toEqual(first);
  });

  it('tells what the library found wrong', async () => {
    const { json, weights } = await linearLayers(functional);
    const specs = json.weightsManifest[0]?.weights ?? [];
    if (specs[0] !== undefined) specs[0]['name'] = 'someone/else';
    const { reason, params } = await failureOf(() => load(...upload({ json, weights })));
    expect(reason).toBe('engine-load');
    expect(params['detail']).toContain('someone/else');
  });

  it('refuses an input that the batch lacks', async () => {
    const runner = await start(...upload(linearGraph()));
    await expectFailure(() => runner.predict([{ ...X, name: 'other' }]), 'engine-run');
  });
});

function loopFunction(name: string, nodeDef: readonly object[]): object {
  const [last] = nodeDef.slice(-1) as { name?: string }[];
  return {
    signature: {
      name,
      inputArg: [{ name: 'x', type: 'DT_FLOAT' }],
      outputArg: [{ name: 'result', type: 'DT_FLOAT' }],
    },
    nodeDef,
    ret: { result: `${last?.name ?? ''}:z:0` },
  };
}
