import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type BoardTestRow = Database['board_tests'];

type Board = Pick<BoardTestRow, 'phase_id' | 'split'>;

export async function listBoardTests(db: Db, { phase_id, split }: Board): Promise<BoardTestRow[]> {
  return db
    .selectFrom('board_tests')
    .selectAll()
    .where('phase_id', '=', phase_id)
    .where('split', '=', split)
    .execute();
}

/** SQLite takes 32,766 parameters in one statement, PostgreSQL 65,535; a row has five. */
const ROWS_PER_STATEMENT = 4_000;

export async function insertBoardTests(db: Db, rows: readonly BoardTestRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await db
      .insertInto('board_tests')
      .values(rows.slice(start, start + ROWS_PER_STATEMENT))
      .onConflict((oc) => oc.doNothing())
      .execute();
  }
}

export async function deleteBoardTests(db: Db, { phase_id, split }: Board): Promise<void> {
  await db
    .deleteFrom('board_tests')
    .where('phase_id', '=', phase_id)
    .where('split', '=', split)
    .execute();
}
