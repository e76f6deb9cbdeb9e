import { list } from '../../views/helpers.ts';
import { localized, translate, type Language } from '../../views/language.ts';
import type { Viewer } from '../services/access.ts';
import type { Invitation, Team } from '../services/teams.ts';

export interface TeamModel {
  readonly competition: string;
  readonly competition_href: string;
  readonly action: string;
  readonly members: readonly {
    readonly name: string;
    readonly joined_at: string;
    readonly you: boolean;
  }[];
  readonly invitations: readonly { readonly action: string; readonly expires_at: string }[];
  /** Null when nobody more may join. */
  readonly invite_help: string | null;
  readonly can_leave: boolean;
  /** Said of a team that may not be left any more. */
  readonly is_fixed: boolean;
}

export function presentTeam(language: Language, team: Team, viewer: Viewer): TeamModel {
  const href = `/competitions/${team.competition.slug}`;
  return {
    competition: localized(language, team.competition.title),
    competition_href: href,
    action: `${href}/team`,
    members: team.members.map(({ user_id, name, joined_at }) => ({
      name,
      joined_at,
      you: user_id === viewer.id,
    })),
    invitations: team.invitations.map(({ id, expires_at }) => ({
      action: `${href}/team/invitations/${id}/withdraw`,
      expires_at,
    })),
    invite_help:
      team.places === 0 ? null : translate(language, 'team.invite_help', { places: team.places }),
    can_leave: team.can_leave,
    is_fixed: team.members.length > 1 && !team.can_leave,
  };
}

export function presentInvitation(
  language: Language,
  { team, members, competition }: Invitation,
): { readonly title: string; readonly lead: string; readonly members: string } {
  return {
    title: translate(language, 'join.title', { team }),
    lead: translate(language, 'join.lead', {
      competition: localized(language, competition.title),
    }),
    members: translate(language, 'join.members', { members: list(language, members) }),
  };
}
