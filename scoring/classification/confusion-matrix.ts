import type { ClassPredictions } from '../metric.ts';
import { checkClassPredictions } from './checks.ts';
import { predictedLabels } from './predicted-labels.ts';

/**
 * Counts of truth (row) by predicted class (column), row-major. Ties are settled as `predictedLabels`
 * does, so that the diagonal counts what `top1_error` counts as right.
 */
export function confusionMatrix(
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): number[] {
  const rows = checkClassPredictions(predictions, targets);
  const { classes } = predictions;
  const predicted = predictedLabels(predictions, targets);
  const counts = new Array<number>(classes * classes).fill(0);
  for (let row = 0; row < rows; row++) {
    const cell = (targets[row] ?? 0) * classes + (predicted[row] ?? 0);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}
