/** Data files of a task, whatever their format: chosen by extension, else by the first bytes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { Tensor } from '../../sandbox/tensor.ts';
import { parseLabelsCsv } from './csv.ts';
import { DataFormatError } from './format-error.ts';
import { isGzip, isIdx, parseIdx } from './idx.ts';
import { parseNpy } from './npy.ts';
import { parseNpz } from './npz.ts';
import { readTextFile } from './text.ts';

/** The file of a `path#array` reference, where `array` names one array of a `.npz`. */
export function splitReference(reference: string): { file: string; array: string | null } {
  const mark = reference.lastIndexOf('#');
  if (mark < 0 || !reference.slice(0, mark).endsWith('.npz')) {
    return { file: reference, array: null };
  }
  return { file: reference.slice(0, mark), array: reference.slice(mark + 1) };
}

/**
 * Reads a numeric array from `.npy`, `.npz` (`file.npz#name`, or the only array inside) or IDX.
 *
 * @param folder the task folder.
 * @param reference path in the folder, as task.yaml spells it.
 * @throws EvaluationFailure `split-data`.
 */
export async function readArray(folder: string, reference: string): Promise<Tensor> {
  const { file, array } = splitReference(reference);
  return reading(file, async () => {
    const bytes = await readFile(path.join(folder, file));
    const kind = recognise(file, bytes);
    switch (kind) {
      case 'npy':
        return parseNpy(bytes);
      case 'idx':
        return parseIdx(bytes);
      case 'npz':
        return pickArray(await parseNpz(bytes), array);
      case 'csv':
        throw new DataFormatError('a CSV can hold targets only; inputs are .npy, .npz or IDX');
      case null:
        throw new DataFormatError('this is none of .npy, .npz, IDX (plain or .gz) and .csv');
    }
  });
}

/**
 * Class index per row: integers of an array file, or the class names of a label CSV.
 *
 * @param ids of the split's inputs, which the `id` column of a CSV must repeat in the same order.
 * @throws EvaluationFailure `split-data`; rows are named, values are not.
 */
export async function readClassIndices(
  folder: string,
  reference: string,
  classes: readonly string[],
  ids: readonly string[],
): Promise<Int32Array> {
  const { file } = splitReference(reference);
  if (file.toLowerCase().endsWith('.csv')) {
    return reading(file, async () => {
      const table = parseLabelsCsv(await readTextFile(path.join(folder, file)));
      const firstWrongId = table.ids?.findIndex((id, row) => id !== ids[row]) ?? -1;
      if (firstWrongId >= 0) {
        throw new DataFormatError(`row ${firstWrongId + 2}: the id is not that of the input`);
      }
      const indexOf = new Map(classes.map((name, index) => [name, index]));
      return Int32Array.from(table.labels, (label, row) => {
        const index = indexOf.get(label);
        if (index === undefined) {
          throw new DataFormatError(`row ${row + 2}: the label is not one of output.classes`);
        }
        return index;
      });
    });
  }
  const tensor = await readArray(folder, reference);
  return reading(file, () => {
    if (tensor.shape.length !== 1) {
      throw new DataFormatError(
        `targets must have one dimension, found [${tensor.shape.join(',')}]`,
      );
    }
    const indices = new Int32Array(tensor.data.length);
    for (let row = 0; row < indices.length; row++) {
      const index = Number(tensor.data[row]);
      if (
        tensor.dtype === 'float16' ||
        !(Number.isInteger(index) && index >= 0 && index < classes.length)
      ) {
        throw new DataFormatError(
          `targets must be whole numbers from 0 to ${classes.length - 1}; row ${row} is not`,
        );
      }
      indices[row] = index;
    }
    return indices;
  });
}

/** Ids, one a line. A final line break is not a row. */
export async function readIds(folder: string, file: string): Promise<string[]> {
  return reading(file, async () => {
    const text = await readTextFile(path.join(folder, file));
    const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
    const bad = lines.findIndex((line) => line === '' || line !== line.trim());
    if (bad >= 0) throw new DataFormatError(`line ${bad + 1} is empty or has outer spaces`);
    return lines;
  });
}

type DataFormat = 'npy' | 'npz' | 'idx' | 'csv';

function recognise(file: string, bytes: Uint8Array): DataFormat | null {
  const name = file.toLowerCase();
  for (const format of ['npy', 'npz', 'csv'] as const) {
    if (name.endsWith(`.${format}`)) return format;
  }
  if (isGzip(bytes) || isIdx(bytes)) return 'idx';
  if (bytes[0] === 0x93) return 'npy';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'npz';
  return null;
}

function pickArray(arrays: ReadonlyMap<string, Tensor>, name: string | null): Tensor {
  const found =
    name === null && arrays.size === 1 ? [...arrays.values()][0] : arrays.get(name ?? '');
  if (found !== undefined) return found;
  const known = [...arrays.keys()].join(', ');
  throw new DataFormatError(
    name === null
      ? `name one of its arrays, as in file.npz#name: ${known}`
      : `there is no array ${name}; it has ${known}`,
  );
}

async function reading<T>(file: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof EvaluationFailure) throw error;
    throw new EvaluationFailure('split-data', { file, detail: describe(error) }, { cause: error });
  }
}

/** Our own messages say enough; of the system's only the code is shown, since messages hold full paths. */
function describe(error: unknown): string {
  if (error instanceof DataFormatError) return error.message;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code === 'ENOENT' ? 'the file is missing' : error.code;
  }
  return 'the file cannot be read';
}
