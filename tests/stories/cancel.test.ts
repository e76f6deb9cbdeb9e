import { Readable } from 'node:stream';

import { describe, expect, it, onTestFinished } from 'vitest';

import { membersOf, startTime } from '../../sandbox/isolation/process-tree.ts';
import type { Deps } from '../../server/deps.ts';
import { startJobLoop } from '../../server/jobs/loop.ts';
import { selectEvaluation } from '../../server/models/evaluations.ts';
import { readResult } from '../../server/services/results.ts';
import { cancelSubmission, readQuota, retrySubmission } from '../../server/services/submissions.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeLoopModel } from '../factories/loop-model.ts';
import {
  makeCompetition,
  makeFile,
  makeModelFile,
  makeSubmission,
  makeUser,
} from '../factories/records.ts';
import { runQueue, until } from './run-queue.ts';

async function makeEndless(deps: Deps) {
  const { phase_id, competition_id } = await makeCompetition(deps);
  const user = await makeUser(deps);
  const stored = await deps.storage.put(Readable.from([makeLoopModel(null)]), { maxBytes: 1e6 });
  const files = [{ name: 'model.onnx', ...stored }];
  return {
    phase_id,
    user,
    competition_id,
    ...(await makeSubmission(deps, { phase_id, user, files })),
  };
}

const organizer = (deps: Deps, competition_id: string) =>
  makeUser(deps, {
    roles: [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }],
  });

/** Our descendants now, by number and start time. */
const family = () => membersOf(process.pid);

describe('cancelling', () => {
  it('ends the processes of a run, and the worker goes on with the next', async () => {
    const deps = await makeDeps();
    const before = family();
    const { phase_id, user, submission_id, evaluation_id } = await makeEndless(deps);
    const loop = startJobLoop(deps, 'w');
    onTestFinished(() => loop.stop());
    const children = await until(async () => {
      const { status } = await selectEvaluation(deps.db, evaluation_id);
      const born = [...family()].filter(([pid]) => !before.has(pid));
      return status === 'running' && born.length > 0 && born;
    }, 'the child of the run');

    expect(await cancelSubmission(deps, { submission_id, viewer: user })).toBe(true);
    await until(
      () => Promise.resolve(children.every(([pid, started]) => startTime(pid) !== started)),
      'the end of the child',
    );
    const files = [await makeModelFile(deps)];
    const next = await makeSubmission(deps, { phase_id, user, files });
    await until(
      async () => (await selectEvaluation(deps.db, next.evaluation_id)).status === 'succeeded',
      'the next evaluation',
    );
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result).toMatchObject({ status: 'cancelled', costs_quota: true, has_receipt: false });
    expect(result.trail.at(-1)).toMatchObject({ event: 'cancelled' });
  });

  it('does nothing when the evaluation has started since its viewer looked', async () => {
    const deps = await makeDeps();
    const { user, submission_id, evaluation_id } = await makeEndless(deps);
    await deps.queue.claim(['evaluate-submission'], 'w');
    await deps.db
      .updateTable('evaluations')
      .set({ status: 'running', attempt: 1 })
      .where('id', '=', evaluation_id)
      .execute();
    const seen = (seen_status: string) =>
      cancelSubmission(deps, { submission_id, viewer: user, seen_status });
    expect(await seen('queued')).toBe(false);
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'running' });
    expect(await seen('running')).toBe(true);
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({
      status: 'cancelled',
      counts_quota: true,
    });
  });

  it('costs the entrant nothing when an organizer does it', async () => {
    const deps = await makeDeps();
    const { phase_id, competition_id, user, submission_id } = await makeEndless(deps);
    const loop = startJobLoop(deps, 'w');
    onTestFinished(() => loop.stop());
    const viewer = await organizer(deps, competition_id);
    await until(
      () => cancelSubmission(deps, { submission_id, viewer, seen_status: 'running' }),
      'the start',
    );
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 0 });
  });
});

describe('evaluating again', () => {
  it('gives a failed submission a new evaluation, free, and keeps the failed one', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '1' });
    const { phase_id, competition_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const other = await makeModelFile(deps);
    const { submission_id, evaluation_id } = await makeSubmission(deps, {
      phase_id,
      user,
      files: [file],
    });
    await deps.storage.remove(file.storage_key);
    await runQueue(deps);
    const viewer = await organizer(deps, competition_id);
    expect(await readResult(deps, { submission_id, viewer })).toMatchObject({
      status: 'failed',
      can_retry: true,
    });
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      can_retry: false,
    });
    await expect(retrySubmission(deps, { submission_id, viewer: user })).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });

    // The operator has found the file again.
    await deps.db
      .updateTable('submissions')
      .set({ files_json: JSON.stringify([other]) })
      .where('id', '=', submission_id)
      .execute();
    const again = await retrySubmission(deps, { submission_id, viewer });
    expect(again.evaluation_id > evaluation_id).toBe(true);
    await expect(retrySubmission(deps, { submission_id, viewer })).rejects.toMatchObject({
      code: 'EVALUATION_NOT_RETRYABLE',
    });
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      evaluation_id: again.evaluation_id,
      status: 'succeeded',
      costs_quota: false,
      rank: 1,
    });
    expect(await selectEvaluation(deps.db, evaluation_id)).toMatchObject({ status: 'failed' });
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 0 });
  });

  it('does not give back what its first evaluation cost', async () => {
    const deps = await makeDeps();
    const { phase_id, competition_id } = await makeCompetition(deps, {
      edit: (yaml) => yaml.replace(/wall_ms: \d+/u, 'wall_ms: 1000'),
    });
    const user = await makeUser(deps);
    const stored = await deps.storage.put(Readable.from([makeLoopModel(null)]), { maxBytes: 1e6 });
    const files = [{ name: 'model.onnx', ...stored }];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    const failed = await readResult(deps, { submission_id, viewer: user });
    expect(failed).toMatchObject({ status: 'failed', failure: { code: 'TIME_LIMIT' } });
    const { used } = await readQuota(deps, { phase_id, user });
    expect(used).toBe(Number(failed.costs_quota));
    const viewer = await organizer(deps, competition_id);
    await retrySubmission(deps, { submission_id, viewer });
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used });
    await runQueue(deps);
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used });
  });
});

describe('free failures', () => {
  it('are counted where the entrant failed, and not where the platform did', async () => {
    const deps = await makeDeps({ FREE_FAILURES_PER_DAY: '1', JOB_MAX_ATTEMPTS: '1' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    for (let n = 0; n < 2; n++) {
      const file = await makeFile(deps);
      await makeSubmission(deps, { phase_id, user, files: [file] });
      await deps.storage.remove(file.storage_key);
      await runQueue(deps);
    }
    await makeSubmission(deps, { phase_id, user, files: [await makeFile(deps)] });
    await runQueue(deps);
    await expect(makeSubmission(deps, { phase_id, user })).rejects.toMatchObject({
      code: 'FREE_FAILURE_LIMIT_REACHED',
    });
  });
});
