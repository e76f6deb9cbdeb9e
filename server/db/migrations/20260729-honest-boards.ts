import { sql, type Kysely } from 'kysely';

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

  // Those of before, in the order of their ends.
  await sql`
    insert into releases (evaluation_id, phase_id, entry_id, turn, leader_evaluation_id)
    select id, phase_id, entry_id,
      row_number() over (partition by phase_id, entry_id order by finished_at, id), id
    from evaluations where status = 'succeeded'
  `.execute(db);

  await schema
    .createTable('chosen_submissions')
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('submission_id', 'text', (c) => c.notNull().references('submissions.id'))
    .addColumn('chosen_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('chosen_submissions_key', ['phase_id', 'entry_id'])
    .execute();

  await schema
    .createTable('board_tests')
    .addColumn('phase_id', 'text', (c) => c.notNull().references('phases.id'))
    .addColumn('split', 'text', (c) => c.notNull())
    .addColumn('above_evaluation_id', 'text', (c) => c.notNull().references('evaluations.id'))
    .addColumn('below_evaluation_id', 'text', (c) => c.notNull().references('evaluations.id'))
    .addColumn('p', 'double precision', (c) => c.notNull())
    .addPrimaryKeyConstraint('board_tests_key', [
      'phase_id',
      'split',
      'above_evaluation_id',
      'below_evaluation_id',
    ])
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
  await schema
    .alterTable('reference_rows')
    .addColumn('places_json', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();
}
