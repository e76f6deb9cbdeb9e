import { z } from 'zod';
import { binaryList, checkSameLength, numberList } from '../input.ts';

/** Points of a ROC curve, from the threshold above all scores down: a pair is accepted at or above it. */
export interface RocPoints {
  readonly positives: number;
  readonly negatives: number;
  /** Positives accepted at each point; the first point accepts nothing. */
  readonly truePositives: Float64Array;
  /** Negatives accepted at each point. */
  readonly falsePositives: Float64Array;
}

/**
 * One point for each different score, and one before them all. None is left out where the curve is straight.
 *
 * @param labels 1 for a pair of the same identity, else 0.
 * @throws RangeError when the lengths differ, stating both.
 */
export function rocPoints(
  scores: Float32Array | Float64Array,
  labels: ArrayLike<number>,
): RocPoints {
  checkSameLength(scores, 'scores', labels, 'labels');
  const same = scores.filter((_, pair) => labels[pair] === 1).sort();
  const different = scores.filter((_, pair) => labels[pair] !== 1).sort();
  const truePositives = new Float64Array(scores.length + 1);
  const falsePositives = new Float64Array(scores.length + 1);
  let count = 1;
  let atSame = same.length - 1;
  let atDifferent = different.length - 1;
  while (atSame >= 0 || atDifferent >= 0) {
    const threshold = Math.max(same[atSame] ?? -Infinity, different[atDifferent] ?? -Infinity);
    while (atSame >= 0 && same[atSame] === threshold) atSame--;
    while (atDifferent >= 0 && different[atDifferent] === threshold) atDifferent--;
    truePositives[count] = same.length - 1 - atSame;
    falsePositives[count] = different.length - 1 - atDifferent;
    count++;
  }
  return {
    positives: same.length,
    negatives: different.length,
    truePositives: truePositives.subarray(0, count),
    falsePositives: falsePositives.subarray(0, count),
  };
}

/** Similarity scores of pairs, higher for more alike, and whether each pair is of one identity. */
export const PairScoresSchema = z.object({ scores: numberList, labels: binaryList });
