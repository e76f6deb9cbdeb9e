/**
 * The quantile of sorted values by linear interpolation at position q (n - 1): type 7 of Hyndman and
 * Fan (1996), the default of NumPy and R.
 *
 * @param sorted ascending, one value or more; infinite values allowed.
 * @param q in [0, 1].
 */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  const part = position - below;
  // Equal neighbours may both be infinite, and infinity minus itself is no number.
  return low === high || part === 0 ? low : low + part * (high - low);
}
