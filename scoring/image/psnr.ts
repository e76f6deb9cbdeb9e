import { z } from 'zod';

import { definedOrNull, defineImageMetric, meanOverImages, valueOver } from './image-metric.ts';
import type { ImageMetric } from './image-metric.ts';
import { checkImagePair, imageInput, type ImagePair, type Samples } from './image-pair.ts';

/**
 * The squared differences of two images, summed over every sample of every channel: in four sums, since
 * one alone would wait for each addition.
 */
function squaredError(a: Samples, b: Samples): number {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let index = 0; index < whole; index += 4) {
    const difference0 = (a[index] ?? 0) - (b[index] ?? 0);
    const difference1 = (a[index + 1] ?? 0) - (b[index + 1] ?? 0);
    const difference2 = (a[index + 2] ?? 0) - (b[index + 2] ?? 0);
    const difference3 = (a[index + 3] ?? 0) - (b[index + 3] ?? 0);
    sum0 += difference0 * difference0;
    sum1 += difference1 * difference1;
    sum2 += difference2 * difference2;
    sum3 += difference3 * difference3;
  }
  for (let index = whole; index < a.length; index++) {
    sum0 += ((a[index] ?? 0) - (b[index] ?? 0)) ** 2;
  }
  return sum0 + sum1 + (sum2 + sum3);
}

/** 10 log10 of signal over noise; +Infinity without noise, not a number without signal. */
function decibels(signal: number, noise: number): number {
  return 10 * Math.log10(signal / noise);
}

/**
 * Peak signal-to-noise ratio of one image, in dB: 10 log10(L^2 / MSE), where MSE is the mean of the
 * squared differences over all samples of all channels. +Infinity for identical images, not a number
 * for images without samples.
 *
 * @throws RangeError when the samples are not as many as the sizes say.
 */
export function psnrOfImage(pair: ImagePair): number {
  checkImagePair(pair);
  const { a, b, dataRange } = pair;
  return decibels(a.length * dataRange * dataRange, squaredError(a, b));
}

/** The mean over images of each image's PSNR, no image counting for more than `cap` dB. */
export function meanPsnr(cap = Infinity): ImageMetric {
  return meanOverImages((pair) => Math.min(psnrOfImage(pair), cap));
}

/** One PSNR of all images together: 10 log10(L^2 / MSE) with the MSE over all their samples. */
export const pooledPsnr: ImageMetric = {
  width: 2,
  statistics(pair) {
    checkImagePair(pair);
    return [pair.a.length * pair.dataRange * pair.dataRange, squaredError(pair.a, pair.b)];
  },
  finish: (sums) => definedOrNull(decibels(sums[0] ?? 0, sums[1] ?? 0)),
};

const PSNR_FACTS = {
  domain: 'image',
  higherIsBetter: true,
  range: [0, Infinity],
  unit: 'decibel',
  edgeCases: {
    en: 'Identical images give +Infinity, and so does a mean with one such pair in it, unless the organizer sets a cap in dB. The range of the samples must be given; it is never taken from the images. Samples outside the range can push the value below 0. No images, or images without samples: undefined.',
    es: 'Dos imágenes idénticas dan +Infinito, y también una media con un par así, salvo que quien organiza fije un tope en dB. El rango de las muestras se debe indicar; nunca se deduce de las imágenes. Muestras fuera de ese rango pueden dar un valor menor que 0. Sin imágenes, o con imágenes sin muestras: no definido.',
  },
} as const;

export const psnr = defineImageMetric(
  {
    ...PSNR_FACTS,
    name: 'psnr',
    title: { en: 'PSNR', es: 'PSNR' },
    aggregation: {
      en: 'Mean of the PSNR of each image; with `pool: "mse"` one PSNR from the pooled squared error.',
      es: 'Media del PSNR de cada imagen; con `pool: "mse"`, un solo PSNR del error cuadrático de todas.',
    },
    definition: {
      en: 'Peak signal-to-noise ratio: 10 log10(L^2 / MSE) for each image, where L is the range of the samples (255 for 8-bit images) and MSE the mean squared difference over all pixels and channels. Then the mean over images.',
      es: 'Relación señal-ruido de pico: 10 log10(L^2 / MSE) de cada imagen, donde L es el rango de las muestras (255 en imágenes de 8 bits) y MSE la media de las diferencias al cuadrado sobre todos los píxeles y canales. Después, la media de las imágenes.',
    },
    source:
      'Definition; scikit-image peak_signal_noise_ratio for each image. With pool "mse": torchmetrics PeakSignalNoiseRatio with its default reduction.',
  },
  imageInput({
    pool: z.enum(['image', 'mean', 'mse']).default('image'),
    cap: z.number().positive().default(Infinity),
  }),
  {
    metricOf: ({ pool, cap }) => (pool === 'mse' ? pooledPsnr : meanPsnr(cap)),
    finish: (sums, images, width) =>
      (width === pooledPsnr.width ? pooledPsnr : meanPsnr()).finish(sums, images),
    beside: ({ pairs, cap }) => ({
      mean_of_images: valueOver(meanPsnr(cap), pairs),
      pooled: valueOver(pooledPsnr, pairs),
    }),
  },
);

export const psnrPooled = defineImageMetric(
  {
    ...PSNR_FACTS,
    name: 'psnr_pooled',
    title: { en: 'Pooled PSNR', es: 'PSNR conjunto' },
    aggregation: {
      en: 'Squared errors of all images are pooled into one MSE.',
      es: 'Los errores al cuadrado de todas las imágenes se juntan en un solo MSE.',
    },
    definition: {
      en: 'Peak signal-to-noise ratio of the whole set as if it were one image: 10 log10(L^2 / MSE), with the mean squared difference over the samples of all images. Large errors of a few images weigh more than in the mean of PSNRs.',
      es: 'Relación señal-ruido de pico del conjunto como si fuera una sola imagen: 10 log10(L^2 / MSE), con la media de las diferencias al cuadrado sobre las muestras de todas las imágenes. Los errores grandes de unas pocas imágenes pesan más que en la media de los PSNR.',
    },
    source: 'torchmetrics PeakSignalNoiseRatio with its default reduction.',
  },
  imageInput({}),
  { metricOf: () => pooledPsnr, finish: pooledPsnr.finish },
);
