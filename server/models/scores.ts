import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type ScoreRow = Database['scores'];

/** What participants may see of a score where it is not the score itself. */
export type ReleasedColumns = Pick<ScoreRow, 'released_value' | 'released_low' | 'released_high'>;

export const NOTHING_RELEASED: ReleasedColumns = {
  released_value: null,
  released_low: null,
  released_high: null,
};

/** PostgreSQL takes 65,535 parameters in a statement and SQLite 32,766; ids of a page are far fewer. */
export async function insertScores(db: Db, scores: readonly ScoreRow[]): Promise<void> {
  if (scores.length > 0) await db.insertInto('scores').values(scores).execute();
}

/** Of the named splits only: what a reader may not see is never read. */
export async function listScores(
  db: Db,
  filter: { evaluation_ids: readonly string[]; splits: readonly string[] },
): Promise<ScoreRow[]> {
  if (filter.evaluation_ids.length === 0 || filter.splits.length === 0) return [];
  return db
    .selectFrom('scores')
    .selectAll()
    .where('evaluation_id', 'in', filter.evaluation_ids)
    .where('split', 'in', filter.splits)
    .execute();
}

/** SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535; a row has nine. */
const ROWS_PER_STATEMENT = 1_000;

/** New released values of scores that are there already. */
export async function updateReleasedScores(db: Db, scores: readonly ScoreRow[]): Promise<void> {
  for (let start = 0; start < scores.length; start += ROWS_PER_STATEMENT) {
    await db
      .insertInto('scores')
      .values(scores.slice(start, start + ROWS_PER_STATEMENT))
      .onConflict((oc) =>
        oc.columns(['evaluation_id', 'split', 'metric']).doUpdateSet((eb) => ({
          released_value: eb.ref('excluded.released_value'),
          released_low: eb.ref('excluded.released_low'),
          released_high: eb.ref('excluded.released_high'),
        })),
      )
      .execute();
  }
}

/** Scores of succeeded evaluations in a phase, of one entry or of all. */
export async function listPhaseScores(
  db: Db,
  filter: { phase_id: string; splits: readonly string[]; entry_id?: string | undefined },
): Promise<ScoreRow[]> {
  if (filter.splits.length === 0) return [];
  const query = db
    .selectFrom('scores as c')
    .innerJoin('evaluations as v', 'v.id', 'c.evaluation_id')
    .selectAll('c')
    .where('v.phase_id', '=', filter.phase_id)
    .where('v.status', '=', 'succeeded')
    .where('c.split', 'in', filter.splits);
  return (
    filter.entry_id === undefined ? query : query.where('v.entry_id', '=', filter.entry_id)
  ).execute();
}

/** Of one entry, in the order of its submissions: the score of each that succeeded. */
export async function listEntryScores(
  db: Db,
  of: { phase_id: string; entry_id: string; split: string; metric: string },
): Promise<(ScoreRow & { submission_id: string; submitted_at: string })[]> {
  return db
    .selectFrom('scores as c')
    .innerJoin('evaluations as v', 'v.id', 'c.evaluation_id')
    .innerJoin('submissions as s', 's.id', 'v.submission_id')
    .selectAll('c')
    .select(['v.submission_id', 's.created_at as submitted_at'])
    .where('v.phase_id', '=', of.phase_id)
    .where('v.entry_id', '=', of.entry_id)
    .where('v.status', '=', 'succeeded')
    .where('c.split', '=', of.split)
    .where('c.metric', '=', of.metric)
    .orderBy('s.created_at')
    .orderBy('v.id')
    .execute();
}

/** Scores of the evaluations that stand on a board. */
export async function listBoardScores(
  db: Db,
  board: { phase_id: string; split: string; metrics: readonly string[] },
): Promise<ScoreRow[]> {
  if (board.metrics.length === 0) return [];
  return db
    .selectFrom('scores as c')
    .innerJoin('leaderboard_entries as l', (join) =>
      join.onRef('l.evaluation_id', '=', 'c.evaluation_id').onRef('l.split', '=', 'c.split'),
    )
    .selectAll('c')
    .where('l.phase_id', '=', board.phase_id)
    .where('l.split', '=', board.split)
    .where('c.metric', 'in', board.metrics)
    .execute();
}
