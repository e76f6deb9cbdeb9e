import type { ClassificationMetric, ClassPredictions, Interval, MetricFacts } from '../metric.ts';
import type { ItemStatistics } from '../metric.ts';

/** Facts of a metric whose value is one number that ranks. */
export interface BoardFacts extends MetricFacts {
  readonly higherIsBetter: boolean;
  readonly range: readonly [number, number];
}

/** More numbers than this (128 MiB) are not kept for one metric of one split. */
const MOST_STATISTICS = 2 ** 24;

/** The face of a metric that an image-classification task asks, beside the one that reads JSON. */
export function defineClassMetric(
  { name, higherIsBetter, range, source }: BoardFacts,
  metric: {
    value(
      predictions: ClassPredictions,
      targets: ArrayLike<number>,
    ): { value: number | null; interval?: Interval | null };
    itemwise(predictions: ClassPredictions, targets: ArrayLike<number>): ItemStatistics | null;
    finish(sums: ArrayLike<number>, items: number, width: number): number | null;
  },
): ClassificationMetric {
  return {
    ...{ name, higherIsBetter, range, source },
    compute(predictions, targets) {
      const { value, interval } = metric.value(predictions, targets);
      return { metric: name, value, interval: interval ?? null };
    },
    itemwise: (predictions, targets) => metric.itemwise(predictions, targets),
    finish: (sums, items, width) => metric.finish(sums, items, width),
  };
}

/** Zeroes for `items` rows of `width` statistics, or null where they are too many to keep. */
export function emptyStatistics(items: number, width: number): ItemStatistics | null {
  if (items * width > MOST_STATISTICS) return null;
  return { items, width, values: new Float64Array(items * width) };
}

/** The mean of the first column: `finish` of the metrics that are a mean over rows. */
export function meanOfFirst(sums: ArrayLike<number>, items: number): number | null {
  return items === 0 ? null : (sums[0] ?? 0) / items;
}

/** The mean of one error for each row, by the same division; null without rows. */
export function meanOfErrors(errors: Float64Array): number | null {
  return meanOfFirst([errors.reduce((total, error) => total + error, 0)], errors.length);
}
