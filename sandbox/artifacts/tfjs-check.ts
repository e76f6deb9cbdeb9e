/**
 * Reads a TensorFlow.js model (`model.json` and its weight files) before the library does: every class
 * and operator by name, every weight file by flat name, every byte accounted for.
 */
import { EvaluationFailure } from '../failure.ts';
import { isFlatName } from './flat-name.ts';
import { TFJS_CLASSES, TFJS_OPERATORS } from './tfjs-names.ts';

export const TFJS_LIMITS = {
  /** Bytes of model.json. */
  bytes: 32 * 2 ** 20,
  /** Objects and lists inside each other. */
  depth: 64,
  /** Layers with their initialisers, regularisers and constraints. */
  layers: 20_000,
  /** Nodes of a graph with those of its functions. */
  nodes: 50_000,
} as const;

/** One entry of the weights manifest, as `tf.io` takes it. */
export interface TfjsWeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool' | 'complex64';
  readonly quantization?: {
    readonly dtype: 'uint8' | 'uint16' | 'float16';
    readonly scale?: number;
    readonly min?: number;
  };
}

export type JsonObject = Readonly<Record<string, unknown>>;

export interface CheckedTfjs {
  readonly format: 'layers-model' | 'graph-model';
  readonly topology: JsonObject;
  /** The signature of a graph model, when it has one. */
  readonly signature: JsonObject | null;
  readonly weightSpecs: readonly TfjsWeightSpec[];
  /** Every weight in the order of the specs. */
  readonly weightData: ArrayBuffer;
  /** Elements of all weights. */
  readonly parameters: number;
  /** Whether how long a run takes may depend on the data. */
  readonly hasLoops: boolean;
  /** Inputs of a graph that TensorFlow declared as uint8; the library only knows int32. */
  readonly uint8Inputs: ReadonlySet<string>;
}

const DTYPE_BYTES: ReadonlyMap<unknown, number> = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
  ['complex64', 8],
]);
const QUANTIZED_BYTES: ReadonlyMap<unknown, number> = new Map([
  ['uint8', 1],
  ['uint16', 2],
  ['float16', 2],
]);
const MAX_DIM = 2 ** 31 - 1;

const LOOPS: ReadonlySet<string> = new Set(['While', 'StatelessWhile', 'LoopCond']);

/** TensorFlow's DataType of uint8, as number or name. */
const DT_UINT8: ReadonlySet<unknown> = new Set([4, 'DT_UINT8']);

/**
 * @param data The other files of the upload by flat name.
 * @throws EvaluationFailure with one of the `tfjs-…` reasons.
 */
export function checkTfjs(
  file: { readonly name: string; readonly bytes: Uint8Array },
  data: ReadonlyMap<string, Uint8Array>,
): CheckedTfjs {
  const notModel = (): EvaluationFailure =>
    new EvaluationFailure('tfjs-not-model', { file: file.name });
  const json = parseJson(file);
  const topology = json['modelTopology'];
  if (!isObject(topology)) throw notModel();
  const format = formatOf(json, topology);
  if (format === null) throw notModel();

  const counts = { layers: 0 };
  walk(topology, 0, format === 'layers-model' ? (object) => checkClasses(object, counts) : null);
  const graph = format === 'graph-model' ? checkGraph(topology, notModel) : null;
  const signature = graph === null ? null : readSignature(json);
  if (signature !== null) walk(signature, 0, null);

  const weights = readWeights(json['weightsManifest'] ?? [], data, notModel);
  return {
    format,
    topology,
    signature,
    hasLoops: graph?.hasLoops ?? false,
    uint8Inputs: graph?.uint8Inputs ?? new Set(),
    ...weights,
  };
}

function parseJson(file: { readonly name: string; readonly bytes: Uint8Array }): JsonObject {
  if (file.bytes.length > TFJS_LIMITS.bytes) throw tooComplex('bytes');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.bytes));
  } catch (error) {
    throw new EvaluationFailure('tfjs-not-json', { file: file.name }, { cause: error });
  }
  if (!isObject(json)) throw new EvaluationFailure('tfjs-not-model', { file: file.name });
  return json;
}

function formatOf(json: JsonObject, topology: JsonObject): CheckedTfjs['format'] | null {
  const isGraph = Array.isArray(topology['node']);
  const isLayers = 'model_config' in topology || 'class_name' in topology;
  if (isGraph === isLayers) return null;
  const format = isGraph ? 'graph-model' : 'layers-model';
  return json['format'] === undefined || json['format'] === null || json['format'] === format
    ? format
    : null;
}

/**
 * Visits every object of a JSON value. Names that every JavaScript object has (`constructor`,
 * `__proto__`) are refused as key and as text: the library looks names up in plain objects.
 */
function walk(value: unknown, depth: number, visit: ((object: JsonObject) => void) | null): void {
  if (depth > TFJS_LIMITS.depth) throw tooComplex('depth');
  if (typeof value === 'string') {
    refusePrototypeName(value);
  } else if (Array.isArray(value)) {
    for (const item of value) walk(item, depth + 1, visit);
  } else if (isObject(value)) {
    visit?.(value);
    for (const [key, item] of Object.entries(value)) {
      refusePrototypeName(key);
      walk(item, depth + 1, visit);
    }
  }
}

function refusePrototypeName(name: string): void {
  if (name in Object.prototype) throw new EvaluationFailure('tfjs-layer', { layer: name });
}

/** Both spellings: the library turns the first into the second and takes either. */
function checkClasses(object: JsonObject, counts: { layers: number }): void {
  for (const key of ['class_name', 'className']) {
    if (!Object.hasOwn(object, key)) continue;
    const name = object[key];
    if (typeof name !== 'string' || !TFJS_CLASSES.has(name)) {
      throw new EvaluationFailure('tfjs-layer', {
        layer: typeof name === 'string' ? name : typeof name,
      });
    }
    counts.layers += 1;
    if (counts.layers > TFJS_LIMITS.layers) throw tooComplex('layers');
  }
}

function checkGraph(
  topology: JsonObject,
  notModel: () => EvaluationFailure,
): Pick<CheckedTfjs, 'hasLoops' | 'uint8Inputs'> {
  const library = topology['library'];
  const functions: unknown = isObject(library) ? (library['function'] ?? []) : [];
  if (!Array.isArray(functions)) throw notModel();
  const lists: unknown[] = [topology['node']];
  for (const each of functions as unknown[]) {
    lists.push(isObject(each) ? (each['nodeDef'] ?? []) : null);
  }
  const uint8Inputs = new Set<string>();
  let hasLoops = false;
  let count = 0;
  for (const nodes of lists) {
    if (!Array.isArray(nodes)) throw notModel();
    count += nodes.length;
    if (count > TFJS_LIMITS.nodes) throw tooComplex('nodes');
    for (const node of nodes as unknown[]) {
      if (!isObject(node)) throw notModel();
      const { op, name, attr } = node;
      if (typeof op !== 'string' || typeof name !== 'string') throw notModel();
      if (!TFJS_OPERATORS.has(op)) throw new EvaluationFailure('tfjs-operator', { operator: op });
      hasLoops ||= LOOPS.has(op);
      const dtype = isObject(attr) && isObject(attr['dtype']) ? attr['dtype']['type'] : undefined;
      if (op === 'Placeholder' && DT_UINT8.has(dtype)) uint8Inputs.add(name);
    }
  }
  return { hasLoops, uint8Inputs };
}

/** Where the converter puts the signature depends on its version. */
function readSignature(json: JsonObject): JsonObject | null {
  const metadata = json['userDefinedMetadata'];
  const found = (isObject(metadata) ? metadata['signature'] : undefined) ?? json['signature'];
  return isObject(found) ? found : null;
}

function readWeights(
  manifest: unknown,
  data: ReadonlyMap<string, Uint8Array>,
  notModel: () => EvaluationFailure,
): Pick<CheckedTfjs, 'weightSpecs' | 'weightData' | 'parameters'> {
  if (!Array.isArray(manifest)) throw notModel();
  const weightSpecs: TfjsWeightSpec[] = [];
  const shards: Uint8Array[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  let parameters = 0;
  for (const group of manifest as unknown[]) {
    if (!isObject(group)) throw notModel();
    const { paths: groupPaths, weights } = group;
    if (!Array.isArray(groupPaths) || !Array.isArray(weights)) throw notModel();
    let expected = 0;
    for (const weight of weights as unknown[]) {
      const spec = readSpec(weight);
      if (spec === null || names.has(spec.name)) throw notModel();
      refusePrototypeName(spec.name);
      names.add(spec.name);
      const elements = spec.shape.reduce((product, dim) => product * dim, 1);
      parameters += elements;
      expected += elements * elementBytes(spec);
      weightSpecs.push(spec);
    }
    let received = 0;
    for (const path of groupPaths as unknown[]) {
      const bytes = readShard(path, paths, data);
      received += bytes.length;
      shards.push(bytes);
    }
    if (expected !== received) {
      throw new EvaluationFailure('tfjs-weights-bytes', { expected, received });
    }
  }
  return { weightSpecs, weightData: join(shards), parameters };
}

function readShard(
  path: unknown,
  seen: Set<string>,
  data: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  // `model.save('downloads://…')` in a browser writes `./model.weights.bin`.
  const name = typeof path === 'string' ? path.replace(/^\.\//u, '') : null;
  if (name === null || !isFlatName(name) || seen.has(name)) {
    throw new EvaluationFailure('tfjs-weights-path', {
      path: typeof path === 'string' ? path : typeof path,
    });
  }
  seen.add(name);
  const bytes = data.get(name);
  if (bytes === undefined) throw new EvaluationFailure('tfjs-weights-missing', { file: name });
  return bytes;
}

/** A weight's specification, copied field by field; null when it is none. */
function readSpec(weight: unknown): TfjsWeightSpec | null {
  if (!isObject(weight)) return null;
  const { name, shape, dtype, quantization } = weight;
  if (typeof name !== 'string' || !isShape(shape)) return null;
  if (!DTYPE_BYTES.has(dtype)) return null;
  const spec = { name, shape, dtype: dtype as TfjsWeightSpec['dtype'] };
  if (quantization === undefined || quantization === null) return spec;
  if (!isObject(quantization) || (dtype !== 'float32' && dtype !== 'int32')) return null;
  const { dtype: packed, scale, min } = quantization;
  if (packed === 'float16' && dtype === 'float32') {
    return { ...spec, quantization: { dtype: packed } };
  }
  if (packed !== 'uint8' && packed !== 'uint16') return null;
  if (typeof scale !== 'number' || typeof min !== 'number') return null;
  return { ...spec, quantization: { dtype: packed, scale, min } };
}

function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= 8 &&
    value.every((dim) => Number.isInteger(dim) && dim >= 0 && dim <= MAX_DIM)
  );
}

function elementBytes(spec: TfjsWeightSpec): number {
  const packed = QUANTIZED_BYTES.get(spec.quantization?.dtype);
  return packed ?? DTYPE_BYTES.get(spec.dtype) ?? 0;
}

function join(shards: readonly Uint8Array[]): ArrayBuffer {
  const out = new Uint8Array(shards.reduce((sum, shard) => sum + shard.length, 0));
  let at = 0;
  for (const shard of shards) {
    out.set(shard, at);
    at += shard.length;
  }
  return out.buffer;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `what` is a key of TFJS_LIMITS. */
function tooComplex(what: keyof typeof TFJS_LIMITS): EvaluationFailure {
  return new EvaluationFailure('tfjs-too-complex', { what, limit: TFJS_LIMITS[what] });
}
