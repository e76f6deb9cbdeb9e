/** Which neighbours on a board cannot be told apart, and which ranks their scores allow. */
import type { Interval } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import { jackknifeTest } from '../../scoring/statistics/compare.ts';
import { proportionOf } from '../../scoring/statistics/interval.ts';
import { mcnemarExact } from '../../scoring/statistics/mcnemar.ts';
import { normalTwoSided } from '../../scoring/statistics/normal.ts';
import { rankIntervals, simultaneousIntervals } from '../../scoring/statistics/rank-interval.ts';
import type { Finish } from '../../scoring/statistics/resample.ts';
import { discordantBits, groupTies } from '../../scoring/statistics/tie-groups.ts';
import { Z_95 } from '../../scoring/statistics/wilson.ts';
import type { Db } from '../db/connect.ts';
import {
  deleteBoardTests,
  insertBoardTests,
  listBoardTests,
  type BoardTestRow,
} from '../models/board-tests.ts';
import type { LeaderboardEntryRow } from '../models/leaderboard-entries.ts';
import { readItemBits, readItems } from './item-results.ts';

/** A row of a board in its order: entries and baselines with a defined score. */
export interface ComparableRow {
  readonly row: Pick<LeaderboardEntryRow, 'entry_id' | 'evaluation_id'>;
  /** Null for a baseline. */
  readonly rank: number | null;
  /** In the primary metric, as participants see it. */
  readonly value: number;
  readonly interval: Interval | null;
}

export type Ties = Pick<LeaderboardEntryRow, 'tie_group' | 'rank_low' | 'rank_high'>;

export const NO_TIES: Ties = { tie_group: null, rank_low: null, rank_high: null };

/** How far down the board a row is compared item by item with the leader of its group. */
const REACH = 500;
/** Pairs whose results by item are held at once. */
const PAIRS_AT_ONCE = 200;

/** More tests than that are kept of a board for each of its rows: the oldest rebuilds are forgotten. */
const TESTS_PER_ROW = 20;

export interface TiesBoard {
  readonly phase_id: string;
  readonly split: string;
  /** The primary one. */
  readonly metric: string;
  /** False where results by item would tell more than the board may. */
  readonly paired: boolean;
  readonly rows: readonly ComparableRow[];
}

/**
 * Tie groups and rank intervals of a board, by entry. A row is compared with the leader of the group above
 * it: item by item, with McNemar's exact test where items are right or wrong and the jackknife elsewhere.
 * Rows more than 500 places apart, and all rows of a board of released scores, are compared by their
 * intervals instead, as if they had been scored on different items: that asks for a larger difference.
 * Tests of earlier rebuilds are kept, so that a new result costs a few tests and not a board of them.
 */
export async function tiesOf(trx: Db, board: TiesBoard): Promise<Map<string, Ties>> {
  const { rows } = board;
  const ties = new Map<string, Ties>();
  const ranges = rangesOf(board);
  for (const { row } of rows) ties.set(row.entry_id, { ...NO_TIES, ...ranges.get(row.entry_id) });
  // Without an interval there is nothing to say how sure a score is.
  const known = rows.filter(({ interval }) => interval !== null);
  const groups = board.paired
    ? await pairedGroups(trx, { ...board, rows: known })
    : groupTies(known.length, (leader, entry) => unpairedP(at(known, leader), at(known, entry)))
        .groups;
  for (const [index, { row }] of known.entries()) {
    ties.set(row.entry_id, {
      ...(ties.get(row.entry_id) ?? NO_TIES),
      tie_group: groups[index] ?? null,
    });
  }
  return ties;
}

function rangesOf({ metric, rows }: TiesBoard): Map<string, Pick<Ties, 'rank_low' | 'rank_high'>> {
  const { range, higherIsBetter } = getMetric(metric);
  const ranked = rows.filter(({ rank }) => rank !== null);
  if (ranked.every(({ interval }) => interval === null)) return new Map();
  const ranges = rankIntervals(simultaneousIntervals(ranked, range), higherIsBetter);
  return new Map(
    ranked.map(({ row }, index) => {
      const [rank_low, rank_high] = ranges[index] ?? [null, null];
      return [row.entry_id, { rank_low, rank_high }];
    }),
  );
}

/**
 * Which pairs are tested depends on what the tests before them said. So the walk goes on with a guess where a
 * test is missing, those that were missing are made, and it is walked again, until none is.
 */
async function pairedGroups(trx: Db, board: TiesBoard): Promise<number[]> {
  const { phase_id, split, rows } = board;
  const kept = await listBoardTests(trx, board);
  const tests = new Map(
    kept.map((test) => [`${test.above_evaluation_id} ${test.below_evaluation_id}`, test.p]),
  );
  const made: BoardTestRow[] = [];
  for (;;) {
    const missing: [ComparableRow, ComparableRow][] = [];
    const { groups } = groupTies(rows.length, (leader, entry) => {
      const [above, below] = [at(rows, leader), at(rows, entry)];
      if (entry - leader > REACH) return unpairedP(above, below);
      const p = tests.get(pairKey(above, below));
      if (p !== undefined) return p;
      if (missing.length < PAIRS_AT_ONCE) missing.push([above, below]);
      return unpairedP(above, below);
    });
    if (missing.length === 0) {
      if (kept.length > TESTS_PER_ROW * rows.length) await deleteBoardTests(trx, board);
      await insertBoardTests(trx, made);
      return groups;
    }
    for (const [above, below, p] of await testPairs(trx, board, missing)) {
      tests.set(pairKey(above, below), p);
      made.push({
        phase_id,
        split,
        above_evaluation_id: above.row.evaluation_id,
        below_evaluation_id: below.row.evaluation_id,
        p,
      });
    }
  }
}

async function testPairs(
  db: Db,
  { split, metric }: TiesBoard,
  pairs: readonly [ComparableRow, ComparableRow][],
): Promise<[ComparableRow, ComparableRow, number][]> {
  const evaluation_ids = [...new Set(pairs.flat().map(({ row }) => row.evaluation_id))];
  const of = { evaluation_ids, split, metric };
  const finish = finishOf(metric);
  const bits = await readItemBits(db, of);
  const sizes = new Set(Array.from(bits.values(), ({ items: size }) => size));
  const isProportion = [...sizes].every((size) => isMeanOfBits(finish, size));
  const items =
    isProportion && bits.size === evaluation_ids.length ? null : await readItems(db, of);
  const test = (above: string, below: string): number | null => {
    if (items === null) {
      const [a, b] = [bits.get(above), bits.get(below)];
      if (a === undefined || b?.items !== a.items) return null;
      const { onlyA, onlyB } = discordantBits(a.words, b.words);
      return mcnemarExact(onlyA, onlyB);
    }
    const [a, b] = [items.get(above), items.get(below)];
    const isPaired = a !== undefined && b?.items === a.items && b.width === a.width;
    return isPaired ? jackknifeTest(finish, a, b).p : null;
  };
  return pairs.map(([above, below]) => {
    const p = test(above.row.evaluation_id, below.row.evaluation_id);
    return [above, below, p ?? unpairedP(above, below)];
  });
}

/** Whether a score of that many right or wrong items is the share of either. */
function isMeanOfBits(finish: Finish, items: number): boolean {
  const values = Float64Array.from({ length: items }, (_, item) => item % 2);
  return proportionOf(finish, { items, width: 1, values }) !== null;
}

function finishOf(name: string): Finish {
  const metric = getMetric(name);
  return (sums, items, width) => metric.finish(sums, items, width);
}

/** Two-sided p by the normal law, from the halves of the intervals that face each other. */
function unpairedP(left: ComparableRow, right: ComparableRow): number {
  if (left.value === right.value) return 1;
  const [lower, upper] = left.value < right.value ? [left, right] : [right, left];
  const errorUp = ((lower.interval?.high ?? Infinity) - lower.value) / Z_95;
  const errorDown = (upper.value - (upper.interval?.low ?? -Infinity)) / Z_95;
  return normalTwoSided((upper.value - lower.value) / Math.hypot(errorUp, errorDown));
}

function pairKey(above: ComparableRow, below: ComparableRow): string {
  return `${above.row.evaluation_id} ${below.row.evaluation_id}`;
}

function at(rows: readonly ComparableRow[], index: number): ComparableRow {
  const row = rows[index];
  if (row === undefined) throw new RangeError(`there is no row ${index} of ${rows.length}`);
  return row;
}
