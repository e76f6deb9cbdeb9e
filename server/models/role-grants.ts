import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type RoleGrantRow = Database['role_grants'];

/** No error when the user has the role already. */
export async function insertRoleGrant(db: Db, grant: RoleGrantRow): Promise<void> {
  await db
    .insertInto('role_grants')
    .values(grant)
    .onConflict((oc) => oc.columns(['user_id', 'scope', 'scope_id', 'role']).doNothing())
    .execute();
}

export async function listRoleGrants(db: Db, userId: string): Promise<RoleGrantRow[]> {
  return db
    .selectFrom('role_grants')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
}

/** @returns whether the user had the role. */
export async function deleteRoleGrant(
  db: Db,
  grant: Pick<RoleGrantRow, 'user_id' | 'scope' | 'scope_id' | 'role'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('role_grants')
    .where('user_id', '=', grant.user_id)
    .where('scope', '=', grant.scope)
    .where('scope_id', '=', grant.scope_id)
    .where('role', '=', grant.role)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Roles of several users at once. */
export async function listRoleGrantsOf(
  db: Db,
  userIds: readonly string[],
): Promise<RoleGrantRow[]> {
  if (userIds.length === 0) return [];
  return db
    .selectFrom('role_grants')
    .selectAll()
    .where('user_id', 'in', userIds)
    .orderBy('id')
    .execute();
}

export async function countAdmins(db: Db): Promise<number> {
  const { n } = await db
    .selectFrom('role_grants')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('scope', '=', 'site')
    .where('role', '=', 'admin')
    .executeTakeFirstOrThrow();
  return n;
}
