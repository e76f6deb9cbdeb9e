import type { ClassPredictions } from '../metric.ts';

/** @throws RangeError when a target is no class index; the message names its row, never the target. */
export function checkTargets(targets: ArrayLike<number>, classes: number): void {
  for (let row = 0; row < targets.length; row++) {
    const target = targets[row] ?? -1;
    if (!(Number.isInteger(target) && target >= 0 && target < classes)) {
      throw new RangeError(`the target of row ${row} is not a class index below ${classes}`);
    }
  }
}

/**
 * @param columns numbers in each row.
 * @param field that the message names, with the row.
 * @throws RangeError for a number outside [0, 1].
 */
export function checkUnit(values: Float64Array, columns: number, field: string): void {
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong < 0) return;
  throw new RangeError(
    `${field}: row ${Math.floor(wrong / columns)} has ${values[wrong] ?? NaN}, outside [0, 1]`,
  );
}

/**
 * @returns the number of rows.
 * @throws RangeError when row counts differ, stating both, or a target or a predicted label is no class
 * index.
 */
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
  checkTargets(targets, classes);
  if (predictions.form === 'labels') {
    const wrong = predictions.labels.findIndex((label) => label < 0 || label >= classes);
    if (wrong >= 0) {
      throw new RangeError(`the prediction of row ${wrong} is not a class index below ${classes}`);
    }
  }
  return rows;
}
