import { z } from 'zod';

import { numberList, numberMatrix } from '../input.ts';
import { defineMetric, type Report } from '../metric.ts';
import {
  checkSameColumns,
  featureRows,
  meanOf,
  momentsOf,
  type Features,
  type Moments,
} from './features.ts';
import { NO_COVARIANCE, traceOfIndefiniteRoot } from './indefinite.ts';
import { nuclearNormOfProduct, semidefiniteFactor, type Dense } from './linear-algebra.ts';

/** Mean and a factor L of the covariance L L^T, which may have fewer columns than rows. */
interface Factored {
  readonly mean: Float64Array;
  readonly factor: Dense;
  /** Trace of the covariance. */
  readonly variance: number;
}

/**
 * Frechet distance of two normal distributions: |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)).
 *
 * With S1 = L1 L1^T and S2 = L2 L2^T the eigenvalues of S1 S2 are the squares of the singular values of
 * L1^T L2, so the trace of the root is the sum of those. That needs no square root of a matrix, and a
 * covariance without full rank is nothing special. Only where rounding, when it was written down, left it
 * with eigenvalues a little below 0, there is no L: see `traceOfIndefiniteRoot`.
 *
 * @param epsilon added to the diagonals of both covariances under the root.
 * @returns 0 or more: what rounding makes negative is 0.
 * @throws RangeError when the sizes differ, stating both, or a covariance is not positive semi-definite.
 */
export function frechetDistance(first: Moments, second: Moments, epsilon = 0): number {
  if (first.mean.length !== second.mean.length) {
    throw new RangeError(
      `the first mean has ${first.mean.length} features, the second ${second.mean.length}`,
    );
  }
  const [one, other] = [underRoot(first, epsilon), underRoot(second, epsilon)];
  return distanceOf(one, other, traceOfRoot(one.covariance, other.covariance));
}

/** Features whose covariances can be taken apart by `traceOfIndefiniteRoot` within a second or so. */
const FEW_FEATURES = 128;

/** Tr (S1 S2)^(1/2). */
function traceOfRoot(first: Dense, second: Dense): number {
  const size = first.rows;
  const tolerance = size <= FEW_FEATURES ? 10 * size * Number.EPSILON : undefined;
  const one = semidefiniteFactor(first, tolerance);
  const other = semidefiniteFactor(second, tolerance);
  if (one !== null && other !== null) return nuclearNormOfProduct(one, other);
  if (size > FEW_FEATURES) throw new RangeError(NO_COVARIANCE);
  return traceOfIndefiniteRoot(first, second);
}

/** Mean, and the trace of the covariance. */
type Spread = Pick<Factored, 'mean' | 'variance'>;

/** @param root the trace of (S1 S2)^(1/2). */
function distanceOf(first: Spread, second: Spread, root: number): number {
  const apart = first.mean.reduce(
    (sum, value, column) => sum + (value - (second.mean[column] ?? 0)) ** 2,
    0,
  );
  const distance = apart + first.variance + second.variance - 2 * root;
  if (!Number.isFinite(distance)) {
    throw new RangeError('the features are too large for the distance to be a number');
  }
  return Math.max(0, distance);
}

/** The moments with epsilon on the diagonal of their covariance, and the trace of it as it was. */
function underRoot({ mean, covariance }: Moments, epsilon: number): Moments & Spread {
  const { rows, columns } = covariance;
  if (rows !== mean.length || columns !== rows) {
    throw new RangeError(
      `a mean of ${mean.length} features needs a covariance of that size, found ${rows} x ${columns}`,
    );
  }
  const values = covariance.values.slice();
  let variance = 0;
  for (let at = 0; at < values.length; at += rows + 1) {
    variance += values[at] ?? 0;
    values[at] = (values[at] ?? 0) + epsilon;
  }
  return { mean, variance, covariance: { rows, columns, values } };
}

/**
 * Frechet distance of the features of two sets of images, with covariances divided by the number of
 * images less `ddof`. It is biased upwards by small sets: state the numbers of images beside it.
 *
 * @returns null where a set has no more than `ddof` images.
 * @throws RangeError when rows are of different lengths; the message states both.
 */
export function frechetDistanceOfFeatures(
  first: Features,
  second: Features,
  { ddof = 1, epsilon = 0 }: { readonly ddof?: number; readonly epsilon?: number } = {},
): number | null {
  checkSameColumns(first, second);
  if (first.rows <= ddof || second.rows <= ddof) return null;
  const [one, other] = [
    factorFeatures(first, ddof, epsilon),
    factorFeatures(second, ddof, epsilon),
  ];
  return distanceOf(one, other, nuclearNormOfProduct(one.factor, other.factor));
}

/** The centred features themselves are a factor, and a small one where the images are few. */
function factorFeatures(features: Features, ddof: number, epsilon: number): Factored {
  const { rows, columns, values } = features;
  if (rows > columns || epsilon > 0) {
    const { covariance, ...spread } = underRoot(momentsOf(features, ddof), epsilon);
    const factor = semidefiniteFactor(covariance);
    if (factor === null) throw new RangeError(NO_COVARIANCE);
    return { ...spread, factor };
  }
  const mean = meanOf(features);
  const factor = new Float64Array(columns * rows);
  const scale = 1 / Math.sqrt(rows - ddof);
  let variance = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = scale * ((values[row * columns + column] ?? 0) - (mean[column] ?? 0));
      factor[column * rows + row] = value;
      variance += value * value;
    }
  }
  return { mean, variance, factor: { rows: columns, columns: rows, values: factor } };
}

/** Entries of a covariance that are each other's mirror may differ by this share of the largest. */
const ASYMMETRY = 1e-6;

/** @throws RangeError when sizes differ, stating both, or the matrix is not symmetric. */
function readMoments(mean: Float64Array, covariance: Dense, name: string): Moments {
  const { rows, columns, values } = covariance;
  if (rows !== mean.length || columns !== rows) {
    throw new RangeError(
      `mu${name} has ${mean.length} features, sigma${name} is ${rows} x ${columns}`,
    );
  }
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < row; column++) {
      const apart = (values[row * rows + column] ?? 0) - (values[column * rows + row] ?? 0);
      if (Math.abs(apart) > ASYMMETRY * largest) {
        throw new RangeError(`sigma${name} is not symmetric at (${row}, ${column})`);
      }
    }
  }
  return { mean, covariance };
}

export const fid = defineMetric({
  name: 'fid',
  domain: 'generation',
  title: { en: 'Fréchet distance (FID)', es: 'Distancia de Fréchet (FID)' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'number',
  aggregation: {
    en: 'One distance between two whole sets of images; it is no mean over images.',
    es: 'Una sola distancia entre dos conjuntos enteros de imágenes; no es una media sobre imágenes.',
  },
  definition: {
    en: 'A judge network turns each image into features. The features of each set are taken for a normal distribution with mean m and covariance S (divided by n - 1), and the distance of the two is |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)). It is called FID where the features are the 2048 of the last pooling layer of Inception-v3.',
    es: 'Una red juez convierte cada imagen en características. Las de cada conjunto se toman como una distribución normal de media m y covarianza S (dividida por n - 1), y la distancia entre las dos es |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)). Se llama FID cuando las características son las 2048 de la última capa de agrupación de Inception-v3.',
  },
  edgeCases: {
    en: 'It is biased upwards by few images: compare only values from equally many, and state how many. Fewer images than features give covariances without full rank, which need no correction here; `epsilon` adds a number to both diagonals under the root, as pytorch-fid does with 1e-6 where its root fails. Small negative results of rounding count as 0. Fewer than two images in a set: undefined.',
    es: 'Con pocas imágenes sale demasiado alta: compara solo valores de igual número de imágenes y di cuántas son. Con menos imágenes que características las covarianzas no tienen rango completo, lo que aquí no necesita corrección; `epsilon` suma un número a las dos diagonales dentro de la raíz, como pytorch-fid hace con 1e-6 cuando su raíz falla. Un resultado negativo pequeño por redondeo cuenta como 0. Con menos de dos imágenes en un conjunto: no definido.',
  },
  source: 'Heusel et al. 2017; formula of pytorch-fid and torchmetrics FrechetInceptionDistance.',
  input: z.object({
    mu1: numberList.optional(),
    sigma1: numberMatrix.optional(),
    mu2: numberList.optional(),
    sigma2: numberMatrix.optional(),
    features1: featureRows.optional(),
    features2: featureRows.optional(),
    real: featureRows.optional(),
    fake: featureRows.optional(),
    ddof: z.int().min(0).max(1).default(1),
    epsilon: z.number().min(0).default(0),
  }),
  report(given): Report {
    const { mu1, sigma1, mu2, sigma2, ddof, epsilon } = given;
    if (mu1 && sigma1 && mu2 && sigma2) {
      const [first, second] = [readMoments(mu1, sigma1, '1'), readMoments(mu2, sigma2, '2')];
      return { value: frechetDistance(first, second, epsilon), dimensions: mu1.length };
    }
    const [first, second] = [given.features1 ?? given.real, given.features2 ?? given.fake];
    if (first === undefined || second === undefined) {
      throw new RangeError(
        'fid: expected mu1, sigma1, mu2 and sigma2, or features1 and features2, or real and fake',
      );
    }
    return {
      value: frechetDistanceOfFeatures(first, second, { ddof, epsilon }),
      dimensions: first.columns,
      samples: [first.rows, second.rows],
    };
  },
});
