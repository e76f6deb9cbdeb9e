import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { containing } from '../db/text-search.ts';

export type UserRow = Database['users'];

export async function insertUser(db: Db, user: UserRow): Promise<void> {
  await db.insertInto('users').values(user).execute();
}

/** @param email in lower case, as stored. */
export async function selectOptionalUserByEmail(db: Db, email: string): Promise<UserRow | null> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('email', '=', email)
    .executeTakeFirst();
  return row ?? null;
}

export async function updateUserLocale(db: Db, id: string, locale: string): Promise<void> {
  await db.updateTable('users').set({ locale }).where('id', '=', id).execute();
}

export async function selectOptionalUser(db: Db, id: string): Promise<UserRow | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function updateUserPassword(db: Db, id: string, password_hash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash }).where('id', '=', id).execute();
}

/**
 * Users in the order in which they came.
 *
 * @param search part of a name or an address, in any case; empty for everybody.
 */
export async function listUsers(
  db: Db,
  page: { search: string; offset: number; limit: number },
): Promise<{ users: UserRow[]; total: number }> {
  const matching = db
    .selectFrom('users')
    .where((eb) => eb.or(containing(['name', 'email'], page.search)));
  const users = await matching
    .selectAll()
    .orderBy('id')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  const { n } = await matching
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return { users, total: n };
}

export async function countUsers(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom('users')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return n;
}
