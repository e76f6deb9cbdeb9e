import { z } from 'zod';

import { numberMatrix } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { createRandom, shuffle } from '../random.ts';

/** Probabilities of one image that sum to 1 by no more than this are taken for rounded. */
const ROUNDING = 0.02;

export interface InceptionScore {
  /** Mean over the splits; null without images. */
  readonly mean: number | null;
  /** Population standard deviation over the splits. */
  readonly sd: number | null;
}

/**
 * The exponential of the mean over images of KL(p(y|x) || p(y)), where p(y) is the mean of the split's
 * probabilities; then the mean over consecutive splits of equal size (the last may have one image more
 * than the first). 0 log 0 = 0.
 *
 * @param probabilities row-major, one row an image, `classes` a row.
 * @param order the rows in the order in which they are split; null for that in which they stand.
 * @throws RangeError when a row is not probabilities, or there are fewer images than splits.
 */
export function inceptionScoreOf(
  probabilities: Float32Array | Float64Array,
  classes: number,
  splits: number,
  order: Uint32Array | null = null,
): InceptionScore {
  const images = classes === 0 ? 0 : probabilities.length / classes;
  if (images === 0) return { mean: null, sd: null };
  if (images < splits) {
    throw new RangeError(`${images} images cannot be split into ${splits} parts`);
  }
  const scores = Array.from({ length: splits }, (_, split) => {
    const start = Math.floor((split * images) / splits);
    const end = Math.floor(((split + 1) * images) / splits);
    const marginal = new Float64Array(classes);
    let entropies = 0;
    for (let place = start; place < end; place++) {
      entropies += addImage(probabilities, order?.[place] ?? place, marginal);
    }
    const count = end - start;
    const marginalEntropy = marginal.reduce((sum, total) => sum - plogp(total / count), 0);
    // Never below 0 but by rounding.
    return Math.exp(Math.max(0, marginalEntropy - entropies / count));
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / splits;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / splits) };
}

/** Adds the probabilities of an image to the sums, and returns their entropy in nats. */
function addImage(
  probabilities: Float32Array | Float64Array,
  image: number,
  sums: Float64Array,
): number {
  const classes = sums.length;
  const start = image * classes;
  let total = 0;
  let entropy = 0;
  for (let label = 0; label < classes; label++) {
    const probability = probabilities[start + label] ?? NaN;
    if (!(probability >= 0)) {
      throw new RangeError(`image ${image} has the probability ${probability} for class ${label}`);
    }
    total += probability;
    entropy -= plogp(probability);
    sums[label] = (sums[label] ?? 0) + probability;
  }
  if (!(Math.abs(total - 1) <= ROUNDING)) {
    throw new RangeError(`the probabilities of image ${image} sum to ${total}, not to 1`);
  }
  return entropy;
}

function plogp(probability: number): number {
  return probability > 0 ? probability * Math.log(probability) : 0;
}

export const inceptionScore = defineMetric({
  name: 'inception_score',
  domain: 'generation',
  title: { en: 'Inception Score', es: 'Inception Score' },
  higherIsBetter: true,
  range: [1, Infinity],
  unit: 'number',
  aggregation: {
    en: 'One score for each of ten splits of the images; mean over the splits.',
    es: 'Un valor para cada una de diez partes de las imágenes; media de las partes.',
  },
  definition: {
    en: 'A judge network gives each image probabilities over C classes. The score is exp of the mean over images of KL(p(y|x) || p(y)), with p(y) the mean of the probabilities: high where each image is surely of one class and all classes occur. It lies between 1 and C.',
    es: 'Una red juez da a cada imagen probabilidades sobre C clases. El valor es exp de la media sobre las imágenes de KL(p(y|x) || p(y)), con p(y) la media de las probabilidades: alto cuando cada imagen es claramente de una clase y aparecen todas las clases. Está entre 1 y C.',
  },
  edgeCases: {
    en: '0 log 0 counts as 0. Images are split in their order unless a `seed` shuffles them; fewer images than splits is an error. The standard deviation over the splits stands beside the value: of the population, or with `sd: "sample"` of the sample, as in torchmetrics. Probabilities that do not sum to 1 within 0.02 are an error. No images: undefined.',
    es: '0 log 0 cuenta como 0. Las imágenes se reparten en su orden salvo que `seed` las baraje; menos imágenes que partes es un error. Junto al valor está la desviación típica entre las partes: poblacional o, con `sd: "sample"`, muestral, como en torchmetrics. Probabilidades que no suman 1 con un margen de 0,02 son un error. Sin imágenes: no definido.',
  },
  source: 'Salimans et al. 2016; openai/improved-gan inception_score.',
  input: z.object({
    probabilities: numberMatrix,
    splits: z.int().min(1).default(10),
    sd: z.enum(['population', 'sample']).default('population'),
    seed: z.int().optional(),
  }),
  report({ probabilities: { rows, columns, values }, splits, sd, seed }) {
    const places = Uint32Array.from({ length: rows }, (_, row) => row);
    const order = seed === undefined ? null : shuffle(places, createRandom(seed));
    const score = inceptionScoreOf(values, columns, splits, order);
    const correction = sd === 'sample' ? Math.sqrt(splits / (splits - 1)) : 1;
    const spread = score.sd === null || correction === Infinity ? null : score.sd * correction;
    return { value: score.mean, sd: spread, splits, samples: rows };
  },
});
