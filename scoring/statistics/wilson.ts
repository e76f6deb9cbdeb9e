import { z } from 'zod';
import { defineMetric, type Interval } from '../metric.ts';
import { normalQuantile } from './normal.ts';

/** The 97.5 % point of the standard normal distribution: two-sided 95 %. */
export const Z_95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion, clipped to [0, 1], without continuity correction.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 *
 * @param count successes, an integer in [0, total].
 * @param quantile of the standard normal distribution: how many standard errors to go.
 * @returns null for no trials.
 * @throws RangeError when the counts contradict each other.
 */
export function wilsonInterval(
  count: number,
  total: number,
  quantile: number = Z_95,
): Interval | null {
  if (!(Number.isInteger(count) && Number.isInteger(total) && count >= 0 && count <= total)) {
    throw new RangeError(`${count} of ${total} is not a proportion`);
  }
  if (total === 0) return null;
  const p = count / total;
  const scale = 1 + (quantile * quantile) / total;
  const centre = p + (quantile * quantile) / (2 * total);
  const margin =
    quantile * Math.sqrt((p * (1 - p)) / total + (quantile * quantile) / (4 * total * total));
  return {
    low: count === 0 ? 0 : Math.max(0, (centre - margin) / scale),
    high: count === total ? 1 : Math.min(1, (centre + margin) / scale),
  };
}

const InputSchema = z.object({
  successes: z.int().nonnegative(),
  n: z.int().nonnegative(),
  confidence: z.number().gt(0).lt(1).default(0.95),
});

export const wilson = defineMetric({
  name: 'wilson',
  domain: 'statistics',
  title: { en: 'Wilson score interval', es: 'Intervalo de Wilson' },
  higherIsBetter: null,
  range: null,
  unit: 'rate',
  aggregation: {
    en: 'A proportion: the number of successes among n items.',
    es: 'Una proporción: el número de aciertos entre n elementos.',
  },
  definition: {
    en: 'The proportions that a score test would not reject given what was counted: (p + z^2/2n ± z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n), with p = successes/n and z the normal quantile of the confidence (1.96 for 95 %). Without continuity correction.',
    es: 'Las proporciones que una prueba no rechazaría a la vista del recuento: (p + z^2/2n ± z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n), con p = aciertos/n y z el cuantil normal de la confianza (1,96 para el 95 %). Sin corrección de continuidad.',
  },
  edgeCases: {
    en: 'The ends stay inside [0, 1]: no successes begin at 0, nothing but successes ends at 1. Undefined for n = 0.',
    es: 'Los extremos quedan dentro de [0, 1]: sin aciertos empieza en 0 y con todos acaba en 1. No está definido para n = 0.',
  },
  source:
    'Wilson 1927; agrees with R binom.confint and statsmodels, not with prop.test (corrected)',
  input: InputSchema,
  report: ({ successes, n, confidence }) => {
    const quantile = confidence === 0.95 ? Z_95 : -normalQuantile((1 - confidence) / 2);
    const interval = wilsonInterval(successes, n, quantile);
    return { value: interval === null ? null : [interval.low, interval.high] };
  },
});
