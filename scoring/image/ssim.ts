import { z } from 'zod';

import { defineImageMetric, meanOverImages, type ImageMetric } from './image-metric.ts';
import { checkImagePair, imageInput, type ImagePair } from './image-pair.ts';
import { structuralSimilarity, type Border } from './structural-similarity.ts';

/** The planes of one channel. */
export function channelOf({ height, width, a, b }: ImagePair, channel: number) {
  const size = height * width;
  const [from, to] = [channel * size, (channel + 1) * size];
  return { height, width, a: a.subarray(from, to), b: b.subarray(from, to) };
}

/**
 * Structural similarity of one image, the mean over its channels.
 *
 * @throws RangeError when a side is shorter than 11 pixels or the samples are not as many as the sizes say.
 */
export function ssimOfImage(pair: ImagePair, border: Border = 'valid'): number {
  checkImagePair(pair);
  let sum = 0;
  for (let channel = 0; channel < pair.channels; channel++) {
    sum += structuralSimilarity(channelOf(pair, channel), pair.dataRange, border).ssim;
  }
  return sum / pair.channels;
}

/** The mean over images of each image's SSIM. */
export function meanSsim(border: Border = 'valid'): ImageMetric {
  return meanOverImages((pair) => ssimOfImage(pair, border));
}

/** `valid` or `reflect`, also inside a longer name: published cases say `reflect-pad last scale`. */
export const borderOption = z
  .string()
  .regex(/valid|reflect/u, 'must be "valid" or "reflect"')
  .transform((name): Border => (name.includes('reflect') ? 'reflect' : 'valid'))
  .default('valid');

export const ssim = defineImageMetric(
  {
    name: 'ssim',
    domain: 'image',
    title: { en: 'SSIM', es: 'SSIM' },
    higherIsBetter: true,
    range: [-1, 1],
    unit: 'number',
    aggregation: {
      en: 'Mean over the windows of a channel, then over channels, then over images.',
      es: 'Media sobre las ventanas de un canal, luego sobre los canales y luego sobre las imágenes.',
    },
    definition: {
      en: 'Structural similarity: at each place of a Gaussian window of 11 x 11 pixels (sigma 1.5) the local means, variances and covariance of the two images give (2 m_a m_b + C1)(2 cov + C2) / ((m_a^2 + m_b^2 + C1)(var_a + var_b + C2)), with C1 = (0.01 L)^2, C2 = (0.03 L)^2 and L the range of the samples. Variances are biased: the weights sum to 1.',
      es: 'Similitud estructural: en cada lugar de una ventana gaussiana de 11 x 11 píxeles (sigma 1,5), las medias, varianzas y covarianza locales de las dos imágenes dan (2 m_a m_b + C1)(2 cov + C2) / ((m_a^2 + m_b^2 + C1)(var_a + var_b + C2)), con C1 = (0,01 L)^2, C2 = (0,03 L)^2 y L el rango de las muestras. Las varianzas son sesgadas: los pesos suman 1.',
    },
    edgeCases: {
      en: 'Only windows that lie wholly inside the image count; with `border: "reflect"` the image is continued by its mirror image and every pixel has a window. A side shorter than 11 pixels is an error. Images are not shrunk first. The range of the samples must be given. `channels: "luma"` compares the luma of RGB images instead of the mean over channels. No images: undefined.',
      es: 'Solo cuentan las ventanas que caen enteras dentro de la imagen; con `border: "reflect"` la imagen se prolonga con su reflejo y cada píxel tiene su ventana. Un lado de menos de 11 píxeles es un error. Las imágenes no se reducen antes. El rango de las muestras se debe indicar. `channels: "luma"` compara la luma de imágenes RGB en lugar de promediar los canales. Sin imágenes: no definido.',
    },
    source:
      'Wang et al. 2004; scikit-image structural_similarity with gaussian_weights, sigma 1.5 and use_sample_covariance off. With border "reflect": torchmetrics StructuralSimilarityIndexMeasure with its data range given.',
  },
  imageInput({ border: borderOption }),
  {
    metricOf: ({ border }) => meanSsim(border),
    finish: (sums, images) => meanSsim().finish(sums, images),
  },
);
