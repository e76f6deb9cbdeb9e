import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { PairScoresSchema, rocPoints } from './roc.ts';

/**
 * The largest share of same pairs that can be accepted while the share of different pairs that are accepted
 * stays at or below a target. No interpolation: thresholds are scores that occur, or above them all.
 *
 * @param scores higher for more alike.
 * @param labels 1 for a pair of the same identity, else 0.
 * @param far target in [0, 1]; below 1 / (number of different pairs) it is as good as 0.
 * @returns null where one kind of pair is missing.
 * @throws RangeError when the lengths differ, stating both.
 */
export function tarAtFar(
  scores: Float32Array | Float64Array,
  labels: ArrayLike<number>,
  far: number,
): { readonly tar: number; readonly far: number } | null {
  const { positives, negatives, truePositives, falsePositives } = rocPoints(scores, labels);
  if (positives === 0 || negatives === 0) return null;
  // Both counts only grow along the curve: the last point within the target has the largest share.
  const last = falsePositives.findLastIndex((accepted) => accepted / negatives <= far);
  return {
    tar: (truePositives[last] ?? NaN) / positives,
    far: (falsePositives[last] ?? NaN) / negatives,
  };
}

/** The same from JSON: `{ scores: […], labels: [0 | 1, …], far }`; the rate really met stands beside. */
export const tarAtFarMetric = defineMetric({
  name: 'tar_at_far',
  domain: 'verification',
  title: {
    en: 'True accept rate at a false accept rate',
    es: 'Tasa de aceptaciones correctas a una tasa de aceptaciones falsas',
  },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'One ROC curve over all pairs.',
    es: 'Una sola curva ROC sobre todos los pares.',
  },
  definition: {
    en: 'The largest share of same pairs accepted while at most the given share of different pairs is. A pair is accepted when its score is at or above a threshold; the threshold is one of the scores, without interpolation.',
    es: 'La mayor proporción de pares iguales que se acepta mientras se acepte como mucho la proporción dada de pares distintos. Un par se acepta si su puntuación llega al umbral; el umbral es una de las puntuaciones, sin interpolar.',
  },
  edgeCases: {
    en: 'Pairs with the same score are accepted together. A target below one different pair is answered at a false accept rate of 0, which is 0 where a different pair scores highest. The rate that was met is printed beside the value. Not defined unless both kinds of pair occur.',
    es: 'Los pares con la misma puntuación se aceptan juntos. A un objetivo menor que un solo par distinto se responde con una tasa de aceptaciones falsas de 0, y el valor es 0 si un par distinto tiene la puntuación más alta. Junto al valor se muestra la tasa alcanzada. No está definida si no aparecen las dos clases de pares.',
  },
  source: 'Definition of verification protocols such as IJB and LFW; facenet interpolates instead.',
  input: PairScoresSchema.extend({ far: z.number().min(0).max(1) }),
  report({ scores, labels, far }) {
    const found = tarAtFar(scores, labels, far);
    return { value: found?.tar ?? null, far: found?.far ?? null };
  },
});
