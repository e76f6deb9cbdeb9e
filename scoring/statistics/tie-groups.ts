import { SIGNIFICANCE_LEVEL } from './compare.ts';

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

/** The discordant items of two entries; item i is bit i of the words. */
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
