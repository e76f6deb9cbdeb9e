/**
 * Runs a TensorFlow.js model, layers or graph, on TensorFlow itself where its native package is installed,
 * else on the WebAssembly backend; on plain JavaScript when the model needs a kernel that these lack. The library gets checked JSON and one buffer of weights;
 * it is never given a path or an address.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as tfCore from '@tensorflow/tfjs-core';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type * as tfLayers from '@tensorflow/tfjs-layers';
import { checkTfjs, isObject } from '../artifacts/tfjs-check.ts';
import type { CheckedTfjs, JsonObject } from '../artifacts/tfjs-check.ts';
import { EvaluationFailure } from '../failure.ts';
import type { ArtifactFile } from '../request.ts';
import type { LoadOptions, Runner } from '../runner.ts';
import { DTYPES, elementCount } from '../tensor.ts';
import type { DType, NamedTensor, TensorData, TensorSpec } from '../tensor.ts';
import { engineDetail } from './engine-detail.ts';
import { recheckedRunner } from './recheck.ts';
import { startNative } from './tfjs-native.ts';
import type { Importer } from './tfjs-native.ts';

type Tf = typeof tfCore;

/** A loaded model behind one face, layers or graph. */
interface TfjsModel {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** One tensor per output, in the order of `outputs`; the caller disposes of them. */
  run(inputs: readonly tfCore.Tensor[]): Promise<tfCore.Tensor[]>;
  dispose(): void;
}

/**
 * @param file The `model.json`.
 * @param data The other files of the upload, by flat name.
 * @param importer of the native packages, for tests.
 * @throws EvaluationFailure for everything that is wrong with the model.
 */
export async function loadTfjs(
  file: ArtifactFile,
  data: ReadonlyMap<string, Uint8Array>,
  { provider = 'cpu', seed = 0 }: Pick<LoadOptions, 'provider' | 'seed'> = {},
  importer?: Importer,
): Promise<Runner> {
  const checked = checkTfjs(file, data);
  const tf: Tf = await import('@tensorflow/tfjs-core');
  // No advice on the console, no scans for NaN: outputs are checked on the trusted side.
  tf.enableProdMode();
  const native = await startNative(tf, provider !== 'cpu', importer);
  if (native.started && native.usesDevice) {
    const accelerated = await loadOn(tf, 'tensorflow-gpu', checked);
    await startWasm(tf);
    return recheckedRunner(accelerated, await loadOn(tf, 'wasm', checked), seed);
  }
  if (!native.started) await startWasm(tf);
  const runner = await loadOn(tf, native.started ? 'tensorflow' : 'wasm', checked);
  if (native.problems.length === 0) return runner;
  return { ...runner, engine: { ...runner.engine, fallback_reason: native.problems.join('; ') } };
}

/** @param provider what the backend in use is to be called. */
async function loadOn(tf: Tf, provider: string, checked: CheckedTfjs): Promise<Runner> {
  const started = tf.getBackend();
  let model: TfjsModel;
  try {
    model = await (checked.format === 'layers-model'
      ? loadLayers(tf, checked)
      : loadGraph(tf, checked));
  } catch (error) {
    if (error instanceof EvaluationFailure) throw error;
    throw new EvaluationFailure('engine-load', { detail: engineDetail(error) }, { cause: error });
  }
  // A loop may never end on zeros.
  const seen = checked.hasLoops ? null : await rehearse(tf, model);
  const outputs = model.outputs.map((declared, index): TensorSpec => {
    const { dtype, shape } = seen?.[index] ?? declared;
    const isOpen = shape.length !== declared.shape.length;
    return {
      name: declared.name,
      dtype,
      shape: isOpen ? shape.map(() => null) : declared.shape,
    };
  });
  // The rehearsal may have found that the model needs another one.
  const backend = tf.getBackend();
  return {
    signature: { inputs: model.inputs, outputs, layout: 'nhwc' },
    engine: {
      name: 'tfjs',
      version: tf.version_core,
      provider: backend === started ? provider : backend,
      threads: 1,
    },
    predict: async (batch) => {
      // Two models, each on its own backend, take turns.
      if (tf.getBackend() !== backend) await tf.setBackend(backend);
      return predict(tf, model, batch);
    },
    dispose: () => {
      model.dispose();
      return Promise.resolve();
    },
  };
}

async function startWasm(tf: Tf): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const { resolve } = createRequire(import.meta.url);
  const folder = path.dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  setWasmPaths(`${folder}/dist/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly backend did not start');
}

/** Weights that have been handed out already move to the new backend when they are next used. */
async function switchToCpu(tf: Tf): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu');
  if (!(await tf.setBackend('cpu'))) throw new Error('the plain JavaScript backend did not start');
}

async function loadLayers(tf: Tf, checked: CheckedTfjs): Promise<TfjsModel> {
  const tfl = await import('@tensorflow/tfjs-layers');
  const restore = capParameters(tfl, checked.parameters);
  let model: LayersModel;
  try {
    model = await tfl.loadLayersModel(tf.io.fromMemory(artifacts(checked)));
  } finally {
    restore();
  }
  return {
    inputs: model.inputs.map((input) => spec(input.name, input.dtype, input.shape, 'input-dtype')),
    outputs: model.outputs.map((output, index) =>
      spec(model.outputNames[index] ?? output.name, output.dtype, output.shape, 'output-dtype'),
    ),
    run: (inputs) => {
      // A stateful layer would carry what it saw from one batch into the next.
      model.resetStates();
      const results = model.predictOnBatch([...inputs]);
      return Promise.resolve(Array.isArray(results) ? results : [results]);
    },
    dispose: () => {
      model.dispose();
    },
  };
}

/**
 * Layers make their weights from the configuration before the uploaded ones are put in, so a wrong
 * `units` could ask for any amount. No more are made than the upload brings.
 */
function capParameters(tfl: typeof tfLayers, limit: number): () => void {
  const prototype = tfl.layers.Layer.prototype as unknown as {
    addWeight: (name: string, shape: readonly number[], ...rest: unknown[]) => unknown;
  };
  const original = prototype.addWeight;
  let made = 0;
  prototype.addWeight = function addWeight(this: unknown, name, shape, ...rest) {
    made += shape.reduce((product, dim) => product * dim, 1);
    if (!(made <= limit)) {
      throw new EvaluationFailure('tfjs-too-complex', { what: 'parameters', limit });
    }
    return original.call(this, name, shape, ...rest);
  };
  return () => {
    prototype.addWeight = original;
  };
}

async function loadGraph(tf: Tf, checked: CheckedTfjs): Promise<TfjsModel> {
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model: GraphModel = await loadGraphModel(tf.io.fromMemory(artifacts(checked)));
  const inputNames = model.inputNodes;
  const outputNames = model.outputNodes;
  let isDynamic = false;
  return {
    inputs: model.inputs.map((input, index) =>
      spec(
        inputNames[index] ?? input.name,
        checked.uint8Inputs.has(input.name) ? 'uint8' : input.dtype,
        input.shape,
        'input-dtype',
      ),
    ),
    outputs: model.outputs.map((output, index) => {
      const name = outputNames[index] ?? output.name;
      const shape = signatureShape(checked.signature, name) ?? output.shape;
      return spec(name, output.dtype, shape, 'output-dtype');
    }),
    run: async (tensors) => {
      const feeds = Object.fromEntries(
        tensors.map((tensor, index) => [inputNames[index] ?? '', tensor]),
      );
      if (!isDynamic) {
        try {
          return asList(tf.tidy(() => model.execute(feeds, [...outputNames])));
        } catch (error) {
          // Control flow and outputs of unknown size: the library says so and asks for the other call.
          if (!(error instanceof Error && error.message.includes('executeAsync'))) throw error;
          isDynamic = true;
        }
      }
      return asList(await model.executeAsync(feeds, [...outputNames]));
    },
    dispose: () => {
      model.dispose();
    },
  };
}

/** The shape that a graph's signature gives an output: the nodes themselves rarely carry one. */
function signatureShape(signature: JsonObject | null, name: string): number[] | null {
  const entry = ['outputs', name, 'tensorShape', 'dim'].reduce<unknown>(
    (value, key) => (isObject(value) ? value[key] : undefined),
    signature,
  );
  if (!Array.isArray(entry)) return null;
  const dims = (entry as unknown[]).map((dim) => Number(isObject(dim) ? dim['size'] : NaN));
  return dims.every(Number.isInteger) ? dims : null;
}

function asList(result: tfCore.Tensor | tfCore.Tensor[]): tfCore.Tensor[] {
  return Array.isArray(result) ? result : [result];
}

function artifacts(checked: CheckedTfjs): tfCore.io.ModelArtifacts {
  return {
    format: checked.format,
    modelTopology: checked.topology,
    weightSpecs: checked.weightSpecs.map((each) => ({
      ...each,
      shape: [...each.shape],
    })),
    weightData: checked.weightData,
    ...(checked.signature === null ? {} : { signature: checked.signature }),
  };
}

/** The library's dtypes and dimensions (-1 and null are free, what is unknown is undefined) as ours. */
function spec(
  name: string,
  declared: string | undefined,
  shape: readonly (number | null)[] | null | undefined,
  reason: 'input-dtype' | 'output-dtype',
): TensorSpec {
  const dtype = declared ?? 'float32';
  if (!isDType(dtype)) {
    throw new EvaluationFailure(reason, { expected: 'float32', received: dtype });
  }
  return {
    name,
    dtype,
    shape: (shape ?? []).map((dim) => (dim === null || dim < 0 ? null : dim)),
  };
}

function isDType(dtype: string): dtype is DType {
  return Object.hasOwn(DTYPES, dtype);
}

/**
 * One run on zeros: finds kernels that the backend lacks while the provider can still be changed, and
 * the ranks and dtypes that a graph may leave open. Null when the zeros do not go through, which real
 * inputs may yet do.
 */
async function rehearse(tf: Tf, model: TfjsModel): Promise<TensorSpec[] | null> {
  const attempt = async (): Promise<TensorSpec[]> => {
    const inputs = model.inputs.map((input) => {
      const shape = input.shape.map((dim) => dim ?? 1);
      return tf.zeros(shape, tensorType(input.dtype));
    });
    try {
      const results = await model.run(inputs);
      const seen = results.map(({ dtype, shape }, index) =>
        spec(model.outputs[index]?.name ?? '', dtype, shape, 'output-dtype'),
      );
      tf.dispose(results);
      return seen;
    } finally {
      tf.dispose(inputs);
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof EvaluationFailure) throw error;
    if (!lacksKernel(error)) return null;
  }
  await switchToCpu(tf);
  return attempt().catch(() => null);
}

function lacksKernel(error: unknown): boolean {
  return error instanceof Error && /Kernel '\w+' not registered/u.test(error.message);
}

function tensorType(dtype: DType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'bool') return 'bool';
  return dtype.startsWith('float') ? 'float32' : 'int32';
}

async function predict(
  tf: Tf,
  model: TfjsModel,
  batch: readonly NamedTensor[],
): Promise<readonly NamedTensor[]> {
  const made: tfCore.Tensor[] = [];
  try {
    const inputs = model.inputs.map((input) => {
      const tensor = batch.find(({ name }) => name === input.name);
      if (tensor === undefined) throw new Error(`input ${input.name} is missing`);
      const fed = toTf(tf, tensor);
      made.push(fed);
      return fed;
    });
    const results = await model.run(inputs);
    made.push(...results);
    return results.map((tensor, index) => fromTf(model.outputs[index]?.name ?? '', tensor));
  } catch (error) {
    if (error instanceof EvaluationFailure) throw error;
    throw new EvaluationFailure('engine-run', { detail: engineDetail(error) }, { cause: error });
  } finally {
    tf.dispose(made);
  }
}

/** The library may hold on to an array that already has its type, so it always gets one of its own. */
function toTf(tf: Tf, tensor: NamedTensor): tfCore.Tensor {
  const type = tensorType(tensor.dtype);
  const length = elementCount(tensor.shape);
  const data =
    type === 'float32'
      ? new Float32Array(length)
      : type === 'int32'
        ? new Int32Array(length)
        : new Uint8Array(length);
  const { dtype, data: source } = tensor;
  if (dtype === 'float16' || source instanceof BigInt64Array || source instanceof BigUint64Array) {
    throw new EvaluationFailure('input-dtype', { expected: type, received: dtype });
  }
  data.set(source);
  return tf.tensor(data, [...tensor.shape], type);
}

function fromTf(name: string, tensor: tfCore.Tensor): NamedTensor {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new EvaluationFailure('output-dtype', { expected: 'float32', received: dtype });
  }
  return { name, dtype, shape: [...tensor.shape], data: tensor.dataSync() as TensorData };
}
