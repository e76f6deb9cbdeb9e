/** Trouble of the machine, told by the codes of SQLite and the operating system; an error's causes count too. */

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** Nothing more can be stored until somebody makes room. */
export function isDiskFull(error: unknown): boolean {
  return codesOf(error).some((code) => FULL.has(code));
}

/** Another process held the database for longer than we wait. */
export function isDatabaseBusy(error: unknown): boolean {
  return codesOf(error).some(
    (code) => code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'),
  );
}

/** The disk does not do what it is told. */
export function isDiskBroken(error: unknown): boolean {
  return codesOf(error).some((code) => code === 'EIO' || code.startsWith('SQLITE_IOERR'));
}

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let link = error; link instanceof Error && codes.length < 8; link = link.cause) {
    codes.push('code' in link && typeof link.code === 'string' ? link.code : '');
  }
  return codes;
}
