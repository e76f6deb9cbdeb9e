/** Public against private ranks: who rose, who fell. */
import { localized, translate, translateCount, type Language } from '../../views/language.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import type { ShakeUp, ShakeUpRow } from '../services/shake-ups.ts';
import { phaseQuery } from './head.ts';
import { figure, metricHref, metricName, type Figure } from './metrics.ts';

/** Shape and colour of a move. */
type Look = 'up' | 'down' | 'same';

export interface ShakeUpPage {
  readonly board_href: string;
  readonly metric: string;
  readonly metric_href: string | null;
  readonly empty: boolean;
  readonly sentences: readonly string[];
  readonly chart: {
    readonly height: number;
    readonly description: string;
    /** Those shown, by public rank. */
    readonly left: readonly {
      readonly rank: number;
      readonly name: string;
      readonly own: boolean;
    }[];
    /** Those shown, by private rank. */
    readonly right: readonly ShakeUpLabel[];
    readonly lines: readonly {
      readonly y1: number;
      readonly y2: number;
      readonly look: Look;
      readonly own: boolean;
    }[];
    /** Set where not all are drawn. */
    readonly shown_text: string | null;
  } | null;
  readonly rows: readonly ShakeUpRowModel[];
  readonly rows_text: string | null;
}

interface ShakeUpLabel {
  readonly rank: number;
  readonly name: string;
  readonly own: boolean;
  readonly look: Look;
  /** `+3`, `−2`, `=`. */
  readonly change: string;
}

interface ShakeUpRowModel {
  readonly name: string;
  readonly own: boolean;
  readonly public_rank: number;
  readonly private_rank: number;
  readonly look: Look;
  readonly change: string;
  readonly change_text: string;
  readonly public_score: Figure;
  readonly private_score: Figure;
}

/** Entries in the chart: more are a thicket. */
const MOST_DRAWN = 40;
/** Pixels from line to line, as the stylesheet sets the names. */
const ROW_PX = 32;

export function presentShakeUp(
  language: Language,
  competition: CompetitionView,
  phase: PhaseView,
  shakeUp: ShakeUp,
): ShakeUpPage {
  const { metric, rows, entries } = shakeUp;
  return {
    board_href: `/competitions/${competition.slug}/leaderboard${phaseQuery(competition, phase)}`,
    metric: metricName(language, metric),
    metric_href: metricHref(metric),
    empty: rows.length === 0,
    sentences: rows.length === 0 ? [] : summarize(language, shakeUp),
    chart: rows.length === 0 ? null : presentChart(language, rows),
    rows: rows.map((row) => presentRow(language, metric, row)),
    rows_text:
      rows.length === entries
        ? null
        : translate(language, 'shakeup.first_rows', { shown: rows.length, total: entries }),
  };
}

function lookOf({ change }: ShakeUpRow): Look {
  if (change === 0) return 'same';
  return change > 0 ? 'up' : 'down';
}

function signed(change: number): string {
  if (change === 0) return '=';
  return change > 0 ? `+${change}` : `−${-change}`;
}

function summarize(language: Language, { rows }: ShakeUp): string[] {
  const count = (look: Look) => rows.filter((row) => lookOf(row) === look).length;
  const sentences = [
    translate(language, 'shakeup.moved', {
      up: count('up'),
      down: count('down'),
      same: count('same'),
    }),
  ];
  const farthest = rows.reduce<ShakeUpRow | null>(
    (best, row) => (Math.abs(row.change) > Math.abs(best?.change ?? 0) ? row : best),
    null,
  );
  if (farthest !== null) {
    const { name, public_rank, private_rank } = farthest;
    sentences.push(
      translate(language, 'shakeup.farthest', {
        name: localized(language, name),
        from: public_rank,
        to: private_rank,
      }),
    );
  }
  return sentences;
}

function presentChart(language: Language, rows: readonly ShakeUpRow[]): ShakeUpPage['chart'] {
  const shown = rows.slice(0, MOST_DRAWN);
  const byPublic = shown.toSorted(
    (a, b) => a.public_rank - b.public_rank || a.private_rank - b.private_rank,
  );
  const middle = (index: number) => index * ROW_PX + ROW_PX / 2;
  const label = (row: ShakeUpRow) => ({ name: localized(language, row.name), own: row.own });
  return {
    height: shown.length * ROW_PX,
    description: translateCount(language, 'shakeup.chart_description', shown.length),
    left: byPublic.map((row) => ({ rank: row.public_rank, ...label(row) })),
    right: shown.map((row) => ({
      rank: row.private_rank,
      ...label(row),
      look: lookOf(row),
      change: signed(row.change),
    })),
    // The viewer's own line is drawn last, over the others.
    lines: shown
      .map((row, index) => ({
        y1: middle(byPublic.indexOf(row)),
        y2: middle(index),
        look: lookOf(row),
        own: row.own,
      }))
      .toSorted((a, b) => Number(a.own) - Number(b.own)),
    shown_text:
      shown.length === rows.length
        ? null
        : translate(language, 'shakeup.drawn', { shown: shown.length }),
  };
}

function presentRow(language: Language, metric: string, row: ShakeUpRow): ShakeUpRowModel {
  const { public_rank, private_rank, change, own } = row;
  const look = lookOf(row);
  return {
    name: localized(language, row.name),
    own,
    public_rank,
    private_rank,
    look,
    change: signed(change),
    change_text:
      look === 'same'
        ? translate(language, 'shakeup.same')
        : translateCount(language, `shakeup.${look}`, Math.abs(change)),
    public_score: figure(language, metric, row.public_value),
    private_score: figure(language, metric, row.private_value),
  };
}
