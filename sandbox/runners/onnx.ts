/**
 * Runs an ONNX model on ONNX Runtime. The engine gets bytes that our own reader has checked and made
 * whole; it is never given a path.
 */
import type * as ortModule from 'onnxruntime-node';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { checkOnnx, ONNX_LIMITS } from '../artifacts/onnx-check.ts';
import type { CheckedOnnx } from '../artifacts/onnx-check.ts';
import { EvaluationFailure } from '../failure.ts';
import type { ArtifactFile, Provider } from '../request.ts';
import type { LoadOptions, Runner } from '../runner.ts';
import { DTYPES, elementCount } from '../tensor.ts';
import type { DType, NamedTensor, TensorData, TensorSpec } from '../tensor.ts';
import { engineDetail } from './engine-detail.ts';
import { recheckedRunner } from './recheck.ts';

type Ort = typeof ortModule;

/**
 * @param model The `.onnx` file.
 * @param data The other files of the upload, by flat name.
 * @throws EvaluationFailure for everything that is wrong with the model.
 */
export async function loadOnnx(
  model: ArtifactFile,
  data: ReadonlyMap<string, Uint8Array>,
  options: LoadOptions,
): Promise<Runner> {
  const checked = checkOnnx(model, data, {
    ...ONNX_LIMITS,
    bytes: options.limits.artifact_mb * 2 ** 20,
  });
  for (const input of checked.inputs) {
    if (!input.isTensor) {
      throw new EvaluationFailure('input-dtype', { expected: 'tensor', received: input.name });
    }
  }
  for (const output of checked.outputs) {
    if (!output.isTensor) {
      throw new EvaluationFailure('output-dtype', { expected: 'tensor', received: output.name });
    }
  }

  // Must be set before the library loads: it reports usage otherwise.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const ort: Ort = await import('onnxruntime-node');
  const processor = await start(ort, checked, 'cpu', options);
  const provider = options.provider ?? 'cpu';
  if (provider === 'cpu') return processor;
  let accelerated: Runner;
  try {
    accelerated = await start(ort, checked, provider, options);
  } catch (error) {
    const detail = engineDetail(error instanceof Error ? (error.cause ?? error) : error);
    const fallback_reason = `${provider} cannot load the model: ${detail}`;
    return { ...processor, engine: { ...processor.engine, fallback_reason } };
  }
  return recheckedRunner(accelerated, processor, options.seed ?? 0);
}

async function start(
  ort: Ort,
  checked: CheckedOnnx,
  provider: Provider,
  options: LoadOptions,
): Promise<Runner> {
  let session: InferenceSession;
  try {
    // The library passes silently over a provider that it does not have.
    if (!ort.listSupportedBackends().some(({ name }) => name === provider))
      throw new Error('this build of ONNX Runtime lacks it');
    session = await ort.InferenceSession.create(checked.bytes, {
      // What the first one has no kernel for, the processor computes.
      executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      // Else the bytes `ORTM` at offset 4, which a producer's name can put there, make the engine read
      // the file in its own format: another model than the one that was checked.
      extra: { session: { load_model_format: 'ONNX' } },
    });
  } catch (error) {
    throw new EvaluationFailure('engine-load', { detail: engineDetail(error) }, { cause: error });
  }
  try {
    const inputs = session.inputMetadata.map((value) => toSpec(value, 'input-dtype'));
    const declared = session.outputMetadata.map((value) => toSpec(value, 'output-dtype'));
    const outputs =
      provider === 'cpu' ? await withRanks(ort, session, inputs, declared, checked) : declared;
    return {
      signature: { inputs, outputs, layout: 'nchw' },
      engine: {
        name: 'onnxruntime',
        version: ort.env.versions.node ?? ort.env.versions.common,
        provider,
        threads: options.threads,
      },
      predict: (batch) => run(ort, session, batch),
      dispose: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** ONNX Runtime's names of element types are ours, save for the ones that we do not carry. */
function toSpec(
  value: InferenceSession.ValueMetadata,
  reason: 'input-dtype' | 'output-dtype',
): TensorSpec {
  if (!value.isTensor || !isDType(value.type)) {
    throw new EvaluationFailure(reason, {
      expected: 'float32',
      received: value.isTensor ? value.type : 'sequence',
    });
  }
  return {
    name: value.name,
    dtype: value.type,
    shape: value.shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : null)),
  };
}

function isDType(type: string): type is DType {
  return Object.hasOwn(DTYPES, type);
}

/**
 * An output whose rank the graph leaves open reads as a scalar in the session's metadata. One run on
 * zeros tells the rank; every dimension then stays free.
 */
async function withRanks(
  ort: Ort,
  session: InferenceSession,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  checked: CheckedOnnx,
): Promise<readonly TensorSpec[]> {
  const open = new Set(
    outputs
      .filter((spec) => spec.shape.length === 0)
      .filter((spec) => checked.outputs.find((value) => value.name === spec.name)?.shape === null)
      .map((spec) => spec.name),
  );
  // A loop may never end on zeros.
  if (open.size === 0 || checked.hasLoops) return outputs;
  const zeros = inputs.map((spec): NamedTensor => {
    const shape = spec.shape.map((dim) => dim ?? 1);
    return {
      name: spec.name,
      dtype: spec.dtype,
      shape,
      data: new DTYPES[spec.dtype](elementCount(shape)),
    };
  });
  const seen = await run(ort, session, zeros).catch(() => []);
  return outputs.map((spec) => {
    const rank = seen.find((tensor) => tensor.name === spec.name)?.shape.length;
    return open.has(spec.name) && rank !== undefined
      ? { ...spec, shape: new Array<null>(rank).fill(null) }
      : spec;
  });
}

async function run(
  ort: Ort,
  session: InferenceSession,
  batch: readonly NamedTensor[],
): Promise<readonly NamedTensor[]> {
  const feeds: Record<string, OrtTensor> = Object.create(null) as Record<string, OrtTensor>;
  let results: InferenceSession.OnnxValueMapType;
  try {
    for (const { name, dtype, data, shape } of batch) feeds[name] = toOrt(ort, dtype, data, shape);
    results = await session.run(feeds);
  } catch (error) {
    throw new EvaluationFailure('engine-run', { detail: engineDetail(error) }, { cause: error });
  }
  return session.outputNames.map((name) => fromOrt(name, results[name]));
}

function toOrt(ort: Ort, dtype: DType, data: TensorData, shape: readonly number[]): OrtTensor {
  const tensor = new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
  // The library turns raw bits into a Float16Array, which its own native half (1.30) takes for empty.
  if (dtype === 'float16') Object.defineProperty(tensor, 'data', { value: data });
  return tensor;
}

function fromOrt(name: string, tensor: OrtTensor | undefined): NamedTensor {
  if (tensor === undefined || !isDType(tensor.type)) {
    throw new EvaluationFailure('output-dtype', {
      expected: 'float32',
      received: tensor?.type ?? 'none',
    });
  }
  const dtype = tensor.type;
  const values = tensor.data as unknown as TensorData;
  const isBits = values instanceof DTYPES[dtype];
  const data = isBits
    ? values
    : new Uint16Array(values.buffer, values.byteOffset, values.byteLength / 2);
  return { name, dtype, shape: [...tensor.dims], data };
}
