/** Scores on a common axis: where a dot, its whisker and the ticks stand, in percent of the width. */

export interface Mark {
  readonly value: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

export interface Whisker {
  /** Positions as `12.34%`. The dot's is null where the score lies beyond the axis. */
  readonly dot: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** Free space at both ends, in percent: a dot on the last tick is still whole. */
const MARGIN = 6;
const MAX_TICKS = 6;
const MAX_TICKS_A_SIDE = 3;

/**
 * An axis for these marks with round ticks. It starts at 0 when 0 is near. Scores far worse than most (beyond
 * Tukey's outer fence, three quartile distances, and well beyond the quartile itself) do not stretch it: they
 * are drawn as lying beyond.
 */
export function makeAxis(marks: readonly Mark[], higherIsBetter: boolean): Axis {
  if (marks.length === 0) return { low: 0, high: 1, ticks: [0, 0.5, 1] };
  const values = marks.map((mark) => mark.value).sort((a, b) => a - b);
  const q1 = quantile(values, 0.25);
  const q3 = quantile(values, 0.75);
  const reach = Math.max(3 * (q3 - q1), 2 * Math.abs(q3), 1e-9);
  const inside = marks.filter(({ value }) =>
    higherIsBetter ? value >= q1 - reach : value <= q3 + reach,
  );
  let low = Math.min(...inside.map(({ value, interval }) => interval?.low ?? value));
  let high = Math.max(...inside.map(({ value, interval }) => interval?.high ?? value));
  if (low > 0 && low < 0.6 * high) low = 0;
  if (high - low < 1e-9) {
    low -= 0.005;
    high += 0.005;
  }
  const step = niceStep((high - low) / (MAX_TICKS - 1));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, k) => tidy((first + k) * step));
  return { low: ticks[0] ?? low, high: ticks.at(-1) ?? high, ticks };
}

/** An axis with 0 in its middle and as far to both sides, with up to three round ticks on each. */
export function makeMirroredAxis(reach: number): Axis {
  const step = niceStep(Math.max(reach, 1e-9) / MAX_TICKS_A_SIDE);
  const steps = Math.max(1, Math.ceil(reach / step - 1e-9));
  const ticks = Array.from({ length: 2 * steps + 1 }, (_, k) => tidy((k - steps) * step));
  return { low: -tidy(steps * step), high: tidy(steps * step), ticks };
}

/** The fewest decimals, up to six, in which each tick times `scale` is exact. */
export function tickDigits({ ticks }: Axis, scale = 1): number {
  const isExact = (digits: number) =>
    ticks.every((tick) => {
      const value = tick * scale * 10 ** digits;
      return Math.abs(value - Math.round(value)) < 1e-6;
    });
  return [0, 1, 2, 3, 4, 5].find(isExact) ?? 6;
}

export function place(axis: Axis, value: number): string {
  const share = (value - axis.low) / (axis.high - axis.low);
  return `${(MARGIN + share * (100 - 2 * MARGIN)).toFixed(2)}%`;
}

export function makeWhisker(axis: Axis, mark: Mark): Whisker {
  // An end on the last tick may miss it by the dust of binary fractions.
  const dust = (axis.high - axis.low) * 1e-9;
  // A whisker that goes on beyond the ticks is drawn to the edge.
  const end = (value: number) =>
    value < axis.low - dust ? '0%' : value > axis.high + dust ? '100%' : place(axis, value);
  const { value, interval } = mark;
  const reachable =
    interval === null ? false : interval.high >= axis.low && interval.low <= axis.high;
  return {
    dot: value >= axis.low - dust && value <= axis.high + dust ? place(axis, value) : null,
    from: reachable && interval !== null ? end(interval.low) : null,
    to: reachable && interval !== null ? end(interval.high) : null,
  };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Sums of steps without the dust of binary fractions. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function quantile(sorted: readonly number[], p: number): number {
  const at = (sorted.length - 1) * p;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}
