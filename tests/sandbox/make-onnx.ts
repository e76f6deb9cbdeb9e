/**
 * Writes small ONNX models byte by byte, so that a test can also write the ones that no exporter would.
 * Field numbers: `onnx.proto3`.
 */
import { WireWriter } from '../../sandbox/artifacts/wire.ts';

export const FLOAT = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const BOOL = 9;
export const FLOAT16 = 10;

type Dim = number | string;

export interface TensorOptions {
  readonly name?: string;
  readonly type?: number;
  readonly dims?: readonly number[];
  readonly raw?: Uint8Array;
  readonly floats?: readonly number[];
  readonly int64s?: readonly bigint[];
  /** StringStringEntryProto pairs in order; sets data_location EXTERNAL. */
  readonly external?: readonly (readonly [string, string])[];
}

export function bytesOf(values: Float32Array | BigInt64Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function tensor(options: TensorOptions): WireWriter {
  const { dims = [], type = FLOAT } = options;
  const out = new WireWriter();
  if (dims.length > 0) out.packed(1, dims);
  out.varint(2, type);
  if (options.floats !== undefined) {
    out.bytes(4, bytesOf(Float32Array.from(options.floats)));
  }
  if (options.int64s !== undefined) out.packed(7, options.int64s);
  if (options.name !== undefined) out.text(8, options.name);
  if (options.raw !== undefined) out.bytes(9, options.raw);
  for (const [key, value] of options.external ?? []) {
    out.message(13, new WireWriter().text(1, key).text(2, value));
  }
  if (options.external !== undefined) out.varint(14, 1);
  return out;
}

export function sparseTensor(
  values: WireWriter,
  indices: WireWriter,
  dims: readonly number[],
): WireWriter {
  return new WireWriter().message(1, values).message(2, indices).packed(3, dims);
}

export function attribute(
  name: string,
  value: {
    readonly int?: number;
    readonly float?: number;
    readonly tensor?: WireWriter;
    readonly tensors?: readonly WireWriter[];
    readonly graph?: WireWriter;
    readonly graphs?: readonly WireWriter[];
    readonly sparse?: WireWriter;
    readonly sparses?: readonly WireWriter[];
    readonly ints?: readonly number[];
  },
): WireWriter {
  const out = new WireWriter().text(1, name);
  if (value.float !== undefined) out.float(2, value.float).varint(20, 1);
  if (value.int !== undefined) out.varint(3, value.int).varint(20, 2);
  if (value.tensor !== undefined) out.message(5, value.tensor).varint(20, 4);
  if (value.graph !== undefined) out.message(6, value.graph).varint(20, 5);
  if (value.ints !== undefined) out.packed(8, value.ints).varint(20, 7);
  for (const each of value.tensors ?? []) out.message(10, each);
  if (value.tensors !== undefined) out.varint(20, 9);
  for (const each of value.graphs ?? []) out.message(11, each);
  if (value.graphs !== undefined) out.varint(20, 10);
  if (value.sparse !== undefined) out.message(22, value.sparse).varint(20, 11);
  for (const each of value.sparses ?? []) out.message(23, each);
  if (value.sparses !== undefined) out.varint(20, 12);
  return out;
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options: { readonly domain?: string; readonly attributes?: readonly WireWriter[] } = {},
): WireWriter {
  const out = new WireWriter();
  for (const name of inputs) out.text(1, name);
  for (const name of outputs) out.text(2, name);
  out.text(4, operator);
  for (const each of options.attributes ?? []) out.message(5, each);
  if (options.domain !== undefined) out.text(7, options.domain);
  return out;
}

/** An input or output; `dims` null leaves the rank open, a text is a symbolic dimension. */
export function value(name: string, type: number, dims: readonly Dim[] | null): WireWriter {
  const tensorType = new WireWriter().varint(1, type);
  if (dims !== null) {
    const shape = new WireWriter();
    for (const dim of dims) {
      const dimension = new WireWriter();
      shape.message(1, typeof dim === 'number' ? dimension.varint(1, dim) : dimension.text(2, dim));
    }
    tensorType.message(2, shape);
  }
  return new WireWriter().text(1, name).message(2, new WireWriter().message(1, tensorType));
}

export interface GraphOptions {
  readonly nodes: readonly WireWriter[];
  readonly initializers?: readonly WireWriter[];
  readonly sparse?: readonly WireWriter[];
  readonly inputs?: readonly WireWriter[];
  readonly outputs?: readonly WireWriter[];
}

export function graph(options: GraphOptions): WireWriter {
  const out = new WireWriter();
  for (const each of options.nodes) out.message(1, each);
  out.text(2, 'graph');
  for (const each of options.initializers ?? []) out.message(5, each);
  for (const each of options.inputs ?? []) out.message(11, each);
  for (const each of options.outputs ?? []) out.message(12, each);
  for (const each of options.sparse ?? []) out.message(15, each);
  return out;
}

export function localFunction(
  domain: string,
  name: string,
  nodes: readonly WireWriter[],
  options: { readonly attributes?: readonly WireWriter[] } = {},
): WireWriter {
  const out = new WireWriter().text(1, name).text(4, 'x').text(5, 'y');
  for (const each of nodes) out.message(7, each);
  out.message(9, opset('', 17));
  out.message(9, opset(domain, 1));
  out.text(10, domain);
  for (const each of options.attributes ?? []) out.message(11, each);
  return out;
}

function opset(domain: string, version: number): WireWriter {
  return new WireWriter().text(1, domain).varint(2, version);
}

export function model(
  body: WireWriter,
  options: {
    readonly functions?: readonly WireWriter[];
    readonly opsets?: readonly (readonly [string, number])[];
    readonly training?: WireWriter;
  } = {},
): Uint8Array<ArrayBuffer> {
  const out = new WireWriter().varint(1, 9).text(2, 'test').message(7, body);
  for (const [domain, version] of options.opsets ?? [['', 17] as const]) {
    out.message(8, opset(domain, version));
  }
  if (options.training !== undefined) out.message(20, options.training);
  for (const each of options.functions ?? []) out.message(25, each);
  return out.finish();
}

/**
 * `y = x W + b`: input `x` `[N, features]`, output `y` `[N, classes]`, float32. W is row-major
 * `[features, classes]`.
 */
export function linearModel(
  weights: Float32Array,
  bias: Float32Array,
  options: { readonly w?: TensorOptions; readonly batch?: Dim } = {},
): Uint8Array<ArrayBuffer> {
  const classes = bias.length;
  const features = weights.length / classes;
  const batch = options.batch ?? 'N';
  return model(
    graph({
      nodes: [node('Gemm', ['x', 'w', 'b'], ['y'])],
      initializers: [
        tensor({
          name: 'w',
          dims: [features, classes],
          ...(options.w ?? { raw: bytesOf(weights) }),
        }),
        tensor({ name: 'b', dims: [classes], floats: [...bias] }),
      ],
      inputs: [value('x', FLOAT, [batch, features])],
      outputs: [value('y', FLOAT, [batch, classes])],
    }),
  );
}
