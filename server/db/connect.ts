import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

import SqliteDatabase from 'better-sqlite3';
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type SqliteDialectConfig,
} from 'kysely';

import type { Database } from './schema.ts';

/** The database, or a transaction on it. Inside a transaction always pass the transaction: the outer one would wait for ever. */
export type Db = Kysely<Database>;

/** Lets migrations run in a transaction: Kysely leaves that off for SQLite, which then keeps half of a failed migration. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Takes the write lock at the start of a transaction. A transaction that reads first and writes later fails
 * with SQLITE_BUSY_SNAPSHOT, whatever the busy timeout, when another process wrote in between.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #database: SqliteDatabase.Database;

  constructor(config: SqliteDialectConfig, database: SqliteDatabase.Database) {
    super(config);
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk has rolled it back already; a second time would hide why.
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}

class CertamenSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  readonly #database: SqliteDatabase.Database;

  constructor(database: SqliteDatabase.Database) {
    const config = { database };
    super(config);
    this.#config = config;
    this.#database = database;
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter();
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config, this.#database);
  }
}

/** @param databaseUrl `sqlite:` and a file name; the folder is made when missing. */
export async function openDatabase(databaseUrl: string): Promise<Db> {
  const file = databaseUrl.slice('sqlite:'.length);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const database = new SqliteDatabase(file);
  // Before anything else: even the change to WAL may have to wait for another process.
  database.pragma('busy_timeout = 10000');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
  return new Kysely<Database>({ dialect: new CertamenSqliteDialect(database) });
}
