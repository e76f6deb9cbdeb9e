import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import { discordanceOf } from '../../../../scoring/statistics/compare.ts';
import { mcnemarExact } from '../../../../scoring/statistics/mcnemar.ts';
import { discordantBits, groupTies } from '../../../../scoring/statistics/tie-groups.ts';
import { column, mean } from './statistics.ts';

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

  it('makes one group of entries that only luck sets apart', () => {
    // 40 coins: the best of them stands well above the last, and none is better.
    const random = createRandom(77);
    const coins = Array.from({ length: 40 }, () =>
      column(Float64Array.from({ length: 400 }, () => random.nextBelow(2))),
    );
    const total = (coin: (typeof coins)[number]) =>
      coin.values.reduce((sum, value) => sum + value, 0);
    coins.sort((left, right) => total(right) - total(left));
    const coin = (place: number) => coins[place] ?? column([]);
    expect(total(coin(0)) - total(coin(39))).toBeGreaterThan(30);
    const p = (leader: number, entry: number) => {
      const differ = discordanceOf(mean, coin(leader), coin(entry));
      return differ === null ? 0 : mcnemarExact(differ.onlyA, differ.onlyB);
    };
    expect(new Set(groupTies(40, p).groups)).toEqual(new Set([1]));
  });
});

describe('discordantBits', () => {
  it('counts the same discordant items as the statistics', () => {
    const pairs = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), {
      minLength: 1,
      maxLength: 100,
    });
    const packed = (values: readonly number[]) => {
      const words = new Uint32Array(Math.ceil(values.length / 32));
      values.forEach((value, item) => {
        words[item >>> 5] = (words[item >>> 5] ?? 0) | (value << (item & 31));
      });
      return words;
    };
    fc.assert(
      fc.property(pairs, (drawn) => {
        const [a, b] = [drawn.map(([left]) => left), drawn.map(([, right]) => right)];
        const expected = discordanceOf(mean, column(a), column(b));
        expect(discordantBits(packed(a), packed(b))).toEqual(expected);
      }),
    );
  });
});
