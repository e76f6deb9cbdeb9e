import type { ItemStatistics } from '../metric.ts';
import { columnSums, type Finish } from './resample.ts';

/**
 * The statistic without each item in turn, from the sums: one `finish` per item.
 *
 * @returns null where there are fewer than two items, or it is undefined or infinite without some item.
 */
export function leaveOneOut(finish: Finish, statistics: ItemStatistics): Float64Array | null {
  const { items, width, values } = statistics;
  if (items < 2) return null;
  const sums = columnSums(statistics);
  const rest = new Float64Array(width);
  const left = new Float64Array(items);
  for (let item = 0, at = 0; item < items; item++) {
    for (let column = 0; column < width; column++, at++) {
      rest[column] = (sums[column] ?? 0) - (values[at] ?? 0);
    }
    const value = finish(rest, items - 1, width);
    if (value === null || !Number.isFinite(value)) return null;
    left[item] = value;
  }
  return left;
}

/**
 * The jackknife's standard error, sqrt((n - 1)/n sum (t_i - mean)^2). For a mean of items it is s/sqrt(n)
 * with s the sample standard deviation (n - 1).
 *
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), 11.5.
 */
export function standardError(left: Float64Array): number {
  const mean = meanOf(left);
  let squares = 0;
  for (const value of left) squares += (value - mean) ** 2;
  return Math.sqrt(((left.length - 1) / left.length) * squares);
}

/** The acceleration of BCa; 0 where the items do not differ. Source: the same, 14.3. */
export function acceleration(left: Float64Array): number {
  const mean = meanOf(left);
  let squares = 0;
  let cubes = 0;
  for (const value of left) {
    const distance = mean - value;
    squares += distance ** 2;
    cubes += distance ** 3;
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
