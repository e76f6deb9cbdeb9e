import type { Interval, ItemStatistics } from '../metric.ts';
import type { BootstrapOptions } from './bootstrap.ts';
import { proportionOf, type ItemwiseMetric } from './interval.ts';
import { leaveOneOut, standardError } from './jackknife.ts';
import { mcnemarExact } from './mcnemar.ts';
import { normalTwoSided } from './normal.ts';
import { pairedBootstrap } from './paired-bootstrap.ts';
import { checkPair, differenceOf, subtract } from './pairs.ts';
import { randomizationTest } from './randomization.ts';
import { valueOf, type Finish } from './resample.ts';

/** Items that only one of two entries gets right (or wrong: the statistic is 1 for it alone). */
export interface Discordance {
  readonly onlyA: number;
  readonly onlyB: number;
}

export interface PairedTest {
  /**
   * `mcnemar-exact` for proportions; `approximate-randomisation`, or `exact-randomisation` where few items
   * differ; `jackknife-z`: the difference over its jackknife standard error, read from the normal law.
   */
  readonly method:
    'mcnemar-exact' | 'approximate-randomisation' | 'exact-randomisation' | 'jackknife-z';
  /** Two-sided, in (0, 1]. */
  readonly p: number;
}

export interface Comparison {
  /** The scores; null for "undefined". */
  readonly a: number | null;
  readonly b: number | null;
  /** a - b in the metric's unit, and its 95 % interval by the paired bootstrap. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  readonly intervalMethod: 'bca' | 'percentile' | null;
  /** Which entry the test finds better at .05; null where it cannot tell them apart. */
  readonly better: 'a' | 'b' | null;
  /** Null where a score is undefined. */
  readonly test: PairedTest | null;
  /** Two further p-values that papers print, by name. */
  readonly koehnP: number | null;
  readonly sacrebleuP: number | null;
  /** Only where both scores are proportions. */
  readonly discordance: Discordance | null;
  readonly items: number;
  readonly replicates: number;
  readonly seed: number;
}

/** The level at which the pages call two entries different. */
export const SIGNIFICANCE_LEVEL = 0.05;

/**
 * "Is A better than B?" for two entries scored on the same items.
 *
 * @throws RangeError where the items differ; the message states both sizes.
 */
export function compareEntries(
  metric: ItemwiseMetric,
  a: ItemStatistics,
  b: ItemStatistics,
  options: BootstrapOptions = {},
): Comparison {
  checkPair(a, b);
  const { finish } = metric.itemwise;
  const { difference, koehnP, sacrebleuP } = pairedBootstrap(finish, a, b, options);
  const scores = { a: valueOf(finish, a), b: valueOf(finish, b) };
  const test = difference.value === null ? null : pairedTest(finish, a, b, options);
  return {
    ...scores,
    difference: subtract(scores.a, scores.b),
    interval: difference.interval,
    intervalMethod: difference.method,
    better: betterOf(difference.value, test, metric.higherIsBetter),
    test,
    koehnP,
    sacrebleuP,
    discordance: discordanceOf(finish, a, b),
    items: a.items,
    replicates: difference.replicates,
    seed: difference.seed,
  };
}

function betterOf(
  difference: number | null,
  test: PairedTest | null,
  higherIsBetter: boolean | null,
): 'a' | 'b' | null {
  if (difference === null || test === null || higherIsBetter === null) return null;
  if (difference === 0 || test.p > SIGNIFICANCE_LEVEL) return null;
  return difference > 0 === higherIsBetter ? 'a' : 'b';
}

/** McNemar's exact test for proportions, randomisation for every other score. */
export function pairedTest(
  finish: Finish,
  a: ItemStatistics,
  b: ItemStatistics,
  options: { readonly trials?: number; readonly seed?: number } = {},
): PairedTest {
  const discordance = discordanceOf(finish, a, b);
  if (discordance !== null) {
    return { method: 'mcnemar-exact', p: mcnemarExact(discordance.onlyA, discordance.onlyB) };
  }
  const { p, isExact } = randomizationTest(finish, a, b, options);
  return { method: isExact ? 'exact-randomisation' : 'approximate-randomisation', p };
}

/**
 * The difference over its jackknife standard error as a two-sided p-value: no sampling, so no smallest p,
 * and one pass over the items. For means it is the paired z-test. Only for large samples.
 *
 * @returns p 1 where no item tells the entries apart, and where the difference or its error is unknown.
 */
export function jackknifeTest(finish: Finish, a: ItemStatistics, b: ItemStatistics): PairedTest {
  const difference = differenceOf(finish, a, b);
  const value = valueOf(difference.finish, difference.statistics);
  const left = leaveOneOut(difference.finish, difference.statistics);
  if (value === null || left === null || value === 0) return { method: 'jackknife-z', p: 1 };
  return { method: 'jackknife-z', p: normalTwoSided(value / standardError(left)) };
}

/** @returns null where the scores are no proportions. */
export function discordanceOf(
  finish: Finish,
  a: ItemStatistics,
  b: ItemStatistics,
): Discordance | null {
  checkPair(a, b);
  if (proportionOf(finish, a) === null || proportionOf(finish, b) === null) return null;
  let onlyA = 0;
  let onlyB = 0;
  for (let item = 0; item < a.items; item++) {
    const difference = (a.values[item] ?? 0) - (b.values[item] ?? 0);
    if (difference > 0) onlyA++;
    else if (difference < 0) onlyB++;
  }
  return { onlyA, onlyB };
}
