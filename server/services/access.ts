/** Who may do what: one pure function per question, default deny. */
import { AppError } from '../errors.ts';

export interface RoleGrant {
  readonly scope: string;
  readonly scope_id: string;
  readonly role: string;
}

/** A person who is logged in, by session or by API token. */
export interface Viewer {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly locale: string;
  readonly roles: readonly RoleGrant[];
}

export function isAdmin(viewer: Viewer | null): boolean {
  return viewer?.roles.some(({ scope, role }) => scope === 'site' && role === 'admin') ?? false;
}

/** @throws AppError NOT_FOUND for everybody but administrators: for others there is nothing to find. */
export function requireAdmin(viewer: Viewer | null): Viewer {
  if (viewer === null || !isAdmin(viewer)) throw new AppError('NOT_FOUND');
  return viewer;
}

export function isOrganizer(viewer: Viewer | null, competitionId: string): boolean {
  return (
    isAdmin(viewer) ||
    (viewer?.roles.some(
      ({ scope, scope_id, role }) =>
        scope === 'competition' && scope_id === competitionId && role === 'organizer',
    ) ??
      false)
  );
}

/** Whether somebody has anything to organize: administrators, and organizers of any competition. */
export function organizesAny(viewer: Viewer | null): viewer is Viewer {
  if (viewer === null) return false;
  return (
    isAdmin(viewer) ||
    viewer.roles.some(({ scope, role }) => scope === 'competition' && role === 'organizer')
  );
}

/** Whether somebody sees all submissions of a competition, with artifacts, logs and audit rows. */
export function audits(viewer: Viewer | null, competitionId: string): boolean {
  return (
    isOrganizer(viewer, competitionId) ||
    (viewer?.roles.some(
      ({ scope, scope_id, role }) =>
        scope === 'competition' && scope_id === competitionId && role === 'instructor',
    ) ??
      false)
  );
}

/** Whether a competition is there for somebody: a draft is, for those who organize or audit it. */
export function seesCompetition(
  viewer: Viewer | null,
  competition: { readonly id: string; readonly state: string },
): boolean {
  return competition.state === 'public' || audits(viewer, competition.id);
}

interface Reveal {
  readonly private_split: string | null;
  readonly ends_at: string | null;
  readonly revealed_at: string | null;
  readonly reveal_rule: 'at-end' | 'by-organizer';
}

/** Without a private split there is nothing that organizers could reveal: what is shown late is shown then. */
export function revealsAtEnd({
  private_split,
  reveal_rule,
}: Pick<Reveal, 'private_split' | 'reveal_rule'>): boolean {
  return private_split === null || reveal_rule === 'at-end';
}

/** From when on scores that are shown late may be shown to everybody; null where that is open. */
export function revealTime(phase: Reveal): string | null {
  return phase.revealed_at ?? (revealsAtEnd(phase) ? phase.ends_at : null);
}

/** Whether scores that are shown late may be shown to everybody. */
export function isRevealed(phase: Reveal, now: Date): boolean {
  const at = revealTime(phase);
  return at !== null && Date.parse(at) <= now.getTime();
}
