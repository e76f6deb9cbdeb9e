/**
 * The IDX format of the MNIST files: two zero bytes, a type byte, the number of dimensions, the
 * dimensions as big-endian 32-bit integers, then big-endian elements. Read with or without gzip.
 *
 * Format: "The IDX file format", http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes, Burges).
 */
import { endianness } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { DTYPES, elementCount } from '../../sandbox/tensor.ts';
import type { DType, Tensor } from '../../sandbox/tensor.ts';
import { DataFormatError } from './format-error.ts';

const TYPES = new Map<number, DType>([
  [0x08, 'uint8'],
  [0x09, 'int8'],
  [0x0b, 'int16'],
  [0x0c, 'int32'],
  [0x0d, 'float32'],
  [0x0e, 'float64'],
]);

const MAX_INFLATED_BYTES = 2 * 1024 ** 3;
const HOST_IS_LITTLE_ENDIAN = endianness() === 'LE';

/** @throws DataFormatError for a wrong magic number or a length that the dimensions do not explain. */
export function parseIdx(file: Uint8Array): Tensor {
  const bytes = isGzip(file) ? inflate(file) : file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dtype = isIdx(bytes) ? TYPES.get(bytes[2] ?? 0) : undefined;
  if (dtype === undefined) throw new DataFormatError('this is not an IDX file: wrong magic number');
  const rank = bytes[3] ?? 0;
  const offset = 4 + 4 * rank;
  if (bytes.length < offset) throw new DataFormatError('the IDX header is cut off');
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis, false));
  const itemBytes = DTYPES[dtype].BYTES_PER_ELEMENT;
  const expected = elementCount(shape) * itemBytes;
  if (bytes.length - offset !== expected) {
    throw new DataFormatError(
      `the shape [${shape.join(',')}] of ${dtype} needs ${expected} bytes, the file has ${bytes.length - offset}`,
    );
  }
  const raw = new Uint8Array(bytes.subarray(offset));
  swapBigEndian(raw, itemBytes);
  return { dtype, shape, data: new DTYPES[dtype](raw.buffer) };
}

/** @throws RangeError for a dtype that IDX has no code for. */
export function encodeIdx(tensor: Tensor): Uint8Array {
  const { data, dtype, shape } = tensor;
  const code = [...TYPES].find(([, name]) => name === dtype)?.[0];
  if (code === undefined) throw new RangeError(`IDX has no type for ${dtype}`);
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`${data.length} elements do not fill the shape [${shape.join(',')}]`);
  }
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = code;
  header[3] = shape.length;
  for (const [axis, dim] of shape.entries()) header.writeUInt32BE(dim, 4 + 4 * axis);
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  swapBigEndian(raw, data.BYTES_PER_ELEMENT);
  return Buffer.concat([header, raw]);
}

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

export function isIdx(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && TYPES.has(bytes[2] ?? 0);
}

function inflate(file: Uint8Array): Uint8Array {
  try {
    return gunzipSync(file, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    throw new DataFormatError('the gzip stream is damaged or too large', { cause: error });
  }
}

function swapBigEndian(raw: Uint8Array<ArrayBuffer>, itemBytes: number): void {
  if (itemBytes === 1 || !HOST_IS_LITTLE_ENDIAN) return;
  const buffer = Buffer.from(raw.buffer);
  if (itemBytes === 2) buffer.swap16();
  else if (itemBytes === 4) buffer.swap32();
  else buffer.swap64();
}
