import type { Tensor } from '../sandbox/tensor.ts';

/** The numbers of a floating-point tensor, binary16 widened to float32; null for any other dtype. */
export function asFloats({ data, dtype }: Tensor): Float32Array | Float64Array | null {
  if (dtype === 'float32' && data instanceof Float32Array) return data;
  if (dtype === 'float64' && data instanceof Float64Array) return data;
  if (dtype === 'float16' && data instanceof Uint16Array) {
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length));
  }
  return null;
}
