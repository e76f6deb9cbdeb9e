import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEvaluation, rankItems } from '../../../scoring/rank.ts';
import type { Rankable, RankingRule } from '../../../scoring/rank.ts';

const LOSS = { name: 'loss', higherIsBetter: false };
const GAIN = { name: 'gain', higherIsBetter: true };

function primary(higherIsBetter: boolean, rule: Partial<RankingRule> = {}): RankingRule {
  const metrics = [{ name: 'loss', higherIsBetter }];
  return { method: 'primary', metrics, tie_breakers: [], earlier_first: false, ...rule };
}

const MEAN: RankingRule = {
  method: 'mean-of-ranks',
  metrics: [LOSS, GAIN],
  tie_breakers: [],
  earlier_first: false,
};

function item(
  id: string,
  loss: number | null,
  more: Partial<Rankable> & { gain?: number | null } = {},
): Rankable {
  const { gain = null, ...rest } = more;
  return { id, scores: { loss, gain }, kind: 'entry', submitted_at: '2026-01-01', ...rest };
}

function board(items: readonly Rankable[], rule: RankingRule): [string, number | null][] {
  return rankItems(items, rule).map(({ item: { id }, rank }) => [id, rank]);
}

describe('rankItems', () => {
  it('lets ties share a rank and skips the next one', () => {
    const items = [item('d', 0.4), item('b', 0.2), item('a', 0.1), item('c', 0.2)];
    expect(board(items, primary(false))).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 4],
    ]);
  });

  it('puts the highest first where higher is better', () => {
    expect(board([item('a', 1), item('b', 3), item('c', 2)], primary(true))).toEqual([
      ['b', 1],
      ['c', 2],
      ['a', 3],
    ]);
  });

  it('stands baselines and references among the entries without a rank', () => {
    const items = [
      item('entry', 0.02),
      item('baseline', 0.01, { kind: 'baseline' }),
      item('reference', 0.02, { kind: 'reference' }),
      item('last', 0.5),
    ];
    expect(board(items, primary(false))).toEqual([
      ['baseline', null],
      ['entry', 1],
      ['reference', null],
      ['last', 2],
    ]);
  });

  it.each([true, false])(
    'puts undefined scores last without a rank (higher is better: %s)',
    (higher) => {
      const items = [item('none', null), item('nan', NaN), item('zero', 0)];
      expect(board(items, primary(higher))).toEqual([
        ['zero', 1],
        ['nan', null],
        ['none', null],
      ]);
    },
  );

  it('asks the tie-breakers in their order where the primary metric is equal', () => {
    const second = { name: 'second', higherIsBetter: true };
    const three = [
      { ...item('a', 1), scores: { loss: 1, gain: 5, second: 1 } },
      { ...item('b', 1), scores: { loss: 1, gain: 7, second: 1 } },
      { ...item('c', 1), scores: { loss: 1, gain: 5, second: 2 } },
    ];
    expect(board(three, primary(false, { tie_breakers: [GAIN, second] }))).toEqual([
      ['b', 1],
      ['c', 2],
      ['a', 3],
    ]);
    // An undefined tie-breaker loses to any other.
    const undefinedOne = [item('x', 1, { gain: null }), item('y', 1, { gain: -9 })];
    expect(board(undefinedOne, primary(false, { tie_breakers: [GAIN] }))).toEqual([
      ['y', 1],
      ['x', 2],
    ]);
  });

  it('ranks the earlier submission first only where the rule says so', () => {
    const items = [
      item('later', 1, { submitted_at: '2026-01-02' }),
      item('earlier', 1, { submitted_at: '2026-01-01' }),
    ];
    expect(board(items, primary(false, { earlier_first: true }))).toEqual([
      ['earlier', 1],
      ['later', 2],
    ]);
    expect(board(items, primary(false))).toEqual([
      ['earlier', 1],
      ['later', 1],
    ]);
  });

  it('keeps disqualified entries after everybody, and nobody is ranked behind them', () => {
    const items = [
      item('cheat', 0, { disqualified: true }),
      item('a', 0.1),
      item('none', null),
      item('b', 0.2),
    ];
    expect(board(items, primary(false))).toEqual([
      ['a', 1],
      ['b', 2],
      ['none', null],
      ['cheat', null],
    ]);
    const mean = rankItems(
      [
        item('cheat', 0, { gain: 9, disqualified: true }),
        item('a', 0.1, { gain: 1 }),
        item('b', 0.2, { gain: 2 }),
      ],
      MEAN,
    );
    expect(mean.map((row) => [row.item.id, row.rank, row.mean_rank])).toEqual([
      ['a', 1, 1.5],
      ['b', 1, 1.5],
      ['cheat', null, 0.5],
    ]);
  });

  it('orders by the mean of the ranks in several metrics, equals sharing the mean of their places', () => {
    // Places by loss: a 1, b and c 2.5, d 4. By gain: b 1, a 2, d 3, c 4.
    const items = [
      item('a', 0.1, { gain: 8 }),
      item('b', 0.2, { gain: 9 }),
      item('c', 0.2, { gain: 1 }),
      item('d', 0.3, { gain: 5 }),
    ];
    const ranked = rankItems(items, MEAN);
    expect(ranked.map((row) => [row.item.id, row.rank, row.mean_rank])).toEqual([
      ['a', 1, 1.5],
      ['b', 2, 1.75],
      ['c', 3, 3.25],
      ['d', 4, 3.5],
    ]);
  });

  it('gives an undefined score the last place of its metric in a mean of ranks', () => {
    const items = [
      item('a', 0.1, { gain: null }),
      item('b', 0.2, { gain: 9 }),
      item('c', null, { gain: null }),
    ];
    // By gain b is first; a and c share places 2 and 3.
    expect(rankItems(items, MEAN).map((row) => [row.item.id, row.rank, row.mean_rank])).toEqual([
      ['b', 1, 1.5],
      ['a', 2, 1.75],
      ['c', null, null],
    ]);
  });

  it('stands a baseline right before whom it beats in a mean of ranks', () => {
    const items = [
      item('a', 0.1, { gain: 9 }),
      item('b', 0.3, { gain: 7 }),
      item('baseline', 0.2, { gain: 8, kind: 'baseline' }),
      item('equal', 0.1, { gain: 9, kind: 'reference' }),
    ];
    expect(board(items, MEAN)).toEqual([
      ['a', 1],
      ['equal', null],
      ['baseline', null],
      ['b', 2],
    ]);
  });

  const kinds = fc.constantFrom<Rankable['kind']>('entry', 'baseline', 'reference');
  const drawnScore = fc.option(fc.integer({ min: 0, max: 5 }));

  it('gives each entry one more than the number of strictly better entries', () => {
    const drawn = fc.array(fc.tuple(drawnScore, kinds, fc.boolean()));
    fc.assert(
      fc.property(drawn, fc.boolean(), (rows, higherIsBetter) => {
        const items = rows.map(([loss, kind, disqualified], index) =>
          item(String(index), loss, { kind, disqualified }),
        );
        const ranked = rankItems(items, primary(higherIsBetter));
        expect(ranked).toHaveLength(items.length);
        const takesPart = (row: Rankable) =>
          row.kind === 'entry' && row.disqualified !== true && row.scores['loss'] !== null;
        for (const { item: own, rank } of ranked) {
          const score = own.scores['loss'] ?? 0;
          if (!takesPart(own)) {
            expect(rank).toBeNull();
            continue;
          }
          const better = items.filter((other) => {
            const theirs = other.scores['loss'] ?? 0;
            return takesPart(other) && (higherIsBetter ? theirs > score : theirs < score);
          });
          expect(rank).toBe(better.length + 1);
        }
      }),
    );
  });

  it('does not depend on the order in which rows are given', () => {
    const drawn = fc.array(fc.tuple(drawnScore, drawnScore, kinds, fc.boolean()), {
      maxLength: 12,
    });
    const rules = fc.constantFrom(
      MEAN,
      primary(false),
      primary(true, { tie_breakers: [GAIN], earlier_first: true }),
    );
    const withShuffle = drawn.chain((rows) => {
      const items = rows.map(([loss, gain, kind, disqualified], index) =>
        item(String(index), loss, {
          gain,
          kind,
          disqualified,
          submitted_at: `2026-01-0${1 + (index % 2)}`,
        }),
      );
      return fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }));
    });
    fc.assert(
      fc.property(withShuffle, rules, ([items, shuffled], rule) => {
        expect(rankItems(shuffled, rule)).toEqual(rankItems(items, rule));
      }),
    );
  });

  it('finds means of ranks equal whichever metrics the places are in', () => {
    const names = ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6'];
    const drawn = fc.tuple(
      fc.array(fc.array(fc.integer({ max: 5 }), { minLength: 7, maxLength: 7 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 7 }),
    );
    fc.assert(
      fc.property(drawn, ([rows, count]) => {
        const used = names.slice(0, count);
        // Whoever is first in one metric and last in another has an equal who is so the other way round.
        const mirrored = rows.flatMap((row) => [row, row.slice(0, count).toReversed()]);
        const items = mirrored.map((row, index): Rankable => ({
          ...item(String(index), null),
          scores: Object.fromEntries(used.map((name, at) => [name, row[at] ?? 0])),
        }));
        const metrics = used.map((name) => ({ name, higherIsBetter: false }));
        const ranked = rankItems(items, { ...MEAN, metrics });
        const rankOf = new Map(ranked.map((row) => [row.item.id, row.rank]));
        for (const [index] of rows.entries()) {
          expect(rankOf.get(String(2 * index))).toBe(rankOf.get(String(2 * index + 1)));
        }
      }),
    );
  });

  it('sums the means of the ranks of n entries to n (n + 1) / 2', () => {
    const drawn = fc.array(fc.tuple(fc.integer({ max: 3 }), fc.integer({ max: 3 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(drawn, (rows) => {
        const items = rows.map(([loss, gain], index) => item(String(index), loss, { gain }));
        const sum = rankItems(items, MEAN).reduce((so, row) => so + (row.mean_rank ?? NaN), 0);
        expect(sum).toBeCloseTo((rows.length * (rows.length + 1)) / 2, 9);
      }),
    );
  });
});

describe('chooseEvaluation', () => {
  const candidates = [
    { id: 'first', scores: { loss: 0.2 }, submitted_at: '2026-01-01T00:00:00.000Z' },
    { id: 'second', scores: { loss: 0.1, gain: 1 }, submitted_at: '2026-01-02T00:00:00.000Z' },
    { id: 'third', scores: { loss: 0.1, gain: 2 }, submitted_at: '2026-01-03T00:00:00.000Z' },
    { id: 'fourth', scores: { loss: null }, submitted_at: '2026-01-04T00:00:00.000Z' },
  ];

  it('picks the best score, and the earlier of equal ones', () => {
    expect(chooseEvaluation(candidates, 'best', primary(false))?.id).toBe('second');
    expect(chooseEvaluation(candidates, 'best', primary(true))?.id).toBe('first');
  });

  it('asks the tie-breakers before the time', () => {
    const rule = primary(false, { tie_breakers: [GAIN] });
    expect(chooseEvaluation(candidates, 'best', rule)?.id).toBe('third');
  });

  it('picks the latest submission whatever it scored', () => {
    expect(chooseEvaluation(candidates, 'latest', primary(false))?.id).toBe('fourth');
  });

  it('picks the chosen one, and the best where none is chosen', () => {
    expect(chooseEvaluation(candidates, 'chosen', primary(false), 'first')?.id).toBe('first');
    expect(chooseEvaluation(candidates, 'chosen', primary(false), null)?.id).toBe('second');
    expect(chooseEvaluation(candidates, 'chosen', primary(false), 'gone')?.id).toBe('second');
    expect(chooseEvaluation(candidates, 'best', primary(false), 'first')?.id).toBe('second');
  });

  it('has nothing to pick from no candidates', () => {
    expect(chooseEvaluation([], 'best', primary(true))).toBeNull();
  });
});
