/**
 * Teams: an entry of one person, or of several by invitation. Quotas, submissions and rank are the entry's.
 *
 * Nobody is in two entries of a competition, and whoever has submitted stays where they are: else every new
 * team would be a new quota.
 */
import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { isUniqueViolation } from '../db/dialect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { hashSecret, newSecret } from '../lib/secrets.ts';
import type { Competition } from '../models/competitions.ts';
import { selectCompetition, selectOptionalCompetitionBySlug } from '../models/competitions.ts';
import {
  deleteEntry,
  selectEntry,
  selectOptionalUserEntry,
  updateEntryName,
  updateEntryUser,
  upsertUserEntry,
  type Entry,
} from '../models/entries.ts';
import { countEntrySubmissions } from '../models/submissions.ts';
import {
  deleteTeamInvitation,
  deleteTeamInvitations,
  insertTeamInvitation,
  listTeamInvitations,
  selectOptionalTeamInvitation,
} from '../models/team-invitations.ts';
import { deleteTeamMember, insertTeamMember, listTeamMembers } from '../models/team-members.ts';
import { seesCompetition, type Viewer } from './access.ts';
import { fieldErrors, NameSchema } from './accounts.ts';
import { recordAudit } from './audit.ts';

export const MOST_MEMBERS = 10;
export const INVITATION_DAYS = 7;
const DAY_MS = 24 * 60 * 60 * 1000;

const TeamSchema = z.object({ name: NameSchema });

export interface Team {
  readonly competition: Pick<Competition, 'slug' | 'title'>;
  /** Null while the viewer takes part in nothing here. */
  readonly entry_id: string | null;
  readonly name: string;
  readonly members: readonly {
    readonly user_id: string;
    readonly name: string;
    readonly joined_at: string;
  }[];
  readonly invitations: readonly { readonly id: string; readonly expires_at: string }[];
  /** Members that the team may still get, open invitations counted. */
  readonly places: number;
  /** Until the first submission. */
  readonly can_leave: boolean;
}

export interface Invitation {
  readonly competition: Pick<Competition, 'slug' | 'title'>;
  readonly team: string;
  readonly members: readonly string[];
  readonly expires_at: string;
}

/** @throws AppError COMPETITION_NOT_FOUND */
export async function readTeam(deps: Deps, input: { slug: string; viewer: Viewer }): Promise<Team> {
  const { db, clock } = deps;
  const { viewer } = input;
  const competition = await selectVisible(db, input.slug, viewer);
  const { slug, title } = competition;
  const entry = await selectOptionalUserEntry(db, competition.id, viewer.id);
  if (entry === null) {
    return {
      competition: { slug, title },
      entry_id: null,
      name: viewer.name,
      members: [],
      invitations: [],
      places: MOST_MEMBERS - 1,
      can_leave: false,
    };
  }
  const members = await listTeamMembers(db, entry.id);
  const invitations = await listTeamInvitations(db, entry.id, timestamp(clock));
  return {
    competition: { slug, title },
    entry_id: entry.id,
    name: entry.name.en,
    members,
    invitations: invitations.map(({ id, expires_at }) => ({ id, expires_at })),
    places: Math.max(0, MOST_MEMBERS - members.length - invitations.length),
    can_leave: members.length > 1 && (await countEntrySubmissions(db, entry.id)) === 0,
  };
}

/**
 * Names the viewer's entry, which is made when there is none.
 *
 * @throws AppError COMPETITION_NOT_FOUND, INVALID_FORM (field name)
 */
export async function renameTeam(
  deps: Deps,
  input: { slug: string; viewer: Viewer; name: string },
): Promise<void> {
  const { viewer } = input;
  const parsed = TeamSchema.safeParse(input);
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  const { name } = parsed.data;
  await deps.db.transaction().execute(async (trx) => {
    const entry = await ensureEntry(deps, trx, input);
    await updateEntryName(trx, { id: entry.id, name });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'team.renamed',
      subject: 'entry',
      subject_id: entry.id,
      detail: { from: entry.name.en, to: name },
    });
  });
}

/**
 * A link with which one person joins, once, within a week.
 *
 * @throws AppError COMPETITION_NOT_FOUND, TEAM_FULL
 */
export async function inviteToTeam(
  deps: Deps,
  input: { slug: string; viewer: Viewer },
): Promise<{ url: string; expires_at: string }> {
  const { viewer } = input;
  const token = newSecret();
  const now = timestamp(deps.clock);
  const expires_at = timestamp(deps.clock, INVITATION_DAYS * DAY_MS);
  await deps.db.transaction().execute(async (trx) => {
    const entry = await ensureEntry(deps, trx, input);
    const members = await listTeamMembers(trx, entry.id);
    const open = await listTeamInvitations(trx, entry.id, now);
    if (members.length + open.length >= MOST_MEMBERS) {
      throw new AppError('TEAM_FULL', { params: { limit: MOST_MEMBERS } });
    }
    const id = newId();
    await insertTeamInvitation(trx, {
      id,
      token_hash: hashSecret(token),
      entry_id: entry.id,
      created_by: viewer.id,
      created_at: now,
      expires_at,
    });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'team.invited',
      subject: 'entry',
      subject_id: entry.id,
      detail: { invitation_id: id },
    });
  });
  return { url: `${deps.config.PUBLIC_URL}/join/${token}`, expires_at };
}

/** @throws AppError COMPETITION_NOT_FOUND, INVITATION_INVALID when it is not there any more. */
export async function withdrawInvitation(
  deps: Deps,
  input: { slug: string; viewer: Viewer; id: string },
): Promise<void> {
  const { viewer, id } = input;
  await deps.db.transaction().execute(async (trx) => {
    const competition = await selectVisible(trx, input.slug, viewer);
    const entry = await selectOptionalUserEntry(trx, competition.id, viewer.id);
    if (entry === null || !(await deleteTeamInvitation(trx, { id, entry_id: entry.id }))) {
      throw new AppError('INVITATION_INVALID');
    }
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'team.invitation_withdrawn',
      subject: 'entry',
      subject_id: entry.id,
      detail: { invitation_id: id },
    });
  });
}

/** What a link leads to. @throws AppError INVITATION_INVALID */
export async function readInvitation(
  deps: Deps,
  input: { token: string; viewer: Viewer },
): Promise<Invitation> {
  const { db } = deps;
  const { invitation, entry, competition } = await selectInvitation(deps, db, input);
  const { slug, title } = competition;
  return {
    competition: { slug, title },
    team: entry.name.en,
    members: (await listTeamMembers(db, entry.id)).map(({ name }) => name),
    expires_at: invitation.expires_at,
  };
}

/**
 * Takes up an invitation. An entry of one's own that never submitted and that nobody else is in goes; any
 * other one has to be left first.
 *
 * @returns the competition's slug.
 * @throws AppError INVITATION_INVALID, ALREADY_TAKES_PART
 */
export async function joinTeam(
  deps: Deps,
  input: { token: string; viewer: Viewer },
): Promise<string> {
  const { viewer } = input;
  return deps.db.transaction().execute(async (trx) => {
    const { invitation, competition } = await selectInvitation(deps, trx, input);
    const { id, entry_id } = invitation;
    const competition_id = competition.id;
    const own = await selectOptionalUserEntry(trx, competition_id, viewer.id);
    if (own !== null) {
      const alone = (await listTeamMembers(trx, own.id)).length === 1;
      const unused = (await countEntrySubmissions(trx, own.id)) === 0;
      if (own.id === entry_id || !alone || !unused) throw new AppError('ALREADY_TAKES_PART');
      await deleteTeamInvitations(trx, own.id);
      await deleteTeamMember(trx, { entry_id: own.id, user_id: viewer.id });
      await deleteEntry(trx, own.id);
    }
    if (!(await deleteTeamInvitation(trx, { id, entry_id }))) {
      throw new AppError('INVITATION_INVALID');
    }
    try {
      await insertTeamMember(trx, {
        entry_id,
        competition_id,
        user_id: viewer.id,
        joined_at: timestamp(deps.clock),
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('ALREADY_TAKES_PART', { cause: error });
      throw error;
    }
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'team.joined',
      subject: 'entry',
      subject_id: entry_id,
      detail: { invitation_id: id },
    });
    return competition.slug;
  });
}

/** @throws AppError COMPETITION_NOT_FOUND, TEAM_FIXED once it has submitted, or when nobody would be left. */
export async function leaveTeam(
  deps: Deps,
  input: { slug: string; viewer: Viewer },
): Promise<void> {
  const { viewer } = input;
  await deps.db.transaction().execute(async (trx) => {
    const competition = await selectVisible(trx, input.slug, viewer);
    const entry = await selectOptionalUserEntry(trx, competition.id, viewer.id);
    if (
      entry === null ||
      (await countEntrySubmissions(trx, entry.id)) > 0 ||
      (await listTeamMembers(trx, entry.id)).length === 1
    ) {
      throw new AppError('TEAM_FIXED');
    }
    await deleteTeamMember(trx, { entry_id: entry.id, user_id: viewer.id });
    const [next] = await listTeamMembers(trx, entry.id);
    if (entry.user_id === viewer.id && next !== undefined) {
      await updateEntryUser(trx, { id: entry.id, user_id: next.user_id });
    }
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'team.left',
      subject: 'entry',
      subject_id: entry.id,
    });
  });
}

async function selectVisible(db: Db, slug: string, viewer: Viewer): Promise<Competition> {
  const competition = await selectOptionalCompetitionBySlug(db, slug);
  if (competition === null || !seesCompetition(viewer, competition)) {
    throw new AppError('COMPETITION_NOT_FOUND');
  }
  return competition;
}

/** An invitation to a competition that was withdrawn since leads nowhere. */
async function selectInvitation(
  deps: Deps,
  db: Db,
  { token, viewer }: { token: string; viewer: Viewer },
) {
  const invitation = await selectOptionalTeamInvitation(
    db,
    hashSecret(token),
    timestamp(deps.clock),
  );
  if (invitation === null) throw new AppError('INVITATION_INVALID');
  const entry = await selectEntry(db, invitation.entry_id);
  const competition = await selectCompetition(db, entry.competition_id);
  if (!seesCompetition(viewer, competition)) throw new AppError('INVITATION_INVALID');
  return { invitation, entry, competition };
}

async function ensureEntry(
  deps: Deps,
  trx: Db,
  { slug, viewer }: { slug: string; viewer: Viewer },
): Promise<Entry> {
  const competition = await selectVisible(trx, slug, viewer);
  const id = await upsertUserEntry(trx, {
    id: newId(),
    competition_id: competition.id,
    user_id: viewer.id,
    name: viewer.name,
    created_at: timestamp(deps.clock),
  });
  return selectEntry(trx, id);
}
