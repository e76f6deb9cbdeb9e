import { z } from 'zod';
import { checkSameLength, integerList, listOrMatrix } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';
import type { ItemStatistics } from '../metric.ts';
import { sortedOrder } from '../sort.ts';
import { checkClassPredictions, checkTargets } from './checks.ts';
import { defineClassMetric } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import type { Scores } from './top-k.ts';

/**
 * Area under the ROC curve of one class against the rest.
 *
 * @param isPositive 1 for the rows of the class, else 0.
 * @returns null where one side is empty.
 */
function areaOf(scores: Scores, isPositive: Uint8Array): number | null {
  const positives = new Float64Array(count(isPositive));
  const negatives = new Float64Array(isPositive.length - positives.length);
  if (positives.length === 0 || negatives.length === 0) return null;
  let nextPositive = 0;
  let nextNegative = 0;
  for (let row = 0; row < isPositive.length; row++) {
    const score = scores[row] ?? NaN;
    if (isPositive[row] === 1) positives[nextPositive++] = score;
    else negatives[nextNegative++] = score;
  }
  positives.sort();
  negatives.sort();
  // Twice the pairs in order, plus the pairs that tie: an integer, so the sum is exact.
  let halves = 0;
  let below = 0;
  let notAbove = 0;
  for (let index = 0; index < positives.length; index++) {
    const positive = positives[index] ?? NaN;
    while (below < negatives.length && (negatives[below] ?? NaN) < positive) below++;
    if (notAbove < below) notAbove = below;
    while (notAbove < negatives.length && (negatives[notAbove] ?? NaN) <= positive) notAbove++;
    halves += below + notAbove;
  }
  return halves / (2 * positives.length * negatives.length);
}

/**
 * For each positive the share of negatives below it, for each negative the share of positives above it,
 * ties counting half: the mean of either kind is the area.
 *
 * @param isPositive 1 for the rows of the class, else 0; both occur.
 */
function placementsOf(scores: Scores, isPositive: Uint8Array): Float64Array {
  const positives = count(isPositive);
  const negatives = isPositive.length - positives;
  const placements = new Float64Array(isPositive.length);
  const order = sortedOrder(scores);
  let positivesBelow = 0;
  let negativesBelow = 0;
  for (let start = 0; start < order.length;) {
    const score = scores[order[start] ?? 0];
    let end = start;
    let tiedPositives = 0;
    for (; end < order.length && scores[order[end] ?? 0] === score; end++) {
      tiedPositives += isPositive[order[end] ?? 0] ?? 0;
    }
    const tiedNegatives = end - start - tiedPositives;
    const ofPositive = (negativesBelow + tiedNegatives / 2) / negatives;
    const ofNegative = 1 - (positivesBelow + tiedPositives / 2) / positives;
    for (; start < end; start++) {
      const row = order[start] ?? 0;
      placements[row] = isPositive[row] === 1 ? ofPositive : ofNegative;
    }
    positivesBelow += tiedPositives;
    negativesBelow += tiedNegatives;
  }
  return placements;
}

function count(bits: Uint8Array): number {
  let sum = 0;
  for (const bit of bits) sum += bit;
  return sum;
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half.
 *
 * @param labels 1 for positives, anything else for negatives, one for each score.
 * @returns null where only one class occurs.
 * @throws RangeError when the lengths differ, stating both.
 */
export function auroc(scores: Scores, labels: ArrayLike<number>): number | null {
  checkSameLength(scores, 'scores', labels, 'labels');
  return areaOf(scores, flags(labels, 1));
}

function flags(labels: ArrayLike<number>, positive: number): Uint8Array {
  const bits = new Uint8Array(labels.length);
  for (let row = 0; row < bits.length; row++) bits[row] = Number(labels[row] === positive);
  return bits;
}

/**
 * How areas of several classes, each against the rest, become one:
 * - `macro`: plain mean over classes that have rows and do not have all;
 * - `weighted`: mean weighted by the number of rows of each class;
 * - `macro-absent-as-0`: plain mean over all classes, 0 where the area is not defined, as in torchmetrics.
 */
export const AVERAGES = ['macro', 'weighted', 'macro-absent-as-0'] as const;
export type Average = (typeof AVERAGES)[number];

/**
 * @param scores row-major over `classes`; only their order within a column counts.
 * @param targets class indices.
 * @returns null where no class has an area, or there are no rows.
 */
export function multiclassAuroc(
  scores: Scores,
  classes: number,
  targets: ArrayLike<number>,
  average: Average = 'macro',
): number | null {
  if (targets.length === 0) return null;
  const column = new Float64Array(targets.length);
  let total = 0;
  let weights = 0;
  for (let index = 0; index < classes; index++) {
    takeColumn(scores, classes, index, column);
    const isPositive = flags(targets, index);
    const area = areaOf(column, isPositive);
    const weight = weightOf(average, area, isPositive);
    total += weight * (area ?? 0);
    weights += weight;
  }
  return weights === 0 ? null : total / weights;
}

function takeColumn(scores: Scores, columns: number, column: number, into: Float64Array): void {
  for (let row = 0; row < into.length; row++) into[row] = scores[row * columns + column] ?? NaN;
}

function weightOf(average: Average, area: number | null, isPositive: Uint8Array): number {
  if (area === null) return average === 'macro-absent-as-0' ? 1 : 0;
  return average === 'weighted' ? count(isPositive) : 1;
}

/**
 * One number for each row whose mean is the area: the area plus the row's influence on it. An area is no
 * sum over rows, but its variance is that of these numbers to first order (DeLong's placement values), so
 * resampling them gives an interval, and resampling two models' together a paired test.
 *
 * Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver
 * operating characteristic curves" (1988).
 *
 * @param classes the class of each column of scores.
 * @returns null where the area is.
 */
function influences(
  scores: Scores,
  classes: readonly number[],
  targets: ArrayLike<number>,
  average: Average,
): Float64Array | null {
  const rows = targets.length;
  const columns = classes.length;
  const sums = new Float64Array(rows);
  const column = new Float64Array(rows);
  let total = 0;
  let weights = 0;
  for (const [index, positive] of classes.entries()) {
    takeColumn(scores, columns, index, column);
    const isPositive = flags(targets, positive);
    const area = areaOf(column, isPositive);
    const weight = weightOf(average, area, isPositive);
    total += weight * (area ?? 0);
    weights += weight;
    if (area === null) continue;
    const positives = count(isPositive);
    const placements = placementsOf(column, isPositive);
    for (let row = 0; row < rows; row++) {
      const ofClass = isPositive[row] === 1;
      const ofRow =
        (((placements[row] ?? NaN) - area) * rows) / (ofClass ? positives : rows - positives);
      // Where weights are counts of rows, a row of the class also raises the weight of its area.
      const ofWeight = average === 'weighted' && ofClass ? rows * area : 0;
      sums[row] = (sums[row] ?? 0) + weight * ofRow + ofWeight;
    }
  }
  if (rows === 0 || weights === 0) return null;
  // Weights that are counts of rows have put the areas themselves into the sums already.
  const offset = average === 'weighted' ? 0 : total / weights;
  return sums.map((sum) => offset + sum / weights);
}

/** 0 to the number of classes less one. */
function indices(classes: number): readonly number[] {
  return Array.from({ length: classes }, (_, index) => index);
}

/** The mean, kept in range: a resample of influences can leave it. */
function finish(sums: ArrayLike<number>, items: number): number | null {
  return items === 0 ? null : Math.min(1, Math.max(0, (sums[0] ?? 0) / items));
}

const FACTS: BoardFacts = {
  name: 'auroc',
  domain: 'classification',
  title: { en: 'Area under the ROC curve', es: 'Área bajo la curva ROC' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'All pairs of a positive and a negative row; with several classes each class against the rest, then the plain mean over classes.',
    es: 'Todos los pares de una fila positiva y una negativa; con varias clases, cada clase frente al resto y después la media simple sobre las clases.',
  },
  definition: {
    en: 'The chance that a row of the class scores higher than a row that is not of the class. It is P(positive > negative) + P(tie) / 2: 0.5 is what chance gives, 1 a perfect order. Only the order of the scores counts.',
    es: 'La probabilidad de que una fila de la clase puntúe más alto que una fila que no es de la clase. Es P(positiva > negativa) + P(empate) / 2: el azar da 0,5 y un orden perfecto da 1. Solo cuenta el orden de las puntuaciones.',
  },
  edgeCases: {
    en: 'Not defined where only one class occurs, nor for predictions without scores. With several classes, those without rows are left out of the mean ("macro"); "weighted" weighs each class by its rows; "macro-absent-as-0" counts a class without rows as 0, as torchmetrics does. Two columns of scores are two classes.',
    es: 'No está definida si solo aparece una clase, ni para predicciones sin puntuaciones. Con varias clases, las que no tienen filas quedan fuera de la media ("macro"); "weighted" pondera cada clase por sus filas; "macro-absent-as-0" cuenta como 0 una clase sin filas, igual que torchmetrics. Dos columnas de puntuaciones son dos clases.',
  },
  source:
    'scikit-learn roc_auc_score, with multi_class "ovr" for several classes; Hanley and McNeil 1982.',
};

/** Macro one-vs-rest area of class predictions. */
export const aurocOfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return { value: null };
    return { value: multiclassAuroc(predictions.values, predictions.classes, targets) };
  },
  itemwise(predictions, targets) {
    checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return null;
    const { values, classes } = predictions;
    return asStatistics(influences(values, indices(classes), targets, 'macro'));
  },
  finish,
});

function asStatistics(values: Float64Array | null): ItemStatistics | null {
  return values === null ? null : { items: values.length, width: 1, values };
}

const InputSchema = z.object({
  scores: listOrMatrix,
  labels: integerList,
  classes: z.int().min(1).nullish(),
  average: z.enum(AVERAGES).default('macro'),
});
type Input = z.infer<typeof InputSchema>;

/** @returns the number of columns, null for one score a row. */
function check({ scores, labels, classes }: Input): number | null {
  if (scores.rows !== labels.length) {
    throw new RangeError(`scores have ${scores.rows} rows, labels have ${labels.length}`);
  }
  const { columns } = scores;
  if (typeof classes === 'number' && columns !== null && scores.rows > 0 && columns !== classes) {
    throw new MetricInputError(`auroc: scores have ${columns} columns, classes are ${classes}`);
  }
  checkTargets(labels, columns ?? 2);
  return columns;
}

/** The same from JSON: `{ scores: […] | [[…], …], labels: […], classes?, average? }`. */
export const aurocMetric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report(input) {
    const columns = check(input);
    const { scores, labels, average } = input;
    const value =
      columns === null
        ? auroc(scores.values, labels)
        : multiclassAuroc(scores.values, columns, labels, average);
    return { value };
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const columns = check(input);
      const { scores, labels, average } = input;
      const values = influences(
        scores.values,
        columns === null ? [1] : indices(columns),
        labels,
        columns === null ? 'macro' : average,
      );
      return asStatistics(values) ?? { items: 0, width: 1, values: new Float64Array(0) };
    },
    finish,
  },
});
