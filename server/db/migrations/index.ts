import { Migrator, type Migration } from 'kysely/migration';

import type { Db } from '../connect.ts';
import { up as firstTables } from './20260727-first-tables.ts';
import { up as receipts } from './20260728-receipts.ts';
import { up as honestBoards } from './20260729-honest-boards.ts';
import { up as accounts } from './20260730-accounts.ts';
import { up as teams } from './20260731-teams.ts';
import { up as organizing } from './20260801-organizing.ts';
import { up as boardDays } from './20260802-board-days.ts';

/** In order. Forward only; a released migration never changes. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '20260727-first-tables': { up: firstTables },
  '20260728-receipts': { up: receipts },
  '20260729-honest-boards': { up: honestBoards },
  '20260730-accounts': { up: accounts },
  '20260731-teams': { up: teams },
  '20260801-organizing': { up: organizing },
  '20260802-board-days': { up: boardDays },
};

export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

/** Brings the tables up to date; all of it or nothing. @returns the names of the migrations that ran. */
export async function migrate(db: Db): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('The database could not be migrated', { cause: error });
  return (results ?? []).map(({ migrationName }) => migrationName);
}
