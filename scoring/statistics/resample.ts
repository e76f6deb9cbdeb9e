import type { ItemStatistics } from '../metric.ts';
import type { Random } from '../random.ts';

/** From sums over items to the number: null, or NaN, for "undefined". As in `Metric.itemwise`. */
export type Finish = (sums: ArrayLike<number>, items: number, width: number) => number | null;

/** Indices drawn at once: 64 KB, which the nearest cache holds beside the statistics. */
const DRAWN_AT_ONCE = 16_384;

/** Wide rows that are mostly zeros (counts by class) are added by their other entries alone. */
const SPARSE_FROM_WIDTH = 5;

/** @returns the sums of the columns, added in the order of the items. */
export function columnSums({ items, width, values }: ItemStatistics): Float64Array {
  const sums = new Float64Array(width);
  for (let item = 0, at = 0; item < items; item++) {
    for (let column = 0; column < width; column++, at++) {
      sums[column] = (sums[column] ?? 0) + (values[at] ?? 0);
    }
  }
  return sums;
}

/** The score of all items; null for "undefined", and without items. */
export function valueOf(finish: Finish, statistics: ItemStatistics): number | null {
  const { items, width } = statistics;
  const value = items === 0 ? null : finish(columnSums(statistics), items, width);
  return value === null || Number.isNaN(value) ? null : value;
}

/** @throws RangeError where the array does not hold items x width values. */
export function checkStatistics({ items, width, values }: ItemStatistics): void {
  if (values.length !== items * width) {
    throw new RangeError(
      `statistics of ${items} items by ${width} columns have ${items * width} values, not ${values.length}`,
    );
  }
}

/**
 * Draws as many items as there are, with replacement, each with the same probability, and hands over
 * the sums of their rows; again for each replicate. Exact in law: every draw is a uniform index.
 *
 * @param visit gets the same array each time.
 */
export function resampleSums(
  statistics: ItemStatistics,
  replicates: number,
  random: Random,
  visit: (sums: Float64Array, replicate: number) => void,
): void {
  checkStatistics(statistics);
  const { items, width } = statistics;
  const sums = new Float64Array(width);
  const drawn = new Int32Array(Math.min(items, DRAWN_AT_ONCE));
  const add = chooseAdder(statistics, sums);
  for (let replicate = 0; replicate < replicates; replicate++) {
    sums.fill(0);
    for (let left = items; left > 0;) {
      const part = left < drawn.length ? drawn.subarray(0, left) : drawn;
      random.fillBelow(part, items);
      add(part);
      left -= part.length;
    }
    visit(sums, replicate);
  }
}

function chooseAdder(statistics: ItemStatistics, sums: Float64Array): (drawn: Int32Array) => void {
  const { width, values } = statistics;
  if (width === 1) return (drawn) => addSingles(values, drawn, sums);
  if (width === 2) return (drawn) => addPairs(values, drawn, sums);
  if (width >= SPARSE_FROM_WIDTH) {
    const rows = toSparseRows(statistics);
    if (rows.columns.length < values.length / 2) return (drawn) => addSparse(rows, drawn, sums);
  }
  const quads = toQuads(statistics);
  return (drawn) => {
    for (let first = 0; first < width; first += 4) {
      addQuads(quads[first / 4] ?? values, drawn, sums, first);
    }
  };
}

/** Four columns at a time, each four as rows of their own; columns that are not there are zeros. */
function toQuads({ items, width, values }: ItemStatistics): Float64Array[] {
  return Array.from({ length: Math.ceil(width / 4) }, (_, quad) => {
    const rows = new Float64Array(4 * items);
    const columns = Math.min(4, width - 4 * quad);
    for (let item = 0; item < items; item++) {
      for (let column = 0; column < columns; column++) {
        rows[4 * item + column] = values[width * item + 4 * quad + column] ?? 0;
      }
    }
    return rows;
  });
}

function addSingles(values: Float64Array, drawn: Int32Array, sums: Float64Array): void {
  let sum = sums[0] ?? 0;
  for (let index = 0; index < drawn.length; index++) sum += values[drawn[index] ?? 0] ?? 0;
  sums[0] = sum;
}

function addPairs(values: Float64Array, drawn: Int32Array, sums: Float64Array): void {
  let first = sums[0] ?? 0;
  let second = sums[1] ?? 0;
  for (let index = 0; index < drawn.length; index++) {
    const at = 2 * (drawn[index] ?? 0);
    first += values[at] ?? 0;
    second += values[at + 1] ?? 0;
  }
  sums[0] = first;
  sums[1] = second;
}

/** Adds to four sums from `first` on; those beyond the last column do not exist and stay so. */
function addQuads(
  values: Float64Array,
  drawn: Int32Array,
  sums: Float64Array,
  first: number,
): void {
  let sum0 = sums[first] ?? 0;
  let sum1 = sums[first + 1] ?? 0;
  let sum2 = sums[first + 2] ?? 0;
  let sum3 = sums[first + 3] ?? 0;
  for (let index = 0; index < drawn.length; index++) {
    const at = 4 * (drawn[index] ?? 0);
    sum0 += values[at] ?? 0;
    sum1 += values[at + 1] ?? 0;
    sum2 += values[at + 2] ?? 0;
    sum3 += values[at + 3] ?? 0;
  }
  sums[first] = sum0;
  sums[first + 1] = sum1;
  sums[first + 2] = sum2;
  sums[first + 3] = sum3;
}

/** Compressed rows: the entries of row i stand at `starts[i]` up to `starts[i + 1]`. */
export interface SparseRows {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly entries: Float64Array;
}

export function toSparseRows({ items, width, values }: ItemStatistics): SparseRows {
  const starts = new Int32Array(items + 1);
  let count = 0;
  for (let at = 0; at < values.length; at++) if (values[at] !== 0) count++;
  const columns = new Int32Array(count);
  const entries = new Float64Array(count);
  let next = 0;
  for (let item = 0, at = 0; item < items; item++) {
    for (let column = 0; column < width; column++, at++) {
      const value = values[at] ?? 0;
      if (value === 0) continue;
      columns[next] = column;
      entries[next++] = value;
    }
    starts[item + 1] = next;
  }
  return { starts, columns, entries };
}

function addSparse(
  { starts, columns, entries }: SparseRows,
  drawn: Int32Array,
  sums: Float64Array,
): void {
  for (let index = 0; index < drawn.length; index++) {
    const item = drawn[index] ?? 0;
    const end = starts[item + 1] ?? 0;
    for (let at = starts[item] ?? 0; at < end; at++) {
      const column = columns[at] ?? 0;
      sums[column] = (sums[column] ?? 0) + (entries[at] ?? 0);
    }
  }
}
