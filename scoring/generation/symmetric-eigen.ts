import type { Dense } from './linear-algebra.ts';

/** S = V diag(values) V^T. */
export interface SymmetricEigen {
  /** In no order. */
  readonly values: Float64Array;
  /** V row by row; its columns are orthonormal and stand in the order of the values. */
  readonly vectors: Float64Array;
}

/** Each one squares what is left beside the diagonal; six or so are enough. */
const MOST_SWEEPS = 50;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations: exact to the rounding of
 * the largest, and for small matrices only. Of a pair of mirrored entries the mean counts.
 *
 * Source: Golub and Van Loan, "Matrix computations" (2013), section 8.5.
 */
export function symmetricEigen({ rows: size, values }: Dense): SymmetricEigen {
  const rest = new Float64Array(size * size);
  const vectors = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    vectors[row * size + row] = 1;
    for (let column = 0; column < size; column++) {
      rest[row * size + column] =
        ((values[row * size + column] ?? 0) + (values[column * size + row] ?? 0)) / 2;
    }
  }
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotations = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        const beside = rest[p * size + q] ?? 0;
        const [first, second] = [rest[p * size + p] ?? 0, rest[q * size + q] ?? 0];
        if (Math.abs(beside) <= Number.EPSILON * Math.hypot(first, second)) continue;
        const half = (second - first) / (2 * beside);
        const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1));
        const cosine = 1 / Math.hypot(tangent, 1);
        const sine = tangent * cosine;
        // J^T A J: columns p and q, then rows p and q.
        turn(rest, { from: p, and: q, step: size, size }, cosine, sine);
        turn(rest, { from: p * size, and: q * size, step: 1, size }, cosine, sine);
        turn(vectors, { from: p, and: q, step: size, size }, cosine, sine);
        rotations++;
      }
    }
    if (rotations === 0) break;
  }
  return {
    values: Float64Array.from({ length: size }, (_, k) => rest[k * size + k] ?? 0),
    vectors,
  };
}

interface Lines {
  /** Where one line, a row or a column, begins. */
  readonly from: number;
  readonly and: number;
  /** Between the entries of a line. */
  readonly step: number;
  readonly size: number;
}

/** Turns two rows or two columns of a matrix into each other. */
function turn(
  matrix: Float64Array,
  { from, and, step, size }: Lines,
  cosine: number,
  sine: number,
): void {
  for (let k = 0; k < size; k++) {
    const [i, j] = [from + k * step, and + k * step];
    const [one, other] = [matrix[i] ?? 0, matrix[j] ?? 0];
    matrix[i] = cosine * one - sine * other;
    matrix[j] = sine * one + cosine * other;
  }
}
