import { sql, type Kysely } from 'kysely';

/** Who takes part in an entry: one person, or several by invitation. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('team_members')
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('competition_id', 'text', (c) => c.notNull().references('competitions.id'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('joined_at', 'text', (c) => c.notNull())
    // Of two joins at once, one is refused: nobody is in two teams of a competition.
    .addPrimaryKeyConstraint('team_members_key', ['competition_id', 'user_id'])
    .execute();
  await db.schema.createIndex('team_members_entry').on('team_members').column('entry_id').execute();
  await sql`
    insert into team_members (entry_id, competition_id, user_id, joined_at)
    select id, competition_id, user_id, created_at from entries where user_id is not null
  `.execute(db);

  await db.schema
    .createTable('team_invitations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('entry_id', 'text', (c) => c.notNull().references('entries.id'))
    .addColumn('created_by', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('team_invitations_entry')
    .on('team_invitations')
    .column('entry_id')
    .execute();
}
