import { z } from 'zod';
import { defineMetric, MetricInputError, type Interval } from '../metric.ts';
import { normalQuantile } from './normal.ts';

/** Ranks from 1 that an entry may truly have, best first. */
export type RankInterval = readonly [best: number, worst: number];

/**
 * best = 1 + the number of others that are surely better, worst = N - the number surely worse: surely means
 * that the intervals do not even touch. The ranks hold together with the confidence with which the
 * intervals hold together, so the intervals should be simultaneous.
 *
 * @param intervals null stands for "could be anything".
 */
export function rankIntervals(
  intervals: readonly (Interval | null)[],
  higherIsBetter: boolean,
): RankInterval[] {
  const bounds = intervals.map((interval) => {
    const { low, high } = interval ?? { low: -Infinity, high: Infinity };
    return higherIsBetter ? { worst: low, best: high } : { worst: -high, best: -low };
  });
  const worsts = Float64Array.from(bounds, ({ worst }) => worst).sort();
  const bests = Float64Array.from(bounds, ({ best }) => best).sort();
  return bounds.map(({ worst, best }) => [
    1 + (bounds.length - countUpTo(worsts, best)),
    bounds.length - countBelow(bests, worst),
  ]);
}

/** How many sorted values are at most `limit`. */
function countUpTo(sorted: Float64Array, limit: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? 0) <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

function countBelow(sorted: Float64Array, limit: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? 0) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Stretches the intervals of a board so that all hold together (Bonferroni): each at confidence
 * 1 - (1 - confidence)/N. The distances of the ends from the score grow by the ratio of the normal
 * quantiles, which needs no second bootstrap with a million replicates for its far tails.
 *
 * @param confidence of each of the given intervals, and of all the returned ones together.
 * @param range the ends stay inside.
 */
export function simultaneousIntervals(
  scores: readonly { readonly value: number | null; readonly interval: Interval | null }[],
  range: readonly [number, number],
  confidence = 0.95,
): (Interval | null)[] {
  const tail = (1 - confidence) / 2;
  const stretch = normalQuantile(tail / Math.max(1, scores.length)) / normalQuantile(tail);
  return scores.map(({ value, interval }) => {
    if (value === null || interval === null) return null;
    if (!Number.isFinite(value)) return interval;
    return {
      low: Math.max(range[0], value - stretch * (value - interval.low)),
      high: Math.min(range[1], value + stretch * (interval.high - value)),
    };
  });
}

const InputSchema = z.object({
  intervals: z.array(z.tuple([z.number(), z.number()])),
  higherIsBetter: z.boolean().default(true),
});

export const rankInterval = defineMetric({
  name: 'rank_interval',
  domain: 'statistics',
  title: { en: 'Rank interval', es: 'Intervalo de puesto' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: {
    en: 'Each entry against every other of the board.',
    es: 'Cada participante frente a todos los demás de la clasificación.',
  },
  definition: {
    en: 'The ranks that an entry may truly have. Best rank = 1 + the number of others whose interval lies wholly on the better side of its own; worst rank = N minus the number of others whose interval lies wholly on the worse side.',
    es: 'Los puestos que un participante puede tener de verdad. Mejor puesto = 1 + el número de rivales cuyo intervalo queda por completo del lado mejor del suyo; peor puesto = N menos el número de rivales cuyo intervalo queda por completo del lado peor.',
  },
  edgeCases: {
    en: 'Intervals that only touch overlap. The intervals should hold together: with N entries take each at 1 - 0.05/N (Bonferroni). Higher is better unless the input says otherwise.',
    es: 'Los intervalos que solo se tocan se solapan. Los intervalos deben cumplirse a la vez: con N participantes toma cada uno al 1 - 0,05/N (Bonferroni). Más alto es mejor salvo que la entrada diga otra cosa.',
  },
  source: 'Goldstein and Spiegelhalter 1996 (the idea); the rule follows from its definition',
  input: InputSchema,
  report: ({ intervals, higherIsBetter }) => {
    const bounds = intervals.map(([low, high]) => {
      if (low > high)
        throw new MetricInputError(`the interval [${low}, ${high}] ends before it begins`);
      return { low, high };
    });
    return { value: rankIntervals(bounds, higherIsBetter) };
  },
});
