/** SQLite files as wholes: copied while others write, and looked at before they are trusted. */
import SqliteDatabase from 'better-sqlite3';

/** The file of a `sqlite:` address. */
export function databaseFile(databaseUrl: string): string {
  return databaseUrl.slice('sqlite:'.length);
}

/** Copies the database as it is at one moment, whatever others write meanwhile, to a file that is not there yet. */
export async function snapshotDatabase(file: string, target: string): Promise<void> {
  const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  try {
    database.pragma('busy_timeout = 10000');
    // An open transaction holds on to that moment; without it every commit of others would begin the copy anew.
    database.exec('begin');
    database.prepare('select count(*) from sqlite_schema').get();
    await database.backup(target);
  } finally {
    database.close();
  }
}

/** Names of the migrations that a database has been through, in order. */
export function migrationsOf(file: string): string[] {
  const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  try {
    const rows = database.prepare('select name from kysely_migration order by name').all();
    return (rows as { name: string }[]).map(({ name }) => name);
  } finally {
    database.close();
  }
}

/** What SQLite itself finds wrong with a file; empty: nothing. */
export function checkDatabase(file: string): string[] {
  const database = new SqliteDatabase(file, { readonly: true, fileMustExist: true });
  try {
    const integrity = database.pragma('integrity_check') as { integrity_check: string }[];
    const orphans = database.pragma('foreign_key_check') as { table: string }[];
    return [
      ...integrity.map((row) => row.integrity_check).filter((line) => line !== 'ok'),
      ...orphans.map(({ table }) => `a row of ${table} refers to nothing`),
    ];
  } finally {
    database.close();
  }
}

/** Whether another process has the database open. */
export function isDatabaseInUse(file: string): boolean {
  const database = new SqliteDatabase(file, { fileMustExist: true, timeout: 0 });
  try {
    database.pragma('locking_mode = exclusive');
    database.exec('begin exclusive; commit');
    return false;
  } catch (error) {
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      return true;
    }
    throw error;
  } finally {
    database.close();
  }
}
