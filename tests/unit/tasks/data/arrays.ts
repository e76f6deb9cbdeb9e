import fc from 'fast-check';
import { DTYPES, elementCount } from '../../../../sandbox/tensor.ts';
import type { DType, Tensor } from '../../../../sandbox/tensor.ts';

/** Any tensor of the given dtypes, up to four dimensions of up to five, by random bytes. */
export function anyTensor(
  dtypes: readonly DType[] = Object.keys(DTYPES) as DType[],
): fc.Arbitrary<Tensor> {
  const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
  return fc.tuple(fc.constantFrom(...dtypes), shape).chain(([dtype, dims]) => {
    const bytes = elementCount(dims) * DTYPES[dtype].BYTES_PER_ELEMENT;
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => ({
      dtype,
      shape: dims,
      data: new DTYPES[dtype](raw.slice().buffer),
    }));
  });
}

/** Bytes rather than numbers: two NaN with the same bits are equal, and nothing else is. */
export function bytesOf(tensor: Tensor): Buffer {
  return Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
}
