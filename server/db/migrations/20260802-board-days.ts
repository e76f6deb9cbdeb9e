import type { Kysely } from 'kysely';

/** Ranks as they were when the day began, and who led a board from when on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;

  await schema
    .createTable('board_days')
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('split', 'text', (c) => c.notNull())
    .addColumn('day', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('board_days_key', ['phase_id', 'split'])
    .execute();

  await schema
    .createTable('board_day_ranks')
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('split', 'text', (c) => c.notNull())
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('rank', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('board_day_ranks_key', ['phase_id', 'split', 'entry_id'])
    .execute();

  await schema
    .createTable('board_leads')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('split', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('value', 'double precision')
    .execute();
  await schema
    .createIndex('board_leads_board')
    .on('board_leads')
    .columns(['phase_id', 'split', 'id'])
    .execute();
}
