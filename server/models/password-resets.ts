import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type PasswordResetRow = Database['password_resets'];

export async function insertPasswordReset(db: Db, reset: PasswordResetRow): Promise<void> {
  await db.insertInto('password_resets').values(reset).execute();
}

/** Whose link it is; null when it is unknown or has expired at `now`. */
export async function selectOptionalPasswordReset(
  db: Db,
  tokenHash: string,
  now: string,
): Promise<PasswordResetRow | null> {
  const row = await db
    .selectFrom('password_resets')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ?? null;
}

/** @returns whether the link was still there: of two at once, one is the first. */
export async function deletePasswordReset(db: Db, tokenHash: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('password_resets')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** All links of a user: a new one, or a new password, makes the others void. */
export async function deletePasswordResets(db: Db, userId: string): Promise<void> {
  await db.deleteFrom('password_resets').where('user_id', '=', userId).execute();
}
