import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { selectEvaluation } from '../../server/models/evaluations.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { readResult } from '../../server/services/results.ts';
import { superviseWorker } from '../../server/supervisor.ts';
import { makeRealDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { until } from './run-queue.ts';

const WORKER = path.resolve(import.meta.dirname, '../../server/worker.ts');

describe('a worker', () => {
  it('is killed in mid-evaluation: the evaluation runs again by itself and ends once', async () => {
    // A lease of ten minutes: what brings the job back is the supervisor, not the lapse.
    const deps = await makeRealDeps({ JOB_LEASE_MS: '600000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    const supervisor = superviseWorker(deps, { ...process.env, ...deps.env });
    onTestFinished(() => supervisor.stop());

    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the first attempt',
    );
    const killed = supervisor.pid();
    expect(killed).not.toBeNull();
    process.kill(killed ?? 0, 'SIGKILL');

    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'succeeded',
      'the second attempt',
    );
    expect(supervisor.pid()).not.toBe(killed);
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result.attempt).toBe(2);
    expect(result.trail.map(({ event }) => event)).toEqual([
      'received',
      'queued',
      'running',
      'retried',
      'running',
      'succeeded',
    ]);
    expect((await readBoard(deps, { phase_id, viewer: null })).rows).toHaveLength(1);
    await supervisor.stop();
    const left = await deps.db
      .selectFrom('workers')
      .select('id')
      .where('stopped_at', 'is', null)
      .execute();
    expect(left).toEqual([]);
  });

  it('loses every attempt: the evaluation fails as ours and costs nothing', async () => {
    const deps = await makeRealDeps({ JOB_LEASE_MS: '600000', JOB_MAX_ATTEMPTS: '2' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    const supervisor = superviseWorker(deps, { ...process.env, ...deps.env });
    onTestFinished(() => supervisor.stop());
    for (const attempt of [1, 2]) {
      await until(async () => {
        const evaluation = await selectEvaluation(deps.db, evaluation_id);
        return evaluation.status === 'running' && evaluation.attempt === attempt;
      }, `attempt ${attempt}`);
      process.kill(supervisor.pid() ?? 0, 'SIGKILL');
    }
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'failed',
      'the end',
    );
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      costs_quota: false,
      failure: {
        kind: 'system',
        code: 'WORKER_LOST',
        reason: 'worker-lost',
        params: { attempts: 2 },
      },
    });
  });

  it('lives and does nothing: it is killed, and its job goes back', async () => {
    const deps = await makeRealDeps({ JOB_LEASE_MS: '1000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    // It reports every five seconds.
    const env = { ...process.env, ...deps.env };
    const supervisor = superviseWorker(deps, env, { patienceMs: 12_000 });
    onTestFinished(() => supervisor.stop());
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the first attempt',
    );
    const silent = supervisor.pid();
    process.kill(silent ?? 0, 'SIGSTOP');
    await until(() => {
      const pid = supervisor.pid();
      return Promise.resolve(pid !== null && pid !== silent);
    }, 'another worker');
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'queued' });
    expect(() => process.kill(silent ?? 0, 0)).toThrow(/ESRCH/u);
  });

  it('outlives its supervisor by what it runs, and not by more', async () => {
    const deps = await makeRealDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const sent = [];
    for (let n = 0; n < 2; n++) {
      sent.push(await makeSubmission(deps, { phase_id, user, files: [await makeModelFile(deps)] }));
    }
    const worker = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...deps.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(() => void worker.kill('SIGKILL'));
    const exited = once(worker, 'exit');
    // Before it has even started: nobody tells it later.
    worker.disconnect();
    expect(await exited).toEqual([0, null]);
    for (const { evaluation_id } of sent) {
      expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'queued' });
    }
  });

  it('stops gracefully: it finishes what runs, takes nothing new and exits 0', async () => {
    const deps = await makeRealDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const first = await makeSubmission(deps, {
      phase_id,
      user,
      files: [await makeModelFile(deps)],
    });
    const second = await makeSubmission(deps, {
      phase_id,
      user,
      files: [await makeModelFile(deps)],
    });
    const worker = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...deps.env },
      stdio: 'inherit',
    });
    const exited = once(worker, 'exit');
    onTestFinished(() => void worker.kill('SIGKILL'));
    await until(
      async () => (await selectEvaluation(deps.db, first.evaluation_id)).status === 'running',
      'the first evaluation',
    );
    worker.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await selectEvaluation(deps.db, first.evaluation_id)).toMatchObject({
      status: 'succeeded',
    });
    expect(await selectEvaluation(deps.db, second.evaluation_id)).toMatchObject({
      status: 'queued',
      attempt: 0,
    });
  });

  it('has no time left to finish: the evaluation goes back to the queue unharmed', async () => {
    const deps = await makeRealDeps({ SHUTDOWN_GRACE_MS: '0' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    const worker = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...deps.env },
      stdio: 'inherit',
    });
    const exited = once(worker, 'exit');
    onTestFinished(() => void worker.kill('SIGKILL'));
    await until(
      async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'running',
      'the first attempt',
    );
    worker.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'queued' });
    expect(await deps.queue.position(evaluation_id)).toEqual({ position: 1, running: 0 });
  });
});
