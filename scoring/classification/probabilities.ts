import type { Scores } from './top-k.ts';

/** How far the sum of a row of probabilities may be from 1. */
const SUM_TOLERANCE = 1e-5;
/** The same where every number of the rows is a half-precision one, as of a float16 model. */
const HALF_SUM_TOLERANCE = 1e-3;
/** Rounding can put a probability this far outside [0, 1]. */
const SLACK = 1e-6;

/**
 * Scores as probabilities: as they are where every row lies in [0, 1] and sums to 1, else the softmax of
 * each row. Decided for all rows together, from the numbers alone.
 *
 * @param scores row-major over `classes`, finite.
 */
export function asProbabilities(scores: Scores, classes: number): Scores {
  return areProbabilities(scores, classes) ? scores : softmax(scores, classes);
}

export function areProbabilities(scores: Scores, classes: number): boolean {
  const isHalf = scores.every((score) => Math.f16round(score) === score);
  const tolerance = isHalf ? HALF_SUM_TOLERANCE : SUM_TOLERANCE;
  for (let start = 0; start < scores.length; start += classes) {
    let sum = 0;
    for (let index = start; index < start + classes; index++) {
      const score = scores[index] ?? NaN;
      if (!(score >= -SLACK && score <= 1 + SLACK)) return false;
      sum += score;
    }
    if (Math.abs(sum - 1) > tolerance) return false;
  }
  return true;
}

/** exp(score) over its sum in each row, safe for large scores. */
export function softmax(scores: Scores, classes: number): Float64Array {
  const probabilities = new Float64Array(scores.length);
  for (let start = 0; start < scores.length; start += classes) {
    const end = start + classes;
    let highest = -Infinity;
    for (let index = start; index < end; index++) {
      highest = Math.max(highest, scores[index] ?? NaN);
    }
    let sum = 0;
    for (let index = start; index < end; index++) {
      const power = Math.exp((scores[index] ?? NaN) - highest);
      probabilities[index] = power;
      sum += power;
    }
    for (let index = start; index < end; index++) {
      probabilities[index] = (probabilities[index] ?? NaN) / sum;
    }
  }
  return probabilities;
}
