import type { ClassPredictions } from '../metric.ts';
import { checkClassPredictions } from './checks.ts';

/**
 * Counts of truth (row) by predicted class (column), row-major. The predicted class is the one that
 * scores highest; where the true class ties with others the first of the others is taken, so that the
 * diagonal counts what `top1_error` counts as right.
 */
export function confusionMatrix(
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): number[] {
  const rows = checkClassPredictions(predictions, targets);
  const { classes } = predictions;
  const counts = new Array<number>(classes * classes).fill(0);
  for (let row = 0; row < rows; row++) {
    const target = targets[row] ?? 0;
    const predicted =
      predictions.form === 'labels'
        ? (predictions.labels[row] ?? 0)
        : firstBest(predictions.values, row * classes, classes, target);
    const cell = target * classes + predicted;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

function firstBest(
  values: Float32Array | Float64Array,
  offset: number,
  classes: number,
  target: number,
): number {
  let best = target;
  let bestValue = values[offset + target] ?? NaN;
  let tiedWithTarget = true;
  for (let index = 0; index < classes; index++) {
    if (index === target) continue;
    const value = values[offset + index] ?? NaN;
    if (value > bestValue || (tiedWithTarget && value === bestValue)) {
      best = index;
      bestValue = value;
      tiedWithTarget = false;
    }
  }
  return best;
}
