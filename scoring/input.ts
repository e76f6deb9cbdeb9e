/**
 * Lists and tables of numbers as metrics read them from JSON: checked and packed into typed arrays in one
 * pass, since a list of a million numbers is too long for one schema object each.
 */
import { z } from 'zod';
import { nameOf } from './misfit.ts';

/** Row-major numbers. No rows means no columns either. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** `rows` x `columns`, finite. */
  readonly values: Float64Array;
}

/** Numbers of any shape, row-major. */
export interface NumberArray {
  /** Sizes, outermost first; `[n]` for a plain list. */
  readonly shape: readonly number[];
  /** As many as the product of the sizes, finite. */
  readonly values: Float64Array;
}

/** The message of what does not fit; thrown and caught in this file. */
class Misfit extends Error {}

/** A schema from a function that throws `Misfit`. */
function reading<T>(read: (value: unknown) => T): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

function asList(value: unknown, expected: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new Misfit(`expected ${expected}, received ${nameOf(value)}`);
}

function asNumber(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Misfit(`${place}: expected a finite number, received ${nameOf(value)}`);
}

/** A list of finite numbers. */
export const numberList: z.ZodType<Float64Array> = reading((value) => {
  const list = asList(value, 'a list of numbers');
  const numbers = new Float64Array(list.length);
  for (let index = 0; index < numbers.length; index++) {
    const item = list[index];
    if (typeof item !== 'number' || !Number.isFinite(item)) asNumber(item, `item ${index}`);
    numbers[index] = item as number;
  }
  return numbers;
});

/** A list of integers of 32 bits, such as class indices. Truth values count as 0 and 1. */
export const integerList: z.ZodType<Int32Array> = reading((value) => {
  const list = asList(value, 'a list of integers');
  const numbers = new Int32Array(list.length);
  for (let index = 0; index < numbers.length; index++) {
    const given = list[index];
    const item = typeof given === 'boolean' ? Number(given) : given;
    if (typeof item !== 'number' || (item | 0) !== item) {
      throw new Misfit(`item ${index}: expected an integer of 32 bits, received ${nameOf(item)}`);
    }
    numbers[index] = item;
  }
  return numbers;
});

/** A list of 0 and 1, or of false and true. */
export const binaryList: z.ZodType<Uint8Array> = reading((value) => {
  const list = asList(value, 'a list of 0 and 1');
  const bits = new Uint8Array(list.length);
  for (let index = 0; index < bits.length; index++) {
    const item = list[index];
    if (item !== 0 && item !== 1 && typeof item !== 'boolean') {
      throw new Misfit(`item ${index}: expected 0 or 1, received ${nameOf(item)}`);
    }
    bits[index] = Number(item);
  }
  return bits;
});

/** A list of rows of finite numbers, all of one length. */
export const numberMatrix: z.ZodType<Matrix> = reading((value) =>
  readMatrix(asList(value, 'a list of rows')),
);

function readMatrix(list: readonly unknown[]): Matrix {
  const columns = list.length === 0 ? 0 : asList(list[0], 'a list of numbers in row 0').length;
  const values = new Float64Array(list.length * columns);
  for (let row = 0; row < list.length; row++) {
    const cells = asList(list[row], `a list of numbers in row ${row}`);
    if (cells.length !== columns) {
      throw new Misfit(`row ${row} has ${cells.length} numbers, row 0 has ${columns}`);
    }
    for (let column = 0; column < columns; column++) {
      const cell = cells[column];
      if (typeof cell !== 'number' || !Number.isFinite(cell)) {
        asNumber(cell, `row ${row}, item ${column}`);
      }
      values[row * columns + column] = cell as number;
    }
  }
  return { rows: list.length, columns, values };
}

/** One number for each row, or a row of numbers for each: `columns` is null for the former. */
export const listOrMatrix: z.ZodType<
  { readonly rows: number; readonly columns: null; readonly values: Float64Array } | Matrix
> = reading((value) => {
  const list = asList(value, 'a list of numbers or of rows');
  if (Array.isArray(list[0])) return readMatrix(list);
  const values = Float64Array.from(list, (item, index) => asNumber(item, `item ${index}`));
  return { rows: values.length, columns: null, values };
});

/** Lists of numbers, nested to any depth, every list of one level as long as its neighbours. */
export const numberArray: z.ZodType<NumberArray> = reading((value) => {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = (inner as unknown[])[0]) {
    shape.push(inner.length);
  }
  if (shape.length === 0) asList(value, 'a list of numbers');
  const values = new Float64Array(shape.reduce((product, size) => product * size, 1));
  let next = 0;
  const fill = (item: unknown, depth: number, place: string) => {
    const list = asList(item, `a list at ${place === '' ? 'the top' : place}`);
    const size = shape[depth] ?? 0;
    if (list.length !== size) {
      throw new Misfit(`${place} has ${list.length} items, the first of its kind ${size}`);
    }
    const innermost = depth === shape.length - 1;
    for (let index = 0; index < size; index++) {
      const inner = list[index];
      if (!innermost) fill(inner, depth + 1, `${place}[${index}]`);
      else if (typeof inner === 'number' && Number.isFinite(inner)) values[next++] = inner;
      else asNumber(inner, `${place}[${index}]`);
    }
  };
  fill(value, 0, '');
  return { shape, values };
});

/** The name of a class: a number or a text. */
export type Label = number | string;

/** A list of class names, all numbers or all texts. Truth values count as 0 and 1. */
export const labelList: z.ZodType<readonly Label[]> = reading((value) => {
  const list = asList(value, 'a list of labels');
  const [first] = list;
  const kind = typeof first === 'string' ? 'string' : 'number';
  return list.map((item, index) => {
    const label = typeof item === 'boolean' ? Number(item) : item;
    if (typeof label === kind && (kind === 'string' || Number.isFinite(label))) {
      return label as Label;
    }
    const expected = kind === 'string' ? 'a text' : 'a number';
    throw new Misfit(`item ${index}: expected ${expected} as in item 0, received ${nameOf(item)}`);
  });
});

/** More would only be a slip, and take all memory. */
const MOST_CLASSES = 1_000_000;

/** A list of classes in their order, or a number n for 0 to n - 1; null and absence for "those that occur". */
export const classNames: z.ZodType<readonly Label[] | null> = z
  .union([z.null(), z.int().min(1).max(MOST_CLASSES), labelList])
  .optional()
  .transform((classes) => {
    if (typeof classes === 'number') return Array.from({ length: classes }, (_, index) => index);
    return classes ?? null;
  });

/**
 * Names of classes as indices into one list of them.
 *
 * @param lists lists of labels, each encoded over the classes of all.
 * @param classes the classes in their order; null for those that occur: numbers ascending, texts by code
 * unit.
 * @throws RangeError for a label that is not among the classes, or a class named twice.
 */
export function encodeLabels<const Lists extends readonly (readonly Label[])[]>(
  lists: Lists,
  classes: readonly Label[] | null = null,
): { readonly names: readonly Label[]; readonly indices: { [Key in keyof Lists]: Int32Array } } {
  const names = classes ?? [...new Set(lists.flat())].toSorted(ascending);
  const indexOf = new Map(names.map((name, index) => [name, index]));
  if (indexOf.size !== names.length) throw new RangeError('a class is named twice');
  const indices = lists.map((list) =>
    Int32Array.from(list, (label, row) => {
      const index = indexOf.get(label);
      if (index === undefined) {
        throw new RangeError(`the label of row ${row} is not one of the ${names.length} classes`);
      }
      return index;
    }),
  );
  return { names, indices: indices as { [Key in keyof Lists]: Int32Array } };
}

function ascending(a: Label, b: Label): number {
  if (typeof a !== typeof b) throw new RangeError('some labels are numbers, others texts');
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** @throws RangeError stating both sizes. */
export function checkSameLength(
  first: { readonly length: number },
  firstName: string,
  second: { readonly length: number },
  secondName: string,
): void {
  if (first.length === second.length) return;
  throw new RangeError(`${firstName} has ${first.length} rows, ${secondName} has ${second.length}`);
}
