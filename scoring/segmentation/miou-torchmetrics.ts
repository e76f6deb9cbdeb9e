import { z } from 'zod';

import { defineMetric } from '../metric.ts';
import { meanIou } from './miou-cityscapes.ts';
import {
  classIous,
  countPixels,
  fromRow,
  labelInput,
  statisticsByImage,
  type ClassCounts,
  type LabelMaps,
} from './label-maps.ts';

interface JaccardOptions {
  readonly classes: number;
  readonly ignored: readonly number[];
  /** `macro`: the mean over classes. `micro`: one IoU of all classes together. `binary`: class 1 alone. */
  readonly average: 'macro' | 'micro' | 'binary';
}

/** The counts whose mean IoU is the Jaccard index: of each class, of all together, or of class 1. */
export function jaccardCounts(
  images: Iterable<LabelMaps>,
  { classes, ignored, average }: JaccardOptions,
): ClassCounts {
  const counts = countPixels(images, {
    classes,
    ignored,
    unknownTruth: 'error',
    unknownPrediction: 'error',
  });
  const { correct, truth, predicted } = counts;
  const total = (values: Float64Array) => Float64Array.of(values.reduce((a, b) => a + b, 0));
  switch (average) {
    case 'macro':
      return counts;
    case 'micro':
      return { correct: total(correct), truth: total(truth), predicted: total(predicted) };
    case 'binary': {
      if (classes !== 2) throw new RangeError(`binary labels have 2 classes, not ${classes}`);
      const positive = (values: Float64Array) => values.subarray(1, 2);
      return {
        correct: positive(correct),
        truth: positive(truth),
        predicted: positive(predicted),
      };
    }
  }
}
export const miouTorchmetrics = defineMetric({
  name: 'miou_torchmetrics',
  domain: 'segmentation',
  title: { en: 'Jaccard index', es: 'Índice de Jaccard' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Pixels of all images are counted together; one IoU for each class; mean over classes.',
    es: 'Los píxeles de todas las imágenes se cuentan juntos; un IoU por clase; media de las clases.',
  },
  definition: {
    en: 'Intersection over union of each class, TP / (TP + FP + FN), then the mean over classes (macro). With `average: "micro"` the counts of all classes are summed first; with `task: "binary"` only class 1 counts.',
    es: 'Intersección sobre unión de cada clase, TP / (TP + FP + FN), y después la media de las clases (macro). Con `average: "micro"` primero se suman los recuentos de todas las clases; con `task: "binary"` solo cuenta la clase 1.',
  },
  edgeCases: {
    en: 'A class that occurs neither in truth nor in prediction is left out of the mean; without any class the value is undefined (torchmetrics: 0). With `ignore_index`, pixels of that true label are dropped and that class is left out. A label outside the classes is an error.',
    es: 'Una clase que no aparece ni en la verdad ni en la predicción queda fuera de la media; sin ninguna clase, el valor no está definido (torchmetrics: 0). Con `ignore_index`, los píxeles con esa etiqueta verdadera no cuentan y esa clase queda fuera. Una etiqueta fuera de las clases es un error.',
  },
  source: 'torchmetrics JaccardIndex, tasks multiclass (macro, micro) and binary.',
  input: labelInput({
    task: z.enum(['multiclass', 'binary']).default('multiclass'),
    average: z.enum(['macro', 'micro']).default('macro'),
    ignore_index: z.int().nullable().default(null),
    ignore: z.array(z.int()).default([]),
  }),
  report({ images, ...options }) {
    const counts = jaccardCounts(images, jaccardOptions(options));
    return { value: meanIou(counts), per_class: classIous(counts) };
  },
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics({ images, ...options }) {
      const chosen = jaccardOptions(options);
      const width = 3 * (chosen.average === 'macro' ? chosen.classes : 1);
      return statisticsByImage(images, width, (image) => jaccardCounts([image], chosen));
    },
    finish: (sums, _, width) => meanIou(fromRow(sums, width)),
  },
});

function jaccardOptions(given: {
  classes: number;
  task: 'multiclass' | 'binary';
  average: 'macro' | 'micro';
  ignore_index: number | null;
  ignore: readonly number[];
}): JaccardOptions {
  const { classes, task, average, ignore, ignore_index } = given;
  return {
    classes,
    ignored: ignore_index === null ? ignore : [...ignore, ignore_index],
    average: task === 'binary' ? 'binary' : average,
  };
}
