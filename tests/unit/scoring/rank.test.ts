import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEvaluation, rankItems } from '../../../scoring/rank.ts';
import type { Rankable } from '../../../scoring/rank.ts';

function item(id: string, score: number | null, kind: Rankable['kind'] = 'entry'): Rankable {
  return { id, score, kind, submitted_at: `2026-01-01T00:00:0${id.length}.000Z` };
}

function board(items: readonly Rankable[], higherIsBetter: boolean): [string, number | null][] {
  return rankItems(items, higherIsBetter).map(({ item: { id }, rank }) => [id, rank]);
}

describe('rankItems', () => {
  it('lets ties share a rank and skips the next one', () => {
    const items = [item('d', 0.4), item('b', 0.2), item('a', 0.1), item('c', 0.2)];
    expect(board(items, false)).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 4],
    ]);
  });

  it('puts the highest first where higher is better', () => {
    expect(board([item('a', 1), item('b', 3), item('c', 2)], true)).toEqual([
      ['b', 1],
      ['c', 2],
      ['a', 3],
    ]);
  });

  it('stands baselines and references among the entries without a rank', () => {
    const items = [
      item('entry', 0.02),
      item('baseline', 0.01, 'baseline'),
      item('reference', 0.02, 'reference'),
      item('last', 0.5),
    ];
    expect(board(items, false)).toEqual([
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
      expect(board(items, higher)[0]).toEqual(['zero', 1]);
      expect(
        board(items, higher)
          .slice(1)
          .map(([, rank]) => rank),
      ).toEqual([null, null]);
    },
  );

  it('gives each entry one more than the number of strictly better entries', () => {
    const kinds = fc.constantFrom<Rankable['kind']>('entry', 'baseline', 'reference');
    const drawn = fc.array(fc.tuple(fc.option(fc.integer({ min: 0, max: 5 })), kinds));
    fc.assert(
      fc.property(drawn, fc.boolean(), (rows, higherIsBetter) => {
        const items = rows.map(([score, kind], index) => item(String(index), score, kind));
        const ranked = rankItems(items, higherIsBetter);
        expect(ranked).toHaveLength(items.length);
        for (const { item: own, rank } of ranked) {
          const { score } = own;
          if (own.kind !== 'entry' || score === null) {
            expect(rank).toBeNull();
            continue;
          }
          const better = items.filter(
            (other) =>
              other.kind === 'entry' &&
              other.score !== null &&
              (higherIsBetter ? other.score > score : other.score < score),
          );
          expect(rank).toBe(better.length + 1);
        }
      }),
    );
  });
});

describe('chooseEvaluation', () => {
  const candidates = [
    { id: 'first', score: 0.2, submitted_at: '2026-01-01T00:00:00.000Z' },
    { id: 'second', score: 0.1, submitted_at: '2026-01-02T00:00:00.000Z' },
    { id: 'third', score: 0.1, submitted_at: '2026-01-03T00:00:00.000Z' },
    { id: 'fourth', score: null, submitted_at: '2026-01-04T00:00:00.000Z' },
  ];

  it('picks the best score, and the earlier of equal ones', () => {
    expect(chooseEvaluation(candidates, 'best', false)?.id).toBe('second');
    expect(chooseEvaluation(candidates, 'best', true)?.id).toBe('first');
  });

  it('picks the latest submission whatever it scored', () => {
    expect(chooseEvaluation(candidates, 'latest', false)?.id).toBe('fourth');
  });

  it('has nothing to pick from no candidates', () => {
    expect(chooseEvaluation([], 'best', true)).toBeNull();
  });
});
