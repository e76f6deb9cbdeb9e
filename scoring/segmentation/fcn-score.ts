import { defineMetric, type Localized, type Metric, type MetricFacts } from '../metric.ts';
import {
  countPixels,
  createPixelCounter,
  fromRow,
  labelInput,
  statisticsByImage,
  type ClassCounts,
  type LabelMaps,
  type LabelRules,
  type PixelCounter,
} from './label-maps.ts';

/** Added to every denominator by the reference, so that a class that is absent scores 0. */
const SLACK = 1e-12;

/** The three figures of the FCN-score. Keys as in the published tables of pix2pix. */
export interface FcnScore {
  readonly pixelAcc: number | null;
  readonly classAcc: number | null;
  readonly classIoU: number | null;
}

/**
 * Pixels whose true label is outside 0 to `classes` - 1 are dropped.
 *
 * @throws RangeError when the maps differ in length, or a pixel that counts is predicted as no class.
 */
export function fcnCounts(images: Iterable<LabelMaps>, classes: number): ClassCounts {
  return countPixels(images, rulesFor(classes));
}

/** As `fcnCounts`, for images that come one by one. */
export function createFcnCounter(classes: number): PixelCounter {
  return createPixelCounter(rulesFor(classes));
}

function rulesFor(classes: number): LabelRules {
  return { classes, ignored: [], unknownTruth: 'drop', unknownPrediction: 'error' };
}

/** Undefined where no pixel counts. */
export function fcnScoreOf({ correct, truth, predicted }: ClassCounts): FcnScore {
  const classes = correct.length;
  let [pixels, hits, recalls, ious] = [0, 0, 0, 0];
  for (let label = 0; label < classes; label++) {
    const both = correct[label] ?? 0;
    const real = truth[label] ?? 0;
    pixels += real;
    hits += both;
    recalls += both / (real + SLACK);
    ious += both / (real + (predicted[label] ?? 0) - both + SLACK);
  }
  if (pixels === 0) return { pixelAcc: null, classAcc: null, classIoU: null };
  return {
    pixelAcc: hits / (pixels + SLACK),
    classAcc: recalls / classes,
    classIoU: ious / classes,
  };
}

const FACTS = {
  domain: 'segmentation',
  higherIsBetter: true,
  unit: 'rate',
  aggregation: {
    en: 'One confusion matrix over the pixels of all images; class figures are means over classes.',
    es: 'Una sola matriz de confusión con los píxeles de todas las imágenes; las cifras por clase son medias de las clases.',
  },
  edgeCases: {
    en: 'Every denominator carries +1e-12, as in the reference: a class that is absent from the truth scores 0 and is averaged in, unlike in Cityscapes. Pixels whose true label is outside the classes are dropped; a predicted label outside the classes is an error. Without pixels that count: undefined.',
    es: 'Cada denominador lleva +1e-12, como en la referencia: una clase que no aparece en la verdad vale 0 y entra en la media, a diferencia de Cityscapes. Los píxeles cuya etiqueta verdadera no es una clase no cuentan; una etiqueta predicha fuera de las clases es un error. Sin píxeles que cuenten: no definido.',
  },
  source: 'phillipi/pix2pix scripts/eval_cityscapes; Isola et al. 2017.',
} as const satisfies Partial<MetricFacts>;

const ABOUT: Localized = {
  en: 'A segmentation network labels each generated image, and its labels are compared with the true ones.',
  es: 'Una red de segmentación etiqueta cada imagen generada, y sus etiquetas se comparan con las verdaderas.',
};

/** The organizer's network labels the images elsewhere; the metric reads the two label maps. */
export const fcnScore = defineMetric({
  ...FACTS,
  name: 'fcn_score',
  title: { en: 'FCN-score', es: 'FCN-score' },
  range: null,
  definition: {
    en: `${ABOUT.en} Pixel accuracy: right pixels over all pixels. Class accuracy: mean over classes of right pixels over pixels of the class. Class IoU: mean over classes of right / (true + predicted - right).`,
    es: `${ABOUT.es} Exactitud por píxel: píxeles acertados entre todos. Exactitud por clase: media sobre las clases de los acertados entre los de la clase. IoU por clase: media sobre las clases de acertados / (verdaderos + predichos - acertados).`,
  },
  input: labelInput({}),
  report: ({ images, classes }) => ({ value: { ...fcnScoreOf(fcnCounts(images, classes)) } }),
});

function fcnFigure(
  name: string,
  figure: keyof FcnScore,
  title: Localized,
  definition: Localized,
): Metric {
  return defineMetric({
    ...FACTS,
    name,
    title,
    range: [0, 1],
    definition: {
      en: `${ABOUT.en} ${definition.en}`,
      es: `${ABOUT.es} ${definition.es}`,
    },
    input: labelInput({}),
    report: ({ images, classes }) => ({ value: fcnScoreOf(fcnCounts(images, classes))[figure] }),
    itemwise: {
      item: { en: 'image', es: 'imagen' },
      statistics: ({ images, classes }) =>
        statisticsByImage(images, 3 * classes, (image) => fcnCounts([image], classes)),
      finish: (sums, _, width) => fcnScoreOf(fromRow(sums, width))[figure],
    },
  });
}

export const fcnPixelAccuracy = fcnFigure(
  'fcn_pixel_acc',
  'pixelAcc',
  { en: 'FCN-score, pixel accuracy', es: 'FCN-score, exactitud por píxel' },
  { en: 'Right pixels over all pixels.', es: 'Píxeles acertados entre todos los píxeles.' },
);

export const fcnClassAccuracy = fcnFigure(
  'fcn_class_acc',
  'classAcc',
  { en: 'FCN-score, class accuracy', es: 'FCN-score, exactitud por clase' },
  {
    en: 'Mean over classes of right pixels over pixels of the class.',
    es: 'Media sobre las clases de los píxeles acertados entre los de la clase.',
  },
);

export const fcnClassIou = fcnFigure(
  'fcn_class_iou',
  'classIoU',
  { en: 'FCN-score, class IoU', es: 'FCN-score, IoU por clase' },
  {
    en: 'Mean over classes of right / (true + predicted - right) pixels.',
    es: 'Media sobre las clases de píxeles acertados / (verdaderos + predichos - acertados).',
  },
);
