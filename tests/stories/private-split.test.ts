import { describe, expect, it } from 'vitest';

import { findCompetition } from '../../server/services/competitions.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { readResult } from '../../server/services/results.ts';
import { makeDeps } from '../factories/deps.ts';
import {
  makeCompetition,
  makeFile,
  makeModelFile,
  makeSubmission,
  makeUser,
} from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

const ENDS_AT = '2026-03-10T00:00:00.000Z';

describe('the private split', () => {
  it('is closed to everybody but the organizer until the phase ends', async () => {
    const deps = await makeDeps();
    const { competition_id, phase_id, slug } = await makeCompetition(deps, {
      phase: { ends_at: ENDS_AT },
    });
    const student = await makeUser(deps);
    const organizer = await makeUser(deps, {
      roles: [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }],
    });
    const elsewhere = await makeUser(deps, {
      roles: [{ scope: 'competition', scope_id: 'another', role: 'organizer' }],
    });
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user: student, files });
    await runQueue(deps);

    const read = (viewer: typeof student | null) =>
      readBoard(deps, { phase_id, split: 'private', viewer });
    for (const viewer of [null, student, elsewhere]) {
      await expect(read(viewer)).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
      const { phases } = await findCompetition(deps, { slug, viewer });
      expect(phases[0]?.shown_splits).toEqual(['public']);
    }
    const before = await readResult(deps, { submission_id, viewer: student });
    expect(before.splits.map(({ split }) => split)).toEqual(['public']);
    const ofOrganizer = await readResult(deps, { submission_id, viewer: organizer });
    expect(ofOrganizer.splits.map(({ split }) => split)).toEqual(['public', 'private']);
    expect((await read(organizer)).rows).toHaveLength(1);

    deps.clock.set('2026-03-09T23:59:59.999Z');
    await expect(read(null)).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
    deps.clock.set(ENDS_AT);
    const [row] = (await read(null)).rows;
    const after = await readResult(deps, { submission_id, viewer: student });
    expect(after.splits.map(({ split, role }) => [split, role])).toEqual([
      ['public', 'public'],
      ['private', 'private'],
    ]);
    const value = after.splits[1]?.scores[0]?.value;
    expect(row?.scores['top1_error']?.value).toBe(value);
    // The digits show full detail of the public split only.
    expect(after.splits[0]?.confusion).toHaveLength(100);
    expect(after.splits[1]?.confusion).toBeNull();
  });

  it('opens at the end where it is the only one, which nobody could reveal', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, {
      phase: {
        public_split: 'private',
        private_split: null,
        ends_at: ENDS_AT,
        reveal_rule: 'by-organizer',
      },
    });
    const read = () => readBoard(deps, { phase_id, viewer: null });
    await expect(read()).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
    deps.clock.set(ENDS_AT);
    expect((await read()).split).toBe('private');
  });

  it('stays closed after the end where it is to be revealed later', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, {
      phase: { ends_at: ENDS_AT, revealed_at: '2026-03-12T00:00:00.000Z' },
    });
    const read = () => readBoard(deps, { phase_id, split: 'private', viewer: null });
    deps.clock.set('2026-03-11T00:00:00.000Z');
    await expect(read()).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
    deps.clock.set('2026-03-12T00:00:00.000Z');
    expect((await read()).rows).toEqual([]);
  });

  it('never opens by itself in a phase without an end', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    deps.clock.set('2099-01-01T00:00:00.000Z');
    await expect(
      readBoard(deps, { phase_id, split: 'private', viewer: null }),
    ).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
    await expect(readBoard(deps, { phase_id, split: 'train', viewer: null })).rejects.toMatchObject(
      { code: 'SPLIT_NOT_FOUND' },
    );
  });
});

describe('a result', () => {
  it('is there for its owner and the organizer, and for others as if it did not exist', async () => {
    const deps = await makeDeps();
    const { competition_id, phase_id } = await makeCompetition(deps);
    const owner = await makeUser(deps);
    const { submission_id } = await makeSubmission(deps, {
      phase_id,
      user: owner,
      files: [await makeFile(deps)],
    });
    const roles = [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }];
    const organizer = await makeUser(deps, { roles });
    const admin = await makeUser(deps, {
      roles: [{ scope: 'site', scope_id: '', role: 'admin' }],
    });
    for (const viewer of [owner, organizer, admin]) {
      expect((await readResult(deps, { submission_id, viewer })).submission_id).toBe(submission_id);
    }
    for (const viewer of [null, await makeUser(deps)]) {
      await expect(readResult(deps, { submission_id, viewer })).rejects.toMatchObject({
        code: 'SUBMISSION_NOT_FOUND',
      });
    }
  });
});
