import type { ClassPredictions } from '../metric.ts';

/**
 * The predicted class of each row: the one that scores highest. Where the true class ties with others the
 * first of the others is taken, so that a prediction is right exactly where `top1_error` counts it so.
 *
 * @param targets class indices, as many as there are rows.
 */
export function predictedLabels(
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): Int32Array {
  if (predictions.form === 'labels') return predictions.labels;
  const { values, classes } = predictions;
  return Int32Array.from({ length: targets.length }, (_, row) =>
    firstBest(values, row * classes, classes, targets[row] ?? 0),
  );
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
