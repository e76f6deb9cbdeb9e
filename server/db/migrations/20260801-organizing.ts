import type { Kysely } from 'kysely';

/** More limits and the time zone of a phase, Markdown pages of a competition, tasks that organizers bring. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;

  // One column a statement: SQLite adds no more.
  for (const column of ['total_limit', 'concurrent_limit']) {
    await schema.alterTable('phases').addColumn(column, 'integer').execute();
  }
  await schema
    .alterTable('phases')
    .addColumn('time_zone', 'text', (c) => c.notNull().defaultTo('UTC'))
    .execute();
  await schema
    .alterTable('phases')
    .addColumn('reveal_rule', 'text', (c) => c.notNull().defaultTo('at-end'))
    .execute();
  await schema
    .alterTable('tasks')
    .addColumn('competition_id', 'text', (c) => c.references('competitions.id'))
    .execute();
  await schema.alterTable('task_versions').addColumn('folder', 'text').execute();

  await schema
    .createTable('competition_pages')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('competition_id', 'text', (c) => c.notNull().references('competitions.id'))
    .addColumn('slug', 'text', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('title_json', 'text', (c) => c.notNull())
    .addColumn('body_json', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('competition_pages_slug', ['competition_id', 'slug'])
    .execute();

  await schema
    .createTable('task_imports')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('competition_id', 'text', (c) => c.notNull().references('competitions.id'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('file_name', 'text', (c) => c.notNull())
    .addColumn('storage_key', 'text')
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('problems_json', 'text', (c) => c.notNull())
    .addColumn('task_version_id', 'text', (c) => c.references('task_versions.id'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('finished_at', 'text')
    .execute();
  await schema
    .createIndex('task_imports_competition')
    .on('task_imports')
    .columns(['competition_id', 'id'])
    .execute();
}
