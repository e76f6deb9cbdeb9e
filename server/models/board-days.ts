import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

interface BoardKey {
  readonly phase_id: string;
  readonly split: string;
}

/** The last UTC day (`yyyy-mm-dd`) on which the board changed, with the ranks of before; null: never. */
export async function selectOptionalBoardDay(db: Db, board: BoardKey): Promise<string | null> {
  const row = await db
    .selectFrom('board_days')
    .select('day')
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .executeTakeFirst();
  return row?.day ?? null;
}

/** Keeps the ranks as they are now for the day that begins: those of the day before are not kept. */
export async function replaceBoardDay(db: Db, board: BoardKey & { day: string }): Promise<void> {
  const { phase_id, split, day } = board;
  await db
    .insertInto('board_days')
    .values({ phase_id, split, day })
    .onConflict((oc) => oc.columns(['phase_id', 'split']).doUpdateSet({ day }))
    .execute();
  await db
    .deleteFrom('board_day_ranks')
    .where('phase_id', '=', phase_id)
    .where('split', '=', split)
    .execute();
  await db
    .insertInto('board_day_ranks')
    .columns(['phase_id', 'split', 'entry_id', 'rank'])
    .expression((eb) =>
      eb
        .selectFrom('leaderboard_entries')
        .select((s) => ['phase_id', 'split', 'entry_id', s.ref('rank').$notNull().as('rank')])
        .where('phase_id', '=', phase_id)
        .where('split', '=', split)
        .where('rank', 'is not', null),
    )
    .execute();
}

/** Whether anybody had a rank when the kept day began. */
export async function hasBoardDayRanks(db: Db, board: BoardKey): Promise<boolean> {
  const row = await db
    .selectFrom('board_day_ranks')
    .select('rank')
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Rank by entry when the kept day began. */
export async function listBoardDayRanks(
  db: Db,
  board: BoardKey & { entry_ids: readonly string[] },
): Promise<Map<string, number>> {
  if (board.entry_ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('board_day_ranks')
    .select(['entry_id', 'rank'])
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .where('entry_id', 'in', board.entry_ids)
    .execute();
  return new Map(rows.map(({ entry_id, rank }) => [entry_id, rank]));
}

export type BoardLead = Database['board_leads'];

export async function insertBoardLead(db: Db, lead: BoardLead): Promise<void> {
  await db.insertInto('board_leads').values(lead).execute();
}

/** The last ones, oldest first. */
export async function listBoardLeads(
  db: Db,
  board: BoardKey & { limit: number },
): Promise<BoardLead[]> {
  const rows = await db
    .selectFrom('board_leads')
    .selectAll()
    .where('phase_id', '=', board.phase_id)
    .where('split', '=', board.split)
    .orderBy('id', 'desc')
    .limit(board.limit)
    .execute();
  return rows.toReversed();
}
