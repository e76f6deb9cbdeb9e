/** @returns null for an empty list. */
export function mean(values: ArrayLike<number>): number | null {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return values.length === 0 ? null : sum / values.length;
}

/** The middle value, or the mean of the two middle ones. @returns null for an empty list. */
export function median(values: ArrayLike<number>): number | null {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return mean(
    sorted.length % 2 === 1 ? [sorted[middle] ?? 0] : sorted.slice(middle - 1, middle + 1),
  );
}

/**
 * Interquartile mean: the mean of what is left when a quarter of the values (rounded down) is cut off at
 * either end. Outliers do not move it, and unlike the median it uses half of the values.
 *
 * Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice" (2021);
 * rliable, which calls scipy's trim_mean(0.25).
 *
 * @returns null for an empty list.
 */
export function interquartileMean(values: ArrayLike<number>): number | null {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted.subarray(cut, sorted.length - cut));
}
