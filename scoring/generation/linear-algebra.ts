/** Dense linear algebra in double precision, for matrices of up to a few thousand rows and columns. */
import { openWorkspace, type FourRows, type Workspace } from './simd-kernels.ts';

/** A matrix on a regular grid inside an array; products run over its depth. */
export interface Operand {
  readonly values: Float64Array | Float32Array;
  /** Index of element (0, 0). */
  readonly start: number;
  /** Numbers from one depth to the next, and from one item to the next. */
  readonly depthStride: number;
  readonly itemStride: number;
  readonly depth: number;
  readonly items: number;
  /** Taken off every element of an item: one number for each. */
  readonly shift?: Float64Array;
}

/**
 * The sum of products A^T B over any number of batches: element (i, j), at `i * stride + j` of the
 * workspace, is the sum over depth of A(depth, i) B(depth, j).
 */
export interface Product {
  readonly space: Workspace;
  readonly rows: number;
  readonly columns: number;
  /** `columns` and up to three more, which stay 0; the rows after the last up to a fourth do, too. */
  readonly stride: number;
  readonly panelsA: number;
  readonly panelsB: number;
  /** Where `spare` numbers for other use begin. */
  readonly spare: number;
}

/** Depth that is packed at a time: two panels of four items then fit the first cache. */
const CHUNK = 256;
/** Panels of A that are multiplied at a time with each panel of B: they then stay in the second cache. */
const BLOCK = 64;

export function openProduct(rows: number, columns: number, spare = 0): Product {
  const paddedRows = 4 * Math.ceil(rows / 4);
  const stride = 4 * Math.ceil(columns / 4);
  const panelsA = paddedRows * stride;
  const panelsB = panelsA + paddedRows * CHUNK;
  const end = panelsB + stride * CHUNK;
  return { space: openWorkspace(end + spare), rows, columns, stride, panelsA, panelsB, spare: end };
}

/**
 * Adds A^T B. Where both are one object only the elements i >= j, and a few beside them, are added:
 * `mirror` makes the others in the end.
 */
export function addProduct(product: Product, a: Operand, b: Operand): void {
  const { space, stride, panelsA } = product;
  const symmetric = a === b;
  const panelsB = symmetric ? panelsA : product.panelsB;
  const countA = Math.ceil(a.items / 4);
  const countB = Math.ceil(b.items / 4);
  for (let from = 0; from < a.depth; from += CHUNK) {
    const depth = Math.min(CHUNK, a.depth - from);
    pack(a, from, depth, space.numbers, panelsA);
    if (!symmetric) pack(b, from, depth, space.numbers, panelsB);
    for (let block = 0; block < countA; block += BLOCK) {
      const blockEnd = Math.min(block + BLOCK, countA);
      const lastB = symmetric ? blockEnd : countB;
      for (let j = 0; j < lastB; j++) {
        const panelB = panelsB + 4 * j * depth;
        for (let i = symmetric ? Math.max(block, j) : block; i < blockEnd; i++) {
          const tile = 4 * i * stride + 4 * j;
          space.multiplyTile(panelsA + 4 * i * depth, panelB, tile, depth, stride);
        }
      }
    }
  }
}

/** Panels of four items, each depth by depth; items after the last are 0. */
function pack(operand: Operand, from: number, depth: number, numbers: Float64Array, to: number) {
  const { values, start, depthStride, itemStride, items, shift } = operand;
  for (let first = 0; first < items; first += 4) {
    const panel = to + first * depth;
    const known = Math.min(4, items - first);
    if (known < 4) numbers.fill(0, panel, panel + 4 * depth);
    for (let item = 0; item < known; item++) {
      const off = shift?.[first + item] ?? 0;
      let at = start + from * depthStride + (first + item) * itemStride;
      for (let place = panel + item; place < panel + 4 * depth; place += 4) {
        numbers[place] = (values[at] ?? 0) - off;
        at += depthStride;
      }
    }
  }
}

/** Copies the elements below the diagonal to those above it. */
export function mirror({ space, rows, stride }: Product): void {
  const { numbers } = space;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) numbers[j * stride + i] = numbers[i * stride + j] ?? 0;
  }
}

/** A matrix row by row. */
export interface Dense {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** What is left below 0 of the diagonal may be this share of its largest entry. */
const INDEFINITE = 1e-6;

/** Columns that a factor gains between two updates of the rest of the matrix. */
const STEPS = 64;

/**
 * L of a symmetric positive semi-definite S = L L^T, by Cholesky decomposition with diagonal pivoting:
 * as many columns as S has rank. What is left of the diagonal counts as 0 once it is below the rounding
 * of the largest entry.
 *
 * @param tolerance what may be left below 0, as a share of the largest entry.
 * @returns null where S is not semi-definite by more than that.
 *
 * Source: Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix" (1990); LAPACK dpstrf.
 */
export function semidefiniteFactor(
  { rows: size, values }: Dense,
  tolerance: number = INDEFINITE,
): Dense | null {
  // What is left of S after the columns of whole blocks, negative: their products are then added.
  const rest = openProduct(size, size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      rest.space.numbers[row * rest.stride + column] = -(values[row * size + column] ?? 0);
    }
  }
  const factor = new Float64Array(size * size);
  const left = Float64Array.from({ length: size }, (_, row) => values[row * (size + 1)] ?? 0);
  const order = Int32Array.from(left.keys());
  const largest = maxMagnitude(left);
  let rank = 0;
  let block = 0;
  for (; rank < size; rank++) {
    if (rank - block === STEPS) {
      const columns = {
        values: factor,
        start: block,
        depthStride: 1,
        itemStride: size,
        depth: STEPS,
        items: size,
      };
      addProduct(rest, columns, columns);
      block = rank;
    }
    let best = rank;
    for (let place = rank + 1; place < size; place++) {
      if ((left[order[place] ?? 0] ?? 0) > (left[order[best] ?? 0] ?? 0)) best = place;
    }
    const pivot = order[best] ?? 0;
    const variance = left[pivot] ?? 0;
    if (!(variance > largest * size * Number.EPSILON)) break;
    order[best] = order[rank] ?? 0;
    order[rank] = pivot;
    factor[pivot * size + rank] = Math.sqrt(variance);
    eliminate(rest, factor, left, order, rank, block);
  }
  if (left.some((variance) => variance < -tolerance * largest)) return null;
  const columns = new Float64Array(size * rank);
  for (let row = 0; row < size; row++) {
    columns.set(factor.subarray(row * size, row * size + rank), row * rank);
  }
  return { rows: size, columns: rank, values: columns };
}

/** Fills column `step` of the factor below its pivot, and takes its squares off what is left. */
function eliminate(
  { space, stride }: Product,
  factor: Float64Array,
  left: Float64Array,
  order: Int32Array,
  step: number,
  block: number,
): void {
  const size = order.length;
  const pivot = order[step] ?? 0;
  const scale = 1 / (factor[pivot * size + step] ?? 0);
  for (let place = step + 1; place < size; place++) {
    const row = order[place] ?? 0;
    const at = row > pivot ? row * stride + pivot : pivot * stride + row;
    let sum = -(space.numbers[at] ?? 0);
    for (let column = block; column < step; column++) {
      sum -= (factor[row * size + column] ?? 0) * (factor[pivot * size + column] ?? 0);
    }
    sum *= scale;
    factor[row * size + step] = sum;
    left[row] = (left[row] ?? 0) - sum * sum;
  }
}

/** The sum of the singular values of A^T B. @throws RangeError when A and B have different row counts. */
export function nuclearNormOfProduct(a: Dense, b: Dense): number {
  if (a.rows !== b.rows) throw new RangeError(`A has ${a.rows} rows, B has ${b.rows}`);
  if (a.columns < b.columns) return nuclearNormOfProduct(b, a);
  const [one, other] = [maxMagnitude(a.values), maxMagnitude(b.values)];
  if (one === 0 || other === 0) return 0;
  const product = openProduct(a.columns, b.columns, 5 * (a.columns + 4));
  // Scaled, since the squares of very large or small numbers are infinite or 0.
  addProduct(product, asOperand(scaled(a, one)), asOperand(scaled(b, other)));
  return singularValueSum(bidiagonalise(product)) * one * other;
}

function scaled({ rows, columns, values }: Dense, scale: number): Dense {
  return { rows, columns, values: values.map((value) => value / scale) };
}

function asOperand({ rows, columns, values }: Dense): Operand {
  return {
    values,
    start: 0,
    depthStride: columns,
    itemStride: 1,
    depth: rows,
    items: columns,
  };
}

/** An upper bidiagonal matrix: `above[k]` stands in row k, column k + 1. */
interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
}

/**
 * Householder bidiagonalisation of a matrix with at least as many rows as columns, in place. Each step
 * passes twice over what is left of the matrix A: once to take v w^T off it and to find z = A u, once to
 * take z u^T off it and to find the next w = A^T s.
 *
 * Source: Golub and Kahan 1965; Golub and Van Loan, "Matrix Computations", 5.4.
 */
function bidiagonalise({ space, rows, columns, stride, spare }: Product): Bidiagonal {
  const { numbers } = space;
  const paddedRows = 4 * Math.ceil(rows / 4);
  const placeOf = (index: number) => spare + index * paddedRows;
  const [atV, atS, atZ, atU, atW] = [0, 1, 2, 3, 4].map(placeOf) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const vectorAt = (start: number) => numbers.subarray(start, start + paddedRows);
  const [v, s, z, u, w] = [atV, atS, atZ, atU, atW].map(vectorAt) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  /** The rest of the matrix from row and column `from` on, and the few before it that complete a four. */
  const eachFourRows = (from: number, work: (four: FourRows, first: number) => void) => {
    const column = from - (from % 2);
    for (let row = from - (from % 4); row < rows; row += 4) {
      work({ start: row * stride + column, stride, length: stride - column }, row);
    }
  };

  const diagonal = new Float64Array(columns);
  const above = new Float64Array(columns);
  for (let k = 0; ; k++) {
    // The reflection of column k, which has z u^T still to be taken off.
    const across = u[k] ?? 0;
    for (let row = k; row < rows; row++) {
      v[row] = (numbers[row * stride + k] ?? 0) - (z[row] ?? 0) * across;
    }
    const column = reflect(v, k, rows);
    diagonal[k] = column.image;
    if (k === columns - 1) return { diagonal, above };
    for (let row = k; row < rows; row++) s[row] = column.scale * (v[row] ?? 0);
    w.fill(0);
    const evenK = k - (k % 2);
    eachFourRows(k, (four, row) => {
      space.updateAndSum(four, atZ + row, atU + evenK, atS + row, atW + evenK);
    });

    // The reflection of row k, which has v w^T still to be taken off. Row and column are then done.
    for (let at = k + 1; at < columns; at++) {
      u[at] = (numbers[k * stride + at] ?? 0) - (v[k] ?? 0) * (w[at] ?? 0);
    }
    const row = reflect(u, k + 1, columns);
    above[k] = row.image;
    v[k] = 0;
    s[k] = 0;
    u[k] = 0;
    w[k] = 0;
    const evenNext = k + 1 - ((k + 1) % 2);
    eachFourRows(k + 1, (four, first) => {
      space.updateAndProject(four, atV + first, atW + evenNext, atU + evenNext, atZ + first);
    });
    z.fill(0, 0, k + 1);
    for (let at = k + 1; at < rows; at++) z[at] = row.scale * (z[at] ?? 0);
  }
}

/**
 * Turns x = `vector[from]` to `vector[to - 1]` into the v of a reflection I - scale v v^T that maps x to
 * (image, 0, ..., 0).
 */
function reflect(vector: Float64Array, from: number, to: number): { image: number; scale: number } {
  let rest = 0;
  for (let index = from + 1; index < to; index++) rest += (vector[index] ?? 0) ** 2;
  const first = vector[from] ?? 0;
  if (rest === 0) return { image: first, scale: 0 };
  const norm = Math.sqrt(first * first + rest);
  const image = first > 0 ? -norm : norm;
  vector[from] = first - image;
  return { image, scale: 2 / ((first - image) ** 2 + rest) };
}

/**
 * The sum of the singular values of a bidiagonal matrix B: they are the eigenvalues above 0 of the
 * symmetric tridiagonal matrix with a diagonal of 0 that interleaves both diagonals of B, each with an
 * error of the order of the rounding of the largest.
 *
 * Source: Golub and Van Loan, 8.6.1.
 */
function singularValueSum({ diagonal, above }: Bidiagonal): number {
  const size = 2 * diagonal.length;
  const beside = new Float64Array(size);
  for (let k = 0; k < diagonal.length; k++) {
    beside[2 * k] = diagonal[k] ?? 0;
    beside[2 * k + 1] = above[k] ?? 0;
  }
  const eigenvalues = tridiagonalEigenvalues(new Float64Array(size), beside);
  return eigenvalues.reduce((sum, value) => sum + Math.abs(value), 0) / 2;
}

/**
 * Eigenvalues, in no order, of the symmetric tridiagonal matrix with the given diagonal, where
 * `beside[k]` stands beside `diagonal[k]` and `diagonal[k + 1]`: QL with implicit shifts, in place.
 *
 * Source: Martin and Wilkinson, "The implicit QL algorithm" (1968); EISPACK imtql1.
 */
function tridiagonalEigenvalues(diagonal: Float64Array, beside: Float64Array): Float64Array {
  const size = diagonal.length;
  const largest = Math.max(maxMagnitude(diagonal), maxMagnitude(beside));
  if (largest === 0) return diagonal;
  // Scaled, so that the square of nothing that counts is 0: a step would then change nothing, for ever.
  for (const numbers of [diagonal, beside]) {
    for (let k = 0; k < size; k++) numbers[k] = (numbers[k] ?? 0) / largest;
  }
  for (let low = 0; low < size; low++) {
    for (;;) {
      let high = low;
      while (high < size - 1 && Math.abs(beside[high] ?? 0) > Number.EPSILON) high++;
      if (high === low) break;
      qlStep(diagonal, beside, low, high);
    }
  }
  return diagonal.map((value) => value * largest);
}

/** One QL step on the block from `low` to `high`, whose neighbours are split off. */
function qlStep(diagonal: Float64Array, beside: Float64Array, low: number, high: number): void {
  const at = (index: number) => diagonal[index] ?? 0;
  const edge = beside[low] ?? 0;
  const half = (at(low + 1) - at(low)) / (2 * edge);
  const root = Math.hypot(half, 1);
  let g = at(high) - at(low) + edge / (half + (half >= 0 ? root : -root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let index = high - 1; index >= low; index--) {
    const f = sine * (beside[index] ?? 0);
    const b = cosine * (beside[index] ?? 0);
    const length = Math.sqrt(f * f + g * g);
    beside[index + 1] = length;
    if (length === 0) {
      diagonal[index + 1] = at(index + 1) - shift;
      beside[high] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = at(index + 1) - shift;
    const turn = (at(index) - g) * sine + 2 * cosine * b;
    shift = sine * turn;
    diagonal[index + 1] = g + shift;
    g = cosine * turn - b;
  }
  diagonal[low] = at(low) - shift;
  beside[low] = g;
  beside[high] = 0;
}

function maxMagnitude(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
