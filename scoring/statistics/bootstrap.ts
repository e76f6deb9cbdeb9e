import type { Interval, ItemStatistics } from '../metric.ts';
import { createRandom } from '../random.ts';
import { acceleration, leaveOneOut } from './jackknife.ts';
import { normalBelow, normalQuantile } from './normal.ts';
import { quantile } from './quantile.ts';
import { resampleSums, valueOf, type Finish } from './resample.ts';

export interface BootstrapOptions {
  /** Share of resamples between the ends, in (0, 1). */
  readonly confidence?: number;
  readonly replicates?: number;
  /** The same seed gives the same interval on every machine. */
  readonly seed?: number;
}

export const BOOTSTRAP_DEFAULTS = { confidence: 0.95, replicates: 10_000, seed: 1 } as const;

/** Relative size of what is rounding alone in a score. */
const ROUNDING = 1e-12;

export interface BootstrapInterval {
  /** The statistic on the items themselves; null for "undefined". */
  readonly value: number | null;
  /** Null where resampling cannot say: see `bootstrapInterval`. */
  readonly interval: Interval | null;
  readonly method: 'bca' | 'percentile' | null;
  readonly confidence: number;
  readonly replicates: number;
  /** Replicates on which the statistic was undefined; they are left out. */
  readonly undefinedReplicates: number;
  readonly seed: number;
}

/**
 * Values of the statistic on resampled items, in the order of the replicates; NaN for "undefined".
 *
 * Source: Efron, "Bootstrap methods: another look at the jackknife" (1979).
 */
export function bootstrapValues(
  finish: Finish,
  statistics: ItemStatistics,
  replicates: number,
  seed: number,
): Float64Array {
  const { items, width } = statistics;
  const values = new Float64Array(replicates);
  resampleSums(statistics, replicates, createRandom(seed), (sums, replicate) => {
    values[replicate] = finish(sums, items, width) ?? NaN;
  });
  return values;
}

/**
 * Bootstrap interval over items: bias-corrected and accelerated (BCa), with the jackknife from the
 * same sums; the plain percentile interval where BCa has no answer (every replicate on one side, or the
 * statistic undefined without some item).
 *
 * No interval for fewer than two items, for items that give every resample the same value (it would
 * claim certainty), and where so many replicates are undefined that they could fill one tail.
 *
 * Source: Efron, "Better bootstrap confidence intervals" (1987); Efron and Tibshirani (1993), 14.3.
 */
export function bootstrapInterval(
  finish: Finish,
  statistics: ItemStatistics,
  options: BootstrapOptions = {},
): BootstrapInterval {
  return bootstrap(finish, statistics, options).interval;
}

/** The interval and the values it is made of, ascending and without the undefined ones. */
export function bootstrap(
  finish: Finish,
  statistics: ItemStatistics,
  options: BootstrapOptions = {},
): { interval: BootstrapInterval; sorted: Float64Array } {
  const { confidence, replicates, seed } = { ...BOOTSTRAP_DEFAULTS, ...options };
  checkOptions(confidence, replicates);
  const value = valueOf(finish, statistics);
  const none = { value, interval: null, method: null, confidence, replicates, seed } as const;
  if (value === null || statistics.items < 2) {
    return { interval: { ...none, undefinedReplicates: 0 }, sorted: new Float64Array(0) };
  }
  // Typed arrays sort NaN to the end.
  const all = bootstrapValues(finish, statistics, replicates, seed).sort();
  const firstUndefined = all.findIndex((sample) => Number.isNaN(sample));
  const sorted = firstUndefined < 0 ? all : all.subarray(0, firstUndefined);
  const undefinedReplicates = replicates - sorted.length;
  const tail = (1 - confidence) / 2;
  if (undefinedReplicates > tail * replicates || !varies(sorted, value)) {
    return { interval: { ...none, undefinedReplicates }, sorted };
  }
  const levels = bcaLevels(finish, statistics, sorted, value, tail);
  const [low, high] = levels ?? [tail, 1 - tail];
  const interval = { low: quantile(sorted, low), high: quantile(sorted, high) };
  const method = levels === null ? 'percentile' : 'bca';
  return { interval: { ...none, interval, method, undefinedReplicates }, sorted };
}

/** Sums of the same items differ by rounding with the order in which they were drawn: that is no spread. */
function varies(sorted: Float64Array, value: number): boolean {
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  const rounding = Number.isFinite(value) ? ROUNDING * Math.abs(value) : 0;
  return first !== last && last - first > rounding;
}

/** The percentiles that BCa takes instead of `tail` and 1 - `tail`; null where it has none. */
function bcaLevels(
  finish: Finish,
  statistics: ItemStatistics,
  sorted: Float64Array,
  value: number,
  tail: number,
): readonly [number, number] | null {
  const below = shareBelow(sorted, value);
  if (below === 0 || below === 1) return null;
  const left = leaveOneOut(finish, statistics);
  if (left === null) return null;
  const bias = normalQuantile(below);
  const a = acceleration(left);
  const level = (z: number) => {
    const shrunk = 1 - a * (bias + z);
    return shrunk > 0 ? normalBelow(bias + (bias + z) / shrunk) : NaN;
  };
  const z = normalQuantile(tail);
  const levels = [level(z), level(-z)] as const;
  return levels.some(Number.isNaN) ? null : levels;
}

/** Share of sorted values below `value`, equal ones counted as half. */
function shareBelow(sorted: Float64Array, value: number): number {
  let below = 0;
  let equal = 0;
  const slack = ROUNDING * Math.abs(value);
  for (const other of sorted) {
    if (Math.abs(other - value) <= slack || other === value) equal++;
    else if (other < value) below++;
  }
  return (below + equal / 2) / sorted.length;
}

function checkOptions(confidence: number, replicates: number): void {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`the confidence ${confidence} is not between 0 and 1`);
  }
  if (!(Number.isInteger(replicates) && replicates > 0)) {
    throw new RangeError(`${replicates} replicates are not a positive whole number`);
  }
}
