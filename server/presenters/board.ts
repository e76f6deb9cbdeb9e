import { localized, translate, translateCount, type Language } from '../../views/language.ts';
import { numberFormat } from '../../views/formatters.ts';
import { calendarDate, list, percent } from '../../views/helpers.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import type { Board, BoardMetric, BoardRow } from '../services/leaderboards.ts';
import { phaseQuery } from './head.ts';
import {
  makeAxis,
  makeWhisker,
  place,
  tickDigits,
  type Axis,
  type Mark,
  type Whisker,
} from './axis.ts';
import {
  directionText,
  figure,
  metricHref,
  metricName,
  metricSentence,
  type Figure,
} from './metrics.ts';

export interface BoardRowModel {
  readonly rank: string | null;
  /** 1, 2 or 3. */
  readonly medal: number | null;
  readonly medal_text: string | null;
  readonly tied: boolean;
  readonly name: string;
  readonly kind: BoardRow['kind'];
  /** `baseline`, or `published` and where. */
  readonly remark: string | null;
  readonly own: boolean;
  /** Since the day began: `▲ 2`, with its sentence; null for who stayed where they were. */
  readonly change: {
    readonly look: 'up' | 'down' | 'new';
    readonly text: string;
    readonly label: string;
  } | null;
  readonly anchor: string | null;
  readonly href: string | null;
  readonly score: Figure;
  readonly interval_text: string | null;
  readonly whisker: Whisker | null;
  readonly others: readonly { readonly label: string; readonly figure: Figure }[];
  readonly submissions: number | null;
  readonly submitted_at: string | null;
  readonly note: string | null;
  /** Where the row stands in the bracket of its tie group: at one end, between, or in none. */
  readonly bracket: Bracket | null;
  /** `could be 1 to 3`: ranks that the scores are consistent with. */
  readonly rank_range: string | null;
  readonly compare: { readonly href: string; readonly label: string } | null;
  /** Why it is out of the ranking. */
  readonly out: string | null;
  /** For organizers: the score itself, where everybody else sees a released one. */
  readonly exact: string | null;
}

type Bracket = 'start' | 'middle' | 'end';

export interface AxisModel {
  readonly ticks: readonly { readonly x: string; readonly label: string }[];
}

export interface BoardTable {
  readonly caption: string;
  readonly metric: string;
  readonly metric_short: string;
  readonly metric_sentence: string;
  readonly metric_href: string | null;
  readonly direction: string;
  /** Over the column of the primary score. */
  readonly primary_column: Column;
  readonly other_metrics: readonly Column[];
  readonly axis: AxisModel;
  readonly rows: readonly BoardRowModel[];
  /** Those that are out of the ranking. */
  readonly out_rows: readonly BoardRowModel[];
}

/** The head of a column of scores. */
interface Column {
  readonly label: string;
  /** Orders the rows by this column, or leads to what it measures; null: neither. */
  readonly href: string | null;
  readonly title: string | null;
  readonly sorted: boolean;
}

interface Choice {
  readonly label: string;
  readonly href: string;
  readonly current: boolean;
}

export interface BoardPage {
  readonly table: BoardTable;
  /** Why no entry is ranked, and what to do; null where one is. */
  readonly empty: EmptyBoard | null;
  readonly phases: readonly Choice[];
  readonly splits: readonly Choice[];
  /** When private scores are shown; null where they are, or where there are none. */
  readonly private_hidden: string | null;
  readonly total: number;
  readonly has_others: boolean;
  readonly others_hidden: boolean;
  readonly toggle_href: string;
  readonly has_references: boolean;
  readonly has_brackets: boolean;
  /** Set where the rows are ordered by one metric and not by rank. */
  readonly sort_text: string | null;
  readonly rank_href: string;
  /** Orders to choose from, the one by rank first; empty with one metric. */
  readonly sorts: readonly Choice[];
  /** How the order is made, where it is not by the primary metric alone. */
  readonly order_text: string | null;
  /** How public scores are released, where they are not shown as they are. */
  readonly release_text: string | null;
  readonly compare_href: string | null;
  readonly shakeup_href: string | null;
  readonly ranges: readonly {
    readonly name: string;
    readonly rank: string;
    readonly range: string;
    readonly group: number | null;
  }[];
  readonly own: {
    readonly rank_text: string | null;
    readonly score: Figure;
    readonly interval_text: string | null;
    /** Where the row is: on this page or on another. */
    readonly href: string;
    readonly medal: number | null;
  } | null;
  /** Logged in, the phase is open, others are ranked: say how to join them. */
  readonly invite: boolean;
  readonly submit_href: string;
  readonly open: boolean;
  readonly api_href: string;
  readonly csv_href: string;
  /** Where the page hears that the board has changed. */
  readonly events_href: string;
  readonly pages: {
    readonly page: number;
    readonly pages: number;
    readonly previous: string | null;
    readonly next: string | null;
  } | null;
}

export interface EmptyBoard {
  readonly title: string;
  readonly text: string;
}

export interface BoardQuery {
  readonly phase: PhaseView;
  readonly split: string;
  readonly page: number;
  readonly hide: boolean;
}

/** Where a table leads to. */
interface TableLinks {
  readonly compare: (row: BoardRow) => string | null;
  readonly entry: (row: BoardRow) => string | null;
  readonly sort: (metric: string | null) => string;
}

/** The rows of one board as a table with whiskers on one axis. Used by the board page and, shortened, by the home page. */
export function presentTable(
  language: Language,
  board: Pick<Board, 'metrics' | 'rows' | 'split' | 'ranking' | 'disqualified' | 'sort'>,
  names: { competition: string; phase: string },
  links: TableLinks | null = null,
): BoardTable {
  const primary = primaryMetric(board.metrics);
  const others = board.metrics.filter((metric) => metric !== primary);
  const axis = boardAxis(board.rows, primary);
  const ranks = board.rows.map((row) => row.rank);
  // Groups stand together by rank only.
  const brackets = board.sort === null ? bracketsOf(board.rows) : [];
  const byMeanRank = board.ranking.method === 'mean-of-ranks';
  const present = (row: BoardRow, index: number | null) =>
    presentRow(language, row, {
      axis,
      primary,
      others,
      byMeanRank,
      tied: row.rank !== null && ranks.filter((rank) => rank === row.rank).length > 1,
      bracket: index === null ? null : (brackets[index] ?? null),
      compareHref: links?.compare(row) ?? null,
      entryHref: links?.entry(row) ?? null,
    });
  const column = ({ name }: BoardMetric): Column => {
    const sorted = board.sort === name;
    return {
      label: metricName(language, name, 'short'),
      href: links === null || sorted ? null : links.sort(name),
      title: translate(language, 'board.sort_by', { metric: metricName(language, name) }),
      sorted,
    };
  };
  return {
    caption: translate(language, 'board.caption', { ...names, split: board.split }),
    metric: metricName(language, primary.name),
    metric_short: metricName(language, primary.name, 'short'),
    metric_sentence: metricSentence(language, primary.name),
    metric_href: metricHref(primary.name),
    direction: directionText(language, primary.higher_is_better),
    // In the order of its own scores there is nothing to order: then it says what it measures.
    primary_column:
      board.sort === null && !byMeanRank
        ? {
            label: metricName(language, primary.name, 'short'),
            href: metricHref(primary.name),
            title: null,
            sorted: true,
          }
        : column(primary),
    other_metrics: [
      ...(byMeanRank
        ? [
            {
              label: translate(language, 'board.mean_rank'),
              href: null,
              title: null,
              sorted: board.sort === null,
            },
          ]
        : []),
      ...others.map(column),
    ],
    axis: axisModel(language, axis, primary.name),
    rows: board.rows.map(present),
    out_rows: board.disqualified.map((row) => present(row, null)),
  };
}

/** Rows of a tie group stand together; what stands among them without a group is bracketed with them. */
function bracketsOf(rows: readonly BoardRow[]): (Bracket | null)[] {
  const brackets: (Bracket | null)[] = rows.map(() => null);
  const groups = new Set(rows.flatMap(({ tie_group }) => tie_group ?? []));
  for (const group of groups) {
    const first = rows.findIndex(({ tie_group }) => tie_group === group);
    const last = rows.findLastIndex(({ tie_group }) => tie_group === group);
    if (first === last) continue;
    brackets.fill('middle', first, last);
    brackets[first] = 'start';
    brackets[last] = 'end';
  }
  return brackets;
}

/** Drawn for those who compete; where they are few, the other rows say what to expect. */
const ENOUGH_ENTRIES = 5;

function boardAxis(rows: readonly BoardRow[], primary: BoardMetric): Axis {
  const entries = rows.filter(({ kind }) => kind === 'entry');
  const marks = (entries.length < ENOUGH_ENTRIES ? rows : entries).flatMap(
    (row) => markOf(row, primary.name) ?? [],
  );
  return makeAxis(marks, primary.higher_is_better);
}

/** Labels of ticks are as short as the step allows. */
export function axisModel(language: Language, axis: Axis, metric: string): AxisModel {
  const isRate = figure(language, metric, 0).unit === '%';
  const digits = tickDigits(axis, isRate ? 100 : 1);
  return {
    ticks: axis.ticks.map((tick) => ({
      x: place(axis, tick),
      label: isRate
        ? percent(language, tick, digits)
        : numberFormat(language, digits, digits).format(tick),
    })),
  };
}

export function presentBoard(
  language: Language,
  competition: CompetitionView,
  board: Board,
  query: BoardQuery,
  loggedIn: boolean,
): BoardPage {
  const { phase } = query;
  const base = `/competitions/${competition.slug}`;
  const href = (change: {
    phase?: string;
    split?: string;
    page?: number;
    hide?: boolean;
    sort?: string | null;
  }) =>
    boardHref(competition, {
      phase: change.phase ?? phase.slug,
      // A change of phase goes back to its first split and page.
      split: change.phase === undefined ? (change.split ?? query.split) : undefined,
      page: change.page ?? 1,
      hide: change.hide ?? query.hide,
      sort:
        change.phase !== undefined ? null : change.sort === undefined ? board.sort : change.sort,
    });
  const rows = query.hide ? board.rows.filter((row) => row.kind === 'entry') : board.rows;
  const names = {
    competition: localized(language, competition.title),
    phase: localized(language, phase.title),
  };
  const compareHref = comparisonLinks(competition, board, query);
  const table = presentTable(language, { ...board, rows }, names, {
    compare: compareHref,
    entry: (row) =>
      row.entry_id === null
        ? null
        : entryHref(competition, phase, { split: query.split, entry_id: row.entry_id }),
    sort: (metric) => href({ sort: metric }),
  });
  const own = board.own_row ?? board.rows.find((row) => row.own) ?? null;
  const primary = primaryMetric(board.metrics).name;
  const privateSplit = phase.private_split;
  const ownScore = own?.scores[primary] ?? null;
  const splits = phase.shown_splits.map((split) => ({
    label: translate(
      language,
      split === phase.public_split ? 'board.split_public' : 'board.split_private',
    ),
    href: href({ split }),
    current: split === query.split,
  }));
  return {
    table,
    empty: board.entries === 0 ? emptyBoard(language, phase) : null,
    phases:
      competition.phases.length < 2
        ? []
        : competition.phases.map((item) => ({
            label: localized(language, item.title),
            href: href({ phase: item.slug }),
            current: item.id === phase.id,
          })),
    splits: splits.length < 2 ? [] : splits,
    private_hidden:
      privateSplit === null || phase.shown_splits.includes(privateSplit)
        ? null
        : translate(language, `board.private_${phase.reveal_rule}`),
    total: board.entries,
    has_others: board.rows.some((row) => row.kind !== 'entry'),
    others_hidden: query.hide,
    toggle_href: href({ hide: !query.hide, page: query.page }),
    has_references: rows.some((row) => row.kind === 'reference'),
    has_brackets: table.rows.some(({ bracket }) => bracket !== null),
    sort_text:
      board.sort === null
        ? null
        : translate(language, 'board.sorted', { metric: metricName(language, board.sort) }),
    rank_href: href({ sort: null }),
    sorts:
      board.metrics.length < 2
        ? []
        : [
            {
              label: translate(language, 'board.rank'),
              href: href({ sort: null }),
              current: board.sort === null,
            },
            ...board.metrics.map(({ name }) => ({
              label: metricName(language, name, 'short'),
              href: href({ sort: name }),
              current: board.sort === name,
            })),
          ],
    order_text: orderText(language, board),
    release_text:
      board.release.rule === 'full' ? null : translate(language, `release.${board.release.rule}`),
    compare_href: board.rows.map(compareHref).find((link) => link !== null) ?? null,
    shakeup_href:
      privateSplit !== null && phase.shown_splits.includes(privateSplit)
        ? `${base}/shake-up${phaseQuery(competition, phase)}`
        : null,
    ranges: rows.flatMap((row) =>
      row.rank === null || row.rank_interval === null
        ? []
        : {
            name: localized(language, row.name),
            rank: String(row.rank),
            range: rangeOfRanks(language, row.rank_interval),
            group: row.tie_group,
          },
    ),
    own:
      own === null || ownScore === null
        ? null
        : {
            rank_text:
              own.rank === null
                ? null
                : translate(language, 'board.you_are', { rank: own.rank, total: board.entries }),
            score: figure(language, primary, ownScore.value),
            interval_text: intervalText(language, primary, ownScore.interval),
            href: `${board.own_page === null ? '' : href({ page: board.own_page })}#${anchorOf(own) ?? ''}`,
            medal: medalOf(own.rank),
          },
    invite: loggedIn && phase.state === 'open' && board.entries > 0,
    submit_href: `${base}/submit${phaseQuery(competition, phase)}`,
    open: phase.state === 'open',
    api_href: `/api/v1/competitions/${competition.slug}/leaderboard?phase=${phase.slug}&split=${query.split}&page=${query.page}`,
    events_href: `${base}/events?phase=${phase.slug}&split=${query.split}`,
    csv_href: `${base}/leaderboard.csv?phase=${phase.slug}&split=${query.split}`,
    pages:
      board.pages < 2
        ? null
        : {
            page: board.page,
            pages: board.pages,
            previous: board.page > 1 ? href({ page: board.page - 1 }) : null,
            next: board.page < board.pages ? href({ page: board.page + 1 }) : null,
          },
  };
}

export function emptyBoard(language: Language, { state }: Pick<PhaseView, 'state'>): EmptyBoard {
  return {
    title: translate(language, `board.empty_${state}_title`),
    text: translate(language, `board.empty_${state}`),
  };
}

/**
 * Where a row's comparison leads: with the viewer's own entry, else with the leader. The own row, and the
 * leader, are compared with the best of the others. Nowhere while comparisons would tell more than the
 * released scores do.
 */
function comparisonLinks(
  competition: CompetitionView,
  board: Board,
  { phase, split }: BoardQuery,
): (row: BoardRow) => string | null {
  const isOpen = board.release.rule === 'full' || phase.revealed || competition.viewer_is_organizer;
  const own = board.own_row ?? board.rows.find((row) => row.own) ?? null;
  const comparable = board.rows.filter(({ entry_id }) => entry_id !== null);
  const partners = own === null ? comparable : [own, ...comparable];
  return ({ entry_id }) => {
    const partner = partners.find((other) => other.entry_id !== entry_id)?.entry_id;
    if (!isOpen || entry_id === null || partner == null) return null;
    const params = new URLSearchParams();
    if (competition.phases.length > 1) params.set('phase', phase.slug);
    if (split !== phase.public_split) params.set('split', split);
    params.set('a', entry_id);
    params.set('b', partner);
    return `/competitions/${competition.slug}/compare?${params.toString()}`;
  };
}

function orderText(language: Language, { ranking, metrics }: Board): string | null {
  const names = (items: readonly string[]) =>
    list(
      language,
      items.map((name) => metricName(language, name)),
    );
  const sentences = [
    ...(ranking.method === 'mean-of-ranks'
      ? [
          translate(language, 'board.order_mean_of_ranks', {
            metrics: names(ranking.metrics ?? metrics.map(({ name }) => name)),
          }),
        ]
      : []),
    ...(ranking.tie_breakers.length > 0
      ? [translate(language, 'board.order_tie_breakers', { metrics: names(ranking.tie_breakers) })]
      : []),
    ...(ranking.earlier_first ? [translate(language, 'board.order_earlier_first')] : []),
  ];
  return sentences.length === 0 ? null : sentences.join(' ');
}

function rangeOfRanks(
  language: Language,
  { best, worst }: { readonly best: number; readonly worst: number },
): string {
  return best === worst
    ? String(best)
    : translate(language, 'board.interval_text', { low: best, high: worst });
}

export function boardHref(
  competition: CompetitionView,
  query: {
    phase: string;
    split: string | undefined;
    page: number;
    hide: boolean;
    sort: string | null;
  },
): string {
  const params = new URLSearchParams();
  if (competition.phases.length > 1) params.set('phase', query.phase);
  if (query.split !== undefined) params.set('split', query.split);
  if (query.sort !== null) params.set('sort', query.sort);
  if (query.hide) params.set('rows', 'entries');
  if (query.page > 1) params.set('page', String(query.page));
  const text = params.toString();
  return `/competitions/${competition.slug}/leaderboard${text === '' ? '' : `?${text}`}`;
}

/** The page of an entry, on the split that the reader comes from. */
export function entryHref(
  competition: CompetitionView,
  phase: PhaseView,
  of: { split: string; entry_id: string },
): string {
  const params = new URLSearchParams();
  if (competition.phases.length > 1) params.set('phase', phase.slug);
  if (of.split !== phase.public_split) params.set('split', of.split);
  const text = params.toString();
  return `/competitions/${competition.slug}/entries/${of.entry_id}${text === '' ? '' : `?${text}`}`;
}

function presentChange(
  language: Language,
  { change }: BoardRow,
): { look: 'up' | 'down' | 'new'; text: string; label: string } | null {
  if (change === null || change === 0) return null;
  if (change === 'new') {
    const text = translate(language, 'board.change_new');
    return { look: 'new', text, label: translate(language, 'board.change_new_text') };
  }
  const look = change > 0 ? 'up' : 'down';
  const places = Math.abs(change);
  return {
    look,
    text: `${look === 'up' ? '▲' : '▼'}\u202f${places}`,
    label: translateCount(language, `board.change_${look}`, places),
  };
}

function presentRow(
  language: Language,
  row: BoardRow,
  context: {
    axis: Axis;
    primary: BoardMetric;
    others: readonly BoardMetric[];
    byMeanRank: boolean;
    tied: boolean;
    bracket: Bracket | null;
    compareHref: string | null;
    entryHref: string | null;
  },
): BoardRowModel {
  const { axis, primary, others, byMeanRank, tied, bracket, compareHref, entryHref } = context;
  const name = localized(language, row.name);
  const score = row.scores[primary.name] ?? null;
  const mark = markOf(row, primary.name);
  const medal = medalOf(row.rank);
  return {
    rank: row.rank === null ? null : String(row.rank),
    medal,
    medal_text: medal === null ? null : translate(language, `board.medal_${medal}`),
    tied,
    name,
    kind: row.kind,
    remark: remarkOf(language, row),
    own: row.own,
    change: presentChange(language, row),
    anchor: anchorOf(row),
    // Without pages of entries: baselines are open to everybody, other people's submissions are not.
    href:
      entryHref ??
      ((row.own || row.kind === 'baseline') && row.submission_id !== null
        ? `/submissions/${row.submission_id}`
        : null),
    score: figure(language, primary.name, score?.value ?? null),
    interval_text: intervalText(language, primary.name, score?.interval ?? null),
    whisker: mark === null ? null : makeWhisker(axis, mark),
    others: [
      ...(byMeanRank ? [meanRank(language, row)] : []),
      ...others.map((metric) => ({
        label: metricName(language, metric.name, 'short'),
        figure:
          row.scores[metric.name] === undefined
            ? NOTHING
            : figure(language, metric.name, row.scores[metric.name]?.value ?? null),
      })),
    ],
    submissions: row.submissions,
    submitted_at: row.submitted_at,
    note: row.note === null ? null : localized(language, row.note),
    bracket,
    rank_range:
      row.rank_interval === null || row.rank_interval.best === row.rank_interval.worst
        ? null
        : translate(language, 'board.rank_range', row.rank_interval),
    compare:
      compareHref === null
        ? null
        : { href: compareHref, label: translate(language, 'board.compare_row', { name }) },
    out:
      row.disqualified === null
        ? null
        : translate(language, 'board.out', {
            date: calendarDate(language, row.disqualified.at),
            reason: row.disqualified.reason,
          }),
    exact:
      score === null || score.exact === null
        ? null
        : translate(language, 'board.exact', {
            score: figure(language, primary.name, score.exact.value).text,
          }),
  };
}

const NOTHING: Figure = { number: '–', unit: '', text: '–' };

function meanRank(language: Language, { mean_rank }: BoardRow): BoardRowModel['others'][number] {
  const number = mean_rank?.toLocaleString(language, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  return {
    label: translate(language, 'board.mean_rank'),
    figure: number === undefined ? NOTHING : { number, unit: '', text: number },
  };
}

export function intervalText(
  language: Language,
  metric: string,
  interval: { readonly low: number; readonly high: number } | null,
): string | null {
  if (interval === null) return null;
  return translate(language, 'board.interval_text', {
    low: figure(language, metric, interval.low).number,
    high: figure(language, metric, interval.high).text,
  });
}

function primaryMetric(metrics: readonly BoardMetric[]): BoardMetric {
  const primary = metrics.find((metric) => metric.primary) ?? metrics[0];
  if (primary === undefined) throw new Error('a board needs a metric');
  return primary;
}

function markOf(row: BoardRow, metric: string): Mark | null {
  const score = row.scores[metric];
  if (score === undefined || score.value === null) return null;
  return { value: score.value, interval: score.interval };
}

function medalOf(rank: number | null): 1 | 2 | 3 | null {
  return rank === 1 || rank === 2 || rank === 3 ? rank : null;
}

function remarkOf(language: Language, row: BoardRow): string | null {
  if (row.kind === 'entry') return null;
  if (row.kind === 'baseline') return translate(language, 'board.baseline');
  const published = translate(language, 'board.reference');
  return row.source === null ? published : `${published}, ${row.source}`;
}

function anchorOf(row: BoardRow): string | null {
  return row.entry_id === null ? null : `entry-${row.entry_id}`;
}
