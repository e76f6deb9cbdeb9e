import { z } from 'zod';
import { integerList, numberMatrix } from '../input.ts';
import { defineMetric } from '../metric.ts';
import type { ClassificationMetric, ClassPredictions, Metric } from '../metric.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import { checkClassPredictions } from './checks.ts';
import { defineClassMetric, meanOfFirst } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import {
  TIE_RULES,
  createTopKCounter,
  isWithinTopK,
  reportShare,
  rowsWithinTopK,
} from './top-k.ts';

function facts(k: number): BoardFacts {
  const oneGuess = k === 1;
  return {
    name: `top${k}_error`,
    domain: 'classification',
    title: { en: `Top-${k} error`, es: `Error top-${k}` },
    higherIsBetter: false,
    range: [0, 1],
    unit: 'rate',
    aggregation: {
      en: 'Mean over rows: wrong rows divided by all rows.',
      es: 'Media sobre las filas: filas erradas entre todas las filas.',
    },
    definition: oneGuess
      ? {
          en: 'The share of rows whose first guess is wrong. The first guess is the class with the highest score.',
          es: 'La proporción de filas cuya primera respuesta es incorrecta. La primera respuesta es la clase con la puntuación más alta.',
        }
      : {
          en: `The share of rows whose true class is not among the ${k} best guesses. The guesses are the ${k} classes with the highest scores.`,
          es: `La proporción de filas cuya clase verdadera no está entre las ${k} mejores respuestas. Las respuestas son las ${k} clases con las puntuaciones más altas.`,
        },
    edgeCases: oneGuess
      ? {
          en: 'A true class that shares the highest score with another class counts as wrong, so constant scores cannot win. Not defined without rows.',
          es: 'Si la clase verdadera comparte la puntuación más alta con otra clase, la fila cuenta como error: así no se puede ganar con puntuaciones constantes. No está definida si no hay filas.',
        }
      : {
          en: 'A true class that ties with others takes the last of their places, so constant scores cannot win. Not defined for predictions with a single label for each row, nor without rows.',
          es: 'Si la clase verdadera empata con otras, ocupa el último de esos lugares: así no se puede ganar con puntuaciones constantes. No está definida si envías una sola etiqueta por fila, ni si no hay filas.',
        },
    source:
      'Flat error of the ILSVRC (Russakovsky et al. 2015); the tie rule is stricter than in any library.',
  };
}

/**
 * Flat top-k error of the ILSVRC: the share of rows whose true class is not among the k best guesses.
 * Scores give the order of the guesses; a true class that ties takes the worst of the tied places, so
 * that constant scores cannot win. A hard label is one guess: with it the error is defined for k = 1 only.
 *
 * Source: ILSVRC2012 development kit, eval_flat.m; Russakovsky et al., "ImageNet Large Scale Visual
 * Recognition Challenge" (2015). The tie rule is ours: there the entrant orders the guesses.
 */
export function topKError(k: number): ClassificationMetric {
  return defineClassMetric(facts(k), {
    value(predictions, targets) {
      const wrong = wrongRows(predictions, targets, k);
      if (wrong === null || wrong.length === 0) return { value: null };
      const errors = wrong.reduce((sum, isWrong) => sum + isWrong, 0);
      return { value: errors / wrong.length, interval: wilsonInterval(errors, wrong.length) };
    },
    itemwise(predictions, targets) {
      const wrong = wrongRows(predictions, targets, k);
      if (wrong === null) return null;
      return { items: wrong.length, width: 1, values: Float64Array.from(wrong) };
    },
    finish: meanOfFirst,
  });
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
        : isWithinTopK(
            predictions.values,
            row * predictions.classes,
            predictions.classes,
            target,
            k,
          );
    wrong[row] = correct ? 0 : 1;
  }
  return wrong;
}

/** The same error from JSON: `{ scores: [[…], …], labels: […], tie? }`. */
function topKErrorMetric(k: number): Metric {
  return defineMetric({
    ...facts(k),
    input: z.object({
      scores: numberMatrix,
      labels: integerList,
      tie: z.enum(TIE_RULES).default('pessimistic'),
    }),
    report({ scores, labels, tie }) {
      const counter = createTopKCounter(k, tie);
      counter.update(scores.values, scores.columns, labels);
      return reportShare(counter.rows - counter.hits, counter.rows);
    },
    itemwise: {
      item: { en: 'row', es: 'fila' },
      statistics({ scores, labels, tie }) {
        const hits = rowsWithinTopK(scores.values, scores.columns, labels, k, tie);
        return { items: hits.length, width: 1, values: Float64Array.from(hits, (hit) => 1 - hit) };
      },
      finish: meanOfFirst,
    },
  });
}

export const top1Error = topKError(1);
export const top5Error = topKError(5);
export const top1ErrorMetric = topKErrorMetric(1);
export const top5ErrorMetric = topKErrorMetric(5);
