/** The page of one entry. */
import { calendarDate } from '../../views/helpers.ts';
import { localized, translate, type Language } from '../../views/language.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import type { EntryView } from '../services/entry-pages.ts';
import { entryHref, intervalText } from './board.ts';
import { presentMeter, type MeterModel } from './meter.ts';
import { directionText, figure, metricName, type Figure } from './metrics.ts';

export interface EntryPage {
  readonly name: string;
  readonly own: boolean;
  readonly remark: string | null;
  /** Why it is out of the ranking. */
  readonly out: string | null;
  readonly splits: readonly {
    readonly label: string;
    readonly href: string;
    readonly current: boolean;
  }[];
  readonly metric: string;
  readonly direction: string;
  readonly score: Figure | null;
  readonly interval_text: string | null;
  readonly rank_text: string | null;
  readonly rank_range: string | null;
  readonly board_href: string;
  readonly compare_href: string | null;
  readonly sees_all: boolean;
  readonly history: readonly {
    readonly submitted_at: string;
    readonly score: string;
    readonly interval: string | null;
    readonly on_board: boolean;
    readonly href: string | null;
  }[];
  readonly members: readonly { readonly name: string; readonly own: boolean }[];
  readonly others: readonly { readonly label: string; readonly text: string }[];
  readonly submissions: number | null;
  readonly meter: MeterModel | null;
}

export function presentEntry(
  language: Language,
  competition: CompetitionView,
  phase: PhaseView,
  entry: EntryView,
): EntryPage {
  const { split, primary_metric: metric, rank, rank_interval, disqualified } = entry;
  const base = `/competitions/${competition.slug}`;
  const params = new URLSearchParams();
  if (competition.phases.length > 1) params.set('phase', phase.slug);
  if (split !== phase.public_split) params.set('split', split);
  const query = params.toString();
  const compare = new URLSearchParams(params);
  compare.set('a', entry.id);
  const primary = entry.scores.find((score) => score.metric === metric) ?? null;
  const splits = phase.shown_splits.map((name) => ({
    label: translate(
      language,
      name === phase.public_split ? 'board.split_public' : 'board.split_private',
    ),
    href: entryHref(competition, phase, { split: name, entry_id: entry.id }),
    current: name === split,
  }));
  return {
    name: localized(language, entry.name),
    own: entry.own,
    remark:
      entry.kind === 'entry'
        ? null
        : [
            translate(language, 'board.baseline'),
            ...(entry.source === null ? [] : [entry.source]),
          ].join(', '),
    out:
      disqualified === null
        ? null
        : translate(language, 'board.out', {
            date: calendarDate(language, disqualified.at),
            reason: disqualified.reason,
          }),
    splits: splits.length < 2 ? [] : splits,
    metric: metricName(language, metric),
    direction: directionText(language, entry.higher_is_better),
    score: primary === null ? null : figure(language, metric, primary.value),
    interval_text: intervalText(language, metric, primary?.interval ?? null),
    rank_text: rank === null ? null : translate(language, 'entry.rank', { rank, total: entry.of }),
    rank_range:
      rank_interval === null || rank_interval.best === rank_interval.worst
        ? null
        : translate(language, 'board.rank_range', rank_interval),
    board_href: `${base}/leaderboard${query === '' ? '' : `?${query}`}`,
    compare_href: entry.comparable ? `${base}/compare?${compare.toString()}` : null,
    sees_all: entry.sees_all,
    history: entry.history.map((row) => ({
      submitted_at: row.submitted_at,
      score: figure(language, metric, row.value).text,
      interval: intervalText(language, metric, row.interval),
      on_board: row.on_board,
      href: row.submission_id === null ? null : `/submissions/${row.submission_id}`,
    })),
    members: entry.members,
    others: entry.scores
      .filter((score) => score.metric !== metric)
      .map((score) => ({
        label: metricName(language, score.metric),
        text: figure(language, score.metric, score.value).text,
      })),
    submissions: entry.submissions,
    meter: entry.meter === null ? null : presentMeter(language, entry.meter),
  };
}
