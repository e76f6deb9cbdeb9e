import { z } from 'zod';
import { binaryList, checkSameLength, integerList, listOrMatrix, numberList } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';
import type { ItemStatistics } from '../metric.ts';
import { checkClassPredictions, checkTargets, checkUnit } from './checks.ts';
import { defineClassMetric } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import { asProbabilities } from './probabilities.ts';
import type { Scores } from './top-k.ts';

const DEFAULT_BINS = 15;

/**
 * How the gaps between accuracy and confidence of the bins become one number: their mean weighted by rows,
 * the root of the weighted mean of their squares, or the largest.
 */
export const NORMS = ['l1', 'l2', 'max'] as const;
export type Norm = (typeof NORMS)[number];

/**
 * The end that belongs to a bin. `left` is [low, high) with a bin of its own for confidence 1, as in
 * torchmetrics; `right` is (low, high] with 0 in the first bin, as in Guo et al.
 */
export const CLOSED_ENDS = ['left', 'right'] as const;
export type ClosedEnd = (typeof CLOSED_ENDS)[number];

/**
 * @param confidence in [0, 1].
 * @returns a bin from 0; `bins` itself is the one of confidence 1 where bins are closed on the left.
 */
export function binOf(confidence: number, bins: number, closed: ClosedEnd): number {
  // The product is off by a rounding at most; the comparisons with the very bounds settle it.
  let bin = Math.min(Math.floor(confidence * bins), bins);
  if (closed === 'left') {
    if (confidence < bin / bins) bin--;
    else if (confidence >= (bin + 1) / bins) bin++;
    return bin;
  }
  if (bin > 0 && confidence <= bin / bins) bin--;
  else if (confidence > (bin + 1) / bins) bin++;
  return bin;
}

/** Sums over any number of batches, in memory that grows with the bins only. */
export interface CalibrationCounter {
  /**
   * @param confidences in [0, 1].
   * @param correct 1 where the prediction was right, else 0.
   */
  update(confidences: ArrayLike<number>, correct: ArrayLike<number>): void;
  /** @returns null without rows. */
  finish(norm: Norm): number | null;
}

export function createCalibrationCounter(bins: number, closed: ClosedEnd): CalibrationCounter {
  // For each bin, its rows and their sum of correct - confidence.
  const sums = new Float64Array(2 * (bins + 1));
  let rows = 0;
  return {
    update(confidences, correct) {
      checkSameLength(confidences, 'confidences', correct, 'correct');
      for (let row = 0; row < confidences.length; row++) {
        const confidence = confidences[row] ?? NaN;
        const at = 2 * binOf(confidence, bins, closed);
        sums[at] = (sums[at] ?? 0) + 1;
        sums[at + 1] = (sums[at + 1] ?? 0) + ((correct[row] ?? NaN) - confidence);
      }
      rows += confidences.length;
    },
    finish: (norm) => errorOfSums(sums, 0, sums.length, rows, norm),
  };
}

/** @param sums from `offset` to `end`: rows of a bin, then their sum of correct - confidence. */
function errorOfSums(
  sums: ArrayLike<number>,
  offset: number,
  end: number,
  rows: number,
  norm: Norm,
): number | null {
  if (rows === 0) return null;
  let error = 0;
  for (let at = offset; at < end; at += 2) {
    const inBin = sums[at] ?? 0;
    if (inBin === 0) continue;
    const gap = Math.abs(sums[at + 1] ?? 0) / inBin;
    if (norm === 'max') error = Math.max(error, gap);
    else error += (inBin / rows) * (norm === 'l1' ? gap : gap * gap);
  }
  return norm === 'l2' ? Math.sqrt(error) : error;
}

/** Columns: the place of the norm in `NORMS`, then for each bin 1 and correct - confidence of its rows. */
function itemwiseCalibration(
  confidences: Float64Array,
  correct: Uint8Array,
  bins: number,
  closed: ClosedEnd,
  norm: Norm,
): ItemStatistics {
  const width = 1 + 2 * (bins + 1);
  const values = new Float64Array(confidences.length * width);
  for (const [row, confidence] of confidences.entries()) {
    const at = row * width + 1 + 2 * binOf(confidence, bins, closed);
    values[row * width] = NORMS.indexOf(norm);
    values[at] = 1;
    values[at + 1] = (correct[row] ?? NaN) - confidence;
  }
  return { items: confidences.length, width, values };
}

function finish(sums: ArrayLike<number>, items: number, width: number): number | null {
  if (items === 0) return null;
  const norm = NORMS[Math.round((sums[0] ?? 0) / items)] ?? 'l1';
  return errorOfSums(sums, 1, width, items, norm);
}

/** What a row bets on: its highest probability, and whether that class (the first, on a tie) is the true one. */
export interface Bets {
  readonly confidences: Float64Array;
  readonly correct: Uint8Array;
}

export function betsOf(probabilities: Scores, classes: number, targets: ArrayLike<number>): Bets {
  const confidences = new Float64Array(targets.length);
  const correct = new Uint8Array(targets.length);
  for (let row = 0; row < targets.length; row++) {
    let best = 0;
    let highest = -Infinity;
    for (let index = 0; index < classes; index++) {
      const probability = probabilities[row * classes + index] ?? NaN;
      if (probability > highest) {
        best = index;
        highest = probability;
      }
    }
    confidences[row] = Math.min(1, Math.max(0, highest));
    correct[row] = best === targets[row] ? 1 : 0;
  }
  return { confidences, correct };
}

const FACTS: BoardFacts = {
  name: 'ece',
  domain: 'classification',
  title: { en: 'Expected calibration error', es: 'Error de calibración esperado' },
  higherIsBetter: false,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Gap of each bin of confidence over all rows, then the mean over bins weighted by their rows.',
    es: 'Diferencia de cada intervalo de confianza sobre todas las filas y después la media sobre los intervalos, ponderada por sus filas.',
  },
  definition: {
    en: 'How far the confidence of a model is from how often it is right. Rows are sorted by the probability of their predicted class into bins of equal width (15 unless given); the error is the sum over bins of (rows in the bin / all rows) × |accuracy − mean confidence|. Norm "l2" takes the root of the weighted mean of squared gaps, "max" the largest gap.',
    es: 'Cuánto se aleja la confianza de un modelo de la frecuencia con que acierta. Las filas se reparten según la probabilidad de su clase predicha en intervalos de igual anchura (15 si no indicas otra cosa); el error es la suma sobre los intervalos de (filas del intervalo / todas las filas) × |exactitud − confianza media|. La norma "l2" toma la raíz de la media ponderada de las diferencias al cuadrado, y "max" la mayor diferencia.',
  },
  edgeCases: {
    en: 'A bin is [low, high), and confidence 1 has a bin of its own; closed "right" makes it (low, high], as in Guo et al. Empty bins count nothing. On a tie the first class is the prediction. On a task, scores that are no probabilities pass through a softmax first, and the error is not defined for predictions with a single label for each row. Not defined without rows.',
    es: 'Un intervalo es [inferior, superior), y la confianza 1 tiene un intervalo propio; con closed "right" es (inferior, superior], como en Guo et al. Los intervalos vacíos no cuentan. En un empate la predicción es la primera clase. En una tarea, las puntuaciones que no son probabilidades pasan antes por un softmax, y el error no está definido si envías una sola etiqueta por fila. No está definido si no hay filas.',
  },
  source: 'torchmetrics calibration_error; Naeini et al. 2015; Guo et al. 2017 for closed "right".',
};

/** Calibration of the predicted class, 15 bins, l1. */
export const eceOfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return { value: null };
    const { values, classes } = predictions;
    const bets = betsOf(asProbabilities(values, classes), classes, targets);
    const counter = createCalibrationCounter(DEFAULT_BINS, 'left');
    counter.update(bets.confidences, bets.correct);
    return { value: counter.finish('l1') };
  },
  itemwise(predictions, targets) {
    checkClassPredictions(predictions, targets);
    if (predictions.form === 'labels') return null;
    const { values, classes } = predictions;
    const bets = betsOf(asProbabilities(values, classes), classes, targets);
    return itemwiseCalibration(bets.confidences, bets.correct, DEFAULT_BINS, 'left', 'l1');
  },
  finish,
});

const InputSchema = z.object({
  confidences: numberList.optional(),
  correct: binaryList.optional(),
  probabilities: listOrMatrix.optional(),
  labels: integerList.optional(),
  bins: z.int().min(1).max(1_000_000).default(DEFAULT_BINS),
  norm: z.enum(NORMS).default('l1'),
  closed: z.enum(CLOSED_ENDS).default('left'),
});

function readBets(input: z.infer<typeof InputSchema>): Bets {
  const { confidences, correct, probabilities, labels } = input;
  if (confidences !== undefined && correct !== undefined && probabilities === undefined) {
    checkSameLength(confidences, 'confidences', correct, 'correct');
    checkUnit(confidences, 1, 'confidences');
    return { confidences, correct };
  }
  if (probabilities === undefined || labels === undefined || confidences !== undefined) {
    throw new MetricInputError(
      'ece: expected confidences and correct, or probabilities and labels',
    );
  }
  if (probabilities.rows !== labels.length) {
    throw new RangeError(
      `probabilities have ${probabilities.rows} rows, labels have ${labels.length}`,
    );
  }
  checkUnit(probabilities.values, probabilities.columns ?? 1, 'probabilities');
  checkTargets(labels, probabilities.columns ?? 2);
  if (probabilities.columns === null) {
    return { confidences: probabilities.values, correct: Uint8Array.from(labels) };
  }
  return betsOf(probabilities.values, probabilities.columns, labels);
}

/**
 * The same from JSON: `{ confidences, correct, bins?, norm?, closed? }`, or `{ probabilities, labels, … }` where
 * one probability a row is that of label 1.
 */
export const eceMetric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report(input) {
    const { confidences, correct } = readBets(input);
    const counter = createCalibrationCounter(input.bins, input.closed);
    counter.update(confidences, correct);
    return { value: counter.finish(input.norm) };
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const { confidences, correct } = readBets(input);
      return itemwiseCalibration(confidences, correct, input.bins, input.closed, input.norm);
    },
    finish,
  },
});
