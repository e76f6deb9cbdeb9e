import type { ItemStatistics } from '../../../../scoring/metric.ts';
import type { ItemwiseMetric } from '../../../../scoring/statistics/interval.ts';
import type { Finish } from '../../../../scoring/statistics/resample.ts';

/** Statistics from one row for each item. */
export function fromRows(rows: readonly (readonly number[])[]): ItemStatistics {
  const width = rows[0]?.length ?? 1;
  return { items: rows.length, width, values: Float64Array.from(rows.flat()) };
}

/** One column. */
export function column(values: ArrayLike<number>): ItemStatistics {
  return { items: values.length, width: 1, values: Float64Array.from(values) };
}

export const mean: Finish = (sums, items) => (sums[0] ?? 0) / items;

/** Errors over lengths, as an error rate of a corpus. */
export const ratio: Finish = (sums) => (sums[1] === 0 ? null : (sums[0] ?? 0) / (sums[1] ?? 0));

export function makeMetric(overrides: Partial<ItemwiseMetric> = {}): ItemwiseMetric {
  return {
    name: 'made',
    higherIsBetter: true,
    range: [-Infinity, Infinity],
    itemwise: { finish: mean },
    ...overrides,
  };
}
