import { defineMetric } from '../metric.ts';
import { PairScoresSchema, rocPoints } from './roc.ts';

/** Gaps between the two error rates that differ by less are one and the same. */
const SLACK = 1e-6;

/**
 * Equal error rate: at the point of the ROC curve where the false positive rate and the false negative rate
 * are nearest, the mean of the two. Of several such points the first counts, from the highest threshold on.
 *
 * @param scores higher for more alike.
 * @param labels 1 for a pair of the same identity, else 0.
 * @returns null where one kind of pair is missing.
 * @throws RangeError when the lengths differ, stating both.
 */
export function equalErrorRate(
  scores: Float32Array | Float64Array,
  labels: ArrayLike<number>,
): number | null {
  const { positives, negatives, truePositives, falsePositives } = rocPoints(scores, labels);
  if (positives === 0 || negatives === 0) return null;
  const gaps = truePositives.map((accepted, point) =>
    Math.abs((falsePositives[point] ?? NaN) / negatives - (positives - accepted) / positives),
  );
  const least = gaps.reduce((best, gap) => Math.min(best, gap), Infinity);
  const nearest = gaps.findIndex((gap) => gap <= least + SLACK);
  const falsePositiveRate = (falsePositives[nearest] ?? NaN) / negatives;
  const falseNegativeRate = (positives - (truePositives[nearest] ?? NaN)) / positives;
  return (falsePositiveRate + falseNegativeRate) / 2;
}

/** The same from JSON: `{ scores: […], labels: [0 | 1, …] }`. */
export const eer = defineMetric({
  name: 'eer',
  domain: 'verification',
  title: { en: 'Equal error rate', es: 'Tasa de error igual' },
  higherIsBetter: false,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'One ROC curve over all pairs.',
    es: 'Una sola curva ROC sobre todos los pares.',
  },
  definition: {
    en: 'The error rate at the threshold where strangers are let in as often as friends are turned away. It is the mean of the false positive rate and the false negative rate at the point of the ROC curve where the two are nearest, without interpolation.',
    es: 'La tasa de error en el umbral donde se deja pasar a extraños con la misma frecuencia con la que se rechaza a los propios. Es la media de la tasa de falsos positivos y la de falsos negativos en el punto de la curva ROC donde más se acercan, sin interpolar.',
  },
  edgeCases: {
    en: 'Pairs with the same score are accepted together. Where several points are equally near, up to 0.000001, the one with the highest threshold counts. Not defined unless both kinds of pair occur.',
    es: 'Los pares con la misma puntuación se aceptan juntos. Si varios puntos están igual de cerca, salvo 0,000001, cuenta el de umbral más alto. No está definida si no aparecen las dos clases de pares.',
  },
  source: 'torchmetrics binary_eer; interpolating definitions give other values.',
  input: PairScoresSchema,
  report: ({ scores, labels }) => ({ value: equalErrorRate(scores, labels) }),
});
