/**
 * Arrays that are read some rows at a time, so that a large file needs no memory of its size: `.npy` from
 * the disk. What `readArray` reads besides (`.npz`, IDX) is compressed or small, and is read at once.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { DTYPES, elementCount } from '../../sandbox/tensor.ts';
import type { DType, TensorData } from '../../sandbox/tensor.ts';
import { DataFormatError } from './format-error.ts';
import { NPY_HEADER_BYTES, npyElements, parseNpyLayout } from './npy.ts';
import { readArray } from './read-array.ts';

export interface ArrayRows {
  readonly dtype: DType;
  /** The first axis is the rows. */
  readonly shape: readonly number[];
  /** `count` rows from row `start`, in a buffer of their own. Both are within the array. */
  read(start: number, count: number): Promise<TensorData>;
  close(): Promise<void>;
}

/**
 * @param reference a path, or `path#array` for one array of a `.npz`.
 * @throws DataFormatError or EvaluationFailure `split-data` for what cannot be read as an array of rows.
 */
export async function openArrayRows(reference: string): Promise<ArrayRows> {
  if (reference.toLowerCase().endsWith('.npy')) return openNpyRows(reference);
  const { dtype, shape, data } = await readArray('', reference);
  const rowLength = rowLengthOf(shape);
  return {
    dtype,
    shape,
    read: (start, count) =>
      Promise.resolve(data.slice(start * rowLength, (start + count) * rowLength)),
    close: () => Promise.resolve(),
  };
}

async function openNpyRows(file: string): Promise<ArrayRows> {
  const handle = await open(file).catch((error: unknown) => {
    throw new DataFormatError('the file is missing or cannot be read', { cause: error });
  });
  try {
    const { size } = await handle.stat();
    const layout = parseNpyLayout(await readBytes(handle, 0, Math.min(size, NPY_HEADER_BYTES)));
    const { dtype, shape, offset } = layout;
    const itemBytes = DTYPES[dtype].BYTES_PER_ELEMENT;
    const expected = elementCount(shape) * itemBytes;
    if (size - offset !== expected) {
      throw new DataFormatError(
        `the shape [${shape.join(',')}] of ${dtype} needs ${expected} bytes, the file has ${size - offset}`,
      );
    }
    const rowBytes = rowLengthOf(shape) * itemBytes;
    return {
      dtype,
      shape,
      read: async (start, count) =>
        npyElements(await readBytes(handle, offset + start * rowBytes, count * rowBytes), layout),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Elements of one row. */
function rowLengthOf(shape: readonly number[]): number {
  if (shape.length === 0) throw new DataFormatError('the array is a single number, without rows');
  return elementCount(shape.slice(1));
}

async function readBytes(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new DataFormatError('the file became shorter while it was read');
    filled += bytesRead;
  }
  return bytes;
}
