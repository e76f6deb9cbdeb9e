import { z } from 'zod';
import { checkSameLength, encodeLabels, labelList, numberMatrix } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import { checkClassPredictions } from './checks.ts';
import { defineClassMetric, meanOfFirst } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import { predictedLabels } from './predicted-labels.ts';
import { TIE_RULES, reportShare, rowsWithinTopK } from './top-k.ts';

const FACTS: BoardFacts = {
  name: 'accuracy',
  domain: 'classification',
  title: { en: 'Accuracy', es: 'Exactitud' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Mean over rows: right rows divided by all rows.',
    es: 'Media sobre las filas: filas acertadas entre todas las filas.',
  },
  definition: {
    en: 'The share of rows whose predicted class is the true one. It is one minus the top-1 error.',
    es: 'La proporción de filas cuya clase predicha es la verdadera. Es uno menos el error top-1.',
  },
  edgeCases: {
    en: 'A true class that shares the highest score with another class counts as wrong, so constant scores cannot win. Not defined without rows.',
    es: 'Si la clase verdadera comparte la puntuación más alta con otra clase, la fila cuenta como error: así no se puede ganar con puntuaciones constantes. No está definida si no hay filas.',
  },
  source: 'scikit-learn accuracy_score for labels; from scores, 1 - top1_error.',
};

/** @returns 1 for each row whose label is the predicted one, else 0. */
export function rowsEqual(labels: ArrayLike<number>, predictions: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(predictions, (predicted, row) => Number(predicted === labels[row]));
}

function sum(bits: Uint8Array): number {
  return bits.reduce((total, bit) => total + bit, 0);
}

/** Accuracy of class predictions over the classes of a task. */
export const accuracyOfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    const rows = checkClassPredictions(predictions, targets);
    if (rows === 0) return { value: null };
    const right = sum(rowsEqual(targets, predictedLabels(predictions, targets)));
    return { value: right / rows, interval: wilsonInterval(right, rows) };
  },
  itemwise(predictions, targets) {
    const items = checkClassPredictions(predictions, targets);
    const right = rowsEqual(targets, predictedLabels(predictions, targets));
    return { items, width: 1, values: Float64Array.from(right) };
  },
  finish: meanOfFirst,
});

const InputSchema = z.object({
  labels: labelList,
  predictions: labelList.optional(),
  scores: numberMatrix.optional(),
  tie: z.enum(TIE_RULES).default('pessimistic'),
});

function rowsRight({ labels, predictions, scores, tie }: z.infer<typeof InputSchema>): Uint8Array {
  if (scores !== undefined && predictions === undefined) {
    return rowsWithinTopK(scores.values, scores.columns, labels.map(Number), 1, tie);
  }
  if (predictions === undefined || scores !== undefined) {
    throw new MetricInputError(
      'accuracy: expected predictions or scores beside labels, one of both',
    );
  }
  checkSameLength(predictions, 'predictions', labels, 'labels');
  const { indices } = encodeLabels([labels, predictions]);
  return rowsEqual(indices[0], indices[1]);
}

/** The same from JSON: `{ labels, predictions }` or `{ labels, scores, tie? }`. */
export const accuracyMetric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report(input) {
    const right = rowsRight(input);
    return reportShare(sum(right), right.length);
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const right = rowsRight(input);
      return { items: right.length, width: 1, values: Float64Array.from(right) };
    },
    finish: meanOfFirst,
  },
});
