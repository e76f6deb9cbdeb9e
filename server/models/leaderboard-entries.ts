import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { parseJson } from '../lib/json.ts';
import { parseEntry, type Entry } from './entries.ts';

export type LeaderboardEntryRow = Database['leaderboard_entries'];

/** A row with what its place on the board is decided by. */
export interface RankedRow {
  readonly row: LeaderboardEntryRow;
  readonly kind: string;
  readonly disqualified: boolean;
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
    .select(['e.kind', 'e.disqualified_at'])
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .execute();
  return rows.map(({ kind, disqualified_at, ...row }) => ({
    row,
    kind,
    disqualified: disqualified_at !== null,
  }));
}

/** What an entry shows; its places are decided when the board is ranked. */
export type ShownEvaluation = Pick<
  LeaderboardEntryRow,
  | 'phase_id'
  | 'split'
  | 'entry_id'
  | 'evaluation_id'
  | 'primary_value'
  | 'submissions'
  | 'submitted_at'
>;

/** SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535; a row has thirteen. */
const ROWS_PER_STATEMENT = 1_000;

export async function upsertShownEvaluations(
  db: Db,
  rows: readonly ShownEvaluation[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await db
      .insertInto('leaderboard_entries')
      .values(
        rows
          .slice(start, start + ROWS_PER_STATEMENT)
          .map((row) => ({ ...row, position: OFF_BOARD })),
      )
      .onConflict((oc) =>
        oc.columns(['phase_id', 'split', 'entry_id']).doUpdateSet((eb) => ({
          evaluation_id: eb.ref('excluded.evaluation_id'),
          primary_value: eb.ref('excluded.primary_value'),
          submissions: eb.ref('excluded.submissions'),
          submitted_at: eb.ref('excluded.submitted_at'),
        })),
      )
      .execute();
  }
}

/** Position of a row that stands on no page: of an entry that is disqualified. */
export const OFF_BOARD = -1;

/** What the ranking of a board decides of a row. */
export const RANKING_COLUMNS = [
  'rank',
  'position',
  'mean_rank',
  'tie_group',
  'rank_low',
  'rank_high',
] as const satisfies readonly (keyof LeaderboardEntryRow)[];

/** Ranks, positions and groups of rows that are there already: a whole board in few statements. */
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
          mean_rank: eb.ref('excluded.mean_rank'),
          tie_group: eb.ref('excluded.tie_group'),
          rank_low: eb.ref('excluded.rank_low'),
          rank_high: eb.ref('excluded.rank_high'),
        })),
      )
      .execute();
  }
}

/** What a board tells of an entry's place on it. */
const PLACE = [
  'evaluation_id',
  ...RANKING_COLUMNS,
  'submissions',
  'submitted_at',
] as const satisfies readonly (keyof LeaderboardEntryRow)[];
type Place = Pick<LeaderboardEntryRow, (typeof PLACE)[number]>;

export interface BoardEntry extends Readonly<Place> {
  readonly entry: Entry;
  readonly submission_id: string;
}

/** Rows with `from <= position < to`, in order; or those of one entry, or of some. */
export async function listBoardEntries(
  db: Db,
  board: { phase_id: string; split: string },
  rows:
    | { readonly from: number; readonly to: number }
    | { readonly entry_id: string }
    | { readonly entry_ids: readonly string[] },
): Promise<BoardEntry[]> {
  const query = selectBoardEntries(db, board).orderBy('l.position');
  if ('entry_ids' in rows) {
    if (rows.entry_ids.length === 0) return [];
    return (await query.where('l.entry_id', 'in', rows.entry_ids).execute()).map(toBoardEntry);
  }
  const found = await (
    'entry_id' in rows
      ? query.where('l.entry_id', '=', rows.entry_id)
      : query.where('l.position', '>=', rows.from).where('l.position', '<', rows.to)
  ).execute();
  return found.map(toBoardEntry);
}

/** Those of disqualified entries, by the time of their submissions. */
export async function listOffBoardEntries(
  db: Db,
  board: { phase_id: string; split: string },
  limit: number,
): Promise<BoardEntry[]> {
  const found = await selectBoardEntries(db, board)
    .where('l.position', '=', OFF_BOARD)
    .where('e.disqualified_at', 'is not', null)
    .orderBy('l.submitted_at')
    .orderBy('l.entry_id')
    .limit(limit)
    .execute();
  return found.map(toBoardEntry);
}

function selectBoardEntries(db: Db, board: { phase_id: string; split: string }) {
  return db
    .selectFrom('leaderboard_entries as l')
    .innerJoin('entries as e', 'e.id', 'l.entry_id')
    .innerJoin('evaluations as v', 'v.id', 'l.evaluation_id')
    .selectAll('e')
    .select('v.submission_id')
    .select(PLACE.map((column) => `l.${column}` as const))
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split);
}

function toBoardEntry(
  row: Database['entries'] & Place & { readonly submission_id: string },
): BoardEntry {
  const place = Object.fromEntries(PLACE.map((column) => [column, row[column]])) as Place;
  return { entry: parseEntry(row), submission_id: row.submission_id, ...place };
}

/** Rows that have a place on a board, and ranked ones among them. */
export async function countBoardEntries(
  db: Db,
  board: { phase_id: string; split: string },
): Promise<{ all: number; ranked: number }> {
  return db
    .selectFrom('leaderboard_entries')
    .select((eb) => [eb.fn.countAll<number>().as('all'), eb.fn.count<number>('rank').as('ranked')])
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .where('position', '!=', OFF_BOARD)
    .executeTakeFirstOrThrow();
}

/**
 * Every row that has a place on a board, with its score in one metric: what everybody sees of it.
 *
 * @param of.released whether that is the released score.
 */
export async function listBoardValues(
  db: Db,
  board: { phase_id: string; split: string },
  of: { metric: string; released: boolean },
): Promise<{ entry_id: string; position: number; value: number | null }[]> {
  return db
    .selectFrom('leaderboard_entries as l')
    .leftJoin('scores as c', (join) =>
      join
        .onRef('c.evaluation_id', '=', 'l.evaluation_id')
        .onRef('c.split', '=', 'l.split')
        .on('c.metric', '=', of.metric),
    )
    .select(['l.entry_id', 'l.position'])
    .select((eb) => eb.ref(of.released ? 'c.released_value' : 'c.value').as('value'))
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .where('l.position', '!=', OFF_BOARD)
    .execute();
}

/** A submission that stands on a board, with what it cost to send. */
export interface SizedRow {
  readonly entry: Entry;
  /** As participants see it. */
  readonly value: number | null;
  readonly artifact_bytes: number;
  /** What ran it; null where that is not known. */
  readonly engine: string | null;
}

const RunEngine = z.object({ engine: z.object({ name: z.string() }) });

/** The first rows of a board with the sizes of their submissions. */
export async function listBoardSizes(
  db: Db,
  board: { phase_id: string; split: string; limit: number },
): Promise<SizedRow[]> {
  const rows = await db
    .selectFrom('leaderboard_entries as l')
    .innerJoin('entries as e', 'e.id', 'l.entry_id')
    .innerJoin('evaluations as v', 'v.id', 'l.evaluation_id')
    .innerJoin('submissions as s', 's.id', 'v.submission_id')
    .selectAll('e')
    .select(['l.primary_value', 's.artifact_bytes', 'v.run_json'])
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .where('l.position', '!=', OFF_BOARD)
    .orderBy('l.position')
    .limit(board.limit)
    .execute();
  return rows.map((row) => ({
    entry: parseEntry(row),
    value: row.primary_value,
    artifact_bytes: row.artifact_bytes,
    engine: row.run_json === null ? null : parseJson(RunEngine, row.run_json).engine.name,
  }));
}

/** An evaluation that could stand for its entry. */
export interface BoardCandidate {
  readonly id: string;
  readonly submission_id: string;
  readonly entry_id: string;
  readonly submitted_at: string;
}

/** Succeeded evaluations in a phase, of one entry or of all. */
export async function listCandidates(
  db: Db,
  filter: { phase_id: string; entry_id?: string | undefined },
): Promise<BoardCandidate[]> {
  const query = db
    .selectFrom('evaluations as v')
    .innerJoin('submissions as s', 's.id', 'v.submission_id')
    .select(['v.id', 'v.submission_id', 'v.entry_id', 's.created_at as submitted_at'])
    .where('v.phase_id', '=', filter.phase_id)
    .where('v.status', '=', 'succeeded')
    .orderBy('v.id');
  return (
    filter.entry_id === undefined ? query : query.where('v.entry_id', '=', filter.entry_id)
  ).execute();
}

/** Entries that are ranked on two boards of a phase, best private rank first. */
export async function listShakeUpRows(
  db: Db,
  boards: { phase_id: string; public_split: string; private_split: string },
): Promise<
  {
    entry: Entry;
    public_rank: number;
    private_rank: number;
    public_value: number | null;
    private_value: number | null;
  }[]
> {
  const rows = await db
    .selectFrom('leaderboard_entries as before')
    .innerJoin('leaderboard_entries as after', (join) =>
      join
        .onRef('after.phase_id', '=', 'before.phase_id')
        .onRef('after.entry_id', '=', 'before.entry_id'),
    )
    .innerJoin('entries as e', 'e.id', 'before.entry_id')
    .selectAll('e')
    .select((eb) => [
      eb.ref('before.rank').$notNull().as('public_rank'),
      eb.ref('after.rank').$notNull().as('private_rank'),
      'before.primary_value as public_value',
      'after.primary_value as private_value',
    ])
    .where('before.phase_id', '=', boards.phase_id)
    .where('before.split', '=', boards.public_split)
    .where('after.split', '=', boards.private_split)
    .where('before.rank', 'is not', null)
    .where('after.rank', 'is not', null)
    .orderBy('after.position')
    .execute();
  return rows.map(({ public_rank, private_rank, public_value, private_value, ...entry }) => ({
    entry: parseEntry(entry),
    public_rank,
    private_rank,
    public_value,
    private_value,
  }));
}
