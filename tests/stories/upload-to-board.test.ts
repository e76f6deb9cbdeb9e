import { describe, expect, it } from 'vitest';

import { listAuditEvents } from '../../server/models/audit-events.ts';
import { selectPhase } from '../../server/models/phases.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { readResult } from '../../server/services/results.ts';
import {
  listOwnSubmissions,
  readQuota,
  submitBaseline,
} from '../../server/services/submissions.ts';
import { storeReferences } from '../../server/services/leaderboards.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

describe('a submission', () => {
  it('comes from the upload to a ranked row with its scores, intervals and trail', async () => {
    const deps = await makeDeps();
    const { competition_id, phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps, { name: 'Ada' });
    const files = [await makeModelFile(deps, 'lenet5.onnx')];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files, note: 'first' });

    const waiting = await readResult(deps, { submission_id, viewer: user });
    expect(waiting).toMatchObject({
      status: 'queued',
      queue: { position: 1, estimate_s: null },
      splits: [],
      run: null,
      can_cancel: true,
    });
    const version = (await selectPhase(deps.db, phase_id)).board_version;

    await runQueue(deps);

    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result).toMatchObject({
      status: 'succeeded',
      attempt: 1,
      note: 'first',
      failure: null,
      queue: null,
      progress: null,
      rank: 1,
      is_board_submission: true,
      costs_quota: true,
      can_cancel: false,
      primary_metric: 'top1_error',
      run: { engine: { name: 'onnxruntime', provider: 'cpu' } },
    });
    expect(result.trail.map(({ event }) => event)).toEqual([
      'received',
      'queued',
      'running',
      'succeeded',
    ]);
    expect(result.splits.map(({ split }) => split)).toEqual(['public']);
    const [split] = result.splits;
    expect(split?.rows).toBe(1000);
    // LeNet-5 of this folder errs on 10 of the 1,000 public images.
    const top1 = split?.scores.find(({ metric }) => metric === 'top1_error');
    expect(top1?.value).toBe(0.01);
    expect(top1?.interval?.low).toBeGreaterThan(0.005);
    expect(top1?.interval?.high).toBeLessThan(0.02);
    const confusion = split?.confusion ?? [];
    expect(confusion.reduce((sum, count) => sum + count, 0)).toBe(1000);
    const right = result.classes.map((_, index) => confusion[index * 11] ?? 0);
    expect(right.reduce((sum, count) => sum + count, 0)).toBe(990);

    const board = await readBoard(deps, { phase_id, viewer: user });
    expect(board.entries).toBe(1);
    expect(board.version).toBeGreaterThan(version);
    expect(board.rows).toEqual([
      expect.objectContaining({
        rank: 1,
        kind: 'entry',
        name: { en: 'Ada', es: 'Ada' },
        own: true,
        submissions: 1,
        submission_id,
      }),
    ]);
    expect(board.rows[0]?.scores['top1_error']).toEqual({
      value: 0.01,
      interval: top1?.interval,
      exact: null,
    });

    expect(await listOwnSubmissions(deps, { user, competition_id })).toMatchObject([
      { id: submission_id, status: 'succeeded', primary_value: 0.01, failure_reason: null },
    ]);
    expect(await readQuota(deps, { phase_id, user })).toMatchObject({ used: 1, left: 19 });
    const audit = await listAuditEvents(deps.db, {
      subject: 'submission',
      subject_id: submission_id,
    });
    expect(audit.map(({ action }) => action)).toEqual([
      'submission.received',
      'evaluation.succeeded',
    ]);
  });

  it('stands on the board among baselines and references, which have no rank', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const [ada, bob] = [await makeUser(deps, { name: 'Ada' }), await makeUser(deps)];
    await storeReferences(deps, {
      phase_id,
      references: [
        { name: 'Worst', source: 'a paper', scores: { top1_error: 0.9 } },
        { name: 'Best', source: 'a book', scores: { top1_error: 0 } },
        { name: 'Unscored', source: 'a rumour', scores: {} },
      ],
    });
    await submitBaseline(deps, {
      phase_id,
      name: { en: 'Perceptron', es: 'Perceptrón' },
      source: 'us',
      files: [await makeModelFile(deps, 'mlp.onnx')],
    });
    for (const [user, model] of [
      [ada, 'logreg.onnx'],
      [bob, 'lenet5.onnx'],
      [ada, 'lenet5.onnx'],
      [ada, 'logreg.onnx'],
    ] as const) {
      deps.clock.advance(1000);
      await makeSubmission(deps, { phase_id, user, files: [await makeModelFile(deps, model)] });
    }
    await runQueue(deps);

    const { rows } = await readBoard(deps, { phase_id, viewer: null });
    const seen = rows.map(({ rank, kind, name, submissions }) => [
      rank,
      kind,
      name.es,
      submissions,
    ]);
    // Equal scores share the rank and stand in the order of arrival; the best submission counts.
    expect(seen).toEqual([
      [null, 'reference', 'Best', null],
      [1, 'entry', bob.name, 1],
      [1, 'entry', 'Ada', 3],
      [null, 'baseline', 'Perceptrón', 1],
      [null, 'reference', 'Worst', null],
      [null, 'reference', 'Unscored', null],
    ]);
  });
});
