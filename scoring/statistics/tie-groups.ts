import type { ItemStatistics } from '../metric.ts';
import { jackknifeTest, pairedTest, SIGNIFICANCE_LEVEL, type PairedTest } from './compare.ts';
import { proportionOf, type ItemwiseMetric } from './interval.ts';
import { mcnemarExact } from './mcnemar.ts';
import { checkPair } from './pairs.ts';
import { checkStatistics } from './resample.ts';

export interface TieGroups {
  /** The group of each entry in the order of the board, from 1. */
  readonly groups: number[];
  /** The position, from 0, that each entry was last compared with; null for the first. */
  readonly comparedWith: (number | null)[];
  /** The p-value of that comparison, not adjusted. */
  readonly pValues: (number | null)[];
  /** What a p-value had to be at most to begin a group, in the last walk. */
  readonly level: number;
}

/**
 * Tie groups of a board, best entry first: stretches of neighbours that a paired test cannot tell from
 * the first of them.
 *
 * Walk down the ranking. The first entry leads the first group; each next entry is compared with the
 * leader of the group so far, joins it if p > level, and else leads a new group. That is one comparison
 * for each of the N - 1 entries below the first. The level steps down as Holm's does: alpha/(N - 1) in the
 * first walk; if it began k groups, alpha/(N - 1 - k) in the next, in which those k stay; and so on until
 * a walk begins none. Chaining is avoided (each member was compared with the leader, not with its
 * neighbour); two members of one group may still differ from each other, and the last of one group need
 * not differ from the first of the next.
 *
 * The leaders are picked by the same data, so the level is Holm's for the comparisons made, not a
 * guarantee for all N(N - 1)/2 pairs.
 *
 * @param pValueOf two-sided p of the entries at two positions of the board, leader first.
 */
export function groupTies(
  entries: number,
  pValueOf: (leader: number, entry: number) => number,
  alpha: number = SIGNIFICANCE_LEVEL,
): TieGroups {
  const leaders = new Set([0]);
  const comparedWith = new Array<number | null>(entries).fill(null);
  const pValues = new Array<number | null>(entries).fill(null);
  let level = alpha;
  for (let before = -1; before !== leaders.size;) {
    before = leaders.size;
    if (before >= entries) break;
    level = alpha / (entries - before);
    let leader = 0;
    for (let entry = 1; entry < entries; entry++) {
      if (leaders.has(entry)) {
        leader = entry;
        continue;
      }
      if (comparedWith[entry] !== leader) {
        comparedWith[entry] = leader;
        pValues[entry] = pValueOf(leader, entry);
      }
      if ((pValues[entry] ?? 1) <= level) {
        leaders.add(entry);
        leader = entry;
      }
    }
  }
  let group = 0;
  const groups = Array.from({ length: entries }, (_, entry) =>
    leaders.has(entry) ? ++group : group,
  );
  return { groups, comparedWith, pValues, level };
}

export interface BoardTies extends TieGroups {
  readonly method: PairedTest['method'];
  /** Of each randomisation test; 0 where the test samples nothing. */
  readonly trials: number;
}

/** Additions that a board may spend on randomisation tests: a few seconds. */
const RANDOMIZED_UP_TO = 2e9;

/**
 * Tie groups from the statistics of all entries on the same items, best entry first. Proportions are
 * compared by McNemar's exact test; other scores by approximate randomisation with so many trials that its
 * smallest p is at most half of alpha/(N - 1), or, where a board is too large for that, by the jackknife.
 *
 * @throws RangeError where the entries were not scored on the same items.
 */
export function tieGroupsOf(
  metric: ItemwiseMetric,
  statistics: readonly ItemStatistics[],
  options: { readonly alpha?: number; readonly seed?: number } = {},
): BoardTies {
  const { alpha = SIGNIFICANCE_LEVEL, seed = 1 } = options;
  const { finish } = metric.itemwise;
  const [first] = statistics;
  const entries = statistics.length;
  if (first === undefined) return { ...groupTies(0, () => 1), method: 'mcnemar-exact', trials: 0 };
  for (const other of statistics) {
    checkStatistics(other);
    checkPair(first, other);
  }
  const statisticsAt = (position: number) => statistics[position] ?? first;
  if (statistics.every((entry) => proportionOf(finish, entry) !== null)) {
    const bits = statistics.map(packBits);
    const bitsAt = (position: number) => bits[position] ?? new Uint32Array(0);
    const pValueOf = (leader: number, entry: number) => {
      const { onlyA, onlyB } = discordantBits(bitsAt(leader), bitsAt(entry));
      return mcnemarExact(onlyA, onlyB);
    };
    return { ...groupTies(entries, pValueOf, alpha), method: 'mcnemar-exact', trials: 0 };
  }
  const trials = Math.max(9999, Math.ceil((2 * (entries - 1)) / alpha));
  const work = (entries - 1) * trials * ((first.items * first.width) / 8);
  if (work > RANDOMIZED_UP_TO) {
    const pValueOf = (leader: number, entry: number) =>
      jackknifeTest(finish, statisticsAt(leader), statisticsAt(entry)).p;
    return { ...groupTies(entries, pValueOf, alpha), method: 'jackknife-z', trials: 0 };
  }
  const pValueOf = (leader: number, entry: number) =>
    pairedTest(finish, statisticsAt(leader), statisticsAt(entry), { trials, seed }).p;
  return { ...groupTies(entries, pValueOf, alpha), method: 'approximate-randomisation', trials };
}

/** One bit for each item: 10,000 entries on 10,000 items then take 12.5 MB. Item i is bit i of the words. */
export function packBits({ items, values }: ItemStatistics): Uint32Array {
  const words = new Uint32Array(Math.ceil(items / 32));
  for (let item = 0; item < items; item++) {
    if (values[item] === 1) words[item >>> 5] = (words[item >>> 5] ?? 0) | (1 << (item & 31));
  }
  return words;
}

/** The discordant items of two entries packed by `packBits`. */
export function discordantBits(a: Uint32Array, b: Uint32Array): { onlyA: number; onlyB: number } {
  let onlyA = 0;
  let onlyB = 0;
  for (let word = 0; word < a.length; word++) {
    const [own, other] = [a[word] ?? 0, b[word] ?? 0];
    onlyA += countOnes(own & ~other);
    onlyB += countOnes(other & ~own);
  }
  return { onlyA, onlyB };
}

/** Bits set in a 32-bit word, by sums of neighbours (Warren, "Hacker's Delight", 5-1). */
function countOnes(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
