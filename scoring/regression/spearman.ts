import { z } from 'zod';
import { checkSameLength, numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { sortedOrder } from '../sort.ts';

/** Ranks from 1, ascending; equal values share the mean of their ranks. */
export function averageRanks(values: Float32Array | Float64Array): Float64Array {
  const order = sortedOrder(values);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    const value = values[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === value) end++;
    const rank = (start + 1 + end) / 2;
    for (; start < end; start++) ranks[order[start] ?? 0] = rank;
  }
  return ranks;
}

/**
 * Spearman's rho: Pearson's correlation of average ranks.
 *
 * @returns null where a side is constant, or has fewer than two values.
 * @throws RangeError when the lengths differ, stating both.
 */
export function spearmanRho(
  a: Float32Array | Float64Array,
  b: Float32Array | Float64Array,
): number | null {
  checkSameLength(a, 'a', b, 'b');
  const ofA = averageRanks(a);
  const ofB = averageRanks(b);
  // The mean of average ranks is (n + 1) / 2 whatever ties; deviations are halves, so the sums are exact.
  const mean = (a.length + 1) / 2;
  let together = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let index = 0; index < ofA.length; index++) {
    const fromA = (ofA[index] ?? NaN) - mean;
    const fromB = (ofB[index] ?? NaN) - mean;
    together += fromA * fromB;
    squaresA += fromA * fromA;
    squaresB += fromB * fromB;
  }
  if (squaresA === 0 || squaresB === 0) return null;
  const rho = together / Math.sqrt(squaresA * squaresB);
  return Math.min(1, Math.max(-1, rho));
}

/** The same from JSON: `{ a: […], b: […] }`. */
export const spearman = defineMetric({
  name: 'spearman',
  domain: 'regression',
  title: { en: 'Spearman’s rank correlation', es: 'Correlación de rangos de Spearman' },
  higherIsBetter: true,
  range: [-1, 1],
  unit: 'number',
  aggregation: {
    en: 'One correlation over all items.',
    es: 'Una sola correlación sobre todos los ítems.',
  },
  definition: {
    en: 'How well one list orders the items as the other does. It is Pearson’s correlation of the ranks, where equal values share the mean of their ranks: 1 is the same order, −1 the reverse.',
    es: 'Lo bien que una lista ordena los ítems igual que la otra. Es la correlación de Pearson de los rangos, y los valores iguales comparten la media de sus rangos: 1 es el mismo orden y −1 el inverso.',
  },
  edgeCases: {
    en: 'Not defined where one side is constant, or with fewer than two items. The shortcut 1 − 6 Σd² / (n (n² − 1)) is not used: it is wrong with ties.',
    es: 'No está definida si un lado es constante o si hay menos de dos ítems. No se usa el atajo 1 − 6 Σd² / (n (n² − 1)): es incorrecto cuando hay empates.',
  },
  source: 'scipy.stats.spearmanr; Spearman 1904.',
  input: z.object({ a: numberList, b: numberList }),
  report: ({ a, b }) => ({ value: spearmanRho(a, b) }),
});
