/** The database of a site as it is on disk, looked at from outside and without a word of the product's code. */
import SqliteDatabase from 'better-sqlite3';

export interface EvaluationRow {
  readonly id: string;
  readonly submission_id: string;
  readonly status: string;
  readonly counts_quota: number;
  readonly progress_done: number;
  readonly failure_json: string | null;
}

const OF_USER = `from evaluations v join submissions s on s.id = v.submission_id where s.user_id = ?`;

export class OutsideView {
  readonly #database: SqliteDatabase.Database;
  readonly #ofUser;

  constructor(file: string) {
    this.#database = new SqliteDatabase(file, { readonly: true });
    this.#ofUser = this.#database.prepare(`select v.* ${OF_USER} order by v.id`);
  }

  evaluations(user_id: string): EvaluationRow[] {
    return this.#ofUser.all(user_id) as EvaluationRow[];
  }

  all<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }

  close(): void {
    this.#database.close();
  }
}

/** Holds the write lock of the database for so long. */
export async function holdLock(file: string, ms: number): Promise<void> {
  const database = new SqliteDatabase(file, { timeout: 0 });
  try {
    for (;;) {
      try {
        database.exec('begin immediate');
        break;
      } catch (error) {
        if (!(error instanceof SqliteDatabase.SqliteError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, ms));
    database.exec('commit');
  } finally {
    database.close();
  }
}
