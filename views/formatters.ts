/**
 * The formatters of Intl are slow to make (some 0.1 ms) and heavy outside the heap (a hundred KiB), so each is
 * made once. Their kinds are few: two languages and a handful of digits.
 */
const numbers = new Map<string, Intl.NumberFormat>();
const moments = new Map<string, Intl.DateTimeFormat>();

/** Numbers with at least and at most so many decimals. */
export function numberFormat(language: string, fewest: number, most: number): Intl.NumberFormat {
  return once(
    numbers,
    `${language} ${fewest} ${most}`,
    () =>
      new Intl.NumberFormat(language, {
        minimumFractionDigits: fewest,
        maximumFractionDigits: most,
      }),
  );
}

/** `21 Nov 2026`, or with `, 13:05`; UTC. */
export function momentFormat(language: string, withTime: boolean): Intl.DateTimeFormat {
  const time: Intl.DateTimeFormatOptions = withTime
    ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
    : {};
  return once(
    moments,
    `${language} ${withTime}`,
    () =>
      new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
        day: 'numeric',
        month: 'short',
        year: 'numeric',
        ...time,
        timeZone: 'UTC',
      }),
  );
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
