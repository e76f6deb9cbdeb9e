import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { readBoard } from '../../server/services/leaderboards.ts';
import { adoptTaskVersion } from '../../server/services/phase-rules.ts';
import { readResult } from '../../server/services/results.ts';
import { registerTask } from '../../server/services/tasks.ts';
import { loadTask } from '../../tasks/load.ts';
import { makeDataDir, makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { runQueue } from './run-queue.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');

/** The digits with a changed `task.yaml`. */
async function changedDigits(change: (yaml: string) => string): Promise<string> {
  const folder = path.join(await makeDataDir(), 'digits');
  await cp(DIGITS, folder, { recursive: true });
  const file = path.join(folder, 'task.yaml');
  await writeFile(file, change(await readFile(file, 'utf8')));
  return folder;
}

describe('a phase', () => {
  it('moves to a version of its task whose scores mean the same, with what still waits', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    const folder = await changedDigits((yaml) => yaml.replace('wall_ms: 60000', 'wall_ms: 50000'));
    const { task_version_id } = await registerTask(deps, { folder });
    expect(await adoptTaskVersion(deps, { phase_id, task_version_id })).toBe(true);
    expect(await adoptTaskVersion(deps, { phase_id, task_version_id })).toBe(true);
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'succeeded',
      task_version_id,
      rank: 1,
    });
  });

  it('releases its public scores anew where the new version says how to', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const wrong = { top1_error: wrongItems(1000, 117), top5_error: wrongItems(1000, 9) };
    await makeScored(deps, { phase_id, user, splits: { public: wrong, private: wrong } });
    const shown = async () => {
      const { rows, release } = await readBoard(deps, { phase_id, viewer: user });
      return [release.rule, ...rows.map((row) => [row.rank, row.scores['top1_error']?.value])];
    };
    expect(await shown()).toEqual(['full', [1, 0.117]]);
    const folder = await changedDigits((yaml) => yaml.replace('detail: full', 'detail: coarse'));
    const { task_version_id } = await registerTask(deps, { folder });
    expect(await adoptTaskVersion(deps, { phase_id, task_version_id })).toBe(true);
    // A step of the Ladder on 1,000 rows.
    expect(await shown()).toEqual(['ladder', [1, 0.1]]);
  });

  it('stays where the scores would mean something else', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const folder = await changedDigits((yaml) => yaml.replace('seed: 1998', 'seed: 1999'));
    const { task_version_id } = await registerTask(deps, { folder });
    expect(await adoptTaskVersion(deps, { phase_id, task_version_id })).toBe(false);
  });

  it('runs on in a data folder that knows its task by the plain hash of the content', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const { contentHash } = await loadTask(DIGITS);
    await deps.db.updateTable('task_versions').set({ version: contentHash }).execute();
    deps.tasks.clear();
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'succeeded',
      task_version: contentHash,
    });
    // Registered again it gets its keyed version, which means the same.
    const { task_version_id } = await registerTask(deps, { folder: DIGITS });
    expect(await adoptTaskVersion(deps, { phase_id, task_version_id })).toBe(true);
  });

  it('names the task as the cause where its folder has changed under it', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await registerTask(deps, { folder: await changedDigits((yaml) => `${yaml}\n# changed\n`) });
    deps.tasks.clear();
    await runQueue(deps);
    expect(await readResult(deps, { submission_id, viewer: user })).toMatchObject({
      status: 'failed',
      costs_quota: false,
      failure: { kind: 'task', code: 'BAD_TASK', reason: 'task-invalid' },
    });
  });
});
