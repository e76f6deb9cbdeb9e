import { z } from 'zod';

import { defineMetric } from '../metric.ts';
import { createRandom, type Random } from '../random.ts';
import { checkSameColumns, featureRows, type Features } from './features.ts';
import { addProduct, openProduct, type Operand, type Product } from './linear-algebra.ts';

/** Images of each set whose kernels are computed together: their products take 2 MiB. */
const BLOCK = 512;

/**
 * Unbiased squared maximum mean discrepancy of two sets of features under the kernel
 * k(x, y) = (x . y / d + 1)^3, with d the number of features: the mean of k over pairs of two images of
 * the first set, plus that over pairs of two images of the second, minus twice that over pairs of one
 * image of each. It may be negative.
 *
 * @returns null where a set has fewer than two images.
 * @throws RangeError when rows are of different lengths; the message states both.
 */
export function kernelDistance(real: Features, fake: Features): number | null {
  checkSameColumns(real, fake);
  const [m, n] = [real.rows, fake.rows];
  if (m < 2 || n < 2) return null;
  // Of one set each pair is met once, and counts for both of its orders.
  const within =
    (2 * kernelSum(real, null)) / (m * (m - 1)) + (2 * kernelSum(fake, null)) / (n * (n - 1));
  return within - (2 * kernelSum(real, fake)) / (m * n);
}

/** The sum of the kernel over all pairs of one image of each set, or of two images of the first. */
function kernelSum(first: Features, second: Features | null): number {
  const others = second ?? first;
  const product = openProduct(Math.min(BLOCK, first.rows), Math.min(BLOCK, others.rows));
  let sum = 0;
  for (let top = 0; top < first.rows; top += BLOCK) {
    const a = rowsAsItems(first, top);
    const end = second === null ? top + 1 : others.rows;
    for (let left = 0; left < end; left += BLOCK) {
      const b = second === null && left === top ? a : rowsAsItems(others, left);
      product.space.numbers.fill(0, 0, a.items * product.stride);
      addProduct(product, a, b);
      sum += sumOfKernels(product, a, b);
    }
  }
  return sum;
}

/** Over all pairs of the block; where it pairs images with themselves, over those below the diagonal. */
function sumOfKernels({ space, stride }: Product, a: Operand, b: Operand): number {
  let sum = 0;
  for (let i = 0; i < a.items; i++) {
    const row = i * stride;
    const end = a === b ? i : b.items;
    for (let j = 0; j < end; j++) {
      const base = (space.numbers[row + j] ?? 0) / a.depth + 1;
      sum += base * base * base;
    }
  }
  return sum;
}

/** Up to `BLOCK` rows from `start`, so that the product sums over features. */
function rowsAsItems({ rows, columns, values }: Features, start: number): Operand {
  return {
    values,
    start: start * columns,
    depthStride: 1,
    itemStride: columns,
    depth: columns,
    items: Math.min(BLOCK, rows - start),
  };
}

export interface SubsetDistances {
  /** Null where a set has fewer than two images. */
  readonly mean: number | null;
  /** Population standard deviation over the subsets. */
  readonly sd: number | null;
}

/**
 * Mean and standard deviation of the distance over random subsets of as many images of each set, drawn
 * without replacement.
 *
 * @throws RangeError when a subset is larger than a set; the message states both.
 */
export function kernelDistanceOfSubsets(
  real: Features,
  fake: Features,
  { subsets, size, seed }: { subsets: number; size: number; seed: number },
): SubsetDistances {
  checkSameColumns(real, fake);
  const fewest = Math.min(real.rows, fake.rows);
  if (size > fewest) {
    throw new RangeError(`a subset of ${size} images is larger than a set of ${fewest}`);
  }
  const random = createRandom(seed);
  const values = Array.from({ length: subsets }, () =>
    kernelDistance(drawRows(real, size, random), drawRows(fake, size, random)),
  ).filter((value) => value !== null);
  if (values.length === 0) return { mean: null, sd: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / values.length) };
}

function drawRows({ rows, columns, values }: Features, count: number, random: Random): Features {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const drawn = new Float64Array(count * columns);
  for (let place = 0; place < count; place++) {
    const other = place + random.nextBelow(rows - place);
    const row = order[other] ?? 0;
    order[other] = order[place] ?? 0;
    drawn.set(values.subarray(row * columns, (row + 1) * columns), place * columns);
  }
  return { rows: count, columns, values: drawn };
}

/** Defaults of torchmetrics, used where an input asks for subsets and does not say which. */
const SUBSETS = 100;
const SUBSET_SIZE = 1000;

/** Kernels of very large features are infinite, and their difference is no number. */
function defined(value: number | null): number | null {
  return Number.isNaN(value) ? null : value;
}

export const kid = defineMetric({
  name: 'kid',
  domain: 'generation',
  title: { en: 'Kernel distance (KID)', es: 'Distancia de núcleo (KID)' },
  higherIsBetter: false,
  range: [-Infinity, Infinity],
  unit: 'number',
  aggregation: {
    en: 'One distance between two whole sets of images, or its mean over random subsets of both.',
    es: 'Una sola distancia entre dos conjuntos enteros de imágenes, o su media sobre subconjuntos al azar de ambos.',
  },
  definition: {
    en: 'A judge network turns each image into d features. With the kernel k(x, y) = (x . y / d + 1)^3, the value is the mean of k over pairs of two real images, plus that over pairs of two generated images, minus twice that over pairs of one of each: the unbiased squared maximum mean discrepancy.',
    es: 'Una red juez convierte cada imagen en d características. Con el núcleo k(x, y) = (x . y / d + 1)^3, el valor es la media de k sobre los pares de dos imágenes reales, más la de los pares de dos generadas, menos el doble de la de los pares de una de cada: la discrepancia máxima de medias al cuadrado, sin sesgo.',
  },
  edgeCases: {
    en: 'It may be negative, since it is unbiased: two samples of one distribution give 0 on average. With `subsets` and `subset_size` the value is the mean over seeded random subsets and the population standard deviation stands beside it. Fewer than two images in a set: undefined.',
    es: 'Puede ser negativo, porque no tiene sesgo: dos muestras de una misma distribución dan 0 en promedio. Con `subsets` y `subset_size` el valor es la media sobre subconjuntos al azar con semilla, y a su lado está la desviación típica poblacional. Con menos de dos imágenes en un conjunto: no definido.',
  },
  source:
    'Binkowski et al. 2018; torchmetrics KernelInceptionDistance (which draws other subsets).',
  input: z.object({
    real: featureRows,
    fake: featureRows,
    subsets: z.int().min(1).optional(),
    subset_size: z.int().min(2).optional(),
    seed: z.int().default(0),
  }),
  report({ real, fake, subsets, subset_size, seed }) {
    const samples = [real.rows, fake.rows];
    if (subsets === undefined && subset_size === undefined) {
      return { value: defined(kernelDistance(real, fake)), samples };
    }
    const size = subset_size ?? SUBSET_SIZE;
    const chosen = { subsets: subsets ?? SUBSETS, size, seed };
    const { mean, sd } = kernelDistanceOfSubsets(real, fake, chosen);
    return {
      value: defined(mean),
      sd: defined(sd),
      subsets: chosen.subsets,
      subset_size: size,
      samples,
    };
  },
});
