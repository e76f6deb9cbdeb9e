import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type TeamMemberRow = Database['team_members'];

/** @throws a unique violation when the user has an entry in the competition already. */
export async function insertTeamMember(db: Db, member: TeamMemberRow): Promise<void> {
  await db.insertInto('team_members').values(member).execute();
}

/** In the order in which they joined. */
export async function listTeamMembers(
  db: Db,
  entryId: string,
): Promise<{ user_id: string; name: string; joined_at: string }[]> {
  return db
    .selectFrom('team_members')
    .innerJoin('users', 'users.id', 'team_members.user_id')
    .select(['team_members.user_id', 'users.name', 'team_members.joined_at'])
    .where('team_members.entry_id', '=', entryId)
    .orderBy('team_members.joined_at')
    .orderBy('team_members.user_id')
    .execute();
}

export async function isTeamMember(db: Db, entryId: string, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('team_members')
    .select('entry_id')
    .where('entry_id', '=', entryId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns whether the user was in the team. */
export async function deleteTeamMember(
  db: Db,
  member: Pick<TeamMemberRow, 'entry_id' | 'user_id'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('team_members')
    .where('entry_id', '=', member.entry_id)
    .where('user_id', '=', member.user_id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
