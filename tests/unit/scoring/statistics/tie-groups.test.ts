import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import { discordanceOf } from '../../../../scoring/statistics/compare.ts';
import {
  discordantBits,
  groupTies,
  packBits,
  tieGroupsOf,
} from '../../../../scoring/statistics/tie-groups.ts';
import { column, fromRows, makeMetric, mean, ratio } from './statistics.ts';

describe('groupTies', () => {
  it('puts entries together that the leader of their group does not differ from', () => {
    // Scores 10, 9, 5, 4, 0; entries differ where scores do by more than 3.
    const scores = [10, 9, 5, 4, 0];
    const p = (leader: number, entry: number) =>
      Math.abs((scores[leader] ?? 0) - (scores[entry] ?? 0)) > 3 ? 1e-6 : 0.6;
    expect(groupTies(5, p)).toMatchObject({
      groups: [1, 1, 2, 2, 3],
      comparedWith: [null, 0, 0, 2, 2],
    });
  });

  it('does not chain: the end of a long slope is not tied with its top', () => {
    const p = (leader: number, entry: number) => (entry - leader > 2 ? 1e-9 : 0.9);
    expect(groupTies(7, p).groups).toEqual([1, 1, 1, 2, 2, 2, 3]);
  });

  it('compares each entry once where nobody differs, at alpha over their number', () => {
    let comparisons = 0;
    const { groups, level } = groupTies(101, () => (comparisons++, 0.0006));
    expect(comparisons).toBe(100);
    expect(new Set(groups)).toEqual(new Set([1]));
    expect(level).toBeCloseTo(0.05 / 100, 12);
  });

  it('steps its level down as groups begin, and keeps those that began', () => {
    // 0.03 is above 0.05/2 and below 0.05/1: only after the first rejection does it count.
    const table: Record<string, number> = { '0 1': 0.03, '0 2': 0.001, '1 2': 0.5 };
    const p = (leader: number, entry: number) => table[`${leader} ${entry}`] ?? 1;
    expect(groupTies(3, p).groups).toEqual([1, 2, 3]);
    expect(groupTies(3, (leader, entry) => (entry === 2 ? 0.04 : p(leader, entry))).groups).toEqual(
      [1, 1, 1],
    );
  });

  it('numbers groups from 1 without gaps and ends', () => {
    const tables = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 64,
      maxLength: 64,
    });
    fc.assert(
      fc.property(fc.nat(8), tables, (entries, table) => {
        const p = (leader: number, entry: number) => (table[8 * leader + entry] ?? 1) ** 4;
        const { groups } = groupTies(entries, p);
        expect(groups).toHaveLength(entries);
        groups.forEach((group, entry) => {
          expect(group - (groups[entry - 1] ?? (entry === 0 ? 1 : NaN))).toBeOneOf([0, 1]);
        });
      }),
    );
    expect(groupTies(0, () => 1).groups).toEqual([]);
    expect(groupTies(1, () => 1).groups).toEqual([1]);
  });
});

describe('packBits', () => {
  it('counts the same discordant items as the statistics', () => {
    const pairs = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(pairs, (drawn) => {
        const a = column(drawn.map(([left]) => left));
        const b = column(drawn.map(([, right]) => right));
        expect(discordantBits(packBits(a), packBits(b))).toEqual(discordanceOf(mean, a, b));
      }),
    );
  });
});

describe('tieGroupsOf', () => {
  const accuracy = makeMetric({ range: [0, 1] });

  /** An entry that gets `right` of 400 items right, which ones by the seed. */
  function entry(right: number, seed: number) {
    const random = createRandom(seed);
    const values = new Float64Array(400);
    for (let left = right; left > 0;) {
      const item = random.nextBelow(400);
      if (values[item] === 1) continue;
      values[item] = 1;
      left--;
    }
    return column(values);
  }

  it("groups a board of proportions by McNemar's test", () => {
    const board = [380, 378, 376, 300, 297, 120].map((right, seed) => entry(right, seed));
    expect(tieGroupsOf(accuracy, board)).toMatchObject({
      groups: [1, 1, 1, 2, 2, 3],
      method: 'mcnemar-exact',
      trials: 0,
    });
  });

  it('makes one group of entries that only luck sets apart', () => {
    // 40 coins: the best of them stands well above the last, and none is better.
    const random = createRandom(77);
    const coins = Array.from({ length: 40 }, () =>
      column(Float64Array.from({ length: 400 }, () => random.nextBelow(2))),
    );
    const total = (coin: (typeof coins)[number]) =>
      coin.values.reduce((sum, value) => sum + value, 0);
    coins.sort((left, right) => total(right) - total(left));
    expect(total(coins[0] ?? column([])) - total(coins.at(-1) ?? column([]))).toBeGreaterThan(30);
    expect(new Set(tieGroupsOf(accuracy, coins).groups)).toEqual(new Set([1]));
  });

  it('groups other scores by randomisation, with trials enough for its level', () => {
    const random = createRandom(5);
    const lengths = Array.from({ length: 80 }, () => 10 + random.nextBelow(20));
    const rows = (mistakes: number) =>
      fromRows(lengths.map((length) => [mistakes + random.nextBelow(4), length]));
    const wer = makeMetric({ higherIsBetter: false, itemwise: { finish: ratio } });
    const board = [rows(0), rows(0), rows(3), rows(6), rows(6)];
    expect(tieGroupsOf(wer, board)).toMatchObject({
      groups: [1, 1, 2, 3, 3],
      method: 'approximate-randomisation',
      trials: 9999,
    });
  });

  it('takes the jackknife where randomisation would take too long', () => {
    const random = createRandom(5);
    const rows = (mistakes: number) =>
      column(Float64Array.from({ length: 4000 }, () => mistakes + random.nextBelow(40) / 10));
    const board = Array.from({ length: 450 }, (_, place) => rows(place < 200 ? 5 : 0));
    expect(tieGroupsOf(makeMetric(), board)).toMatchObject({ method: 'jackknife-z', trials: 0 });
    expect(new Set(tieGroupsOf(makeMetric(), board).groups.slice(0, 200))).toEqual(new Set([1]));
  });

  it('has no groups of no entries, and refuses entries scored on different items', () => {
    expect(tieGroupsOf(accuracy, []).groups).toEqual([]);
    expect(() => tieGroupsOf(accuracy, [column([1]), column([1, 0])])).toThrow(/1 items.*2 by 1/);
  });
});
