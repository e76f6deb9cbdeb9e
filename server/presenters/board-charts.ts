/** The charts below a board: steps of progress, and score against size. Each is complete as a table too. */
import { numberFormat } from '../../views/formatters.ts';
import { bytes, calendarDate, clockTime, exactTime } from '../../views/helpers.ts';
import { localized, translateCount, type Language } from '../../views/language.ts';
import type {
  BoardCosts,
  BoardHistory,
  CostPoint,
  HistoryStep,
} from '../services/board-history.ts';
import { makeAxis, tickDigits, type Axis } from './axis.ts';
import { directionText, figure, metricName } from './metrics.ts';

/** Of the plane that is drawn on, in pixels; across it is as wide as the page allows. */
const HEIGHT_PX = 220;
const TOP_PX = 14;
/** Free space at the sides, in percent. */
const SIDE = 3;

interface Tick {
  readonly at: string;
  readonly label: string;
}

interface Line {
  readonly x1: string;
  readonly x2: string;
  readonly y1: string;
  readonly y2: string;
}

interface Dot {
  readonly x: string;
  readonly y: string;
  readonly label: string;
}

export interface ProgressChart {
  readonly description: string;
  readonly axis_name: string;
  readonly y_ticks: readonly Tick[];
  readonly x_ticks: readonly (Tick & { readonly anchor: string })[];
  readonly lead: { readonly lines: readonly Line[]; readonly dots: readonly Dot[] };
  readonly own: { readonly lines: readonly Line[]; readonly dots: readonly Dot[] } | null;
  readonly rows: readonly {
    readonly at: string;
    readonly name: string;
    readonly own: boolean;
    readonly score: string;
  }[];
}

/** Null while there is nothing to draw. */
export function presentProgress(language: Language, history: BoardHistory): ProgressChart | null {
  const { metric, higher_is_better, leads, own } = history;
  const [first] = leads;
  const last = leads.at(-1);
  if (first === undefined || last === undefined) return null;
  const steps = [...leads, ...own];
  const axis = makeAxis(
    steps.map(({ value }) => ({ value, interval: null })),
    higher_is_better,
  );
  const times = steps.map(({ at }) => Date.parse(at));
  const from = Math.min(...times);
  const to = Math.max(Date.parse(history.until), ...times, from + 1);
  const x = (iso: string) => percentAcross((Date.parse(iso) - from) / (to - from));
  const end = new Date(to).toISOString();
  const draw = (series: readonly HistoryStep[]) => ({
    lines: series.flatMap((step, index) => {
      const next = series[index + 1];
      const y = height(axis, step.value);
      const across = { x1: x(step.at), x2: x(next?.at ?? end), y1: y, y2: y };
      if (next === undefined) return [across];
      return [across, { x1: x(next.at), x2: x(next.at), y1: y, y2: height(axis, next.value) }];
    }),
    dots: series.map((step) => ({
      x: x(step.at),
      y: height(axis, step.value),
      label: `${localized(language, step.name)}, ${figure(language, metric, step.value).text}, ${exactTime(language, step.at)}`,
    })),
  });
  const start = new Date(from).toISOString();
  const isOneDay = start.slice(0, 10) === end.slice(0, 10);
  const when = (iso: string) =>
    isOneDay ? `${clockTime(iso).slice(0, 'hh:mm'.length)} UTC` : calendarDate(language, iso);
  return {
    description: translateCount(language, 'board.progress_description', leads.length, {
      first: figure(language, metric, first.value).text,
      last: figure(language, metric, last.value).text,
      name: localized(language, last.name),
    }),
    axis_name: axisName(language, metric, higher_is_better),
    y_ticks: scoreTicks(language, axis, metric),
    x_ticks: [
      { at: percentAcross(0), label: when(start), anchor: 'start' },
      { at: percentAcross(1), label: when(end), anchor: 'end' },
    ],
    lead: draw(leads),
    own: own.length === 0 ? null : draw(own),
    rows: [
      ...leads.map((step) => ({ ...step, own: false })),
      ...own.map((step) => ({ ...step, own: true })),
    ]
      .toSorted((a, b) => b.at.localeCompare(a.at))
      .map((step) => ({
        at: step.at,
        name: localized(language, step.name),
        own: step.own,
        score: figure(language, metric, step.value).text,
      })),
  };
}

export interface CostChart {
  readonly description: string;
  readonly axis_name: string;
  readonly y_ticks: readonly Tick[];
  readonly x_ticks: readonly (Tick & { readonly anchor: string })[];
  readonly front: readonly Line[];
  /** Drawn in this order: what must be seen last. */
  readonly dots: readonly (Dot & {
    readonly look: 'entry' | 'baseline' | 'own';
    readonly front: boolean;
  })[];
  /** Whether one of them is the reader's. */
  readonly has_own: boolean;
  readonly rows: readonly {
    readonly name: string;
    readonly size: string;
    readonly score: string;
    readonly own: boolean;
    readonly front: boolean;
  }[];
}

/** Two points make no front worth a chart. */
const FEWEST_POINTS = 3;
/** Labels on the axis of sizes. */
const SIZE_TICKS = 4;

/** Null where there is too little to draw. */
export function presentCosts(language: Language, costs: BoardCosts | null): CostChart | null {
  if (costs === null || costs.points.length < FEWEST_POINTS) return null;
  const { metric, higher_is_better, points } = costs;
  const axis = makeAxis(
    points.map(({ value }) => ({ value, interval: null })),
    higher_is_better,
  );
  const sizes = points.map((point) => Math.log2(point.bytes));
  const low = Math.floor(Math.min(...sizes));
  const span = Math.max(1, Math.ceil(Math.max(...sizes)) - low);
  const step = Math.ceil(span / SIZE_TICKS);
  const high = low + step * Math.ceil(span / step);
  const x = (size: number) => percentAcross((Math.log2(size) - low) / (high - low));
  const place = (point: CostPoint) => ({ x: x(point.bytes), y: height(axis, point.value) });
  const scored = (point: CostPoint) => figure(language, metric, point.value).text;
  const front = points.filter((point) => point.front);
  return {
    description: translateCount(language, 'board.cost_description', front.length, {
      total: points.length,
      names: front.map((point) => localized(language, point.name)).join(', '),
    }),
    axis_name: axisName(language, metric, higher_is_better),
    y_ticks: scoreTicks(language, axis, metric),
    x_ticks: Array.from({ length: (high - low) / step + 1 }, (_, k) => low + k * step).map(
      (power) => ({
        at: x(2 ** power),
        label: bytes(language, 2 ** power),
        anchor: power === low ? 'start' : power === high ? 'end' : 'middle',
      }),
    ),
    front: front.flatMap((point, index) => {
      const next = front[index + 1];
      const at = place(point);
      const until = next === undefined ? percentAcross(1) : place(next).x;
      const across = { x1: at.x, x2: until, y1: at.y, y2: at.y };
      return next === undefined
        ? [across]
        : [across, { x1: until, x2: until, y1: at.y, y2: place(next).y }];
    }),
    dots: points
      .map((point) => ({
        ...place(point),
        look: point.own ? ('own' as const) : point.kind,
        front: point.front,
        label: `${localized(language, point.name)}, ${scored(point)}, ${bytes(language, point.bytes)}`,
      }))
      .toSorted((a, b) => over(a) - over(b)),
    has_own: points.some(({ own }) => own),
    rows: points.map((point) => ({
      name: localized(language, point.name),
      size: bytes(language, point.bytes),
      score: scored(point),
      own: point.own,
      front: point.front,
    })),
  };
}

/** What must be seen is drawn last. */
function over({ look, front }: CostChart['dots'][number]): number {
  return Number(front) + 2 * Number(look === 'own');
}

function axisName(language: Language, metric: string, higherIsBetter: boolean): string {
  return `${metricName(language, metric)}, ${directionText(language, higherIsBetter)}`;
}

function percentAcross(share: number): string {
  return `${(SIDE + share * (100 - 2 * SIDE)).toFixed(2)}%`;
}

/** From the top; what lies beyond the axis stands at its end. */
function height(axis: Axis, value: number): string {
  const share = (axis.high - value) / (axis.high - axis.low);
  return (TOP_PX + Math.min(1, Math.max(0, share)) * (HEIGHT_PX - 2 * TOP_PX)).toFixed(1);
}

function scoreTicks(language: Language, axis: Axis, metric: string): Tick[] {
  const isRate = figure(language, metric, 0).unit === '%';
  const digits = tickDigits(axis, isRate ? 100 : 1);
  return axis.ticks.map((tick) => ({
    at: height(axis, tick),
    label: `${numberFormat(language, digits, digits).format(isRate ? tick * 100 : tick)}${isRate ? '\u202f%' : ''}`,
  }));
}
