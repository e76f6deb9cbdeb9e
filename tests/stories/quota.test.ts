import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { checkCanSubmit, readQuota } from '../../server/services/submissions.ts';
import { makeDeps, makeRealDeps } from '../factories/deps.ts';
import { makeCompetition, makeFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

async function storedFiles(deps: Deps): Promise<number> {
  const folder = fileURLToPath(deps.config.STORAGE_URL);
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).length;
}

describe('the daily limit', () => {
  it('lets exactly one of several processes through at a limit of one', async () => {
    const deps = await makeRealDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1 } });
    const user = await makeUser(deps);
    const script = path.join(import.meta.dirname, 'submit-process.ts');
    const children = [];
    for (let n = 0; n < 4; n++) {
      const args = [phase_id, JSON.stringify(user), JSON.stringify(await makeFile(deps))];
      children.push(fork(script, args, { env: { ...process.env, ...deps.env } }));
    }
    await Promise.all(children.map((child) => once(child, 'message')));
    const outcomes = await Promise.all(
      children.map(async (child) => {
        child.send('go');
        const [outcome] = (await once(child, 'message')) as [string];
        return outcome;
      }),
    );
    expect(outcomes.sort()).toEqual([
      ...Array<string>(3).fill('SUBMISSION_LIMIT_REACHED'),
      'accepted',
    ]);
    expect(await deps.db.selectFrom('submissions').select('id').execute()).toHaveLength(1);
    expect(await deps.db.selectFrom('jobs').select('id').execute()).toHaveLength(1);
    // What was refused left no file behind.
    expect(await storedFiles(deps)).toBe(1);
  });

  it('lets exactly one of several requests of one process through', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1 } });
    const user = await makeUser(deps);
    const sent = await Promise.allSettled(
      Array.from({ length: 5 }, () => makeSubmission(deps, { phase_id, user })),
    );
    expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await storedFiles(deps)).toBe(1);
  });

  it('refills at midnight UTC and says so', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1 } });
    const user = await makeUser(deps);
    deps.clock.set('2026-03-02T23:59:59.000Z');
    await makeSubmission(deps, { phase_id, user });
    await expect(checkCanSubmit(deps, { phase_id, user })).rejects.toMatchObject({
      code: 'SUBMISSION_LIMIT_REACHED',
      params: { limit: 1, resets_at: '2026-03-03T00:00:00.000Z' },
    });
    deps.clock.advance(1000);
    await checkCanSubmit(deps, { phase_id, user });
    expect(await readQuota(deps, { phase_id, user })).toEqual({
      limit: 1,
      used: 0,
      left: 1,
      resets_at: '2026-03-04T00:00:00.000Z',
      total: null,
      concurrent: null,
    });
  });

  it('is each entry’s own', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1 } });
    await makeSubmission(deps, { phase_id, user: await makeUser(deps) });
    await makeSubmission(deps, { phase_id, user: await makeUser(deps) });
  });

  it('is not spent by a file that never saw a row, but such failures are limited too', async () => {
    const deps = await makeDeps({ FREE_FAILURES_PER_DAY: '2' });
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1 } });
    const user = await makeUser(deps);
    for (let n = 0; n < 2; n++) {
      const files = [await makeFile(deps, { name: 'model.onnx', content: 'not a model' })];
      await makeSubmission(deps, { phase_id, user, files });
      await runQueue(deps);
      expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 0, left: 1 });
    }
    await expect(makeSubmission(deps, { phase_id, user })).rejects.toMatchObject({
      code: 'FREE_FAILURE_LIMIT_REACHED',
      params: { limit: 2 },
    });
  });
});

describe('a submission', () => {
  it.each([
    ['before the phase starts', { starts_at: '2026-03-02T12:00:01.000Z' }, 'PHASE_NOT_STARTED'],
    ['after the phase has ended', { ends_at: '2026-03-02T12:00:00.000Z' }, 'PHASE_CLOSED'],
  ])('is refused %s, and its file is gone', async (_when, phase, code) => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { phase });
    const user = await makeUser(deps);
    await expect(checkCanSubmit(deps, { phase_id, user })).rejects.toMatchObject({ code });
    await expect(makeSubmission(deps, { phase_id, user })).rejects.toMatchObject({ code });
    expect(await storedFiles(deps)).toBe(0);
  });

  it('to a draft is refused as if the phase did not exist', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { state: 'draft' });
    const user = await makeUser(deps);
    await expect(makeSubmission(deps, { phase_id, user })).rejects.toMatchObject({
      code: 'PHASE_NOT_FOUND',
    });
  });

  it.each([
    '../model.onnx',
    'a/model.onnx',
    'a\\model.onnx',
    '.hidden',
    '',
    'a\0b',
    'a\u202eb',
    'x'.repeat(129),
    'C:model',
    'a\nb',
  ])('is refused for the file name %j', async (name) => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeFile(deps, { name })];
    await expect(makeSubmission(deps, { phase_id, user, files })).rejects.toMatchObject({
      code: 'BAD_FILE_NAME',
    });
    expect(await storedFiles(deps)).toBe(0);
  });

  it('takes the names that exporters write', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const names = [
      'model.onnx',
      'model.onnx.data',
      'group1-shard1of2.bin',
      'Mi modelo (2).json',
      'año_1.csv',
    ];
    const files = await Promise.all(names.map((name) => makeFile(deps, { name })));
    await makeSubmission(deps, { phase_id, user, files });
  });

  it('is refused when two names differ in case only', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [
      await makeFile(deps, { name: 'a.bin' }),
      await makeFile(deps, { name: 'A.BIN' }),
    ];
    await expect(makeSubmission(deps, { phase_id, user, files })).rejects.toMatchObject({
      code: 'DUPLICATE_FILE_NAME',
    });
  });

  it('is refused without files, with too many, and when they are too large together', async () => {
    const deps = await makeDeps({ UPLOAD_MAX_FILES: '2', UPLOAD_MAX_MB: '1' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const code = async (files: Parameters<typeof makeSubmission>[1]['files']) =>
      makeSubmission(deps, { phase_id, user, ...(files === undefined ? {} : { files }) }).then(
        () => 'accepted',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await code([])).toBe('NO_FILES');
    const file = async (name: string, bytes = 1) => ({
      ...(await makeFile(deps, { name })),
      bytes,
    });
    expect(await code([await file('a'), await file('b'), await file('c')])).toBe('TOO_MANY_FILES');
    expect(await code([await file('a', 600_000), await file('b', 600_000)])).toBe(
      'UPLOAD_TOO_LARGE',
    );
    expect(await code([await file('a', 500_000), await file('b', 500_000)])).toBe('accepted');
  });

  it('names the options that cannot be used', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const options = { scale: Number.NaN, mean: [1e9], std: [0.5, 0] };
    const note = 'x'.repeat(501);
    await expect(makeSubmission(deps, { phase_id, user, options, note })).rejects.toMatchObject({
      code: 'INVALID_FORM',
      fields: { scale: 'number', mean: 'numbers', std: 'std_zero', note: 'too_long' },
    });
  });
});

describe('the limits of a whole phase', () => {
  it('count what cost quota on every day, and what waits or runs now', async () => {
    const deps = await makeDeps();
    const limits = { daily_limit: 2, total_limit: 3, concurrent_limit: 1 };
    const { phase_id } = await makeCompetition(deps, { phase: limits });
    const user = await makeUser(deps);
    const end = () => deps.db.updateTable('evaluations').set({ status: 'succeeded' }).execute();
    const send = () => makeSubmission(deps, { phase_id, user });

    await send();
    await expect(send()).rejects.toMatchObject({
      code: 'CONCURRENT_LIMIT_REACHED',
      params: { limit: 1 },
    });
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({
      left: 1,
      total: { limit: 3, used: 1 },
      concurrent: { limit: 1, used: 1 },
    });
    await end();
    await send();
    await end();
    await expect(send()).rejects.toMatchObject({ code: 'SUBMISSION_LIMIT_REACHED' });
    deps.clock.advance(24 * 60 * 60 * 1000);
    await send();
    await end();
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ left: 0, used: 1, limit: 2 });
    for (const days of [0, 1, 30]) {
      deps.clock.advance(days * 24 * 60 * 60 * 1000);
      await expect(send()).rejects.toMatchObject({
        code: 'TOTAL_LIMIT_REACHED',
        params: { limit: 3 },
      });
    }
    // Another entry has limits of its own; what was refused left no file.
    await makeSubmission(deps, { phase_id, user: await makeUser(deps) });
    expect(await storedFiles(deps)).toBe(4);
  });

  it('let exactly one of several requests through', async () => {
    for (const phase of [{ concurrent_limit: 1 }, { total_limit: 1 }]) {
      const deps = await makeDeps();
      const { phase_id } = await makeCompetition(deps, { phase });
      const user = await makeUser(deps);
      const sent = await Promise.allSettled(
        Array.from({ length: 5 }, () => makeSubmission(deps, { phase_id, user })),
      );
      expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await storedFiles(deps)).toBe(1);
    }
  });
});
