import { z } from 'zod';
import { integerList, numberMatrix } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { meanOfFirst } from './class-metric.ts';
import { TIE_RULES, createTopKCounter, reportShare, rowsWithinTopK } from './top-k.ts';

/**
 * Top-k accuracy from score vectors: `{ scores: [[…], …], labels: […], k, tie? }`, labels from 0. The share
 * of rows whose true class is among the k best scored.
 *
 * Source: agrees with scikit-learn's top_k_accuracy_score under `tie: "highest-index"`.
 */
export const topkScores = defineMetric({
  name: 'topk_scores',
  domain: 'classification',
  title: { en: 'Top-k accuracy', es: 'Exactitud top-k' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Mean over rows: right rows divided by all rows.',
    es: 'Media sobre las filas: filas acertadas entre todas las filas.',
  },
  definition: {
    en: 'The share of rows whose true class is among the k best guesses. The guesses are the k classes with the highest scores; k is part of the input.',
    es: 'La proporción de filas cuya clase verdadera está entre las k mejores respuestas. Las respuestas son las k clases con las puntuaciones más altas; k forma parte de la entrada.',
  },
  edgeCases: {
    en: 'The rule for ties is part of the input: "pessimistic" (the default) gives a true class that ties the last of the tied places, "optimistic" the first; "highest-index" and "lowest-index" order tied classes by their index. A k beyond the number of classes makes every row right. Not defined without rows.',
    es: 'La regla de los empates forma parte de la entrada: "pessimistic" (la que se usa si no eliges otra) da a la clase verdadera empatada el último de los lugares, "optimistic" el primero; "highest-index" y "lowest-index" ordenan las clases empatadas por su índice. Con un k mayor que el número de clases todas las filas aciertan. No está definida si no hay filas.',
  },
  source:
    'Russakovsky et al. 2015 for the error that it completes to 1; scikit-learn top_k_accuracy_score with tie "highest-index".',
  input: z.object({
    scores: numberMatrix,
    labels: integerList,
    k: z.int().min(1),
    tie: z.enum(TIE_RULES).default('pessimistic'),
  }),
  report({ scores, labels, k, tie }) {
    const counter = createTopKCounter(k, tie);
    counter.update(scores.values, scores.columns, labels);
    return reportShare(counter.hits, counter.rows);
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics({ scores, labels, k, tie }) {
      const hits = rowsWithinTopK(scores.values, scores.columns, labels, k, tie);
      return { items: hits.length, width: 1, values: Float64Array.from(hits) };
    },
    finish: meanOfFirst,
  },
});
