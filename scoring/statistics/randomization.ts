import { z } from 'zod';
import { defineMetric, MetricInputError, type ItemStatistics } from '../metric.ts';
import { createRandom, type Random } from '../random.ts';
import { checkPair, subtract } from './pairs.ts';
import { columnSums, toSparseRows, type Finish } from './resample.ts';

export interface RandomizationTest {
  /** Two-sided. */
  readonly p: number;
  /** Swaps that gave a difference at least as large as the one seen; null where all were counted. */
  readonly exceeding: number;
  readonly trials: number;
  /** Every swap was tried once: p is exact. Otherwise p = (exceeding + 1) / (trials + 1), never 0. */
  readonly isExact: boolean;
}

/** p of a sampled test. The 1s count the arrangement that was seen, so that p is never 0. */
export function sampledP(exceeding: number, trials: number): number {
  return (exceeding + 1) / (trials + 1);
}

/** All swaps are tried where that is no more work than 4,096 trials. */
const EXACT_UP_TO = 12;

/** Sums of trials held at once: 2 MB, for the second cache. */
const SUMS_AT_ONCE = 2 ** 18;

/** From this width on the tables of `addByTables` cost more than they save. */
const SPARSE_FROM_WIDTH = 9;

/**
 * Approximate randomisation: if two entries were equally good, exchanging their results on any item would
 * have been as likely. Each trial exchanges the rows of a random half of the items and looks whether the
 * score differs at least as much as it did. Few items that differ: every exchange is tried instead.
 *
 * Source: Noreen, "Computer-intensive methods for testing hypotheses" (1989); Riezler and Maxwell (2005).
 *
 * @throws RangeError as `checkPair`.
 */
export function randomizationTest(
  finish: Finish,
  a: ItemStatistics,
  b: ItemStatistics,
  options: { readonly trials?: number; readonly seed?: number } = {},
): RandomizationTest {
  const { trials = 9999, seed = 1 } = options;
  checkPair(a, b);
  const { width, items } = a;
  const first = columnSums(a);
  const second = columnSums(b);
  const both = first.map((sum, column) => sum + (second[column] ?? 0));
  const differences = differingRows(a, b);
  const scoreOf = (sums: Float64Array) => finish(sums, items, width);
  const observed = Math.abs(subtract(scoreOf(first), scoreOf(second)) ?? NaN);
  const slack = 1e-12 * Math.max(Math.abs(scoreOf(first) ?? 0), Math.abs(scoreOf(second) ?? 0));

  let exceeding = 0;
  // The exchanged sums are (S + D) / 2 and (S - D) / 2, with S the sum of both and D that of the signed
  // differences: exact for counts. An undefined score on the way counts against a finding.
  const judge = (signed: Float64Array) => {
    for (let at = 0; at < signed.length; at += width) {
      for (let column = 0; column < width; column++) {
        const sum = both[column] ?? 0;
        const difference = signed[at + column] ?? 0;
        first[column] = (sum + difference) / 2;
        second[column] = (sum - difference) / 2;
      }
      const difference = Math.abs(subtract(scoreOf(first), scoreOf(second)) ?? NaN);
      if (!(difference < observed - slack)) exceeding++;
    }
  };
  if (differences.items <= EXACT_UP_TO) {
    judge(everySignedSum(differences));
    const all = 2 ** differences.items;
    return { p: exceeding / all, exceeding, trials: all, isExact: true };
  }
  const random = createRandom(seed);
  const add = width >= SPARSE_FROM_WIDTH ? addBySigns(differences) : addByTables(differences);
  const atOnce = Math.max(1, Math.floor(SUMS_AT_ONCE / width));
  for (let left = trials; left > 0; left -= atOnce) {
    const signed = new Float64Array(Math.min(left, atOnce) * width);
    add(signed, random);
    judge(signed);
  }
  return { p: sampledP(exceeding, trials), exceeding, trials, isExact: false };
}

/** Rows of a - b without the items on which they are equal: exchanging those changes nothing. */
function differingRows(a: ItemStatistics, b: ItemStatistics): ItemStatistics {
  const { width } = a;
  const values = new Float64Array(a.values.length);
  let items = 0;
  for (let item = 0; item < a.items; item++) {
    let differs = false;
    for (let column = 0; column < width; column++) {
      const at = item * width + column;
      const [own, other] = [a.values[at] ?? 0, b.values[at] ?? 0];
      const difference = own === other ? 0 : own - other;
      values[items * width + column] = difference;
      differs ||= difference !== 0;
    }
    if (differs) items++;
  }
  return { items, width, values: values.subarray(0, items * width) };
}

/** The sums of all 2^items choices of signs, in the order of binary numbers: bit set means minus. */
function everySignedSum({ items, width, values }: ItemStatistics): Float64Array {
  const choices = 2 ** items;
  const signed = new Float64Array(choices * width);
  for (let choice = 0; choice < choices; choice++) {
    for (let item = 0; item < items; item++) {
      const sign = (choice >>> item) & 1 ? -1 : 1;
      for (let column = 0; column < width; column++) {
        const at = choice * width + column;
        signed[at] = (signed[at] ?? 0) + sign * (values[item * width + column] ?? 0);
      }
    }
  }
  return signed;
}

type AddSigned = (signed: Float64Array, random: Random) => void;

/**
 * Eight items at a time: the 256 sums of their signs are made once, and each trial picks one by a random
 * byte. An eighth of the additions, and of the random bits none is wasted.
 */
function addByTables(differences: ItemStatistics): AddSigned {
  const { items, width } = differences;
  return (signed, random) => {
    const trials = signed.length / width;
    const words = new Uint32Array(Math.ceil(trials / 4));
    for (let start = 0; start < items; start += 8) {
      const group = Math.min(8, items - start);
      const values = differences.values.subarray(start * width, (start + group) * width);
      const table = everySignedSum({ items: group, width, values });
      const mask = 2 ** group - 1;
      random.fill(words);
      for (let trial = 0, at = 0; trial < trials; trial++) {
        const byte = ((words[trial >>> 2] ?? 0) >>> ((trial & 3) * 8)) & mask;
        for (let from = byte * width; from < (byte + 1) * width; from++, at++) {
          signed[at] = (signed[at] ?? 0) + (table[from] ?? 0);
        }
      }
    }
  };
}

/** Wide rows that are mostly zeros: item by item, the other entries alone. */
function addBySigns(differences: ItemStatistics): AddSigned {
  const { items, width } = differences;
  const { starts, columns, entries } = toSparseRows(differences);
  const words = new Uint32Array(Math.ceil(items / 32));
  return (signed, random) => {
    for (let base = 0; base < signed.length; base += width) {
      random.fill(words);
      for (let item = 0; item < items; item++) {
        const sign = ((words[item >>> 5] ?? 0) >>> (item & 31)) & 1 ? -1 : 1;
        const end = starts[item + 1] ?? 0;
        for (let at = starts[item] ?? 0; at < end; at++) {
          const cell = base + (columns[at] ?? 0);
          signed[cell] = (signed[cell] ?? 0) + sign * (entries[at] ?? 0);
        }
      }
    }
  };
}

const InputSchema = z.union(
  [
    z.object({
      exceeding: z.int().nonnegative(),
      trials: z.int().nonnegative(),
    }),
    z.object({
      a: z.array(z.number()),
      b: z.array(z.number()),
      trials: z.int().positive().default(9999),
      seed: z.int().default(1),
    }),
  ],
  { error: 'expected a and b, or exceeding and trials' },
);

export const approxRandomizationExact = defineMetric({
  name: 'approx_randomization_exact',
  domain: 'statistics',
  title: { en: 'Approximate randomisation test', es: 'Prueba de aleatorización aproximada' },
  higherIsBetter: null,
  range: [0, 1],
  unit: 'number',
  aggregation: {
    en: 'The mean of the items, compared on the items that two entries share.',
    es: 'La media de los elementos, comparada en los elementos que comparten dos participantes.',
  },
  definition: {
    en: 'If two entries were equally good, swapping their scores on any item would have been as likely. The two-sided p-value is the share of all swaps (2 to the number of items) whose difference of means is at least as large as the one seen. Sampled, it is (exceeding + 1) / (trials + 1), which is never 0.',
    es: 'Si dos participantes fueran igual de buenos, intercambiar sus puntuaciones en cualquier elemento habría sido igual de probable. El valor p bilateral es la proporción de todos los intercambios (2 elevado al número de elementos) cuya diferencia de medias es al menos tan grande como la observada. Por muestreo es (exceeding + 1) / (trials + 1), que nunca es 0.',
  },
  edgeCases: {
    en: 'Up to 40 items that differ every swap is counted; beyond that, 9,999 seeded trials unless the input says otherwise. Equal scores give 1. Unequal lengths are an error; no items at all leave it undefined.',
    es: 'Hasta 40 elementos distintos se cuentan todos los intercambios; a partir de ahí, 9 999 sorteos con semilla salvo que la entrada diga otra cosa. Puntuaciones iguales dan 1. Longitudes distintas son un error; sin elementos no está definido.',
  },
  source: 'Noreen 1989; Fisher 1935; sacrebleu (p of a sampled test)',
  input: InputSchema,
  report: (input) => {
    if ('exceeding' in input) {
      const { exceeding, trials } = input;
      if (exceeding > trials) {
        throw new MetricInputError(`${exceeding} of ${trials} trials cannot exceed`);
      }
      return { value: sampledP(exceeding, trials) };
    }
    const { a, b, trials, seed } = input;
    if (a.length !== b.length) {
      throw new MetricInputError(`a has ${a.length} items, b has ${b.length}`);
    }
    if (a.length === 0) return { value: null };
    const differences = a.map((value, item) => value - (b[item] ?? 0)).filter((d) => d !== 0);
    if (differences.length <= ENUMERATED_UP_TO) {
      return { value: enumeratedP(differences), method: 'exact' };
    }
    const column = (values: readonly number[]): ItemStatistics => ({
      items: values.length,
      width: 1,
      values: Float64Array.from(values),
    });
    const mean: Finish = (sums, items) => (sums[0] ?? 0) / items;
    const { p } = randomizationTest(mean, column(a), column(b), { trials, seed });
    return { value: p, method: 'sampled' };
  },
});

/** Two lists of 2^20 sums. */
const ENUMERATED_UP_TO = 40;

/**
 * The exact two-sided p of a mean difference: the share of the 2^n sign choices with |sum| at least the
 * one seen. Each half of the items has its list of signed sums; for every sum on the left, those on the
 * right that do not bring the total up to the mark are a stretch of the sorted list.
 */
function enumeratedP(differences: readonly number[]): number {
  const half = differences.length >>> 1;
  const signedSums = (values: readonly number[]) =>
    everySignedSum({ items: values.length, width: 1, values: Float64Array.from(values) }).sort();
  const left = signedSums(differences.slice(0, half));
  const right = signedSums(differences.slice(half));
  const size = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const mark = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - 1e-12 * size;
  // Totals strictly inside (-mark, mark) fall short. As left sums rise, both ends of the stretch fall.
  let inside = 0;
  let begin = right.length;
  let end = right.length;
  for (const sum of left) {
    while (begin > 0 && (right[begin - 1] ?? 0) + sum > -mark) begin--;
    while (end > 0 && (right[end - 1] ?? 0) + sum >= mark) end--;
    inside += Math.max(0, end - begin);
  }
  const all = left.length * right.length;
  return (all - inside) / all;
}
