import type { Dense } from './linear-algebra.ts';
import { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.ts';

export const NO_COVARIANCE = 'the matrix is not positive semi-definite';

/** An eigenvalue of less than minus this share of the largest was not rounded but wrong. */
const WRONG = 1e-3;

/**
 * Tr (S1 S2)^(1/2), real part, where S1 or S2 has eigenvalues a little below 0: covariances without full
 * rank have when they are written down with few digits. With S2 = L L^T the eigenvalues of S1 S2 are those of
 * L^T S1 L, as they are and not squared; those below 0 have no real root. L is of the one that is less
 * indefinite, without what lies below 0 in it. It agrees with `eigvals` of the product, as torchmetrics
 * takes them, where only one is indefinite.
 *
 * @throws RangeError where an eigenvalue lies further below 0 than rounding explains.
 */
export function traceOfIndefiniteRoot(first: Dense, second: Dense): number {
  const [one, other] = [symmetricEigen(first), symmetricEigen(second)];
  const [lowest, otherLowest] = [lowestShare(one), lowestShare(other)];
  if (Math.min(lowest, otherLowest) < -WRONG) throw new RangeError(NO_COVARIANCE);
  const product = lowest > otherLowest ? underFactorOf(one, second) : underFactorOf(other, first);
  const { values } = symmetricEigen(product);
  return values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
}

/** The lowest eigenvalue over the size of the largest; 0 for nothing but zeros. */
function lowestShare({ values }: SymmetricEigen): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest === 0 ? 0 : values.reduce((least, value) => Math.min(least, value)) / largest;
}

/** L^T S L, L = V diag(values)^(1/2). */
function underFactorOf(
  { values, vectors }: SymmetricEigen,
  { rows: size, values: s }: Dense,
): Dense {
  const product = new Float64Array(size * size);
  const image = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (s[row * size + i] ?? 0) * (vectors[i * size + k] ?? 0);
      image[row] = sum;
    }
    for (let l = 0; l < size; l++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (image[i] ?? 0) * (vectors[i * size + l] ?? 0);
      const scale = Math.max(0, values[k] ?? 0) * Math.max(0, values[l] ?? 0);
      product[k * size + l] = Math.sqrt(scale) * sum;
    }
  }
  return { rows: size, columns: size, values: product };
}
