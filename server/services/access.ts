/** Who may do what: one pure function per question, default deny. */

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

/** Whether scores of the private split may be shown to everybody. */
export function isRevealed(
  phase: { readonly ends_at: string | null; readonly revealed_at: string | null },
  now: Date,
): boolean {
  const at = phase.revealed_at ?? phase.ends_at;
  return at !== null && Date.parse(at) <= now.getTime();
}
