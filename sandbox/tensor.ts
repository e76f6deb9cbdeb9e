/**
 * Tensors as they cross the sandbox boundary: a dtype, a row-major shape and one flat typed array.
 * Leaf file: the child, the host, the task kinds and the tools all share it.
 */

export const DTYPES = {
  float32: Float32Array,
  float64: Float64Array,
  /** IEEE 754 binary16, kept as raw bits. */
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  /** One byte an element, 0 or 1. */
  bool: Uint8Array,
} as const;

export type DType = keyof typeof DTYPES;
export type TensorData = InstanceType<(typeof DTYPES)[DType]>;

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface NamedTensor extends Tensor {
  readonly name: string;
}

/** A declared input or output of a model. `null` is a dimension that may vary. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | null)[];
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A shape as people write it: `[N,28,28,1]`, with `N` for a leading free dimension and `?` for others. */
export function formatShape(shape: readonly (number | null)[]): string {
  return `[${shape.map((dim, axis) => dim ?? (axis === 0 ? 'N' : '?')).join(',')}]`;
}
