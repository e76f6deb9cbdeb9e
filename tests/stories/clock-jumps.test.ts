import { Readable } from 'node:stream';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startJobLoop } from '../../server/jobs/loop.ts';
import { selectEvaluation } from '../../server/models/evaluations.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeLoopModel } from '../factories/loop-model.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { until } from './run-queue.ts';

const HOUR_MS = 3_600_000;

describe('a clock that is set', () => {
  it('forward takes no job from a worker that lives, and those of dead ones a little later', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const stored = await deps.storage.put(Readable.from([makeLoopModel(null)]), { maxBytes: 1e6 });
    const slow = await makeSubmission(deps, {
      phase_id,
      user,
      files: [{ name: 'model.onnx', ...stored }],
    });
    const living = startJobLoop(deps, 'living');
    await until(
      async () => (await selectEvaluation(deps.db, slow.evaluation_id)).status === 'running',
      'the endless run',
    );
    const files = [await makeModelFile(deps)];
    const lost = await makeSubmission(deps, { phase_id, user, files });
    expect((await deps.queue.claim(['evaluate-submission'], 'dead'))?.id).toBe(lost.evaluation_id);
    const other = startJobLoop(deps, 'other');
    onTestFinished(async () => {
      await deps.queue.cancel(deps.db, slow.evaluation_id);
      await Promise.all([living.stop(), other.stop()]);
    });

    deps.clock.advance(HOUR_MS);
    await until(
      async () => (await selectEvaluation(deps.db, lost.evaluation_id)).status === 'succeeded',
      'the job of the dead worker',
    );
    expect(await selectEvaluation(deps.db, lost.evaluation_id)).toMatchObject({ attempt: 2 });
    expect(await selectEvaluation(deps.db, slow.evaluation_id)).toMatchObject({
      status: 'running',
      attempt: 1,
    });
  });

  it('back keeps nothing waiting: neither a new job, nor one that waits for its next attempt', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000', JOB_BACKOFF_MS: '0' });
    const { phase_id } = await makeCompetition(deps, {
      phase: { starts_at: '2000-01-01T00:00:00.000Z' },
    });
    const user = await makeUser(deps);
    const sent = [];
    for (let n = 0; n < 2; n++) {
      const files = [await makeModelFile(deps)];
      sent.push(await makeSubmission(deps, { phase_id, user, files }));
    }
    const job = await deps.queue.claim(['evaluate-submission'], 'w');
    await deps.queue.fail(deps.db, job?.id ?? '', 1, { retryable: true, error: '' });
    deps.clock.advance(-24 * HOUR_MS);
    const loop = startJobLoop(deps, 'w');
    onTestFinished(() => loop.stop());
    for (const { evaluation_id } of sent) {
      await until(
        async () => (await selectEvaluation(deps.db, evaluation_id)).status === 'succeeded',
        'the end',
      );
    }
  });
});
