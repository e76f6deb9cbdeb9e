import type { Report } from '../metric.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import { checkTargets } from './checks.ts';

/**
 * Which rows have their true class among the k best scored: what top-k accuracy and error count.
 *
 * The place of the true class is one plus the number of classes before it. Classes with a higher score
 * are; whether classes with the same score are is the tie rule:
 * - `pessimistic`: all of them, so that constant scores cannot win;
 * - `optimistic`: none of them;
 * - `highest-index`: those with a higher index, as in scikit-learn's top_k_accuracy_score;
 * - `lowest-index`: those with a lower index, as in argmax.
 */
export const TIE_RULES = ['pessimistic', 'optimistic', 'highest-index', 'lowest-index'] as const;
export type TieRule = (typeof TIE_RULES)[number];

export type Scores = Float32Array | Float64Array;

/**
 * @param values row-major scores.
 * @param offset where the row begins.
 * @param target index of the true class, below `classes`.
 * @param k at least 1; more than `classes` is as good as `classes`.
 */
export function isWithinTopK(
  values: Scores,
  offset: number,
  classes: number,
  target: number,
  k: number,
  tie: TieRule = 'pessimistic',
): boolean {
  const at = offset + target;
  const own = values[at] ?? NaN;
  const end = offset + classes;
  const lowerIndexFirst = tie === 'pessimistic' || tie === 'lowest-index';
  const higherIndexFirst = tie === 'pessimistic' || tie === 'highest-index';
  let before = lowerIndexFirst
    ? countNotBelow(values, offset, at, own, k)
    : countAbove(values, offset, at, own, k);
  if (before >= k) return false;
  before += higherIndexFirst
    ? countNotBelow(values, at + 1, end, own, k - before)
    : countAbove(values, at + 1, end, own, k - before);
  return before < k;
}

// The comparisons are negated, so that a NaN that should never come this far counts against the entrant.

/** How many of `values[from..to)` are not below `own`; counting stops at `enough`. */
function countNotBelow(values: Scores, from: number, to: number, own: number, enough: number) {
  let count = 0;
  for (let index = from; index < to; index++) {
    if (!((values[index] ?? NaN) < own) && ++count >= enough) break;
  }
  return count;
}

/** How many of `values[from..to)` are above `own`; counting stops at `enough`. */
function countAbove(values: Scores, from: number, to: number, own: number, enough: number) {
  let count = 0;
  for (let index = from; index < to; index++) {
    if (!((values[index] ?? NaN) <= own) && ++count >= enough) break;
  }
  return count;
}

/** @returns 1 for each row whose true class is among the k best, else 0. */
export function rowsWithinTopK(
  values: Scores,
  classes: number,
  targets: ArrayLike<number>,
  k: number,
  tie: TieRule,
): Uint8Array {
  const hits = new Uint8Array(checkRows(values, classes, targets));
  for (let row = 0; row < hits.length; row++) {
    hits[row] = Number(isWithinTopK(values, row * classes, classes, targets[row] ?? 0, k, tie));
  }
  return hits;
}

function checkRows(values: Scores, classes: number, targets: ArrayLike<number>): number {
  const rows = classes === 0 ? 0 : values.length / classes;
  if (rows !== targets.length) {
    throw new RangeError(`scores have ${rows} rows, labels have ${targets.length}`);
  }
  checkTargets(targets, classes);
  return rows;
}

/** Counts over any number of batches, in constant memory. */
export interface TopKCounter {
  readonly rows: number;
  readonly hits: number;
  /**
   * @param values row-major scores over `classes`.
   * @throws RangeError when row counts differ, stating both, or a target is no class index.
   */
  update(values: Scores, classes: number, targets: ArrayLike<number>): void;
}

/** @throws RangeError unless k is a positive integer. */
export function createTopKCounter(k: number, tie: TieRule = 'pessimistic'): TopKCounter {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k is ${k}, not a positive integer`);
  const counter = {
    rows: 0,
    hits: 0,
    update(values: Scores, classes: number, targets: ArrayLike<number>) {
      const rows = checkRows(values, classes, targets);
      let hits = 0;
      for (let row = 0; row < rows; row++) {
        if (isWithinTopK(values, row * classes, classes, targets[row] ?? 0, k, tie)) hits++;
      }
      counter.rows += rows;
      counter.hits += hits;
    },
  };
  return counter;
}

/** A share with its Wilson interval; both null without rows. */
export function reportShare(count: number, total: number): Report {
  const interval = wilsonInterval(count, total);
  return {
    value: total === 0 ? null : count / total,
    interval: interval === null ? null : { low: interval.low, high: interval.high },
  };
}
