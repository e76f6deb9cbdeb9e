import type { Interval } from '../metric.ts';

/** The 97.5 % point of the standard normal distribution: two-sided 95 %. */
export const Z_95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion, clipped to [0, 1], without continuity correction.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 *
 * @param count successes, an integer in [0, total].
 * @returns null for no trials.
 * @throws RangeError when the counts contradict each other.
 */
export function wilsonInterval(count: number, total: number, z: number = Z_95): Interval | null {
  if (!(Number.isInteger(count) && Number.isInteger(total) && count >= 0 && count <= total)) {
    throw new RangeError(`${count} of ${total} is not a proportion`);
  }
  if (total === 0) return null;
  const p = count / total;
  const scale = 1 + (z * z) / total;
  const centre = p + (z * z) / (2 * total);
  const margin = z * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total));
  return {
    low: count === 0 ? 0 : Math.max(0, (centre - margin) / scale),
    high: count === total ? 1 : Math.min(1, (centre + margin) / scale),
  };
}
