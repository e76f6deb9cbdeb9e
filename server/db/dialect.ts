/** The only file that knows how the databases differ. */

const DUPLICATE_CODES: ReadonlySet<unknown> = new Set([
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  // PostgreSQL: unique_violation
  '23505',
]);

/** Whether a statement failed because a row with that key exists. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && DUPLICATE_CODES.has(error.code);
}
