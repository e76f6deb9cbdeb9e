import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openDatabase } from '../../server/db/connect.ts';
import { isUniqueViolation } from '../../server/db/dialect.ts';
import { migrate } from '../../server/db/migrations/index.ts';
import { insertUser } from '../../server/models/users.ts';
import { makeDataDir, makeDeps } from '../factories/deps.ts';

const user = {
  id: 'u1',
  email: 'a@certamen.example',
  name: 'A',
  password_hash: 'x',
  locale: 'en',
  created_at: '2026-01-01T00:00:00.000Z',
};

describe('the database', () => {
  it('migrates once, also when several processes start together', async () => {
    const url = `sqlite:${path.join(await makeDataDir(), 'a.db')}`;
    const script = path.join(import.meta.dirname, 'migrate-process.ts');
    const names = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = fork(script, [url]);
        const exited = once(child, 'exit');
        const [ran] = (await once(child, 'message')) as [string[]];
        expect(await exited).toEqual([0, null]);
        return ran;
      }),
    );
    const alone = await openDatabase(`sqlite:${path.join(await makeDataDir(), 'b.db')}`);
    onTestFinished(() => alone.destroy());
    expect(names.flat()).toEqual(await migrate(alone));
  });

  it('has nothing left to migrate the second time', async () => {
    const { db } = await makeDeps();
    expect(await migrate(db)).toEqual([]);
  });

  it('tells a duplicate key from other errors', async () => {
    const { db } = await makeDeps();
    await insertUser(db, user);
    const sameEmail = await insertUser(db, { ...user, id: 'u2' }).catch((error: unknown) => error);
    const sameId = await insertUser(db, { ...user, email: 'b@x' }).catch((error: unknown) => error);
    expect(isUniqueViolation(sameEmail)).toBe(true);
    expect(isUniqueViolation(sameId)).toBe(true);
    const orphan = await db
      .insertInto('sessions')
      .values({ token_hash: 't', user_id: 'nobody', created_at: '', expires_at: '' })
      .execute()
      .catch((error: unknown) => error);
    expect(orphan).toBeInstanceOf(Error);
    expect(isUniqueViolation(orphan)).toBe(false);
  });

  it('takes the write lock when a transaction begins, so that what it has read stays true', async () => {
    const deps = await makeDeps();
    const other = await openDatabase(deps.config.DATABASE_URL);
    const order: string[] = [];
    await deps.db.transaction().execute(async (trx) => {
      await trx.selectFrom('users').selectAll().execute();
      // The other connection waits, in this thread: it may not even begin.
      await expect(
        other.connection().execute(async (connection) => {
          const { sql } = await import('kysely');
          await sql`pragma busy_timeout = 0`.execute(connection);
          await connection.transaction().execute(() => Promise.resolve());
        }),
      ).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
      order.push('first');
    });
    await other.transaction().execute(() => Promise.resolve(order.push('second')));
    expect(order).toEqual(['first', 'second']);
    await other.destroy();
  });

  it('leaves nothing of a transaction that throws', async () => {
    const { db } = await makeDeps();
    await expect(
      db.transaction().execute(async (trx) => {
        await insertUser(trx, user);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
  });
});
