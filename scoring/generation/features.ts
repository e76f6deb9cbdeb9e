/**
 * Features of images: what a judge network answers for each, one row an image. The network runs
 * elsewhere, in the sandbox; the metrics of this folder begin where its output arrives.
 */
import type { z } from 'zod';

import { numberMatrix } from '../input.ts';
import { addProduct, mirror, openProduct, type Dense, type Product } from './linear-algebra.ts';

/** Row-major features: `rows` images of `columns` numbers each, all finite. */
export interface Features {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array | Float64Array;
}

/** Features as rows of JSON. */
export const featureRows: z.ZodType<Features> = numberMatrix;

/** @throws RangeError when the numbers are not rows times columns; the message states both. */
export function checkFeatures({ rows, columns, values }: Features): void {
  if (values.length === rows * columns) return;
  throw new RangeError(
    `${rows} rows of ${columns} features are ${rows * columns} numbers, found ${values.length}`,
  );
}

/** @throws RangeError when both have rows of different lengths; the message states both. */
export function checkSameColumns(real: Features, fake: Features): void {
  checkFeatures(real);
  checkFeatures(fake);
  if (real.columns !== fake.columns && real.rows > 0 && fake.rows > 0) {
    throw new RangeError(
      `the first images have ${real.columns} features, the second ${fake.columns}`,
    );
  }
}

/** Mean and covariance of the features of a set of images. */
export interface Moments {
  readonly mean: Float64Array;
  /** Symmetric. */
  readonly covariance: Dense;
}

/** Adds up features, in batches of any size, for their moments: memory of columns x columns numbers. */
export interface MomentSum {
  readonly samples: number;
  /** @throws RangeError when the rows are not of the length that was announced. */
  update(batch: Features): void;
  /** @param ddof the covariance is a sum divided by the number of samples less this: 1 is unbiased. */
  finish(ddof?: number): Moments | null;
}

export function createMomentSum(columns: number): MomentSum {
  const squares = openProduct(columns, columns);
  const sums = new Float64Array(columns);
  /** Near the mean, so that no variance is a small difference of large numbers. */
  const shift = new Float64Array(columns);
  let samples = 0;
  return {
    get samples() {
      return samples;
    },
    update(batch) {
      checkFeatures(batch);
      if (batch.rows === 0) return;
      if (batch.columns !== columns) {
        throw new RangeError(`expected ${columns} features a row, found ${batch.columns}`);
      }
      if (samples === 0) shift.set(meanOf(batch));
      addRows(sums, batch, shift);
      const operand = {
        values: batch.values,
        start: 0,
        depthStride: columns,
        itemStride: 1,
        depth: batch.rows,
        items: columns,
        shift,
      };
      addProduct(squares, operand, operand);
      samples += batch.rows;
    },
    finish(ddof = 1) {
      if (samples <= ddof) return null;
      const apart = sums.map((sum) => sum / samples);
      return {
        mean: apart.map((value, column) => value + (shift[column] ?? 0)),
        covariance: covarianceOf(squares, apart, samples, ddof),
      };
    },
  };
}

function covarianceOf(squares: Product, apart: Float64Array, samples: number, ddof: number): Dense {
  mirror(squares);
  const { space, rows: size, stride } = squares;
  const values = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    const known = samples * (apart[row] ?? 0);
    for (let column = 0; column < size; column++) {
      const sum = space.numbers[row * stride + column] ?? 0;
      values[row * size + column] = (sum - known * (apart[column] ?? 0)) / (samples - ddof);
    }
  }
  return { rows: size, columns: size, values };
}

/** @throws RangeError when there are no more than `ddof` rows. */
export function momentsOf(features: Features, ddof = 1): Moments {
  const sum = createMomentSum(features.columns);
  sum.update(features);
  const moments = sum.finish(ddof);
  if (moments !== null) return moments;
  throw new RangeError(`${features.rows} images have no covariance with ddof ${ddof}`);
}

/** The mean of each column, of one row or more. */
export function meanOf(features: Features): Float64Array {
  const sums = new Float64Array(features.columns);
  addRows(sums, features, new Float64Array(features.columns));
  return sums.map((sum) => sum / features.rows);
}

function addRows(sums: Float64Array, { rows, columns, values }: Features, shift: Float64Array) {
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      sums[column] = (sums[column] ?? 0) + ((values[start + column] ?? 0) - (shift[column] ?? 0));
    }
  }
}
