import type { ClassPredictions, Score } from './metric.ts';
import { getMetric } from './registry.ts';

/**
 * Every named metric on the rows of one split, in the order of the names.
 *
 * @throws RangeError for an unknown metric, or rows and targets that do not fit.
 */
export function scoreClasses(
  metrics: readonly string[],
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): Score[] {
  return metrics.map((name) => getMetric(name).compute(predictions, targets));
}
