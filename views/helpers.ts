/** Pure formatters: numbers, sizes and times as the language of the page writes them. */
import { momentFormat, numberFormat } from './formatters.ts';
import { translate, type Language } from './language.ts';

/** Between a number and its sign: a full space would tear them apart in a table. */
const NARROW_SPACE = '\u202f';

/** Fraction digits of a rate shown as percent: 1 row in 10,000 is still visible. */
const PERCENT_DIGITS = 2;

/** `0.0123` to `1.23`, without the sign. */
export function percentNumber(language: Language, rate: number, digits = PERCENT_DIGITS): string {
  return numberFormat(language, digits, digits).format(rate * 100);
}

/** `0.0123` to `1.23 %`. */
export function percent(language: Language, rate: number, digits = PERCENT_DIGITS): string {
  return `${percentNumber(language, rate, digits)}${NARROW_SPACE}%`;
}

/** Milliseconds to seconds with one decimal below 100 s. */
export function seconds(language: Language, ms: number): string {
  const digits = ms < 100_000 ? 1 : 0;
  return numberFormat(language, digits, digits).format(ms / 1000);
}

/** Binary sizes: `44.2 KiB`. */
export function bytes(language: Language, count: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'] as const;
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const number = numberFormat(language, 0, unit === 0 ? 0 : 1).format(value);
  return `${number}\u00a0${units[unit] ?? ''}`;
}

/** `21 Nov 2026, 13:05 UTC`. */
export function exactTime(language: Language, iso: string): string {
  return `${momentFormat(language, true).format(new Date(iso))} UTC`;
}

/** `1 Sep 2026, 09:00 (America/Mexico_City)`: as the clocks of a zone say it. */
export function zonedTime(language: Language, iso: string, zone: string): string {
  if (zone === 'UTC') return exactTime(language, iso);
  const text = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'es', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(new Date(iso));
  return `${text} (${zone})`;
}

/** `21 Nov 2026`. */
export function calendarDate(language: Language, iso: string): string {
  return momentFormat(language, false).format(new Date(iso));
}

/** `13:05:21`, UTC. */
export function clockTime(iso: string): string {
  return iso.slice(11, 19);
}

const STEPS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** `3 minutes ago`, `in 2 days`; `now` within ten seconds. */
export function relativeTime(language: Language, iso: string, now: Date): string {
  const away = (Date.parse(iso) - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (Math.abs(away) < 10) return format.format(0, 'second');
  const [unit, size] = STEPS.find(([, step]) => Math.abs(away) >= step) ?? (['second', 1] as const);
  return format.format(Math.trunc(away / size), unit);
}

/** `2 days` until then, without a preposition. */
export function duration(language: Language, ms: number): string {
  const length = Math.max(0, ms / 1000);
  const [unit, size] = STEPS.find(([, step]) => length >= step) ?? (['second', 1] as const);
  return Math.floor(length / size).toLocaleString(language, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
  });
}

/** `2nd` in English, `2.º` in Spanish. */
export function ordinal(language: Language, rank: number): string {
  if (language === 'es') return `${rank}.º`;
  const suffixes: Readonly<Record<string, string>> = {
    one: 'st',
    two: 'nd',
    few: 'rd',
    other: 'th',
  };
  const form = new Intl.PluralRules('en', { type: 'ordinal' }).select(rank);
  return `${rank}${suffixes[form] ?? 'th'}`;
}

/** `a, b and c`. */
export function list(language: Language, items: readonly string[]): string {
  return items.length === 0
    ? translate(language, 'word.none')
    : new Intl.ListFormat(language, { type: 'conjunction' }).format(items);
}
