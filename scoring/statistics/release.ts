import type { Interval, ItemStatistics, MetricFacts } from '../metric.ts';
import { leaveOneOut, standardError } from './jackknife.ts';
import { climb, climbFree, roundToStep } from './ladder.ts';
import { differenceOf } from './pairs.ts';
import type { Finish } from './resample.ts';
import { wilsonInterval } from './wilson.ts';

/** What sums in 64 bits may lack of a whole number of steps. */
const ROUNDING = 1e-9;

/**
 * How the scores of a public split are released to the entry that earned them, and to the board.
 *
 * - `full`: as they are.
 * - `rounded`: to the nearest multiple of the step, half up.
 * - `ladder`: only improvements by more than eta, rounded to eta.
 * - `ladder-free`: only improvements by more than a standard error of the difference, rounded to 1/items.
 *
 * `from` is the score that the first release has to improve on, such as that of a trivial baseline. Without
 * it the first score is released whatever it is, and an unbounded one may begin a very long Ladder.
 */
export type ReleaseRule =
  | { readonly rule: 'full' }
  | { readonly rule: 'rounded'; readonly step: number }
  | { readonly rule: 'ladder'; readonly eta: number; readonly from?: number }
  | { readonly rule: 'ladder-free'; readonly from?: number };

export interface Release {
  /** What is shown for the submission: with a Ladder the best so far, null before there is one. */
  readonly shown: number | null;
  /** With a Ladder, whether this submission set the best; otherwise true for a defined score. */
  readonly improved: boolean;
}

/** What the rules ask about a score: not the score itself under a rule that hides it. */
export interface Scored {
  /** Null for "undefined". */
  readonly score: number | null;
  /** Items of the split. */
  readonly items: number;
  /**
   * For `ladder-free`: the standard error of the difference to the submission that set the best (or to the
   * baseline of `from`), by `errorOfDifference`. Without it only a first score without `from` improves.
   */
  readonly error?: number | null;
}

/**
 * The answer to one submission. The state of an entry is its last answer: keep `shown`, and for
 * `ladder-free` which submission improved last.
 *
 * @param previous what was shown to the entry for its last submission; null before the first.
 */
export function releaseScore(
  rule: ReleaseRule,
  higherIsBetter: boolean,
  previous: number | null,
  { score, items, error }: Scored,
): Release {
  switch (rule.rule) {
    case 'full':
      return { shown: score, improved: score !== null };
    case 'rounded':
      return {
        shown: score === null ? null : roundToStep(score, rule.step),
        improved: score !== null,
      };
    case 'ladder':
    case 'ladder-free': {
      if (score === null || Number.isNaN(score)) return { shown: previous, improved: false };
      const sign = higherIsBetter ? -1 : 1;
      const from = previous ?? rule.from;
      const best = from === undefined ? Infinity : sign * from;
      const { best: now, improved } =
        rule.rule === 'ladder'
          ? climb(best, sign * score, rule.eta)
          : climbFree(best, sign * score, error ?? NaN, items);
      // Not -0, which prints as such.
      return improved ? { shown: sign * now + 0, improved } : { shown: previous, improved };
    }
  }
}

/**
 * The standard error of the difference between two submissions on the same items, by the jackknife; for a
 * mean it is the s/sqrt(n) of the parameter-free Ladder.
 *
 * @returns null where the difference is undefined without some item.
 */
export function errorOfDifference(
  finish: Finish,
  submission: ItemStatistics,
  leader: ItemStatistics,
): number | null {
  const difference = differenceOf(finish, submission, leader);
  const left = leaveOneOut(difference.finish, difference.statistics);
  return left === null ? null : standardError(left);
}

/** Steps of scores that are no share of anything, where no task declares one: what papers print. */
const STEP_OF_UNIT = { rate: 0.001, decibel: 0.01, bits: 0.001, number: 0.001 } as const;

/**
 * The step that a score is rounded to: at least what one of the items can change, and at least what the
 * task declares; then the next of 1, 2, 5, 10, ... so that it reads well. A score without an upper bound has
 * no such share, and takes 0.01 dB or 0.001.
 */
export function roundingStep(
  { range, unit }: Pick<MetricFacts, 'range' | 'unit'>,
  items: number,
  declared = 0,
): number {
  const span = range === null ? Infinity : range[1] - range[0];
  const ofOneItem = Number.isFinite(span) ? span / Math.max(1, items) : STEP_OF_UNIT[unit];
  return niceStep(Math.max(ofOneItem, declared));
}

/**
 * The recommended eta of the Ladder: two standard errors of a score, the next of 1, 2, 5, 10, ... up. For a
 * rate the standard error is at most 0.5/sqrt(items), so that eta needs no data; for other scores take
 * the jackknife's standard error of a baseline on the split.
 */
export function ladderStep(
  items: number,
  errorOfScore = 0.5 / Math.sqrt(Math.max(1, items)),
): number {
  return niceStep(2 * errorOfScore);
}

/** The standard error of a score, by the jackknife; null where it is undefined without some item. */
export function errorOfScore(finish: Finish, statistics: ItemStatistics): number | null {
  const left = leaveOneOut(finish, statistics);
  return left === null ? null : standardError(left);
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below the value. */
export function niceStep(value: number): number {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`there is no step from ${value}`);
  const exponent = Math.floor(Math.log10(value));
  for (const power of [exponent - 1, exponent, exponent + 1]) {
    for (const digit of [1, 2, 5]) {
      // Through text, so that the step is the number that its decimals say.
      const step = Number(`${digit}e${power}`);
      if (step >= value * (1 - 1e-12)) return step;
    }
  }
  throw new RangeError(`there is no step from ${value}`);
}

/** How far a released score can lie from the score: half a step, since it is the nearest multiple of one. */
export function releaseError(rule: ReleaseRule, items: number): number {
  switch (rule.rule) {
    case 'full':
      return 0;
    case 'rounded':
      return rule.step / 2;
    case 'ladder':
      return rule.eta / 2;
    case 'ladder-free':
      return 0.5 / Math.max(1, items);
  }
}

/**
 * An interval around a released score that tells little beside it: both arms as long as the longer arm
 * of the true interval and what rounding moved at most, rounded up to whole steps, so that it holds the true
 * interval. For proportions use `releasedProportion` instead, which tells nothing.
 */
export function releasedInterval(
  shown: number,
  value: number,
  interval: Interval,
  step: number,
  range: readonly [number, number],
): Interval {
  const longer = Math.max(value - interval.low, interval.high - value);
  const arm = Math.ceil((longer + step / 2) / step - ROUNDING) * step;
  return { low: Math.max(range[0], shown - arm), high: Math.min(range[1], shown + arm) };
}

/**
 * From the released share alone: Wilson's intervals of every count of the items that could have been released
 * as this share, together.
 *
 * @param error how far the share can lie from the score, as `releaseError` says.
 */
export function releasedProportion(shown: number, error: number, items: number): Interval {
  const count = (share: number) => Math.min(items, Math.max(0, share * items));
  const fewest = Math.ceil(count(shown - error) - ROUNDING);
  const most = Math.max(fewest, Math.floor(count(shown + error) + ROUNDING));
  const [few, many] = [wilsonInterval(fewest, items), wilsonInterval(most, items)];
  return few === null || many === null ? { low: 0, high: 1 } : { low: few.low, high: many.high };
}
