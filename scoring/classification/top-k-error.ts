import type { ClassificationMetric, ClassPredictions } from '../metric.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import { checkClassPredictions, pessimisticPlace } from './checks.ts';

/**
 * Flat top-k error of the ILSVRC: the share of rows whose true class is not among the k best guesses.
 * Scores give the order of the guesses; a true class that ties takes the worst of the tied places, so
 * that constant scores cannot win. A hard label is one guess: with it the error is defined for k = 1 only.
 *
 * Source: ILSVRC2012 development kit, eval_flat.m; Russakovsky et al., "ImageNet Large Scale Visual
 * Recognition Challenge" (2015). The tie rule is ours: there the entrant orders the guesses.
 */
export function topKError(k: number): ClassificationMetric {
  const metric = `top${k}_error`;
  return {
    name: metric,
    higherIsBetter: false,
    range: [0, 1],
    source: 'Russakovsky et al. 2015, flat error',
    compute(predictions, targets) {
      const wrong = wrongRows(predictions, targets, k);
      if (wrong === null || wrong.length === 0) return { metric, value: null, interval: null };
      const errors = wrong.reduce((sum, isWrong) => sum + isWrong, 0);
      return {
        metric,
        value: errors / wrong.length,
        interval: wilsonInterval(errors, wrong.length),
      };
    },
    itemwise(predictions, targets) {
      const wrong = wrongRows(predictions, targets, k);
      return wrong === null
        ? null
        : { items: wrong.length, width: 1, values: Float64Array.from(wrong) };
    },
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  };
}

/** @returns 1 for each row whose true class is not among the best k, null where rows cannot tell. */
function wrongRows(
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
  k: number,
): Uint8Array | null {
  const rows = checkClassPredictions(predictions, targets);
  if (predictions.form === 'labels' && k !== 1) return null;
  const wrong = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const target = targets[row] ?? -1;
    const correct =
      predictions.form === 'labels'
        ? predictions.labels[row] === target
        : pessimisticPlace(
            predictions.values,
            row * predictions.classes,
            predictions.classes,
            target,
          ) < k;
    wrong[row] = correct ? 0 : 1;
  }
  return wrong;
}

export const top1Error = topKError(1);
export const top5Error = topKError(5);
