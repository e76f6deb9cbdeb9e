import { z } from 'zod';

import { defineMetric } from '../metric.ts';
import {
  classIous,
  countPixels,
  fromRow,
  labelInput,
  meanOfDefined,
  statisticsByImage,
  type ClassCounts,
  type LabelRules,
} from './label-maps.ts';

/**
 * Labels as the Cityscapes evaluation takes them: pixels whose true label is ignored are dropped, and a
 * real pixel that is predicted as anything but a class (void) is a miss of its true class.
 */
export function cityscapesRules(classes: number, ignored: readonly number[]): LabelRules {
  return { classes, ignored, unknownTruth: 'error', unknownPrediction: 'miss' };
}

/** The mean IoU over the classes that occur in truth or prediction; null where none does. */
export function meanIou(counts: ClassCounts): number | null {
  return meanOfDefined(classIous(counts));
}

export const miouCityscapes = defineMetric({
  name: 'miou_cityscapes',
  domain: 'segmentation',
  title: { en: 'Mean IoU (Cityscapes)', es: 'IoU medio (Cityscapes)' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Pixels of all images are counted together; one IoU for each class; mean over classes.',
    es: 'Los píxeles de todas las imágenes se cuentan juntos; un IoU por clase; media de las clases.',
  },
  definition: {
    en: 'Intersection over union of each class over the whole set, TP / (TP + FP + FN) in pixels, then the mean over classes. It is not a mean of the IoUs of single images.',
    es: 'Intersección sobre unión de cada clase en todo el conjunto, TP / (TP + FP + FN) en píxeles, y después la media de las clases. No es una media de los IoU de cada imagen.',
  },
  edgeCases: {
    en: 'Pixels whose true label is ignored are dropped; an ignored class is left out of the mean. A real pixel predicted as a label that is no class (void) is a false negative of its class. A class without pixels in truth and prediction is left out of the mean; without any class the value is undefined. A true label that is neither a class nor ignored is an error.',
    es: 'Los píxeles cuya etiqueta verdadera se ignora no cuentan; una clase ignorada queda fuera de la media. Un píxel real predicho con una etiqueta que no es ninguna clase (vacío) es un falso negativo de su clase. Una clase sin píxeles ni verdaderos ni predichos queda fuera de la media; sin ninguna clase, el valor no está definido. Una etiqueta verdadera que no es clase ni se ignora es un error.',
  },
  source: 'cityscapesScripts evalPixelLevelSemanticLabeling; Cordts et al. 2016.',
  input: labelInput({ ignore: z.array(z.int()).default([]) }),
  report({ images, classes, ignore }) {
    const counts = countPixels(images, cityscapesRules(classes, ignore));
    return {
      value: meanIou(counts),
      per_class: classIous(counts),
      pixels: counts.truth.reduce((sum, pixels) => sum + pixels, 0),
    };
  },
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics: ({ images, classes, ignore }) =>
      statisticsByImage(images, 3 * classes, (image) =>
        countPixels([image], cityscapesRules(classes, ignore)),
      ),
    finish: (sums, _, width) => meanIou(fromRow(sums, width)),
  },
});
