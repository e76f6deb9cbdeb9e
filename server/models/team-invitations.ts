import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export type TeamInvitationRow = Database['team_invitations'];

export async function insertTeamInvitation(db: Db, invitation: TeamInvitationRow): Promise<void> {
  await db.insertInto('team_invitations').values(invitation).execute();
}

/** Null when it is unknown, was taken up or withdrawn, or has expired at `now`. */
export async function selectOptionalTeamInvitation(
  db: Db,
  tokenHash: string,
  now: string,
): Promise<TeamInvitationRow | null> {
  const row = await db
    .selectFrom('team_invitations')
    .selectAll()
    .where('token_hash', '=', tokenHash)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ?? null;
}

/** Those that can still be taken up at `now`, oldest first. */
export async function listTeamInvitations(
  db: Db,
  entryId: string,
  now: string,
): Promise<TeamInvitationRow[]> {
  return db
    .selectFrom('team_invitations')
    .selectAll()
    .where('entry_id', '=', entryId)
    .where('expires_at', '>', now)
    .orderBy('id')
    .execute();
}

/** @returns whether it was still there: of two at once, one is the first. */
export async function deleteTeamInvitation(
  db: Db,
  invitation: Pick<TeamInvitationRow, 'id' | 'entry_id'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('team_invitations')
    .where('id', '=', invitation.id)
    .where('entry_id', '=', invitation.entry_id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function deleteTeamInvitations(db: Db, entryId: string): Promise<void> {
  await db.deleteFrom('team_invitations').where('entry_id', '=', entryId).execute();
}
