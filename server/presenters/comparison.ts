/** The page that answers whether one entry is better than another. */
import {
  formatNumber,
  localized,
  translate,
  translateCount,
  type Language,
} from '../../views/language.ts';
import type { Comparison, ComparedEntry } from '../services/comparisons.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import type { BoardMetric, BoardRow } from '../services/leaderboards.ts';
import {
  makeAxis,
  makeMirroredAxis,
  makeWhisker,
  place,
  tickDigits,
  type Mark,
  type Whisker,
} from './axis.ts';
import { axisModel, intervalText, type AxisModel } from './board.ts';
import {
  differenceFigure,
  directionText,
  figure,
  metricHref,
  metricName,
  type Figure,
} from './metrics.ts';

interface Option {
  readonly value: string;
  readonly label: string;
  readonly selected: boolean;
}

export interface ComparisonPage {
  readonly action: string;
  readonly board_href: string;
  /** The phase to keep, where there are several. */
  readonly phase: string | null;
  readonly options_a: readonly Option[];
  readonly options_b: readonly Option[];
  /** Where there is more than one. */
  readonly metrics: readonly Option[];
  readonly splits: readonly Option[];
  readonly too_few: boolean;
  readonly problem: { readonly text: string; readonly next: string } | null;
  readonly result: ComparisonResult | null;
}

export interface ComparisonResult {
  readonly question: string;
  readonly answer: string;
  /** yes, no or unclear: shape and colour beside the words. */
  readonly look: 'yes' | 'no' | 'unclear';
  readonly sentences: readonly string[];
  readonly metric: string;
  readonly metric_href: string | null;
  readonly direction: string;
  readonly axis: AxisModel;
  readonly rows: readonly ComparedRow[];
  /** The difference on an axis of its own, on which the right side is A's. */
  readonly gap: {
    readonly title: string;
    readonly axis: AxisModel;
    /** Where no difference is. */
    readonly zero: string;
    readonly whisker: Whisker;
    readonly left: string;
    readonly right: string;
    readonly description: string;
  };
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}

interface ComparedRow {
  readonly letter: 'A' | 'B';
  readonly name: string;
  readonly own: boolean;
  readonly rank: string | null;
  readonly score: Figure;
  readonly interval_text: string | null;
  readonly whisker: Whisker;
}

/** What the address asks for, or what is shown where it asks for nothing. */
export interface ComparisonQuery {
  readonly split: string;
  readonly metric: string;
  readonly a: string | null;
  readonly b: string | null;
}

/** Two entries to start with: the viewer's own, or the leader, against the best of the others. */
export function defaultPair(rows: readonly BoardRow[]): { a: string | null; b: string | null } {
  const entries = rows.filter(({ entry_id }) => entry_id !== null);
  const a = entries.find(({ own }) => own) ?? entries[0];
  const b = entries.find((row) => row !== a);
  return { a: a?.entry_id ?? null, b: b?.entry_id ?? null };
}

export function presentComparison(
  language: Language,
  competition: CompetitionView,
  phase: PhaseView,
  input: {
    query: ComparisonQuery;
    rows: readonly BoardRow[];
    metrics: readonly BoardMetric[];
    problem: { readonly text: string; readonly next: string } | null;
    comparison: Comparison | null;
  },
): ComparisonPage {
  const { query, comparison, problem } = input;
  const base = `/competitions/${competition.slug}`;
  const several = competition.phases.length > 1;
  const choices = choicesOf(language, input.rows, comparison);
  const options = (chosen: string | null) =>
    choices.map(({ id, label }) => ({ value: id, label, selected: id === chosen }));
  return {
    action: `${base}/compare`,
    board_href: `${base}/leaderboard${several ? `?phase=${phase.slug}` : ''}`,
    phase: several ? phase.slug : null,
    options_a: options(query.a),
    options_b: options(query.b),
    metrics:
      input.metrics.length < 2
        ? []
        : input.metrics.map(({ name }) => ({
            value: name,
            label: metricName(language, name),
            selected: name === query.metric,
          })),
    splits:
      phase.shown_splits.length < 2
        ? []
        : phase.shown_splits.map((split) => ({
            value: split,
            label: translate(
              language,
              split === phase.public_split ? 'board.split_public' : 'board.split_private',
            ),
            selected: split === query.split,
          })),
    too_few: choices.length < 2,
    problem:
      query.a !== null && query.a === query.b
        ? {
            text: translate(language, 'compare.same_entry'),
            next: translate(language, 'compare.same_entry_next'),
          }
        : problem,
    result: comparison === null ? null : presentResult(language, comparison),
  };
}

/** Entries and baselines of the board in its order; those compared are among them wherever they stand. */
function choicesOf(
  language: Language,
  rows: readonly BoardRow[],
  comparison: Comparison | null,
): { id: string; label: string }[] {
  const label = ({ rank, name }: Pick<BoardRow, 'rank' | 'name'>) =>
    rank === null
      ? localized(language, name)
      : translate(language, 'compare.option', { rank, name: localized(language, name) });
  const compared = comparison === null ? [] : [comparison.a, comparison.b];
  const choices = new Map<string, string>();
  for (const row of [...rows, ...compared]) {
    if (row.entry_id !== null && !choices.has(row.entry_id)) {
      choices.set(row.entry_id, label(row));
    }
  }
  return [...choices].map(([id, text]) => ({ id, label: text }));
}

const LOOKS = {
  'a-better': 'yes',
  'b-better': 'no',
  'no-difference': 'unclear',
  identical: 'unclear',
} as const satisfies Record<Comparison['verdict'], ComparisonResult['look']>;

function presentResult(language: Language, comparison: Comparison): ComparisonResult {
  const { metric, higher_is_better, verdict } = comparison;
  const { a, b } = namesOf(language, comparison);
  const axis = makeAxis([markOf(comparison.a), markOf(comparison.b)], higher_is_better);
  return {
    question: translate(language, 'compare.question', { a, b }),
    answer: translate(language, `compare.answer_${verdict}`, { a, b }),
    look: LOOKS[verdict],
    sentences: explain(language, comparison),
    metric: metricName(language, metric),
    metric_href: metricHref(metric),
    direction: directionText(language, higher_is_better),
    axis: axisModel(language, axis, metric),
    rows: [comparison.a, comparison.b].map((entry, index) => ({
      letter: index === 0 ? 'A' : 'B',
      name: localized(language, entry.name),
      own: entry.own,
      rank: entry.rank === null ? null : String(entry.rank),
      score: figure(language, metric, entry.value),
      interval_text: intervalText(language, metric, entry.interval),
      whisker: makeWhisker(axis, markOf(entry)),
    })),
    gap: presentGap(language, comparison),
    facts: presentFacts(language, comparison),
  };
}

function markOf({ value, interval }: ComparedEntry): Mark {
  return { value, interval };
}

function namesOf(language: Language, { a, b }: Comparison): { a: string; b: string } {
  return { a: localized(language, a.name), b: localized(language, b.name) };
}

interface Lead {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What A is ahead by: positive where A is better, whichever way the metric points. */
function leadOfA({ difference, interval, higher_is_better }: Comparison): Lead {
  const lead = { value: difference, ...interval };
  return higher_is_better ? lead : opposite(lead);
}

function opposite({ value, low, high }: Lead): Lead {
  return { value: -value, low: -high, high: -low };
}

/** What was found, for somebody who never heard of a p-value. */
function explain(language: Language, comparison: Comparison): string[] {
  const { metric, items, verdict, discordant, p_value } = comparison;
  const { a, b } = namesOf(language, comparison);
  if (verdict === 'identical') {
    return [translate(language, 'compare.same_answers', { items, a, b })];
  }
  const ofA = leadOfA(comparison);
  const isAhead = ofA.value >= 0;
  const lead = isAhead ? ofA : opposite(ofA);
  const [ahead, behind] = isAhead ? [a, b] : [b, a];
  const size = (value: number) => differenceFigure(language, metric, value).text;
  const odds = oddsText(language, p_value);
  const isClear = verdict !== 'no-difference';
  return [
    lead.value === 0
      ? translate(language, 'compare.same_score', { items })
      : translate(language, 'compare.ahead', { items, ahead, behind, size: size(lead.value) }),
    ...(discordant === null
      ? []
      : [translate(language, 'compare.discordant', { a, b, ...discordant })]),
    isClear || lead.low >= 0
      ? translate(language, 'compare.range_clear', {
          low: differenceFigure(language, metric, lead.low).number,
          high: size(lead.high),
        })
      : translate(language, 'compare.range_unclear', {
          ahead,
          behind,
          better: size(lead.high),
          worse: size(-lead.low),
        }),
    translate(language, isClear ? 'compare.luck_clear' : 'compare.luck_unclear', { odds }),
  ];
}

const RAREST = 1e-4;

/** A probability as so many times in 100, 1,000 or 10,000, the smallest that says more than "once". */
export function oddsText(language: Language, probability: number): string {
  if (probability < RAREST) return translate(language, 'compare.odds_below', { total: 1 / RAREST });
  const total = [100, 1_000].find((size) => Math.round(probability * size) > 1) ?? 1 / RAREST;
  const times = Math.min(total, Math.max(1, Math.round(probability * total)));
  return translateCount(language, 'compare.odds', times, { total });
}

function presentGap(language: Language, comparison: Comparison): ComparisonResult['gap'] {
  const { metric } = comparison;
  const { value, low, high } = leadOfA(comparison);
  const axis = makeMirroredAxis(Math.max(Math.abs(low), Math.abs(high), Math.abs(value)));
  const { a, b } = namesOf(language, comparison);
  const zero = differenceFigure(language, metric, 0);
  const digits = tickDigits(axis, zero.unit === translate(language, 'unit.points') ? 100 : 1);
  const size = (gap: number) => differenceFigure(language, metric, Math.abs(gap), digits);
  return {
    title:
      zero.unit === ''
        ? translate(language, 'compare.gap')
        : translate(language, 'compare.gap_in', { unit: zero.unit }),
    // How far to either side: whose side it is stands above.
    axis: { ticks: axis.ticks.map((tick) => ({ x: place(axis, tick), label: size(tick).number })) },
    zero: place(axis, 0),
    whisker: makeWhisker(axis, { value, interval: { low, high } }),
    left: translate(language, 'compare.better_side', { name: b }),
    right: translate(language, 'compare.better_side', { name: a }),
    description: translate(language, 'compare.gap_description', {
      a,
      b,
      value: differenceFigure(language, metric, value).text,
      low: differenceFigure(language, metric, low).number,
      high: differenceFigure(language, metric, high).text,
    }),
  };
}

function presentFacts(language: Language, comparison: Comparison): ComparisonResult['facts'] {
  const { metric, items, difference, interval, p_value, test, replicates } = comparison;
  const fact = (key: 'difference' | 'interval' | 'p_value' | 'test' | 'items', value: string) => ({
    name: translate(language, `compare.fact_${key}`),
    value,
  });
  return [
    fact('difference', differenceFigure(language, metric, difference).text),
    fact(
      'interval',
      translate(language, 'board.interval_text', {
        low: differenceFigure(language, metric, interval.low).number,
        high: differenceFigure(language, metric, interval.high).text,
      }),
    ),
    fact('p_value', pValueText(language, p_value)),
    fact('test', translate(language, `compare.test_${test}`, { replicates })),
    fact('items', formatNumber(language, items)),
  ];
}

/** Four decimals; what is smaller is only said to be smaller. */
function pValueText(language: Language, p: number): string {
  const digits = { minimumFractionDigits: 4, maximumFractionDigits: 4 };
  return p < RAREST
    ? `< ${RAREST.toLocaleString(language, digits)}`
    : p.toLocaleString(language, digits);
}
