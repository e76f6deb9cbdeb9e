/**
 * Holm's step-down adjustment: reject where the adjusted p is at most alpha, and the chance of any false
 * rejection is at most alpha, whatever the dependence between the tests.
 *
 * Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
 *
 * @param pValues each in [0, 1].
 * @returns adjusted p-values in the same order, at most 1.
 */
export function holmAdjust(pValues: readonly number[]): number[] {
  for (const p of pValues) {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`${p} is not a p-value`);
  }
  const order = pValues.map((_, index) => index);
  order.sort((left, right) => (pValues[left] ?? 0) - (pValues[right] ?? 0));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, (pValues.length - place) * (pValues[index] ?? 1));
    adjusted[index] = Math.min(1, largest);
  });
  return adjusted;
}
