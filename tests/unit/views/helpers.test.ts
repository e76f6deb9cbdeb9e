import { describe, expect, it } from 'vitest';

import {
  bytes,
  duration,
  exactTime,
  list,
  ordinal,
  percent,
  relativeTime,
} from '../../../views/helpers.ts';

const NOW = new Date('2026-03-02T12:00:00.000Z');

describe('formatters', () => {
  it('write a rate as percent with two decimals', () => {
    expect(percent('en', 0.0123)).toBe('1.23\u202f%');
    expect(percent('es', 0.5)).toBe('50,00\u202f%');
    expect(percent('en', 0)).toBe('0.00\u202f%');
    expect(percent('en', 1)).toBe('100.00\u202f%');
  });

  it('write sizes in binary units', () => {
    expect(bytes('en', 0)).toBe('0\u00a0bytes');
    expect(bytes('en', 1023)).toBe('1,023\u00a0bytes');
    expect(bytes('en', 1024)).toBe('1\u00a0KiB');
    expect(bytes('es', 1.5 * 1024 ** 2)).toBe('1,5\u00a0MiB');
    expect(bytes('en', 5 * 1024 ** 4)).toBe('5,120\u00a0GiB');
  });

  it('write exact times in UTC, whatever the zone of the server', () => {
    expect(exactTime('en', '2026-03-01T23:59:59.999Z')).toBe('1 Mar 2026, 23:59 UTC');
    expect(exactTime('es', '2026-03-01T00:05:00.000Z')).toBe('1 mar 2026, 00:05 UTC');
  });

  it.each([
    ['2026-03-02T11:59:55.000Z', 'now', 'ahora'],
    ['2026-03-02T11:59:15.000Z', '45 seconds ago', 'hace 45 segundos'],
    ['2026-03-02T11:58:30.000Z', '1 minute ago', 'hace 1 minuto'],
    ['2026-03-02T09:30:00.000Z', '2 hours ago', 'hace 2 horas'],
    ['2026-03-03T13:00:00.000Z', 'tomorrow', 'mañana'],
    ['2026-03-12T12:00:00.000Z', 'in 10 days', 'dentro de 10 días'],
    ['2024-03-02T12:00:00.000Z', '2 years ago', 'hace 2 años'],
  ])('write %s as it is from now', (iso, english, spanish) => {
    expect(relativeTime('en', iso, NOW)).toBe(english);
    expect(relativeTime('es', iso, NOW)).toBe(spanish);
  });

  it('write what is left without a preposition', () => {
    expect(duration('en', 6.5 * 86_400_000)).toBe('6 days');
    expect(duration('es', 3_600_000)).toBe('1 hora');
    expect(duration('en', -5)).toBe('0 seconds');
  });

  it('write places', () => {
    expect([1, 2, 3, 4, 11, 12, 21, 102].map((rank) => ordinal('en', rank))).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '21st',
      '102nd',
    ]);
    expect(ordinal('es', 3)).toBe('3.º');
  });

  it('write lists', () => {
    expect(list('en', ['a', 'b', 'c'])).toBe('a, b, and c');
    expect(list('es', ['a', 'i'])).toBe('a e i');
    expect(list('es', [])).toBe('ninguno');
  });
});
