import { z } from 'zod';
import { checkSameLength, classNames, encodeLabels, labelList } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { checkClassPredictions } from './checks.ts';
import { defineClassMetric, emptyStatistics } from './class-metric.ts';
import type { BoardFacts } from './class-metric.ts';
import { predictedLabels } from './predicted-labels.ts';

/** Whether classes that neither truth nor predictions name count, as 0, or are left out of the mean. */
export type AbsentClasses = 'count' | 'leave-out';

/** Counts over any number of batches, in memory that grows with the classes only. */
export interface F1Counter {
  /** Both lists hold class indices below the number of classes. */
  update(labels: ArrayLike<number>, predictions: ArrayLike<number>): void;
  /** @returns null without classes to average. */
  finish(absent: AbsentClasses): number | null;
}

export function createF1Counter(classes: number): F1Counter {
  // Right predictions of a class, then how often truth and prediction name it: F1 is 2 TP / that.
  const counts = new Float64Array(2 * classes);
  return {
    update(labels, predictions) {
      checkSameLength(predictions, 'predictions', labels, 'labels');
      for (let row = 0; row < labels.length; row++) {
        const label = labels[row] ?? 0;
        const predicted = predictions[row] ?? 0;
        if (label === predicted) counts[label] = (counts[label] ?? 0) + 1;
        counts[classes + label] = (counts[classes + label] ?? 0) + 1;
        counts[classes + predicted] = (counts[classes + predicted] ?? 0) + 1;
      }
    },
    finish: (absent) => macroF1OfCounts(counts, 0, classes, absent),
  };
}

/**
 * @param counts from `offset` on: right predictions of each class, then how often truth and predictions
 * name each class.
 */
function macroF1OfCounts(
  counts: ArrayLike<number>,
  offset: number,
  classes: number,
  absent: AbsentClasses,
): number | null {
  let total = 0;
  let averaged = 0;
  for (let index = 0; index < classes; index++) {
    const right = counts[offset + index] ?? 0;
    const named = counts[offset + classes + index] ?? 0;
    if (named > 0) total += (2 * right) / named;
    if (named > 0 || absent === 'count') averaged++;
  }
  return averaged === 0 ? null : total / averaged;
}

/** Columns: 1 where absent classes count, then `createF1Counter`'s counts of the row. */
function itemwiseF1(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
  absent: AbsentClasses,
) {
  const statistics = emptyStatistics(labels.length, 1 + 2 * classes);
  if (statistics === null) return null;
  const { values, width } = statistics;
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] ?? 0;
    const predicted = predictions[row] ?? 0;
    const start = row * width;
    values[start] = absent === 'count' ? 1 : 0;
    if (label === predicted) values[start + 1 + label] = 1;
    for (const name of [label, predicted]) {
      const named = start + 1 + classes + name;
      values[named] = (values[named] ?? 0) + 1;
    }
  }
  return statistics;
}

function finish(sums: ArrayLike<number>, items: number, width: number): number | null {
  if (items === 0) return null;
  return macroF1OfCounts(sums, 1, (width - 1) / 2, (sums[0] ?? 0) > 0 ? 'count' : 'leave-out');
}

const FACTS: BoardFacts = {
  name: 'macro_f1',
  domain: 'classification',
  title: { en: 'Macro F1', es: 'F1 macro' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'F1 of each class over all rows, then the plain mean over classes: a mean of F1s, not the F1 of mean precision and recall.',
    es: 'F1 de cada clase sobre todas las filas y después la media simple sobre las clases: una media de F1, no el F1 de la precisión y la exhaustividad medias.',
  },
  definition: {
    en: 'How well each class is found, with every class counting the same however rare it is. The F1 of a class is 2 TP / (2 TP + FP + FN), with TP the rows rightly given the class, FP those wrongly given it and FN those of the class given another.',
    es: 'Lo bien que se encuentra cada clase, y todas las clases pesan lo mismo por raras que sean. El F1 de una clase es 2 TP / (2 TP + FP + FN): TP son las filas a las que se dio la clase con acierto, FP aquellas a las que se dio por error y FN las de la clase a las que se dio otra.',
  },
  edgeCases: {
    en: 'Classes that occur in truth or predictions are averaged; where the input names its classes, exactly those are, and one that occurs nowhere counts as 0. A class that is only predicted counts as 0. From scores, the prediction is the class with the highest score, and a tie with the true class counts as wrong. Not defined without rows.',
    es: 'Se promedian las clases que aparecen en la verdad o en las predicciones; si la entrada nombra sus clases, exactamente esas, y la que no aparece en ningún sitio cuenta como 0. Una clase que solo se predice cuenta como 0. A partir de puntuaciones, la predicción es la clase con la puntuación más alta, y un empate con la clase verdadera cuenta como error. No está definida si no hay filas.',
  },
  source: 'scikit-learn f1_score with average "macro" and zero_division 0.',
};

/** Macro F1 of class predictions, over the classes of the task that occur. */
export const macroF1OfClasses = defineClassMetric(FACTS, {
  value(predictions, targets) {
    if (checkClassPredictions(predictions, targets) === 0) return { value: null };
    const counter = createF1Counter(predictions.classes);
    counter.update(targets, predictedLabels(predictions, targets));
    return { value: counter.finish('leave-out') };
  },
  itemwise(predictions, targets) {
    checkClassPredictions(predictions, targets);
    const predicted = predictedLabels(predictions, targets);
    return itemwiseF1(targets, predicted, predictions.classes, 'leave-out');
  },
  finish,
});

const InputSchema = z.object({ labels: labelList, predictions: labelList, classes: classNames });

function encode({ labels, predictions, classes }: z.infer<typeof InputSchema>) {
  checkSameLength(predictions, 'predictions', labels, 'labels');
  const { names, indices } = encodeLabels([labels, predictions], classes);
  const absent: AbsentClasses = classes === null ? 'leave-out' : 'count';
  return { labels: indices[0], predictions: indices[1], classes: names.length, absent };
}

/** The same from JSON: `{ labels, predictions, classes? }`. */
export const macroF1Metric = defineMetric({
  ...FACTS,
  input: InputSchema,
  report(input) {
    const { labels, predictions, classes, absent } = encode(input);
    const counter = createF1Counter(classes);
    counter.update(labels, predictions);
    return { value: labels.length === 0 ? null : counter.finish(absent) };
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics(input) {
      const { labels, predictions, classes, absent } = encode(input);
      const statistics = itemwiseF1(labels, predictions, classes, absent);
      if (statistics === null) {
        throw new RangeError(`${labels.length} rows of ${classes} classes are too many to keep`);
      }
      return statistics;
    },
    finish,
  },
});
