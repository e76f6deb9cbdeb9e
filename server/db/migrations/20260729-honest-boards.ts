import type { Kysely } from 'kysely';

/** Results by item, released scores, rules of ranking and release, tie groups, disqualification. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;

  await schema
    .createTable('item_results')
    .addColumn('evaluation_id', 'text', (c) => c.notNull().references('evaluations.id'))
    .addColumn('split', 'text', (c) => c.notNull())
    .addColumn('metric', 'text', (c) => c.notNull())
    .addColumn('items', 'integer', (c) => c.notNull())
    .addColumn('width', 'integer', (c) => c.notNull())
    .addColumn('encoding', 'text', (c) => c.notNull())
    // SQLite has no such type and keeps a blob as it is.
    .addColumn('data', 'bytea', (c) => c.notNull())
    .addPrimaryKeyConstraint('item_results_key', ['evaluation_id', 'split', 'metric'])
    .execute();

  await schema
    .createTable('releases')
    .addColumn('evaluation_id', 'text', (c) => c.primaryKey().references('evaluations.id'))
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('turn', 'integer', (c) => c.notNull())
    .addColumn('leader_evaluation_id', 'text', (c) => c.notNull().references('evaluations.id'))
    .addUniqueConstraint('releases_turn', ['phase_id', 'entry_id', 'turn'])
    .execute();

  await schema
    .createTable('chosen_submissions')
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('submission_id', 'text', (c) => c.notNull().references('submissions.id'))
    .addColumn('chosen_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('chosen_submissions_key', ['phase_id', 'entry_id'])
    .execute();

  // One column a statement: SQLite adds no more.
  for (const column of ['released_value', 'released_low', 'released_high']) {
    await schema.alterTable('scores').addColumn(column, 'double precision').execute();
  }
  for (const column of ['ranking_json', 'release_json']) {
    await schema.alterTable('phases').addColumn(column, 'text').execute();
  }
  for (const column of ['disqualified_at', 'disqualified_reason']) {
    await schema.alterTable('entries').addColumn(column, 'text').execute();
  }
  for (const column of ['tie_group', 'rank_low', 'rank_high']) {
    await schema.alterTable('leaderboard_entries').addColumn(column, 'integer').execute();
  }
  await schema
    .alterTable('leaderboard_entries')
    .addColumn('mean_rank', 'double precision')
    .execute();
  await schema.alterTable('leaderboard_entries').addColumn('compared_with', 'text').execute();
  await schema
    .alterTable('leaderboard_entries')
    .addColumn('compared_p', 'double precision')
    .execute();
  await schema
    .alterTable('reference_rows')
    .addColumn('places_json', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
}
