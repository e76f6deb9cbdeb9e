import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { chiSquaredAbove } from './normal.ts';

export interface McNemarTest {
  /** Two-sided, from the binomial law: the one to use below 25 discordant pairs, and never wrong. */
  readonly exactP: number;
  /** Null where no pair is discordant. */
  readonly chi2: number | null;
  readonly chi2P: number;
  /** With the continuity correction of Edwards. */
  readonly correctedP: number;
}

/**
 * McNemar's test of two right-or-wrong results on the same items.
 *
 * Source: McNemar, "Note on the sampling error of the difference between correlated proportions or
 * percentages" (1947); agrees with R's mcnemar.test and exact2x2 and with statsmodels.
 *
 * @param b items that only the first got; @param c items that only the second got: whole numbers.
 */
export function mcnemarTest(b: number, c: number): McNemarTest {
  const discordant = b + c;
  if (discordant === 0) return { exactP: 1, chi2: null, chi2P: 1, correctedP: 1 };
  const chi2 = (b - c) ** 2 / discordant;
  const corrected = (Math.abs(b - c) - 1) ** 2 / discordant;
  return {
    exactP: mcnemarExact(b, c),
    chi2,
    chi2P: chiSquaredAbove(chi2),
    correctedP: chiSquaredAbove(corrected),
  };
}

/**
 * min(1, 2 P(X <= min(b, c))), X binomial with b + c trials at one half.
 *
 * @throws RangeError for counts that are not whole numbers from 0.
 */
export function mcnemarExact(b: number, c: number): number {
  for (const count of [b, c]) {
    if (!(Number.isSafeInteger(count) && count >= 0)) {
      throw new RangeError(`${count} is not a count of items`);
    }
  }
  if (b === c) return 1;
  const trials = b + c;
  const smaller = Math.min(b, c);
  // From P(X = smaller) downwards each term is the one before times k / (trials - k + 1), which is
  // below 1, so the sum ends where the terms no longer count.
  let term = 1;
  let sum = 1;
  for (let k = smaller; k > 0 && term > sum * 1e-17; k--) {
    term *= k / (trials - k + 1);
    sum += term;
  }
  return Math.min(1, 2 * sum * Math.exp(logHalfBinomial(trials, smaller)));
}

/**
 * ln P(X = k) for X binomial with n trials at one half, by Stirling's series around the mean, so that no
 * digits are lost for large n. Source: Loader, "Fast and accurate computation of binomial
 * probabilities" (2000).
 */
function logHalfBinomial(n: number, k: number): number {
  if (k < 30) {
    let coefficient = 1;
    for (let index = 1; index <= k; index++) coefficient *= (n - k + index) / index;
    return Math.log(coefficient) - n * Math.LN2;
  }
  const rest = n - k;
  const off = (rest - k) / n;
  return (
    stirlingRest(n) -
    stirlingRest(k) -
    stirlingRest(rest) +
    Math.log(n / (2 * Math.PI * k * rest)) / 2 -
    k * Math.log1p(-off) -
    rest * Math.log1p(off)
  );
}

/** ln n! - ln(sqrt(2 pi n) (n/e)^n) for n >= 30; the first term left out is below 1e-16. */
function stirlingRest(n: number): number {
  const square = 1 / (n * n);
  return (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / n;
}

const InputSchema = z.object({ b: z.int().nonnegative(), c: z.int().nonnegative() });

export const mcnemar = defineMetric({
  name: 'mcnemar',
  domain: 'statistics',
  title: { en: "McNemar's test", es: 'Prueba de McNemar' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: {
    en: 'Counts over the items that two entries share.',
    es: 'Recuentos sobre los elementos que comparten dos participantes.',
  },
  definition: {
    en:
      'Compares two entries that each get every item right or wrong. b is the number of items that only the first gets right, c the number that only the second gets right; items that both or neither get right say nothing. ' +
      'The exact p-value is 2 P(X <= min(b, c)), at most 1, where X counts heads in b + c tosses of a fair coin. chi2 = (b - c)^2 / (b + c), and (|b - c| - 1)^2 / (b + c) with the continuity correction, both read from the chi-squared distribution with one degree of freedom.',
    es:
      'Compara dos participantes que aciertan o fallan cada elemento. b es el número de elementos que solo acierta el primero y c el de los que solo acierta el segundo; los que aciertan o fallan ambos no dicen nada. ' +
      'El valor p exacto es 2 P(X <= min(b, c)), como mucho 1, donde X cuenta las caras en b + c lanzamientos de una moneda equilibrada. chi2 = (b - c)^2 / (b + c), y (|b - c| - 1)^2 / (b + c) con la corrección de continuidad; ambos se leen en la distribución chi cuadrado con un grado de libertad.',
  },
  edgeCases: {
    en: 'Without discordant items p is 1 and chi2 is undefined. Below 25 discordant items use the exact p-value; the board always does. The correction is applied as the formula stands, also when b = c.',
    es: 'Sin elementos discordantes p vale 1 y chi2 no está definido. Con menos de 25 elementos discordantes usa el valor p exacto; la clasificación lo usa siempre. La corrección se aplica tal como está la fórmula, también cuando b = c.',
  },
  source: 'McNemar 1947; R mcnemar.test and exact2x2; statsmodels',
  input: InputSchema,
  report: ({ b, c }) => ({ value: { ...mcnemarTest(b, c) } }),
});
