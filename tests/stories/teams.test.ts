import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { selectOptionalUserEntry } from '../../server/models/entries.ts';
import {
  cancelSubmission,
  listOwnSubmissions,
  readQuota,
} from '../../server/services/submissions.ts';
import { readResult } from '../../server/services/results.ts';
import {
  inviteToTeam,
  joinTeam,
  leaveTeam,
  readInvitation,
  readTeam,
  renameTeam,
  withdrawInvitation,
  MOST_MEMBERS,
} from '../../server/services/teams.ts';
import type { Viewer } from '../../server/services/access.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';

async function makeTeam(deps: Deps, slug: string) {
  const ada = await makeUser(deps, { name: 'Ada' });
  const eva = await makeUser(deps, { name: 'Eva' });
  await renameTeam(deps, { slug, viewer: ada, name: 'Lovelace & co' });
  await invite(deps, slug, ada, eva);
  return { ada, eva };
}

const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

async function invite(deps: Deps, slug: string, from: Viewer, to: Viewer): Promise<void> {
  const { url } = await inviteToTeam(deps, { slug, viewer: from });
  expect(await joinTeam(deps, { token: tokenOf(url), viewer: to })).toBe(slug);
}

const namesOf = async (deps: Deps, slug: string, viewer: Viewer) =>
  (await readTeam(deps, { slug, viewer })).members.map(({ name }) => name);

describe('a team', () => {
  it('shares one quota, one entry and its submissions', async () => {
    const deps = await makeDeps();
    const { slug, phase_id, competition_id } = await makeCompetition(deps, {
      phase: { daily_limit: 2 },
    });
    const { ada, eva } = await makeTeam(deps, slug);
    expect(await namesOf(deps, slug, eva)).toEqual(['Ada', 'Eva']);
    const { submission_id } = await makeSubmission(deps, { phase_id, user: ada });
    await makeSubmission(deps, { phase_id, user: eva });
    await expect(makeSubmission(deps, { phase_id, user: ada })).rejects.toMatchObject({
      code: 'SUBMISSION_LIMIT_REACHED',
    });
    expect(await readQuota(deps, { phase_id, user: eva })).toMatchObject({ used: 2, left: 0 });
    expect(await listOwnSubmissions(deps, { user: eva, competition_id })).toHaveLength(2);
    expect(await readResult(deps, { submission_id, viewer: eva })).toMatchObject({
      own: true,
      entry: { name: { en: 'Lovelace & co' } },
    });
    expect(await cancelSubmission(deps, { submission_id, viewer: eva })).toBe(true);
  });

  it('is nobody else’s business', async () => {
    const deps = await makeDeps();
    const { slug, phase_id } = await makeCompetition(deps);
    const { ada } = await makeTeam(deps, slug);
    const { submission_id } = await makeSubmission(deps, { phase_id, user: ada });
    const viewer = await makeUser(deps);
    await expect(readResult(deps, { submission_id, viewer })).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });
    await expect(cancelSubmission(deps, { submission_id, viewer })).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });
  });

  it('takes in each invited person once', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const ada = await makeUser(deps, { name: 'Ada' });
    const { url } = await inviteToTeam(deps, { slug, viewer: ada });
    const token = tokenOf(url);
    expect(await readInvitation(deps, { token, viewer: ada })).toMatchObject({
      team: 'Ada',
      members: ['Ada'],
    });
    const people = [await makeUser(deps), await makeUser(deps)];
    const joins = await Promise.allSettled(
      people.map((viewer) => joinTeam(deps, { token, viewer })),
    );
    expect(joins.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(readInvitation(deps, { token, viewer: ada })).rejects.toMatchObject({
      code: 'INVITATION_INVALID',
    });
    expect(await namesOf(deps, slug, ada)).toHaveLength(2);
  });

  it('cannot be joined with an invitation that lapsed or was withdrawn', async () => {
    let now = new Date('2026-11-01T12:00:00Z');
    const deps = { ...(await makeDeps()), clock: { now: () => now } };
    const { slug } = await makeCompetition(deps);
    const ada = await makeUser(deps);
    const eva = await makeUser(deps);
    const withdrawn = await inviteToTeam(deps, { slug, viewer: ada });
    const [open] = (await readTeam(deps, { slug, viewer: ada })).invitations;
    const of = { slug, id: open?.id ?? '' };
    await expect(withdrawInvitation(deps, { ...of, viewer: eva })).rejects.toMatchObject({
      code: 'INVITATION_INVALID',
    });
    await withdrawInvitation(deps, { ...of, viewer: ada });
    const lapsing = await inviteToTeam(deps, { slug, viewer: ada });
    now = new Date('2026-11-08T12:00:01Z');
    for (const { url } of [withdrawn, lapsing]) {
      await expect(joinTeam(deps, { token: tokenOf(url), viewer: eva })).rejects.toMatchObject({
        code: 'INVITATION_INVALID',
      });
    }
    expect(await namesOf(deps, slug, ada)).toHaveLength(1);
  });

  it('has no more members and invitations than it may', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const viewer = await makeUser(deps);
    for (let n = 1; n < MOST_MEMBERS; n++) await inviteToTeam(deps, { slug, viewer });
    await expect(inviteToTeam(deps, { slug, viewer })).rejects.toMatchObject({ code: 'TEAM_FULL' });
  });
});

describe('one person', () => {
  it('is in one team of a competition, and in others of others', async () => {
    const deps = await makeDeps();
    const here = await makeCompetition(deps);
    const there = await makeCompetition(deps);
    const { eva } = await makeTeam(deps, here.slug);
    const third = await makeUser(deps);
    const { url } = await inviteToTeam(deps, { slug: here.slug, viewer: third });
    await expect(joinTeam(deps, { token: tokenOf(url), viewer: eva })).rejects.toMatchObject({
      code: 'ALREADY_TAKES_PART',
    });
    await invite(deps, there.slug, third, eva);
  });

  it('gives up an entry of their own that never submitted, and no other', async () => {
    const deps = await makeDeps();
    const { slug, phase_id, competition_id } = await makeCompetition(deps);
    const ada = await makeUser(deps);
    const unused = await makeUser(deps);
    await renameTeam(deps, { slug, viewer: unused, name: 'Alone' });
    await inviteToTeam(deps, { slug, viewer: unused });
    await invite(deps, slug, ada, unused);
    const used = await makeUser(deps);
    await makeSubmission(deps, { phase_id, user: used });
    const { url } = await inviteToTeam(deps, { slug, viewer: ada });
    await expect(joinTeam(deps, { token: tokenOf(url), viewer: used })).rejects.toMatchObject({
      code: 'ALREADY_TAKES_PART',
    });
    const entries = await deps.db
      .selectFrom('entries')
      .select('name')
      .where('competition_id', '=', competition_id)
      .execute();
    expect(entries).toHaveLength(2);
    expect(entries.map(({ name }) => name)).not.toContain('Alone');
  });

  it('leaves a team until it has submitted, and gets no second quota by it', async () => {
    const deps = await makeDeps();
    const { slug, phase_id, competition_id } = await makeCompetition(deps);
    const { ada, eva } = await makeTeam(deps, slug);
    // The founder goes first: the entry is the other one's from then on.
    await leaveTeam(deps, { slug, viewer: ada });
    expect(await namesOf(deps, slug, eva)).toEqual(['Eva']);
    expect(await selectOptionalUserEntry(deps.db, competition_id, ada.id)).toBeNull();
    await makeSubmission(deps, { phase_id, user: ada });
    const entry = await selectOptionalUserEntry(deps.db, competition_id, ada.id);
    expect(entry?.name.en).toBe('Ada');
    await expect(leaveTeam(deps, { slug, viewer: eva })).rejects.toMatchObject({
      code: 'TEAM_FIXED',
    });
    const third = await makeUser(deps);
    await invite(deps, slug, eva, third);
    await makeSubmission(deps, { phase_id, user: third });
    for (const viewer of [eva, third]) {
      await expect(leaveTeam(deps, { slug, viewer })).rejects.toMatchObject({ code: 'TEAM_FIXED' });
    }
  });
});
