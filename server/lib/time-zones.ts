/** Times of a wall clock in a named zone, as forms send them, and the moments that they mean. */

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::\d{2})?$/u;

/** IANA names, `UTC` first. */
export const TIME_ZONES: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
];

export function isTimeZone(name: string): boolean {
  return TIME_ZONES.includes(name);
}

/**
 * `2026-09-01T09:00` in a zone as ISO-8601 UTC. Where clocks are set back the first of the two moments is
 * meant; a time that clocks skip means the moment after which they go on.
 *
 * @returns null for a text that is no such time.
 */
export function toInstant(local: string, zone: string): string | null {
  const match = LOCAL.exec(local);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  // 31 February is the 3rd of March to Date.UTC, and no day to us.
  if (new Date(wall).toISOString().slice(0, 16) !== local.slice(0, 16)) return null;
  // The offsets before and after any change of that day.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((around) => offsetMs(around, zone));
  const moments = offsets.map((offset) => wall - offset).sort((left, right) => left - right);
  const exact = moments.find((moment) => moment + offsetMs(moment, zone) === wall);
  return new Date(exact ?? moments[1] ?? wall).toISOString();
}

/** The wall clock of a zone at a moment, `2026-09-01T09:00`: what a `datetime-local` field holds. */
export function toLocal(iso: string, zone: string): string {
  const at = Date.parse(iso);
  return new Date(at + offsetMs(at, zone)).toISOString().slice(0, 16);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How far the wall clock of a zone is ahead of UTC, in ms; without the fraction of a minute. */
function offsetMs(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((candidate) => candidate.type === type)?.value);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return wall - Math.floor(at / 60_000) * 60_000;
}
