import { localized, type Language } from '../../views/language.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import type { Board } from '../services/leaderboards.ts';
import { emptyBoard, entryHref, presentTable, type BoardTable, type EmptyBoard } from './board.ts';
import { phaseQuery, phaseState } from './head.ts';

export interface HomePage {
  readonly competitions: readonly {
    readonly title: string;
    readonly summary: string;
    readonly href: string;
    readonly board_href: string;
    readonly submit_href: string;
    readonly state: PhaseView['state'];
    readonly state_text: string;
    readonly is_open: boolean;
    readonly empty: EmptyBoard;
    readonly total: number;
    readonly table: BoardTable | null;
    readonly samples: { readonly src: string } | null;
  }[];
  /** The board partial draws the short form. */
  readonly full_board: false;
}

const TOP_ROWS = 5;

export function presentHome(
  language: Language,
  items: readonly {
    competition: CompetitionView;
    phase: PhaseView;
    board: Board | null;
    samples: boolean;
  }[],
  now: Date,
): HomePage {
  return {
    full_board: false,
    competitions: items.map(({ competition, phase, board, samples }) => {
      const href = `/competitions/${competition.slug}`;
      const title = localized(language, competition.title);
      return {
        title,
        summary: localized(language, competition.summary),
        href,
        board_href: `${href}/leaderboard`,
        submit_href: `${href}/submit`,
        state: phase.state,
        state_text: phaseState(language, phase, now).text,
        is_open: phase.state === 'open',
        empty: emptyBoard(language, phase),
        total: board?.entries ?? 0,
        table:
          board === null || board.rows.every(({ kind }) => kind === 'reference')
            ? null
            : presentTable(
                language,
                {
                  ...board,
                  metrics: board.metrics.filter((metric) => metric.primary),
                  // A group that goes on below would be closed by a bracket here.
                  rows: board.rows
                    .filter(({ kind }) => kind !== 'reference')
                    .slice(0, TOP_ROWS)
                    .map((row) => ({ ...row, tie_group: null })),
                  disqualified: [],
                },
                { competition: title, phase: localized(language, phase.title) },
                {
                  compare: () => null,
                  entry: ({ entry_id }) =>
                    entry_id === null
                      ? null
                      : entryHref(competition, phase, { split: board.split, entry_id }),
                  sort: () => `${href}/leaderboard`,
                },
              ),
        samples: samples ? { src: `${href}/samples.png${phaseQuery(competition, phase)}` } : null,
      };
    }),
  };
}
