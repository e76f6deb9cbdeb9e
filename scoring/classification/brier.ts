import { z } from 'zod';
import { integerList, listOrMatrix } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { checkClassPredictions, checkTargets, checkUnit } from './checks.ts';
import { defineClassMetric, meanOfErrors, meanOfFirst } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import { asProbabilities } from './probabilities.ts';
import type { Scores } from './top-k.ts';

/**
 * Squared errors of each row.
 *
 * @param columns null for one probability a row, that of label 1: (p - y)^2. Otherwise the sum over classes
 * of (p - [class is the true one])^2, which for two classes is twice as much.
 */
export function brierRows(
  probabilities: Scores,
  columns: number | null,
  targets: ArrayLike<number>,
): Float64Array {
  const errors = new Float64Array(targets.length);
  for (let row = 0; row < errors.length; row++) {
    const target = targets[row] ?? NaN;
    if (columns === null) {
      const gap = (probabilities[row] ?? NaN) - target;
      errors[row] = gap * gap;
      continue;
    }
    let error = 0;
    for (let index = 0; index < columns; index++) {
      const gap = (probabilities[row * columns + index] ?? NaN) - (index === target ? 1 : 0);
      error += gap * gap;
    }
    errors[row] = error;
  }
  return errors;
}

const FACTS: BoardFacts = {
  name: 'brier',
  domain: 'classification',
  title: { en: 'Brier score', es: 'Puntuación de Brier' },
  higherIsBetter: false,
  range: [0, 2],
  unit: 'number',
  aggregation: { en: 'Mean over rows.', es: 'Media sobre las filas.' },
  definition: {
    en: 'The mean squared error of predicted probabilities. With one probability a row, that of label 1, it is the mean of (p − y)², between 0 and 1. With a probability for each class it is Brier’s original sum over classes, between 0 and 2: for two classes twice the other.',
    es: 'El error cuadrático medio de las probabilidades predichas. Con una probabilidad por fila, la de la etiqueta 1, es la media de (p − y)², entre 0 y 1. Con una probabilidad por clase es la suma original de Brier sobre las clases, entre 0 y 2: con dos clases, el doble de la otra.',
  },
  edgeCases: {
    en: 'On a task it is always the sum over classes. Scores that are no probabilities pass through a softmax first, and the score is not defined for predictions with a single label for each row. Not defined without rows.',
    es: 'En una tarea es siempre la suma sobre las clases. Las puntuaciones que no son probabilidades pasan antes por un softmax, y no está definida si envías una sola etiqueta por fila. No está definida si no hay filas.',
  },
  source: 'Brier 1950; scikit-learn brier_score_loss for one probability a row.',
};

/** The sum over classes, from probabilities or from the softmax of scores. */
export const brierOfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return { value: null };
    const { values, classes } = predictions;
    return { value: meanOfErrors(brierRows(asProbabilities(values, classes), classes, targets)) };
  },
  itemwise(predictions, targets) {
    const items = checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return null;
    const { values, classes } = predictions;
    return {
      ...{ items, width: 1 },
      values: brierRows(asProbabilities(values, classes), classes, targets),
    };
  },
  finish: meanOfFirst,
});

const InputSchema = z.object({ labels: integerList, probabilities: listOrMatrix });

function rowsOf({ labels, probabilities }: z.infer<typeof InputSchema>): Float64Array {
  const { rows, columns, values } = probabilities;
  if (rows !== labels.length) {
    throw new RangeError(`probabilities have ${rows} rows, labels have ${labels.length}`);
  }
  checkUnit(values, columns ?? 1, 'probabilities');
  checkTargets(labels, columns ?? 2);
  return brierRows(values, columns, labels);
}

/** The same from JSON: `{ labels, probabilities: […] | [[…], …] }`. */
export const brierMetric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report: (input) => ({ value: meanOfErrors(rowsOf(input)) }),
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const errors = rowsOf(input);
      return { items: errors.length, width: 1, values: errors };
    },
    finish: meanOfFirst,
  },
});
