import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TIME_ZONES, isTimeZone, toInstant, toLocal } from '../../../server/lib/time-zones.ts';

describe('a time of a wall clock', () => {
  it.each([
    ['2026-09-01T09:00', 'UTC', '2026-09-01T09:00:00.000Z'],
    ['2026-09-01T09:00', 'America/Mexico_City', '2026-09-01T15:00:00.000Z'],
    ['2026-09-01T09:00', 'Asia/Kathmandu', '2026-09-01T03:15:00.000Z'],
    ['2026-01-15T23:30', 'Europe/Madrid', '2026-01-15T22:30:00.000Z'],
    ['2026-12-31T23:30:59', 'Pacific/Kiritimati', '2026-12-31T09:30:00.000Z'],
    // Clocks go from 2:00 to 3:00: half past two is not; the moment is that of half past three.
    ['2026-03-29T02:30', 'Europe/Madrid', '2026-03-29T01:30:00.000Z'],
    // Half past two comes twice: the first one.
    ['2026-10-25T02:30', 'Europe/Madrid', '2026-10-25T00:30:00.000Z'],
  ])('%s in %s is %s', (local, zone, instant) => {
    expect(toInstant(local, zone)).toBe(instant);
  });

  it.each(['', 'tomorrow', '2026-02-30T10:00', '2026-01-01', '2026-01-01T24:30', '2026-1-1T1:1'])(
    'is not %j',
    (text) => {
      expect(toInstant(text, 'UTC')).toBeNull();
    },
  );

  it('comes back as it was entered, wherever clocks are not changed', () => {
    const zones = fc.constantFrom(...TIME_ZONES.filter((_, index) => index % 11 === 0));
    const minutes = fc.integer({ min: 0, max: 40 * 366 * 24 * 60 });
    fc.assert(
      fc.property(zones, minutes, (zone, minute) => {
        const iso = new Date(Date.UTC(1990, 0, 1) + minute * 60_000).toISOString();
        const local = toLocal(iso, zone);
        const back = toInstant(local, zone);
        // Of two moments with one name the earlier is meant.
        expect(toLocal(back ?? '', zone)).toBe(local);
        expect(Date.parse(iso) - Date.parse(back ?? '')).toBeGreaterThanOrEqual(0);
        expect(Date.parse(iso) - Date.parse(back ?? '')).toBeLessThanOrEqual(3 * 60 * 60_000);
      }),
      { numRuns: 200 },
    );
  });

  it('knows zones by their IANA names', () => {
    expect(TIME_ZONES[0]).toBe('UTC');
    expect(isTimeZone('America/Bogota')).toBe(true);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
    expect(new Set(TIME_ZONES).size).toBe(TIME_ZONES.length);
  });
});
