import { z } from 'zod';
import { checkSameLength, classNames, encodeLabels, labelList } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { checkClassPredictions } from './checks.ts';
import { defineClassMetric, emptyStatistics } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import { predictedLabels } from './predicted-labels.ts';

/** What a disagreement costs: 1, the distance of the two classes in their order, or its square. */
export const WEIGHTS = ['none', 'linear', 'quadratic'] as const;
export type Weights = (typeof WEIGHTS)[number];

function costOf(weights: Weights, a: number, b: number): number {
  switch (weights) {
    case 'none':
      return a === b ? 0 : 1;
    case 'linear':
      return Math.abs(a - b);
    case 'quadratic':
      return (a - b) ** 2;
  }
}

/** Counts over any number of batches, in memory that grows with the classes only. */
export interface KappaCounter {
  /** Both lists hold class indices below the number of classes. */
  update(a: ArrayLike<number>, b: ArrayLike<number>): void;
  /** @returns null where chance alone cannot disagree: no rows, or one class on both sides. */
  finish(): number | null;
}

export function createKappaCounter(classes: number, weights: Weights): KappaCounter {
  // Cost of the disagreements, then how often each side names each class: integers all.
  const counts = new Float64Array(1 + 2 * classes);
  let rows = 0;
  return {
    update(a, b) {
      checkSameLength(a, 'a', b, 'b');
      for (let row = 0; row < a.length; row++) {
        const ofA = a[row] ?? 0;
        const ofB = b[row] ?? 0;
        counts[0] = (counts[0] ?? 0) + costOf(weights, ofA, ofB);
        counts[1 + ofA] = (counts[1 + ofA] ?? 0) + 1;
        counts[1 + classes + ofB] = (counts[1 + classes + ofB] ?? 0) + 1;
      }
      rows += a.length;
    },
    finish: () => kappaOfCounts(counts, 0, rows, classes, weights),
  };
}

/** @param counts from `offset` on: cost of the disagreements, then both sides' counts of each class. */
function kappaOfCounts(
  counts: ArrayLike<number>,
  offset: number,
  rows: number,
  classes: number,
  weights: Weights,
): number | null {
  const observed = (counts[offset] ?? 0) * rows;
  // What the same counts would cost at random, times rows^2. Each weight allows one pass over the classes:
  // 1 is "not the same class", a distance is the number of bounds between the two, a square is moments.
  let same = 0;
  let across = 0;
  let upToA = 0;
  let upToB = 0;
  let firstA = 0;
  let firstB = 0;
  let seconds = 0;
  for (let index = 0; index < classes; index++) {
    const ofA = counts[offset + 1 + index] ?? 0;
    const ofB = counts[offset + 1 + classes + index] ?? 0;
    same += ofA * ofB;
    upToA += ofA;
    upToB += ofB;
    across += upToA * (rows - upToB) + upToB * (rows - upToA);
    firstA += index * ofA;
    firstB += index * ofB;
    seconds += index * index * (ofA + ofB);
  }
  const byChance = {
    none: rows * rows - same,
    linear: across,
    quadratic: rows * seconds - 2 * firstA * firstB,
  }[weights];
  return byChance === 0 ? null : 1 - observed / byChance;
}

/** Columns: the place of the weights in `WEIGHTS`, then `createKappaCounter`'s counts of the row. */
function itemwiseKappa(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  classes: number,
  weights: Weights,
) {
  const statistics = emptyStatistics(a.length, 2 + 2 * classes);
  if (statistics === null) return null;
  const { values, width } = statistics;
  for (let row = 0; row < a.length; row++) {
    const start = row * width;
    values[start] = WEIGHTS.indexOf(weights);
    values[start + 1] = costOf(weights, a[row] ?? 0, b[row] ?? 0);
    values[start + 2 + (a[row] ?? 0)] = 1;
    values[start + 2 + classes + (b[row] ?? 0)] = 1;
  }
  return statistics;
}

function finish(sums: ArrayLike<number>, items: number, width: number): number | null {
  if (items === 0) return null;
  const weights = WEIGHTS[Math.round((sums[0] ?? 0) / items)] ?? 'none';
  return kappaOfCounts(sums, 1, items, (width - 2) / 2, weights);
}

const FACTS: BoardFacts = {
  name: 'cohen_kappa',
  domain: 'classification',
  title: { en: 'Cohen’s kappa', es: 'Kappa de Cohen' },
  higherIsBetter: true,
  range: [-1, 1],
  unit: 'number',
  aggregation: {
    en: 'One table of counts over all rows.',
    es: 'Una sola tabla de recuentos sobre todas las filas.',
  },
  definition: {
    en: 'Agreement beyond what chance alone would give. It is 1 minus the observed disagreement divided by the disagreement expected if both sides kept their class counts but chose at random: 1 is full agreement, 0 is chance. With weights "linear" or "quadratic" a disagreement costs the distance of the two classes in their order, or its square.',
    es: 'El acuerdo que hay más allá del que daría el azar. Es 1 menos el desacuerdo observado dividido entre el desacuerdo esperado si ambos lados conservaran sus recuentos por clase pero eligieran al azar: 1 es acuerdo total y 0 es azar. Con los pesos "linear" o "quadratic" un desacuerdo cuesta la distancia entre las dos clases en su orden, o su cuadrado.',
  },
  edgeCases: {
    en: 'Not defined without rows, or where both sides only ever name one and the same class. Distances count places in the sorted list of the classes that occur, unless the input names the classes. On a task kappa is unweighted, and a tie of the true class with another counts as wrong.',
    es: 'No está definida si no hay filas o si ambos lados nombran siempre una misma clase. Las distancias cuentan lugares en la lista ordenada de las clases que aparecen, salvo que la entrada nombre las clases. En una tarea el kappa no lleva pesos, y un empate de la clase verdadera con otra cuenta como error.',
  },
  source: 'scikit-learn cohen_kappa_score; Cohen 1960; Artstein and Poesio 2008.',
};

/** Unweighted kappa of class predictions against the targets. */
export const cohenKappaOfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    checkClassPredictions(predictions, targets);
    const counter = createKappaCounter(predictions.classes, 'none');
    counter.update(targets, predictedLabels(predictions, targets));
    return { value: counter.finish() };
  },
  itemwise(predictions, targets) {
    checkClassPredictions(predictions, targets);
    const predicted = predictedLabels(predictions, targets);
    return itemwiseKappa(targets, predicted, predictions.classes, 'none');
  },
  finish,
});

const InputSchema = z.object({
  a: labelList,
  b: labelList,
  weights: z
    .enum(WEIGHTS)
    .nullish()
    .transform((weights) => weights ?? 'none'),
  classes: classNames,
});

function encode({ a, b, classes }: z.infer<typeof InputSchema>) {
  checkSameLength(a, 'a', b, 'b');
  const { names, indices } = encodeLabels([a, b], classes);
  return { a: indices[0], b: indices[1], classes: names.length };
}

/** The same from JSON: `{ a, b, weights?, classes? }`. */
export const cohenKappaMetric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report(input) {
    const { a, b, classes } = encode(input);
    const counter = createKappaCounter(classes, input.weights);
    counter.update(a, b);
    return { value: counter.finish() };
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const { a, b, classes } = encode(input);
      const statistics = itemwiseKappa(a, b, classes, input.weights);
      if (statistics === null) {
        throw new RangeError(`${a.length} rows of ${classes} classes are too many to keep`);
      }
      return statistics;
    },
    finish,
  },
});
