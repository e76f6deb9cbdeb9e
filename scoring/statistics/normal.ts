/** The standard normal distribution, to about 15 digits. */

/** Complementary error function; relative error below 1e-12, no underflow before x = 26. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2.5) {
    // erf(x) = 2/sqrt(pi) exp(-x^2) sum_k 2^k x^(2k+1) / (1 3 5 ... (2k+1)): all terms are positive.
    let term = x;
    let sum = x;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * x * x) / (2 * k + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  // Laplace's continued fraction, from far inside outwards: x + (1/2)/(x + 1/(x + (3/2)/(x + ...))).
  let denominator = x;
  for (let k = 120; k >= 1; k--) denominator = x + k / 2 / denominator;
  return Math.exp(-x * x) / (denominator * Math.sqrt(Math.PI));
}

/** P(Z <= z). */
export function normalBelow(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** P(|Z| >= |z|): the two-sided p-value of a z-score. */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2);
}

/** P(X >= x) for the chi-squared distribution with one degree of freedom, x >= 0. */
export function chiSquaredAbove(x: number): number {
  return erfc(Math.sqrt(x / 2));
}

/**
 * The z with P(Z <= z) = p. Small p keep all digits; for p near 1 use the negative of `normalQuantile`
 * of the upper tail.
 *
 * Source: Abramowitz and Stegun 26.2.23 for the start, then Halley's method on the tail.
 *
 * @param p in [0, 1]; 0 and 1 give infinities.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`${p} is not a probability`);
  if (p === 0) return -Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z =
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
    t;
  for (let round = 0; round < 4; round++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    if (density === 0) break;
    const step = (normalBelow(z) - p) / density;
    z -= step / (1 + (z * step) / 2);
  }
  return z;
}
