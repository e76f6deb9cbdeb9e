import { z } from 'zod';
import { binaryList, checkSameLength, numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';

/** Thresholds 0, 0.01, …, 3.99. */
const THRESHOLDS = 400;
const STEP = 0.01;

/**
 * Accuracy of the LFW protocol: for each of the folds, contiguous and nearly equal, the threshold that does
 * best on the pairs of all other folds is applied to its own pairs. A distance below the threshold means
 * "same"; of thresholds that do equally well the first is taken, which on separable data can be too tight.
 *
 * @param distances smaller for more alike.
 * @param same 1 for a pair of the same identity, else 0.
 * @param folds in [2, number of pairs].
 * @returns mean and population standard deviation of the accuracies of the folds.
 * @throws RangeError when the lengths differ or there are fewer pairs than folds, stating both.
 */
export function lfwAccuracy(
  distances: ArrayLike<number>,
  same: ArrayLike<number>,
  folds = 10,
): { readonly mean: number; readonly std: number } {
  checkSameLength(distances, 'distances', same, 'same');
  const pairs = distances.length;
  if (pairs < folds) throw new RangeError(`${pairs} pairs cannot be split into ${folds} folds`);

  // Right answers of each fold at each threshold, from how many each next threshold adds or loses.
  const right = Array.from({ length: folds }, (_, fold) => {
    const [start, end] = foldBounds(pairs, folds, fold);
    const counts = new Int32Array(THRESHOLDS + 1);
    for (let pair = start; pair < end; pair++) {
      const isSame = same[pair] === 1;
      if (!isSame) counts[0] = (counts[0] ?? 0) + 1;
      const first = firstThresholdAbove(distances[pair] ?? NaN);
      counts[first] = (counts[first] ?? 0) + (isSame ? 1 : -1);
    }
    for (let at = 1; at < THRESHOLDS; at++) counts[at] = (counts[at] ?? 0) + (counts[at - 1] ?? 0);
    return counts.subarray(0, THRESHOLDS);
  });
  const total = Int32Array.from({ length: THRESHOLDS }, (_, at) =>
    right.reduce((sum, counts) => sum + (counts[at] ?? 0), 0),
  );

  const accuracies = right.map((counts, fold) => {
    const [start, end] = foldBounds(pairs, folds, fold);
    let best = 0;
    let most = -1;
    for (let at = 0; at < THRESHOLDS; at++) {
      const onOthers = (total[at] ?? 0) - (counts[at] ?? 0);
      if (onOthers > most) {
        best = at;
        most = onOthers;
      }
    }
    return (counts[best] ?? NaN) / (end - start);
  });
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / folds;
  const variance = accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0) / folds;
  return { mean, std: Math.sqrt(variance) };
}

/** Contiguous folds; the first ones are longer by one where the pairs do not divide. */
function foldBounds(pairs: number, folds: number, fold: number): readonly [number, number] {
  const size = Math.floor(pairs / folds);
  const longer = pairs % folds;
  const start = fold * size + Math.min(fold, longer);
  return [start, start + size + (fold < longer ? 1 : 0)];
}

/** The first threshold that a distance is below; `THRESHOLDS` for none. */
function firstThresholdAbove(distance: number): number {
  let at = Math.min(THRESHOLDS, Math.max(0, Math.floor(distance / STEP)));
  // The quotient may be off by a rounding: the comparison that counts is with the product.
  while (at > 0 && distance < (at - 1) * STEP) at--;
  while (at < THRESHOLDS && !(distance < at * STEP)) at++;
  return at;
}

/** The same from JSON: `{ distances: […], same: [true | false, …], folds? }`. */
export const lfwAccuracyMetric = defineMetric({
  name: 'lfw_accuracy',
  domain: 'verification',
  title: { en: 'LFW verification accuracy', es: 'Exactitud de verificación LFW' },
  higherIsBetter: true,
  range: null,
  unit: 'rate',
  aggregation: {
    en: 'Mean and population standard deviation of the accuracies of the folds.',
    es: 'Media y desviación típica poblacional de las exactitudes de los grupos.',
  },
  definition: {
    en: 'How often the distance of two faces tells rightly whether they are of one person. The pairs are split into contiguous folds (10 unless given); for each, the best of the thresholds 0, 0.01, …, 3.99 on all other folds is applied to it, and a distance below the threshold means "same".',
    es: 'Con qué frecuencia la distancia entre dos caras dice con acierto si son de la misma persona. Los pares se dividen en grupos contiguos (10 si no indicas otra cosa); a cada uno se le aplica el mejor de los umbrales 0, 0,01, …, 3,99 sobre los demás grupos, y una distancia menor que el umbral significa "misma".',
  },
  edgeCases: {
    en: 'Of thresholds that do equally well the smallest is taken, so data that a threshold separates perfectly can score below 1. Distances of 3.99 or more are never "same". Fewer pairs than folds are refused. Not defined without pairs.',
    es: 'Entre umbrales igual de buenos se toma el menor, así que unos datos que un umbral separa por completo pueden quedar por debajo de 1. Una distancia de 3,99 o más nunca es "misma". Se rechazan menos pares que grupos. No está definida si no hay pares.',
  },
  source: 'Huang et al. 2007 (LFW); thresholds and folds as in facenet calculate_roc.',
  input: z.object({
    distances: numberList,
    same: binaryList,
    folds: z.int().min(2).default(10),
  }),
  report({ distances, same, folds }) {
    const isEmpty = distances.length === 0 && same.length === 0;
    return { value: isEmpty ? null : { ...lfwAccuracy(distances, same, folds) } };
  },
});
