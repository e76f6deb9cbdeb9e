import type { Interval, ItemStatistics, Metric } from '../metric.ts';
import { bootstrapInterval, BOOTSTRAP_DEFAULTS, type BootstrapOptions } from './bootstrap.ts';
import { normalQuantile } from './normal.ts';
import { checkStatistics, type Finish } from './resample.ts';
import { wilsonInterval } from './wilson.ts';

/** What of a metric its intervals need. */
export type ItemwiseMetric = Pick<Metric, 'name' | 'higherIsBetter' | 'range'> & {
  readonly itemwise: { readonly finish: Finish };
};

export interface IntervalEstimate {
  /** Null for "undefined". */
  readonly value: number | null;
  readonly interval: Interval | null;
  /** Null where there is no interval. */
  readonly method: 'wilson' | 'bca' | 'percentile' | null;
  readonly confidence: number;
  /** 0 where nothing was resampled. */
  readonly replicates: number;
  readonly undefinedReplicates: number;
  readonly seed: number | null;
}

/**
 * The confidence interval of a score: Wilson's for a proportion (the mean of items that are 0 or 1, or
 * 1 minus that mean), else a bootstrap over the items, BCa or its percentile fallback. The ends are
 * kept inside the range of the metric.
 *
 * @throws RangeError where the statistics do not hold items x width values.
 */
export function intervalOf(
  metric: ItemwiseMetric,
  statistics: ItemStatistics,
  options: BootstrapOptions = {},
): IntervalEstimate {
  checkStatistics(statistics);
  const { finish } = metric.itemwise;
  const proportion = proportionOf(finish, statistics);
  if (proportion === null) {
    const estimate = bootstrapInterval(finish, statistics, options);
    return { ...estimate, interval: clip(estimate.interval, metric.range) };
  }
  const { confidence } = { ...BOOTSTRAP_DEFAULTS, ...options };
  const { count, total, isComplement } = proportion;
  const z = -normalQuantile((1 - confidence) / 2);
  const interval = wilsonInterval(isComplement ? total - count : count, total, z);
  const value = finish([count], total, 1);
  const none = { undefinedReplicates: 0, replicates: 0, seed: null };
  return { value, interval, method: 'wilson', confidence, ...none };
}

export interface Proportion {
  /** Items whose statistic is 1. */
  readonly count: number;
  readonly total: number;
  /** The metric is 1 - count/total rather than count/total. */
  readonly isComplement: boolean;
}

/**
 * The counts behind a score that is a proportion of its items: one column of zeros and ones whose
 * `finish` is the mean or its complement.
 *
 * @returns null for any other statistic, and for no items.
 */
export function proportionOf(
  finish: Finish,
  { items, width, values }: ItemStatistics,
): Proportion | null {
  if (width !== 1 || items === 0) return null;
  let count = 0;
  for (const value of values) {
    if (value === 1) count++;
    else if (value !== 0) return null;
  }
  const isMean = isLinear(finish, items, count, (sum) => sum / items);
  if (isMean) return { count, total: items, isComplement: false };
  const isComplement = isLinear(finish, items, count, (sum) => 1 - sum / items);
  return isComplement ? { count, total: items, isComplement } : null;
}

/** `finish` is a function that nobody can look into: it is asked at both ends, in between and here. */
function isLinear(
  finish: Finish,
  items: number,
  count: number,
  expected: (sum: number) => number,
): boolean {
  const probes = [0, items, count, Math.floor(items / 3), Math.ceil(items / 2)];
  return probes.every((sum) => {
    const value = finish([sum], items, 1);
    return value !== null && Math.abs(value - expected(sum)) < 1e-12;
  });
}

function clip(interval: Interval | null, range: readonly [number, number] | null): Interval | null {
  if (interval === null || range === null) return interval;
  const [low, high] = range;
  return { low: Math.max(low, interval.low), high: Math.min(high, interval.high) };
}
