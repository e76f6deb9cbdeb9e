import { z } from 'zod';

import { defineImageMetric, meanOverImages, type ImageMetric } from './image-metric.ts';
import { checkImagePair, imageInput, type ImagePair } from './image-pair.ts';
import { borderOption, channelOf } from './ssim.ts';
import {
  structuralSimilarity,
  WINDOW,
  type Border,
  type PlanePair,
} from './structural-similarity.ts';

/** Exponents of the scales, finest first. They sum to 1.0001, as published. */
const EXPONENTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
const COARSEST = EXPONENTS.length - 1;

/** What becomes of a scale's mean before it is raised to its exponent, since it may be negative. */
export const NORMALISATIONS = ['relu', 'simple', 'none'] as const;
export type Normalisation = (typeof NORMALISATIONS)[number];

const NORMALISE: Readonly<Record<Normalisation, (mean: number) => number>> = {
  relu: (mean) => Math.max(mean, 0),
  simple: (mean) => (mean + 1) / 2,
  none: (mean) => mean,
};

/** Means of 2 x 2 blocks; an odd last row or column is left out. */
function halve({ height, width, a, b }: PlanePair): PlanePair {
  const [halfHeight, halfWidth] = [height >> 1, width >> 1];
  const pool = (plane: ArrayLike<number>) => {
    const pooled = new Float64Array(halfHeight * halfWidth);
    for (let row = 0; row < halfHeight; row++) {
      for (let column = 0; column < halfWidth; column++) {
        const at = 2 * (row * width + column);
        pooled[row * halfWidth + column] =
          ((plane[at] ?? 0) +
            (plane[at + 1] ?? 0) +
            (plane[at + width] ?? 0) +
            (plane[at + width + 1] ?? 0)) /
          4;
      }
    }
    return pooled;
  };
  return { height: halfHeight, width: halfWidth, a: pool(a), b: pool(b) };
}

/**
 * Multi-scale structural similarity of one image: the product over five scales, each half the size of
 * the one before, of the scale's mean raised to its exponent. The mean is of contrast-structure at the
 * four finer scales and of whole SSIM at the coarsest, over all windows of all channels.
 *
 * @param border of the coarsest scale; contrast-structure is always of valid windows, as in torchmetrics.
 * @returns not a number where a mean is negative and `normalisation` leaves it so.
 * @throws RangeError when a side is shorter than 176 pixels, whose sixteenth is the window.
 */
export function msSsimOfImage(
  pair: ImagePair,
  border: Border = 'valid',
  normalisation: Normalisation = 'relu',
): number {
  checkImagePair(pair);
  const { channels, height, width, dataRange } = pair;
  const smallest = WINDOW * 2 ** COARSEST;
  if (height < smallest || width < smallest) {
    throw new RangeError(
      `an image of ${height} x ${width} is too small for ${EXPONENTS.length} scales: each side needs ${smallest} pixels`,
    );
  }
  const sums = EXPONENTS.map(() => 0);
  for (let channel = 0; channel < channels; channel++) {
    let planes: PlanePair = channelOf(pair, channel);
    for (let scale = 0; scale < COARSEST; scale++) {
      sums[scale] = (sums[scale] ?? 0) + structuralSimilarity(planes, dataRange, 'valid').contrast;
      planes = halve(planes);
    }
    sums[COARSEST] = (sums[COARSEST] ?? 0) + structuralSimilarity(planes, dataRange, border).ssim;
  }
  const normalise = NORMALISE[normalisation];
  return EXPONENTS.reduce(
    (product, exponent, scale) => product * normalise((sums[scale] ?? 0) / channels) ** exponent,
    1,
  );
}

/** The mean over images of each image's MS-SSIM. */
export function meanMsSsim(
  border: Border = 'valid',
  normalisation: Normalisation = 'relu',
): ImageMetric {
  return meanOverImages((pair) => msSsimOfImage(pair, border, normalisation));
}

export const msSsim = defineImageMetric(
  {
    name: 'ms_ssim',
    domain: 'image',
    title: { en: 'MS-SSIM', es: 'MS-SSIM' },
    higherIsBetter: true,
    range: [0, 1],
    unit: 'number',
    aggregation: {
      en: 'At each scale the mean over windows and channels; one product for each image; mean over images.',
      es: 'En cada escala, la media sobre ventanas y canales; un producto por imagen; media de las imágenes.',
    },
    definition: {
      en: 'Structural similarity at five scales, each made by averaging 2 x 2 pixels of the one before: the product of the means of contrast-structure, (2 cov + C2) / (var_a + var_b + C2), at the four finer scales and of SSIM at the coarsest, raised to 0.0448, 0.2856, 0.3001, 0.2363 and 0.1333.',
      es: 'Similitud estructural en cinco escalas, cada una hecha promediando 2 x 2 píxeles de la anterior: el producto de las medias de contraste y estructura, (2 cov + C2) / (var_a + var_b + C2), en las cuatro escalas más finas y del SSIM en la más gruesa, elevadas a 0,0448, 0,2856, 0,3001, 0,2363 y 0,1333.',
    },
    edgeCases: {
      en: 'Each side needs 176 pixels: the sixteenth part of it must hold the window of 11. A negative mean counts as 0 (`normalize: "relu"`); with "none" it makes the value undefined; "simple" maps every mean m to (m + 1) / 2. With `border: "reflect"` the coarsest scale alone is continued by its mirror image, as torchmetrics does. The range of the samples must be given. No images: undefined.',
      es: 'Cada lado necesita 176 píxeles: en su dieciseisava parte debe caber la ventana de 11. Una media negativa cuenta como 0 (`normalize: "relu"`); con "none" el valor queda sin definir; "simple" cambia cada media m por (m + 1) / 2. Con `border: "reflect"` solo la escala más gruesa se prolonga con su reflejo, como hace torchmetrics. El rango de las muestras se debe indicar. Sin imágenes: no definido.',
    },
    source:
      'Wang, Simoncelli and Bovik 2003. With border "reflect": torchmetrics MultiScaleStructuralSimilarityIndexMeasure with its data range given.',
  },
  imageInput({ border: borderOption, normalize: z.enum(NORMALISATIONS).default('relu') }),
  {
    metricOf: ({ border, normalize }) => meanMsSsim(border, normalize),
    finish: (sums, images) => meanMsSsim().finish(sums, images),
  },
);
