import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import type { UserRow } from './users.ts';

export type ApiTokenRow = Database['api_tokens'];

export async function insertApiToken(db: Db, token: ApiTokenRow): Promise<void> {
  await db.insertInto('api_tokens').values(token).execute();
}

/** Newest first. */
export async function listApiTokenRows(db: Db, userId: string): Promise<ApiTokenRow[]> {
  return db
    .selectFrom('api_tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id', 'desc')
    .execute();
}

/** Tokens that are neither revoked nor expired at `now`. */
export async function countLiveApiTokens(db: Db, userId: string, now: string): Promise<number> {
  const { n } = await db
    .selectFrom('api_tokens')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return n;
}

/** @returns whether the user has a token of that id. */
export async function updateApiTokenRevoked(
  db: Db,
  token: { id: string; user_id: string; revoked_at: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_tokens')
    .set((eb) => ({ revoked_at: eb.fn.coalesce('revoked_at', eb.val(token.revoked_at)) }))
    .where('id', '=', token.id)
    .where('user_id', '=', token.user_id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function updateApiTokenUsed(db: Db, id: string, at: string): Promise<void> {
  await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute();
}

/** The user of a token that is neither revoked nor expired at `now`. */
export async function selectOptionalTokenUser(
  db: Db,
  tokenHash: string,
  now: string,
): Promise<{ token: ApiTokenRow; user: UserRow } | null> {
  const token = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirst();
  if (token === undefined) return null;
  const user = await db
    .selectFrom('users')
    .selectAll()
    .where('id', '=', token.user_id)
    .executeTakeFirstOrThrow();
  return { token, user };
}
