import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { parseEntry, type Entry } from './entries.ts';

export type LeaderboardEntryRow = Database['leaderboard_entries'];

/** A row with what its place on the board is decided by. */
export interface RankedRow {
  readonly row: LeaderboardEntryRow;
  readonly kind: string;
}

/** Every row of a board, with what its order is made from. */
export async function listRankedRows(
  db: Db,
  board: { phase_id: string; split: string },
): Promise<RankedRow[]> {
  const rows = await db
    .selectFrom('leaderboard_entries as l')
    .innerJoin('entries as e', 'e.id', 'l.entry_id')
    .selectAll('l')
    .select('e.kind')
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .execute();
  return rows.map(({ kind, ...row }) => ({ row, kind }));
}

export async function upsertLeaderboardEntry(db: Db, row: LeaderboardEntryRow): Promise<void> {
  await db
    .insertInto('leaderboard_entries')
    .values(row)
    .onConflict((oc) =>
      oc.columns(['phase_id', 'split', 'entry_id']).doUpdateSet({
        evaluation_id: row.evaluation_id,
        rank: row.rank,
        position: row.position,
        primary_value: row.primary_value,
        submissions: row.submissions,
        submitted_at: row.submitted_at,
      }),
    )
    .execute();
}

/** SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535; a row has nine. */
const ROWS_PER_STATEMENT = 1_000;

/** Ranks and positions of rows that are there already: a whole board in few statements. */
export async function updateLeaderboardPlaces(
  db: Db,
  rows: readonly LeaderboardEntryRow[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await db
      .insertInto('leaderboard_entries')
      .values(rows.slice(start, start + ROWS_PER_STATEMENT))
      .onConflict((oc) =>
        oc.columns(['phase_id', 'split', 'entry_id']).doUpdateSet((eb) => ({
          rank: eb.ref('excluded.rank'),
          position: eb.ref('excluded.position'),
        })),
      )
      .execute();
  }
}

export interface BoardEntry {
  readonly entry: Entry;
  readonly evaluation_id: string;
  readonly submission_id: string;
  readonly rank: number | null;
  readonly position: number;
  readonly submissions: number;
  readonly submitted_at: string;
}

/** Rows with `from <= position < to`, in order; or the one row of an entry. */
export async function listBoardEntries(
  db: Db,
  board: { phase_id: string; split: string },
  rows: { readonly from: number; readonly to: number } | { readonly entry_id: string },
): Promise<BoardEntry[]> {
  const query = db
    .selectFrom('leaderboard_entries as l')
    .innerJoin('entries as e', 'e.id', 'l.entry_id')
    .innerJoin('evaluations as v', 'v.id', 'l.evaluation_id')
    .selectAll('e')
    .select([
      'l.evaluation_id',
      'v.submission_id',
      'l.rank',
      'l.position',
      'l.submissions',
      'l.submitted_at',
    ])
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .orderBy('l.position');
  const found = await (
    'entry_id' in rows
      ? query.where('l.entry_id', '=', rows.entry_id)
      : query.where('l.position', '>=', rows.from).where('l.position', '<', rows.to)
  ).execute();
  return found.map(
    ({ evaluation_id, submission_id, rank, position, submissions, submitted_at, ...entry }) => ({
      entry: parseEntry(entry),
      evaluation_id,
      submission_id,
      rank,
      position,
      submissions,
      submitted_at,
    }),
  );
}

/** Rows of a board, ranked ones among them, and rows before a position. */
export async function countBoardEntries(
  db: Db,
  board: { phase_id: string; split: string; before: number },
): Promise<{ all: number; ranked: number; before: number }> {
  return db
    .selectFrom('leaderboard_entries')
    .select((eb) => [
      eb.fn.countAll<number>().as('all'),
      eb.fn.count<number>('rank').as('ranked'),
      eb.fn
        .coalesce(
          eb.fn.sum<number>(eb.case().when('position', '<', board.before).then(1).else(0).end()),
          eb.lit(0),
        )
        .as('before'),
    ])
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .executeTakeFirstOrThrow();
}

/** An evaluation that could stand for its entry, with its primary score on one split. */
export interface BoardCandidate {
  readonly id: string;
  readonly entry_id: string;
  readonly score: number | null;
  readonly submitted_at: string;
}

/** Succeeded evaluations of one entry in a phase. */
export async function listCandidates(
  db: Db,
  filter: { phase_id: string; entry_id: string; split: string; metric: string },
): Promise<BoardCandidate[]> {
  return db
    .selectFrom('evaluations as v')
    .innerJoin('submissions as s', 's.id', 'v.submission_id')
    .leftJoin('scores as c', (join) =>
      join
        .onRef('c.evaluation_id', '=', 'v.id')
        .on('c.split', '=', filter.split)
        .on('c.metric', '=', filter.metric),
    )
    .select(['v.id', 'v.entry_id', 'c.value as score', 's.created_at as submitted_at'])
    .where('v.phase_id', '=', filter.phase_id)
    .where('v.entry_id', '=', filter.entry_id)
    .where('v.status', '=', 'succeeded')
    .execute();
}
