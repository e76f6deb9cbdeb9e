import { sql, type RawBuilder } from 'kysely';

/**
 * Conditions of which one holds where a column has the text somewhere in it, taken literally and in any case.
 * SQLite knows the case of ASCII letters alone: for others the usual spellings are tried, so that Álvaro is found.
 */
export function containing(columns: readonly string[], text: string): RawBuilder<boolean>[] {
  const lower = text.toLowerCase();
  const titled = lower.replace(/(?<!\p{L})\p{L}/gu, (letter) => letter.toUpperCase());
  const patterns = [lower, titled, text.toUpperCase(), text].map(
    (spelling) => `%${spelling.replaceAll(/[\\%_]/gu, '\\$&')}%`,
  );
  return columns.flatMap((column) => [
    sql<boolean>`lower(${sql.ref(column)}) like ${patterns[0]} escape '\\'`,
    ...[...new Set(patterns)].map(
      (pattern) => sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`,
    ),
  ]);
}
