/** What the pages of one competition share above their content. */
import { duration, relativeTime } from '../../views/helpers.ts';
import { localized, translate, type Language } from '../../views/language.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';

export interface CompetitionHead {
  readonly title: string;
  readonly summary: string;
  readonly href: string;
  readonly tabs: readonly {
    readonly label: string;
    readonly href: string;
    readonly current: boolean;
  }[];
  /** This page for each phase, where there are several; the board has links of its own. */
  readonly phases: readonly {
    readonly label: string;
    readonly href: string;
    readonly current: boolean;
  }[];
  readonly phase: string;
  /** `open`, `upcoming` or `closed`. */
  readonly state: PhaseView['state'];
  readonly state_text: string;
  /** The exact time behind the sentence. */
  readonly state_at: string | null;
}

export type CompetitionTab = 'overview' | 'leaderboard' | 'submit';

export function presentHead(
  language: Language,
  competition: CompetitionView,
  phase: PhaseView,
  current: CompetitionTab,
  now: Date,
): CompetitionHead {
  const href = `/competitions/${competition.slug}`;
  const query = phaseQuery(competition, phase);
  const { text, at } = phaseState(language, phase, now);
  return {
    title: localized(language, competition.title),
    summary: localized(language, competition.summary),
    href,
    tabs: [
      {
        label: translate(language, 'competition.overview'),
        href: `${href}${query}`,
        current: current === 'overview',
      },
      {
        label: translate(language, 'competition.leaderboard'),
        href: `${href}/leaderboard${query}`,
        current: current === 'leaderboard',
      },
      {
        label: translate(language, 'competition.submit'),
        href: `${href}/submit${query}`,
        current: current === 'submit',
      },
      ...(competition.viewer_audits
        ? [{ label: translate(language, 'audit.title'), href: `${href}/audit`, current: false }]
        : []),
    ],
    phases:
      competition.phases.length < 2 || current === 'leaderboard'
        ? []
        : competition.phases.map((item) => ({
            label: localized(language, item.title),
            href: `${href}${current === 'submit' ? '/submit' : ''}${phaseQuery(competition, item)}`,
            current: item.id === phase.id,
          })),
    phase: localized(language, phase.title),
    state: phase.state,
    state_text: text,
    state_at: at,
  };
}

/** What an address needs to name the phase: nothing where there is only one. */
export function phaseQuery(
  competition: Pick<CompetitionView, 'phases'>,
  phase: Pick<PhaseView, 'slug'>,
): string {
  return competition.phases.length < 2 ? '' : `?phase=${phase.slug}`;
}

/** `6 days left`, with the moment that it counts to. */
export function phaseState(
  language: Language,
  phase: Pick<PhaseView, 'state' | 'starts_at' | 'ends_at'>,
  now: Date,
): { text: string; at: string | null } {
  if (phase.state === 'upcoming') {
    const time = relativeTime(language, phase.starts_at, now);
    return { text: translate(language, 'competition.starts_in', { time }), at: phase.starts_at };
  }
  if (phase.ends_at === null) {
    return { text: translate(language, 'competition.always_open'), at: null };
  }
  if (phase.state === 'closed') {
    const time = relativeTime(language, phase.ends_at, now);
    return { text: translate(language, 'competition.ended', { time }), at: phase.ends_at };
  }
  const time = duration(language, Date.parse(phase.ends_at) - now.getTime());
  return { text: translate(language, 'competition.time_left', { time }), at: phase.ends_at };
}
