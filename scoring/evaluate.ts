import type { ClassPredictions, ItemStatistics, Score } from './metric.ts';
import { getMetric } from './registry.ts';
import { intervalOf } from './statistics/interval.ts';
import { leaveOneOut, standardError } from './statistics/jackknife.ts';
import { valueOf, type Finish } from './statistics/resample.ts';
import { Z_95 } from './statistics/wilson.ts';

export interface MetricResult {
  readonly score: Score;
  /** Additive statistics of the items in the order of the rows; null where the metric has none. */
  readonly items: ItemStatistics | null;
}

/**
 * Every named metric on the rows of one split, in the order of the names.
 *
 * @throws RangeError for an unknown metric, or rows and targets that do not fit.
 */
export function scoreClasses(
  metrics: readonly string[],
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): MetricResult[] {
  return metrics.map((name) => {
    const metric = getMetric(name);
    return {
      score: metric.compute(predictions, targets),
      items: metric.itemwise(predictions, targets),
    };
  });
}

/** Draws of items that the bootstrap of one score may cost: about a second. */
const MOST_DRAWS = 1e8;
const MOST_REPLICATES = 10_000;
const FEWEST_REPLICATES = 1_000;

/**
 * The score with a 95 % interval, where it has none yet and its items can tell: see `intervalOf`. For
 * more than 100,000 items the bootstrap has nothing to add to the normal law, and the interval is the
 * value and 1.96 standard errors of the jackknife to either side.
 *
 * @param seed of the bootstrap: the same seed gives the same interval everywhere.
 */
export function withInterval({ score, items }: MetricResult, seed: number): Score {
  if (score.interval !== null || score.value === null || items === null) return score;
  const metric = getMetric(score.metric);
  const finish: Finish = (sums, count, width) => metric.finish(sums, count, width);
  if (items.items * FEWEST_REPLICATES > MOST_DRAWS) {
    const value = valueOf(finish, items);
    const left = leaveOneOut(finish, items);
    if (value === null || left === null) return score;
    const reach = Z_95 * standardError(left);
    const interval = {
      low: Math.max(metric.range[0], value - reach),
      high: Math.min(metric.range[1], value + reach),
    };
    return { ...score, interval };
  }
  const replicates = Math.max(
    FEWEST_REPLICATES,
    Math.min(MOST_REPLICATES, Math.floor(MOST_DRAWS / Math.max(1, items.items))),
  );
  const estimate = intervalOf({ ...metric, itemwise: { finish } }, items, { seed, replicates });
  return { ...score, interval: estimate.interval };
}
