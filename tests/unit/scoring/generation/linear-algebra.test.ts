import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  addProduct,
  mirror,
  nuclearNormOfProduct,
  openProduct,
  semidefiniteFactor,
  type Dense,
} from '../../../../scoring/generation/linear-algebra.ts';
import { noiseFeatures } from './features.ts';

const anySize = fc.integer({ min: 1, max: 13 });

function dense(seed: number, rows: number, columns: number): Dense {
  const { values } = noiseFeatures(seed, rows, columns, -0.5);
  return { rows, columns, values: Float64Array.from(values) };
}

/** Element (i, j) of A^T B, summed as the definition says. */
function element(a: Dense, b: Dense, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.rows; k++) {
    sum += (a.values[k * a.columns + i] ?? 0) * (b.values[k * b.columns + j] ?? 0);
  }
  return sum;
}

function operand({ rows, columns, values }: Dense, shift?: Float64Array) {
  const sizes = { start: 0, depthStride: columns, itemStride: 1, depth: rows, items: columns };
  return shift === undefined ? { values, ...sizes } : { values, ...sizes, shift };
}

/** S = A^T A. */
function gram(a: Dense): Dense {
  const size = a.columns;
  const values = Float64Array.from({ length: size * size }, (_, at) =>
    element(a, a, Math.floor(at / size), at % size),
  );
  return { rows: size, columns: size, values };
}

describe('addProduct', () => {
  it('multiplies matrices of any size', () => {
    fc.assert(
      fc.property(fc.nat(), anySize, anySize, anySize, (seed, depth, rows, columns) => {
        const [a, b] = [dense(seed, depth, rows), dense(seed + 1, depth, columns)];
        const product = openProduct(rows, columns);
        addProduct(product, operand(a), operand(b));
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            const value = product.space.numbers[i * product.stride + j];
            expect(value).toBeCloseTo(element(a, b, i, j), 12);
          }
        }
      }),
    );
  });

  it('adds batches, shifts items and mirrors what is symmetric, beyond one chunk and one block', () => {
    const [depth, items] = [300, 270];
    const a = dense(7, depth, items);
    const shift = Float64Array.from({ length: items }, (_, item) => item / items);
    const product = openProduct(items, items);
    const whole = operand(a, shift);
    for (const [from, to] of [
      [0, 259],
      [259, depth],
    ] as const) {
      const part = { ...whole, start: from * items, depth: to - from };
      addProduct(product, part, part);
    }
    mirror(product);
    const moved = { ...a, values: a.values.map((value, at) => value - (shift[at % items] ?? 0)) };
    for (const [i, j] of [
      [0, 0],
      [269, 0],
      [0, 269],
      [257, 256],
      [3, 2],
      [2, 3],
    ] as const) {
      const value = product.space.numbers[i * product.stride + j];
      expect(value).toBeCloseTo(element(moved, moved, i, j), 10);
    }
  });
});

describe('semidefiniteFactor', () => {
  function factorOf(matrix: Dense): Dense {
    const factor = semidefiniteFactor(matrix);
    if (factor === null) throw new Error('there is none');
    return factor;
  }

  it('gives a factor with as many columns as the matrix has rank', () => {
    fc.assert(
      fc.property(fc.nat(), anySize, anySize, (seed, rank, size) => {
        const matrix = gram(dense(seed, rank, size));
        const factor = factorOf(matrix);
        expect(factor.columns).toBe(Math.min(rank, size));
        const again = multiplyOut(factor);
        for (const [at, value] of matrix.values.entries()) expect(again[at]).toBeCloseTo(value, 12);
      }),
    );
  });

  it('gives it beyond one block of columns', () => {
    const matrix = gram(dense(5, 150, 140));
    const factor = factorOf(matrix);
    expect(factor.columns).toBe(140);
    const again = multiplyOut(factor);
    for (const [at, value] of matrix.values.entries()) expect(again[at]).toBeCloseTo(value, 10);
  });

  it('has no columns for a matrix of zeros', () => {
    expect(factorOf({ rows: 2, columns: 2, values: new Float64Array(4) }).columns).toBe(0);
  });

  it.each([
    ['a negative variance', [-1]],
    ['a correlation above 1', [1, 2, 2, 1]],
  ])('gives none for %s', (_, entries) => {
    const size = Math.sqrt(entries.length);
    const matrix = { rows: size, columns: size, values: Float64Array.from(entries) };
    expect(semidefiniteFactor(matrix)).toBeNull();
  });
});

describe('nuclearNormOfProduct', () => {
  it('is the sum of the singular values', () => {
    fc.assert(
      fc.property(fc.nat(), anySize, anySize, anySize, (seed, depth, p, q) => {
        const [a, b] = [dense(seed, depth, p), dense(seed + 1, depth, q)];
        expect(nuclearNormOfProduct(a, b)).toBeCloseTo(jacobiNorm(a, b), 9);
      }),
    );
  });

  it('is that for matrices of some size, too', () => {
    const [a, b] = [dense(1, 90, 70), dense(2, 90, 55)];
    expect(nuclearNormOfProduct(a, b)).toBeCloseTo(jacobiNorm(a, b), 9);
    expect(nuclearNormOfProduct(b, a)).toBeCloseTo(jacobiNorm(a, b), 9);
  });

  it('is 0 for columns at right angles', () => {
    const a = { rows: 2, columns: 1, values: Float64Array.of(1, 0) };
    const b = { rows: 2, columns: 1, values: Float64Array.of(0, 1) };
    expect(nuclearNormOfProduct(a, b)).toBe(0);
  });

  it('refuses other row counts and states both', () => {
    expect(() => nuclearNormOfProduct(dense(1, 2, 2), dense(1, 3, 2))).toThrow(/2 rows.* 3/);
  });
});

/** L L^T. */
function multiplyOut({ rows, columns, values }: Dense): Float64Array {
  return Float64Array.from({ length: rows * rows }, (_, at) => {
    const [i, j] = [Math.floor(at / rows), at % rows];
    let sum = 0;
    for (let k = 0; k < columns; k++) {
      sum += (values[i * columns + k] ?? 0) * (values[j * columns + k] ?? 0);
    }
    return sum;
  });
}

/** One-sided Jacobi: columns of A^T B are turned until they stand at right angles; their lengths add up. */
function jacobiNorm(a: Dense, b: Dense): number {
  const columns = Array.from({ length: b.columns }, (_, j) =>
    Array.from({ length: a.columns }, (_, i) => element(a, b, i, j)),
  );
  const dot = (x: number[], y: number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < columns.length; p++) {
      for (let q = p + 1; q < columns.length; q++) {
        const [x, y] = [columns[p] ?? [], columns[q] ?? []];
        const overlap = dot(x, y);
        if (overlap === 0) continue;
        const zeta = (dot(y, y) - dot(x, x)) / (2 * overlap);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const cosine = 1 / Math.hypot(1, tangent);
        columns[p] = x.map((value, i) => cosine * (value - tangent * (y[i] ?? 0)));
        columns[q] = y.map((value, i) => cosine * (value + tangent * (x[i] ?? 0)));
      }
    }
  }
  return columns.reduce((sum, column) => sum + Math.sqrt(dot(column, column)), 0);
}
