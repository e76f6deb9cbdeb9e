import { z } from 'zod';
import { checkSameLength } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';
import { meanOfErrors, meanOfFirst } from './class-metric.ts';

/** Padding of ragged rows of true labels: no class has this number. */
const PADDING = 0;

/**
 * Flat error of one image: the mean over its true labels of 0 where one of the first `maxPredictions`
 * guesses is that label, else 1. A guess made twice uses up two places.
 *
 * @param guesses class numbers from 1, best first.
 * @param truth class numbers from 1; zeroes are padding.
 * @returns a number in [0, 1], NaN where no true label is left.
 */
export function flatError(
  guesses: readonly number[],
  truth: readonly number[],
  maxPredictions: number,
): number {
  const counted = guesses.slice(0, maxPredictions);
  const labels = truth.filter((label) => label !== PADDING);
  return labels.filter((label) => !counted.includes(label)).length / labels.length;
}

const ClassNumber = z.int().min(0);
const InputSchema = z.object({
  predictions: z.array(z.array(ClassNumber)),
  groundTruth: z.array(z.union([ClassNumber, z.array(ClassNumber)])),
  maxPredictions: z.int().min(1).default(5),
});

function errorsOf(input: z.infer<typeof InputSchema>): Float64Array {
  const { predictions, groundTruth, maxPredictions } = input;
  checkSameLength(predictions, 'predictions', groundTruth, 'groundTruth');
  return Float64Array.from(predictions, (guesses, image) => {
    const truth = groundTruth[image] ?? [];
    const error = flatError(guesses, Array.isArray(truth) ? truth : [truth], maxPredictions);
    if (Number.isNaN(error)) {
      throw new MetricInputError(
        `ilsvrc_flat_error: groundTruth.${image}: image ${image} has no true label but padding`,
      );
    }
    return error;
  });
}

/**
 * Flat top-k error over ordered guesses: `{ predictions: [[best, …], …], groundTruth: [label | [label, …], …],
 * maxPredictions? }`, labels from 1.
 *
 * Source: ILSVRC2012 development kit, eval_flat.m. The kit's later script for classification with
 * localisation counts padding as a label that is never found; this one does not.
 */
export const ilsvrcFlatError = defineMetric({
  name: 'ilsvrc_flat_error',
  domain: 'classification',
  title: { en: 'ILSVRC flat error', es: 'Error plano del ILSVRC' },
  higherIsBetter: false,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Mean over the true labels of each image, then mean over images.',
    es: 'Media sobre las etiquetas verdaderas de cada imagen y después media sobre las imágenes.',
  },
  definition: {
    en: 'The share of images whose true class is not among the first guesses. Guesses are a list, best first, of which the first maxPredictions count (5 unless given). An image with several true labels counts the share of them that no guess hits.',
    es: 'La proporción de imágenes cuya clase verdadera no está entre las primeras respuestas. Las respuestas son una lista, de mejor a peor, de la que cuentan las primeras maxPredictions (5 si no indicas otra cosa). Una imagen con varias etiquetas verdaderas cuenta la proporción de ellas que ninguna respuesta acierta.',
  },
  edgeCases: {
    en: 'Labels begin at 1; 0 pads rows of true labels, is never hit and counts neither as an error nor in the divisor. A shorter list only has fewer chances, an empty one is an error, and a repeated guess uses up a place. An image without a true label is refused. Not defined without images.',
    es: 'Las etiquetas empiezan en 1; el 0 rellena las filas de etiquetas verdaderas, nunca se acierta y no cuenta ni como error ni en el divisor. Una lista más corta solo tiene menos oportunidades, una vacía es un error y una respuesta repetida ocupa un lugar. Se rechaza una imagen sin etiqueta verdadera. No está definida si no hay imágenes.',
  },
  source: 'ILSVRC2012 development kit, eval_flat.m; Russakovsky et al. 2015.',
  input: InputSchema,
  report: (input) => ({ value: meanOfErrors(errorsOf(input)) }),
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics(input) {
      const errors = errorsOf(input);
      return { items: errors.length, width: 1, values: errors };
    },
    finish: meanOfFirst,
  },
});
