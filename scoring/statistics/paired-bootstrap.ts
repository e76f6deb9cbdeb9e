import { z } from 'zod';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import { bootstrap, bootstrapValues, BOOTSTRAP_DEFAULTS } from './bootstrap.ts';
import type { BootstrapInterval, BootstrapOptions } from './bootstrap.ts';
import { differenceOf } from './pairs.ts';
import { quantile } from './quantile.ts';
import type { Finish } from './resample.ts';

/** A difference that is 0 but for the rounding of decimals counts as 0: this share of the largest. */
const ROUNDING = 1e-12;

export interface PairedBootstrap {
  /** Of value(a) - value(b), BCa or percentile. */
  readonly difference: BootstrapInterval;
  /**
   * Share of resamples in which the better entry is not better: one-sided, 0 possible.
   * Source: Koehn, "Statistical significance tests for machine translation evaluation" (2004).
   */
  readonly koehnP: number | null;
  /**
   * (c + 1) / (R + 1), c counting resamples whose |difference| exceeds the mean |difference| of all by
   * more than the |difference| seen. Source: sacrebleu's significance.py, after MultEval.
   */
  readonly sacrebleuP: number | null;
}

/**
 * Paired bootstrap: each replicate draws items once, for both entries.
 *
 * @throws RangeError where the entries were not scored on the same items.
 */
export function pairedBootstrap(
  finish: Finish,
  a: ItemStatistics,
  b: ItemStatistics,
  options: BootstrapOptions = {},
): PairedBootstrap {
  const statistic = differenceOf(finish, a, b);
  const { interval, sorted } = bootstrap(statistic.finish, statistic.statistics, options);
  return { difference: interval, ...pairedP(sorted, interval.value ?? NaN) };
}

/** Both p-values from the differences on resamples, all defined; null without any. */
export function pairedP(
  values: Float64Array,
  seen: number,
): Pick<PairedBootstrap, 'koehnP' | 'sacrebleuP'> {
  if (values.length === 0) return { koehnP: null, sacrebleuP: null };
  const side = seen < 0 ? -1 : 1;
  const slack = ROUNDING * largestFinite(values);
  let losses = 0;
  let absolute = 0;
  for (const value of values) {
    if (side * value <= slack) losses++;
    absolute += Math.abs(value);
  }
  const mean = absolute / values.length;
  let further = 0;
  for (const value of values) if (Math.abs(value) - mean > Math.abs(seen)) further++;
  return { koehnP: losses / values.length, sacrebleuP: (further + 1) / (values.length + 1) };
}

function largestFinite(values: Float64Array): number {
  let largest = 0;
  for (const value of values) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

const InputSchema = z.object({
  differences: z.array(z.number()),
  percentile: z.enum(['linear interpolation', 'linear']).default('linear interpolation'),
  replicates: z.int().positive().max(1_000_000).default(BOOTSTRAP_DEFAULTS.replicates),
  seed: z.int().default(BOOTSTRAP_DEFAULTS.seed),
});

export const pairedBootstrapExact = defineMetric({
  name: 'paired_bootstrap_exact',
  domain: 'statistics',
  title: {
    en: 'Paired bootstrap of a mean difference',
    es: 'Bootstrap pareado de una diferencia de medias',
  },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: {
    en: 'The mean of the differences of the items.',
    es: 'La media de las diferencias de los elementos.',
  },
  definition: {
    en: 'Draws as many items as there are, with replacement, and takes the mean of their differences; over all such draws, p2_5 and p97_5 are the percentiles between which 95 % of the means lie (with linear interpolation), and shareBelowOrEqualZero is the share of means at or below 0.',
    es: 'Sortea tantos elementos como hay, con reemplazo, y toma la media de sus diferencias; sobre todos esos sorteos, p2_5 y p97_5 son los percentiles entre los que queda el 95 % de las medias (con interpolación lineal) y shareBelowOrEqualZero es la proporción de medias menores o iguales que 0.',
  },
  edgeCases: {
    en: 'Up to 11 items every one of the n to the n draws is counted; beyond that, 10,000 seeded draws unless the input says otherwise. No items leave all of it undefined.',
    es: 'Hasta 11 elementos se cuentan todos los n elevado a n sorteos; a partir de ahí, 10 000 sorteos con semilla salvo que la entrada diga otra cosa. Sin elementos nada está definido.',
  },
  source: 'Efron 1979 (percentile interval); Koehn 2004',
  input: InputSchema,
  report: ({ differences, replicates, seed }) => {
    if (differences.length === 0) {
      return { value: { mean: null, p2_5: null, p97_5: null, shareBelowOrEqualZero: null } };
    }
    const isEnumerated = differences.length <= ENUMERATED_UP_TO;
    const law = isEnumerated
      ? enumeratedMeans(differences)
      : sampledMeans(differences, replicates, seed);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    const size = differences.reduce((sum, value) => Math.max(sum, Math.abs(value)), 0);
    const slack = ROUNDING * size;
    let below = 0;
    law.means.forEach((value, index) => {
      if (value <= slack) below += law.weights[index] ?? 0;
    });
    return {
      value: {
        mean,
        p2_5: weightedQuantile(law, 0.025),
        p97_5: weightedQuantile(law, 0.975),
        shareBelowOrEqualZero: below / law.total,
      },
      method: isEnumerated ? 'exact' : 'sampled',
    };
  },
});

/** Means in ascending order, and how often each occurs: whole numbers below 2^53. */
interface Law {
  readonly means: Float64Array;
  readonly weights: Float64Array;
  readonly total: number;
}

/** 352,716 multisets; 11^11 draws. */
const ENUMERATED_UP_TO = 11;

/** Every multiset of n items out of n, with the number of draws that give it. */
function enumeratedMeans(differences: readonly number[]): Law {
  const n = differences.length;
  const factorials = Array.from({ length: n + 1 }, () => 1);
  for (let k = 2; k <= n; k++) factorials[k] = (factorials[k - 1] ?? 1) * k;
  const drawn: [mean: number, weight: number][] = [];
  const choose = (item: number, left: number, sum: number, weight: number) => {
    const value = differences[item] ?? 0;
    if (item === n - 1) {
      drawn.push([(sum + left * value) / n, weight / (factorials[left] ?? 1)]);
      return;
    }
    for (let count = 0; count <= left; count++) {
      choose(item + 1, left - count, sum + count * value, weight / (factorials[count] ?? 1));
    }
  };
  choose(0, n, 0, factorials[n] ?? 1);
  drawn.sort(([left], [right]) => left - right);
  return {
    means: Float64Array.from(drawn, ([mean]) => mean),
    weights: Float64Array.from(drawn, ([, weight]) => Math.round(weight)),
    total: n ** n,
  };
}

function sampledMeans(differences: readonly number[], replicates: number, seed: number): Law {
  const statistics = {
    items: differences.length,
    width: 1,
    values: Float64Array.from(differences),
  };
  const mean: Finish = (sums, items) => (sums[0] ?? 0) / items;
  const means = bootstrapValues(mean, statistics, replicates, seed).sort();
  return { means, weights: new Float64Array(replicates).fill(1), total: replicates };
}

/** `quantile` of the values repeated as often as their weights say. */
function weightedQuantile({ means, weights, total }: Law, q: number): number {
  const position = q * (total - 1);
  const below = Math.floor(position);
  const at = (rank: number) => {
    let passed = 0;
    const index = weights.findIndex((weight) => (passed += weight) > rank);
    return means[index] ?? NaN;
  };
  return quantile([at(below), at(Math.min(below + 1, total - 1))], position - below);
}
