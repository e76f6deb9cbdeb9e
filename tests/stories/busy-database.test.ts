/** Another process holds the database for longer than we wait: here 50 ms, really ten seconds. */
import { Readable } from 'node:stream';

import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';

import { databaseFile } from '../../server/db/snapshot.ts';
import { startJobLoop } from '../../server/jobs/loop.ts';
import { selectEvaluation } from '../../server/models/evaluations.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeLoopModel } from '../factories/loop-model.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { until } from './run-queue.ts';

async function makeImpatient(): Promise<TestDeps & { lock: () => () => void }> {
  const deps = await makeDeps();
  await sql`pragma busy_timeout = 50`.execute(deps.db);
  const other = new SqliteDatabase(databaseFile(deps.config.DATABASE_URL));
  onTestFinished(() => void other.close());
  const lock = () => {
    other.exec('begin immediate');
    return () => void other.exec('commit');
  };
  return { ...deps, lock };
}

describe('a locked database', () => {
  it('is told as such, and when to try again', async () => {
    const deps = await makeImpatient();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const csrf = await visitor.formToken(`/competitions/${slug}/submit`);
    const unlock = deps.lock();
    const answer = await visitor.agent
      .post(`/competitions/${slug}/submit`)
      .field('csrf', csrf)
      .attach('files', Buffer.from('x'), { filename: 'model.onnx' });
    unlock();
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('10');
    expect(answer.text).toContain('database did not answer in time');
    // Reading needs no lock, and afterwards all is as before.
    await visitor.get(`/competitions/${slug}`).expect(200);
    expect((await visitor.upload(slug, [{ name: 'm.onnx', content: 'x' }])).status).toBe(303);
    expect(await deps.db.selectFrom('submissions').select('id').execute()).toHaveLength(1);
  });

  it('delays the end of an evaluation, and repeats nothing', async () => {
    const deps = await makeImpatient();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const stored = await deps.storage.put(Readable.from([makeLoopModel(20_000)]), {
      maxBytes: 1e6,
    });
    const files = [{ name: 'model.onnx', ...stored }];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    const loop = startJobLoop(deps, 'w');
    onTestFinished(() => loop.stop());
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).progress_done > 0,
      'the first rows',
    );
    const unlock = deps.lock();
    const next = await makeSubmission(deps, {
      phase_id,
      user,
      files: [await makeModelFile(deps)],
    }).catch((error: unknown) => error);
    expect(next).toMatchObject({ code: 'SQLITE_BUSY' });
    setTimeout(unlock, 2_000);
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'succeeded',
      'the end',
    );
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ attempt: 1 });
  });
});
