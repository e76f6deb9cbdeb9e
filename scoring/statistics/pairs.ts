import type { ItemStatistics } from '../metric.ts';
import type { Finish } from './resample.ts';

/** One statistic of items, resampled or left out like any other. */
export interface ItemwiseStatistic {
  readonly statistics: ItemStatistics;
  readonly finish: Finish;
}

/** @throws RangeError where two entries were not scored on the same items; the message states both sizes. */
export function checkPair(a: ItemStatistics, b: ItemStatistics): void {
  if (a.items !== b.items || a.width !== b.width) {
    throw new RangeError(
      `one entry has ${a.items} items by ${a.width} columns, the other ${b.items} by ${b.width}`,
    );
  }
}

/**
 * The difference of a score between two entries, value(a) - value(b), as one statistic of the items that
 * both were scored on: an item's row is the rows of both.
 *
 * @throws RangeError as `checkPair`.
 */
export function differenceOf(
  finish: Finish,
  a: ItemStatistics,
  b: ItemStatistics,
): ItemwiseStatistic {
  checkPair(a, b);
  const { items, width } = a;
  const values = new Float64Array(2 * items * width);
  for (let item = 0; item < items; item++) {
    const own = item * width;
    values.set(a.values.subarray(own, own + width), 2 * own);
    values.set(b.values.subarray(own, own + width), 2 * own + width);
  }
  const first = new Float64Array(width);
  const second = new Float64Array(width);
  return {
    statistics: { items, width: 2 * width, values },
    finish: (sums, count) => {
      for (let column = 0; column < width; column++) {
        first[column] = sums[column] ?? 0;
        second[column] = sums[width + column] ?? 0;
      }
      return subtract(finish(first, count, width), finish(second, count, width));
    },
  };
}

/** Equal scores differ by 0, infinite ones too. */
export function subtract(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null;
  return a === b ? 0 : a - b;
}
