import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { startJobLoop } from '../../server/jobs/loop.ts';
import { selectEvaluation, updateEvaluationRunning } from '../../server/models/evaluations.ts';
import { RunStopped, recoverWorker, runEvaluation } from '../../server/services/evaluations.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { readResult } from '../../server/services/results.ts';
import { cancelSubmission, readQuota } from '../../server/services/submissions.ts';
import { makeDeps } from '../factories/deps.ts';
import {
  makeCompetition,
  makeFile,
  makeModelFile,
  makeSubmission,
  makeUser,
} from '../factories/records.ts';
import { runQueue, until } from './run-queue.ts';

const never = new AbortController().signal;

function pathOf(deps: Deps, storageKey: string): string {
  const folder = fileURLToPath(deps.config.STORAGE_URL);
  return path.join(folder, 'objects', storageKey.slice(0, 2), storageKey);
}

describe('an evaluation', () => {
  it('fails at once through its entrant’s fault, with the reason, and is not tried again', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeFile(deps, { name: 'model.onnx', content: '' })];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result).toMatchObject({
      status: 'failed',
      attempt: 1,
      failure: { kind: 'submission', code: 'BAD_FORMAT', reason: 'empty-file' },
      run: null,
      splits: [],
      costs_quota: false,
    });
    expect(result.trail.at(-1)).toMatchObject({
      event: 'failed',
      detail: { code: 'BAD_FORMAT', reason: 'empty-file' },
    });
    expect((await readBoard(deps, { phase_id, viewer: null })).rows).toEqual([]);
  });

  it('is tried again, later each time, through our fault, and costs nothing in the end', async () => {
    const deps = await makeDeps({ JOB_BACKOFF_MS: '1000', JOB_MAX_ATTEMPTS: '3' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    await deps.storage.remove(file.storage_key);

    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'queued',
      attempt: 1,
      failure: null,
    });
    deps.clock.advance(999);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({ attempt: 1 });
    deps.clock.advance(1);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({ attempt: 2 });
    deps.clock.advance(2000);
    await runQueue(deps);
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result).toMatchObject({
      status: 'failed',
      attempt: 3,
      costs_quota: false,
      failure: { kind: 'system', code: 'STORAGE_ERROR' },
    });
    expect(result.trail.map(({ event }) => event)).toEqual([
      'received',
      'queued',
      'running',
      'retried',
      'running',
      'retried',
      'running',
      'failed',
    ]);
    // No path of ours in what an entrant reads.
    expect(JSON.stringify(result)).not.toContain(deps.config.DATA_DIR);
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 0 });
  });

  it('recovers when our fault passes', async () => {
    const deps = await makeDeps({ JOB_BACKOFF_MS: '1000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    const bytes = await deps.storage.read(file.storage_key);
    await deps.storage.remove(file.storage_key);
    await runQueue(deps);
    await writeFile(pathOf(deps, file.storage_key), bytes);
    deps.clock.advance(1000);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      costs_quota: true,
    });
  });

  it('does not blame its entrant for a copy of ours that is damaged', async () => {
    const deps = await makeDeps({ JOB_BACKOFF_MS: '1000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    const stored = pathOf(deps, file.storage_key);
    const bytes = await readFile(stored);
    await writeFile(stored, bytes.subarray(0, bytes.length - 1));
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'queued',
      attempt: 1,
    });
    await writeFile(stored, bytes);
    deps.clock.advance(1000);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'succeeded',
      attempt: 2,
    });
    // The damage lasts: in the end it is ours.
    const other = await makeSubmission(deps, { phase_id, user, files: [file] });
    await writeFile(stored, 'x');
    for (let attempt = 1; attempt <= 3; attempt++) {
      await runQueue(deps);
      deps.clock.advance(60_000);
    }
    const { submission_id: second } = other;
    expect(await readResult(deps, { submission_id: second, viewer: user })).toMatchObject({
      status: 'failed',
      costs_quota: false,
      failure: { kind: 'system', code: 'STORAGE_ERROR', reason: 'storage-corrupt' },
    });
  });

  it('ends also where the disk never answers, and the worker goes on', async () => {
    const deps = await makeDeps({ JOB_OVERTIME_MS: '0', JOB_MAX_ATTEMPTS: '1' });
    const { phase_id } = await makeCompetition(deps, {
      edit: (yaml) => yaml.replace(/wall_ms: \d+/u, 'wall_ms: 1000'),
    });
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    // Reading a pipe that nobody writes to waits for ever.
    const stored = pathOf(deps, file.storage_key);
    await deps.storage.remove(file.storage_key);
    await promisify(execFile)('mkfifo', [stored]);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'failed',
      costs_quota: false,
      failure: {
        kind: 'system',
        code: 'WORKER_LOST',
        reason: 'worker-stalled',
        params: { limit_s: 2 },
      },
    });
    // Lets the reader go.
    await writeFile(stored, '');
  });

  it('is set to running by no attempt that came before the current one', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user });
    await deps.queue.claim(['evaluate-submission'], 'zombie');
    await recoverWorker(deps, 'zombie');
    await deps.queue.claim(['evaluate-submission'], 'successor');
    const started_at = deps.clock.now().toISOString();
    const id = evaluation_id;
    expect(await updateEvaluationRunning(deps.db, { id, attempt: 2, started_at })).toBe(true);
    expect(await runEvaluation(deps, { evaluation_id, attempt: 1, signal: never })).toBe('lost');
    expect(await selectEvaluation(deps.db, id)).toMatchObject({ status: 'running', attempt: 2 });
  });

  it('that cannot even be ended as it should does not keep others from coming back', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '1' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const broken = await makeSubmission(deps, { phase_id, user });
    const other = await makeSubmission(deps, { phase_id, user });
    for (let n = 0; n < 2; n++) await deps.queue.claim(['evaluate-submission'], 'w');
    // Its receipt cannot be made: nobody can read what it was made of.
    await deps.db
      .updateTable('submissions')
      .set({ files_json: '{' })
      .where('id', '=', broken.submission_id)
      .execute();
    expect(await recoverWorker(deps, 'w')).toBe(2);
    for (const { evaluation_id } of [broken, other]) {
      expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({
        status: 'failed',
        failure: { reason: 'worker-lost' },
        counts_quota: false,
      });
    }
  });

  it('fails through the task’s fault without retry and without cost', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { public_split: 'no-such-split' } });
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'failed',
      attempt: 1,
      costs_quota: false,
      failure: { kind: 'task', code: 'BAD_SPLIT' },
    });
  });

  it('is written once when a worker that was given up finishes after all', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    await deps.queue.claim(['evaluate-submission'], 'zombie');
    const zombie = runEvaluation(deps, { evaluation_id, attempt: 1, signal: never });
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the zombie’s start',
    );
    await recoverWorker(deps, 'zombie');
    await deps.queue.claim(['evaluate-submission'], 'successor');
    const successor = runEvaluation(deps, { evaluation_id, attempt: 2, signal: never });
    expect(await Promise.all([zombie, successor])).toEqual(['lost', 'succeeded']);
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result.trail.map(({ event }) => event)).toEqual([
      'received',
      'queued',
      'running',
      'retried',
      'running',
      'succeeded',
    ]);
    expect((await readBoard(deps, { phase_id, viewer: null })).rows).toHaveLength(1);
  });

  it('that a zombie would fail is left to its successor', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeFile(deps, { name: 'model.onnx', content: 'not a model' })];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    await deps.queue.claim(['evaluate-submission'], 'zombie');
    const zombie = runEvaluation(deps, { evaluation_id, attempt: 1, signal: never });
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the zombie’s start',
    );
    await recoverWorker(deps, 'zombie');
    expect(await zombie).toBe('lost');
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'queued' });
  });

  it('is stopped when it is cancelled while it runs', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    const loop = startJobLoop(deps, 'w');
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the start',
    );
    await cancelSubmission(deps, { submission_id, viewer: user });
    await loop.stop();
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'cancelled',
      costs_quota: true,
      can_cancel: false,
    });
    expect((await readBoard(deps, { phase_id, viewer: null })).rows).toEqual([]);
    await expect(cancelSubmission(deps, { submission_id, viewer: user })).rejects.toMatchObject({
      code: 'EVALUATION_NOT_CANCELLABLE',
    });
  });

  it('gives its quota back when it is cancelled while it waits', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user });
    await expect(
      cancelSubmission(deps, { submission_id, viewer: await makeUser(deps) }),
    ).rejects.toMatchObject({ code: 'SUBMISSION_NOT_FOUND' });
    await cancelSubmission(deps, { submission_id, viewer: user });
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 0 });
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'cancelled',
      attempt: 0,
    });
  });

  it('stops without a trace when it is told that it was lost', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    await deps.queue.claim(['evaluate-submission'], 'w');
    const stop = new AbortController();
    const run = runEvaluation(deps, { evaluation_id, attempt: 1, signal: stop.signal });
    stop.abort(new RunStopped('lost'));
    expect(await run).toBe('lost');
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'running' });
  });
});
