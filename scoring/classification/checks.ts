import type { ClassPredictions } from '../metric.ts';

/** @returns the number of rows. */
export function checkClassPredictions(
  predictions: ClassPredictions,
  targets: ArrayLike<number>,
): number {
  const { classes } = predictions;
  const rows =
    predictions.form === 'scores' ? predictions.values.length / classes : predictions.labels.length;
  if (rows !== targets.length) {
    throw new RangeError(`predictions have ${rows} rows, targets have ${targets.length}`);
  }
  for (let row = 0; row < rows; row++) {
    const target = targets[row] ?? -1;
    if (!(Number.isInteger(target) && target >= 0 && target < classes)) {
      throw new RangeError(`the target of row ${row} is not a class index below ${classes}`);
    }
  }
  return rows;
}

/**
 * Place of a class in the order of the scores of one row, from 0, ties against it: every class that
 * scores as much counts as better. Constant scores therefore put every class last.
 */
export function pessimisticPlace(
  values: Float32Array | Float64Array,
  offset: number,
  classes: number,
  target: number,
): number {
  const own = values[offset + target] ?? NaN;
  let better = -1;
  for (let index = offset; index < offset + classes; index++) {
    // Negated, so that a NaN that should never come this far counts against the entrant too.
    if (!((values[index] ?? NaN) < own)) better++;
  }
  return better;
}
