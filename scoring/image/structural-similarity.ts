/**
 * The maps that SSIM and MS-SSIM average: luminance and contrast-structure of two planes under a
 * Gaussian window of 11 x 11 with sigma 1.5, with biased local variances.
 *
 * Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
 * structural similarity" (2004).
 */
import type { Samples } from './image-pair.ts';

/** Pixels along a side of the window. */
export const WINDOW = 11;
const RADIUS = 5;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;

/** One side of the separable window, from its centre out: the eleven weights sum to 1. */
const [W0, W1, W2, W3, W4, W5] = gaussian();

function gaussian(): [number, number, number, number, number, number] {
  const bell = (distance: number) => Math.exp(-(distance * distance) / (2 * SIGMA * SIGMA));
  const total = 1 + 2 * (bell(1) + bell(2) + bell(3) + bell(4) + bell(5));
  const weight = (distance: number) => bell(distance) / total;
  return [weight(0), weight(1), weight(2), weight(3), weight(4), weight(5)];
}

/**
 * Where a window may stand: `valid`, wholly inside the image, as in the paper; or `reflect`, on every
 * pixel of an image that is continued by its mirror image (the edge itself not repeated).
 */
export type Border = 'valid' | 'reflect';

/** Two planes of `height` x `width` samples, row-major. */
export interface PlanePair {
  readonly height: number;
  readonly width: number;
  readonly a: Samples;
  readonly b: Samples;
}

export interface Similarity {
  /** Mean over the windows of luminance x contrast-structure. */
  readonly ssim: number;
  /** Mean over the windows of contrast-structure alone. */
  readonly contrast: number;
}

/**
 * @param dataRange L, above 0.
 * @throws RangeError when a side is shorter than the window.
 */
export function structuralSimilarity(
  pair: PlanePair,
  dataRange: number,
  border: Border,
): Similarity {
  const { height, width } = pair;
  if (height < WINDOW || width < WINDOW) {
    throw new RangeError(
      `an image of ${height} x ${width} is smaller than the window of ${WINDOW} x ${WINDOW}`,
    );
  }
  const planes = border === 'valid' ? pair : reflectBorder(pair);
  return averageOverWindows(planes, (K1 * dataRange) ** 2, (K2 * dataRange) ** 2);
}

/** Both planes continued by `RADIUS` pixels on each side. */
function reflectBorder({ height, width, a, b }: PlanePair): PlanePair {
  const rows = mirroredIndices(height);
  const columns = mirroredIndices(width);
  const continued = (plane: Samples) => {
    const target = new Float64Array(rows.length * columns.length);
    let at = 0;
    for (const row of rows) {
      for (const column of columns) target[at++] = plane[row * width + column] ?? 0;
    }
    return target;
  };
  return { height: rows.length, width: columns.length, a: continued(a), b: continued(b) };
}

/** -RADIUS to size + RADIUS - 1, folded back into the image. */
function mirroredIndices(size: number): Int32Array {
  return Int32Array.from({ length: size + 2 * RADIUS }, (_, index) => {
    const place = Math.abs(index - RADIUS);
    return place < size ? place : 2 * (size - 1) - place;
  });
}

/**
 * Row by row: four weighted sums down the window's columns, then along its rows. The variances enter
 * only as their sum, so a*a + b*b is filtered as one plane.
 */
function averageOverWindows(planes: PlanePair, c1: number, c2: number): Similarity {
  const { height, width } = planes;
  const a = toDoubles(planes.a);
  const b = toDoubles(planes.b);
  const squares = new Float64Array(height * width);
  const products = new Float64Array(height * width);
  for (let index = 0; index < squares.length; index++) {
    const x = a[index] ?? 0;
    const y = b[index] ?? 0;
    squares[index] = x * x + y * y;
    products[index] = x * y;
  }
  const rowA = new Float64Array(width);
  const rowB = new Float64Array(width);
  const rowSquares = new Float64Array(width);
  const rowProducts = new Float64Array(width);
  const meansA = new Float64Array(width - 2 * RADIUS);
  const meansB = new Float64Array(width - 2 * RADIUS);
  const meansSquares = new Float64Array(width - 2 * RADIUS);
  const meansProducts = new Float64Array(width - 2 * RADIUS);

  let ssim = 0;
  let contrast = 0;
  for (let top = 0; top + WINDOW <= height; top++) {
    filterDown(a, top, width, rowA);
    filterDown(b, top, width, rowB);
    filterDown(squares, top, width, rowSquares);
    filterDown(products, top, width, rowProducts);
    filterAlong(rowA, meansA);
    filterAlong(rowB, meansB);
    filterAlong(rowSquares, meansSquares);
    filterAlong(rowProducts, meansProducts);
    for (let left = 0; left < meansA.length; left++) {
      const meanA = meansA[left] ?? 0;
      const meanB = meansB[left] ?? 0;
      const product = meanA * meanB;
      const square = meanA * meanA + meanB * meanB;
      const covariance = (meansProducts[left] ?? 0) - product;
      const variances = (meansSquares[left] ?? 0) - square;
      const structure = (2 * covariance + c2) / (variances + c2);
      contrast += structure;
      ssim += (structure * (2 * product + c1)) / (square + c1);
    }
  }
  const windows = (height - 2 * RADIUS) * (width - 2 * RADIUS);
  return { ssim: ssim / windows, contrast: contrast / windows };
}

/** One kind of array, so that the loops below are compiled for it alone. */
function toDoubles(samples: Samples): Float64Array {
  return samples instanceof Float64Array ? samples : new Float64Array(samples);
}

/** The weighted sum of rows `top` to `top + 10`, for every column. */
function filterDown(plane: Float64Array, top: number, width: number, sums: Float64Array): void {
  const centre = (top + RADIUS) * width;
  for (let column = 0; column < width; column++) {
    const at = centre + column;
    sums[column] =
      W0 * (plane[at] ?? 0) +
      W1 * ((plane[at - width] ?? 0) + (plane[at + width] ?? 0)) +
      W2 * ((plane[at - 2 * width] ?? 0) + (plane[at + 2 * width] ?? 0)) +
      W3 * ((plane[at - 3 * width] ?? 0) + (plane[at + 3 * width] ?? 0)) +
      W4 * ((plane[at - 4 * width] ?? 0) + (plane[at + 4 * width] ?? 0)) +
      W5 * ((plane[at - 5 * width] ?? 0) + (plane[at + 5 * width] ?? 0));
  }
}

/** The weighted sum of 11 neighbours, for every place of the window. */
function filterAlong(row: Float64Array, sums: Float64Array): void {
  for (let left = 0; left < sums.length; left++) {
    sums[left] =
      W0 * (row[left + 5] ?? 0) +
      W1 * ((row[left + 4] ?? 0) + (row[left + 6] ?? 0)) +
      W2 * ((row[left + 3] ?? 0) + (row[left + 7] ?? 0)) +
      W3 * ((row[left + 2] ?? 0) + (row[left + 8] ?? 0)) +
      W4 * ((row[left + 1] ?? 0) + (row[left + 9] ?? 0)) +
      W5 * ((row[left] ?? 0) + (row[left + 10] ?? 0));
  }
}
