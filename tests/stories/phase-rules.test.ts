import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { listAuditEvents } from '../../server/models/audit-events.ts';
import type { Phase } from '../../server/models/phases.ts';
import { chooseSubmission, readChosenSubmission } from '../../server/services/choices.ts';
import { disqualifyEntry, reinstateEntry } from '../../server/services/disqualifications.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { updatePhaseRules } from '../../server/services/phase-rules.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type ScoredRecord } from '../factories/scored.ts';
import { runQueue } from './run-queue.ts';

const ITEMS = 1000;
const ENDS_AT = '2026-03-10T00:00:00.000Z';

async function makePhase(deps: TestDeps) {
  const made = await makeCompetition(deps, { phase: { ends_at: ENDS_AT } });
  const roles = [
    { scope: 'competition', scope_id: made.competition_id, role: 'organizer' },
  ] as const;
  return { ...made, organizer: await makeUser(deps, { roles }) };
}

/** Errors of 1,000 by metric, the same on both splits. */
async function add(
  deps: TestDeps,
  phase_id: string,
  user: Awaited<ReturnType<typeof makeUser>>,
  errors: { top1: number; top5: number; private?: number },
): Promise<ScoredRecord> {
  deps.clock.advance(1000);
  const top5_error = wrongItems(ITEMS, errors.top5);
  return makeScored(deps, {
    phase_id,
    user,
    splits: {
      public: { top1_error: wrongItems(ITEMS, errors.top1), top5_error },
      private: { top1_error: wrongItems(ITEMS, errors.private ?? errors.top1), top5_error },
    },
  });
}

async function boardOf(deps: TestDeps, phase_id: string, split = 'public') {
  const organizer = await makeUser(deps, {
    roles: [{ scope: 'site', scope_id: '', role: 'admin' }],
  });
  const board = await readBoard(deps, { phase_id, split, viewer: organizer });
  return board.rows.map((row) => [row.rank, row.name.en, row.scores['top1_error']?.value]);
}

describe('the rules of a phase', () => {
  it('change the board from what is stored, with no evaluation run again', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const [ada, bob, eve] = [
      await makeUser(deps, { name: 'Ada' }),
      await makeUser(deps, { name: 'Bob' }),
      await makeUser(deps, { name: 'Eve' }),
    ];
    await add(deps, phase_id, ada, { top1: 100, top5: 30 });
    await add(deps, phase_id, ada, { top1: 120, top5: 5 });
    await add(deps, phase_id, bob, { top1: 100, top5: 20 });
    await add(deps, phase_id, eve, { top1: 110, top5: 10 });
    const change = (rules: Parameters<typeof updatePhaseRules>[1]['rules']) =>
      updatePhaseRules(deps, { phase_id, viewer: organizer, rules });

    expect(await boardOf(deps, phase_id)).toEqual([
      [1, 'Ada', 0.1],
      [1, 'Bob', 0.1],
      [3, 'Eve', 0.11],
    ]);
    await change({
      ranking: { method: 'primary', tie_breakers: ['top5_error'], earlier_first: true },
    });
    expect(await boardOf(deps, phase_id)).toEqual([
      [1, 'Bob', 0.1],
      [2, 'Ada', 0.1],
      [3, 'Eve', 0.11],
    ]);
    await change({ display_rule: 'latest' });
    expect(await boardOf(deps, phase_id)).toEqual([
      [1, 'Bob', 0.1],
      [2, 'Eve', 0.11],
      [3, 'Ada', 0.12],
    ]);
    await change({ ranking: { method: 'mean-of-ranks', tie_breakers: [], earlier_first: false } });
    // Places by top-1: Bob 1, Eve 2, Ada 3; by top-5: Ada 1, Eve 2, Bob 3.
    const board = await readBoard(deps, { phase_id, viewer: null });
    expect(board.rows.map((row) => [row.rank, row.mean_rank, row.tie_group])).toEqual([
      [1, 2, null],
      [1, 2, null],
      [1, 2, null],
    ]);
    expect(await deps.db.selectFrom('jobs').select('id').execute()).toEqual([]);
    const audit = await listAuditEvents(deps.db, { subject: 'phase', subject_id: phase_id });
    const changes = audit.filter(({ action }) => action === 'phase.rules_changed');
    expect(changes).toHaveLength(3);
    expect(changes[1]).toMatchObject({ actor_id: organizer.id });
    expect(JSON.parse(String(changes[1]?.detail['to']))).toMatchObject({ display_rule: 'latest' });
  });

  it('choose the best submission of an entry by the primary metric, whatever ranks the entries', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const user = await makeUser(deps);
    const metrics = ['top5_error', 'top1_error'];
    await updatePhaseRules(deps, {
      phase_id,
      viewer: organizer,
      rules: {
        ranking: { method: 'mean-of-ranks', metrics, tie_breakers: [], earlier_first: false },
      },
    });
    const best = await add(deps, phase_id, user, { top1: 100, top5: 30 });
    await add(deps, phase_id, user, { top1: 120, top5: 5 });
    const { rows } = await readBoard(deps, { phase_id, viewer: null });
    expect(rows.map((row) => row.submission_id)).toEqual([best.submission_id]);
  });

  it('hold for a result of a run that began before they changed', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    await add(deps, phase_id, await makeUser(deps, { name: 'Ada' }), { top1: 300, top5: 30 });
    const user = await makeUser(deps, { name: 'Bob' });
    const files = [await makeModelFile(deps)];
    await makeSubmission(deps, { phase_id, user, files });
    const release: Phase['release'] = { rule: 'rounded', steps: { top1_error: 0.05 } };
    const ranking: Phase['ranking'] = {
      method: 'mean-of-ranks',
      tie_breakers: [],
      earlier_first: false,
    };
    // The files are read once the run has begun.
    const storage: Deps['storage'] = {
      ...deps.storage,
      async read(key) {
        await updatePhaseRules(deps, { phase_id, viewer: organizer, rules: { release, ranking } });
        return deps.storage.read(key);
      },
    };
    await runQueue({ ...deps, storage });
    const { rows } = await readBoard(deps, { phase_id, viewer: user });
    const shown = rows.map((row) => [
      row.rank,
      row.mean_rank,
      row.name.en,
      row.scores['top1_error']?.value,
    ]);
    expect(shown).toEqual([
      [1, 1, 'Bob', 0.1],
      [2, 2, 'Ada', 0.3],
    ]);
  });

  it('are for organizers to change, and speak of metrics that the task has', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const change = (viewer: typeof organizer, rules: object) =>
      updatePhaseRules(deps, { phase_id, viewer, rules });
    await expect(change(await makeUser(deps), { display_rule: 'latest' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    for (const ranking of [
      { method: 'primary', tie_breakers: ['wer'], earlier_first: false },
      { method: 'primary', tie_breakers: ['top5_error', 'top5_error'], earlier_first: false },
      { method: 'mean-of-ranks', metrics: [], tie_breakers: [], earlier_first: false },
      { method: 'median', tie_breakers: [], earlier_first: false },
    ]) {
      await expect(change(organizer, { ranking })).rejects.toMatchObject({
        code: 'INVALID_FORM',
        fields: { ranking: 'invalid' },
      });
    }
    for (const release of [
      { rule: 'rounded', steps: { wer: 0.1 } },
      { rule: 'rounded', steps: { top1_error: 0 } },
      { rule: 'ladder', eta: -1 },
      { rule: 'secret' },
    ]) {
      await expect(change(organizer, { release })).rejects.toMatchObject({
        fields: { release: 'invalid' },
      });
    }
    expect(await deps.db.selectFrom('audit_events').select('action').execute()).not.toContainEqual({
      action: 'phase.rules_changed',
    });
  });
});

describe('a disqualified entry', () => {
  it('stays with its reason, out of every ranking, and can come back', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const cheat = await makeUser(deps, { name: 'Cheat' });
    const { entry_id } = await add(deps, phase_id, cheat, { top1: 1, top5: 0 });
    await add(deps, phase_id, await makeUser(deps, { name: 'Ada' }), { top1: 100, top5: 9 });
    const reason = 'Trained on the public split';
    await disqualifyEntry(deps, { entry_id, reason: ` ${reason} `, viewer: organizer });

    const board = await readBoard(deps, { phase_id, viewer: cheat });
    expect(board.rows.map((row) => [row.rank, row.name.en])).toEqual([[1, 'Ada']]);
    expect(board).toMatchObject({ entries: 1, pages: 1 });
    const at = deps.clock.now().toISOString();
    const mark = { rank: null, rank_interval: null, tie_group: null, disqualified: { at, reason } };
    expect(board.disqualified).toMatchObject([
      { ...mark, name: { en: 'Cheat' }, scores: { top1_error: { value: 0.001 } } },
    ]);
    expect(board.own_row).toMatchObject({ ...mark, own: true });
    expect(await boardOf(deps, phase_id, 'private')).toEqual([[1, 'Ada', 0.1]]);
    // A later submission of it changes nothing.
    await add(deps, phase_id, cheat, { top1: 0, top5: 0 });
    expect(await boardOf(deps, phase_id)).toEqual([[1, 'Ada', 0.1]]);

    await reinstateEntry(deps, { entry_id, viewer: organizer });
    expect(await boardOf(deps, phase_id)).toEqual([
      [1, 'Cheat', 0],
      [2, 'Ada', 0.1],
    ]);
    expect((await readBoard(deps, { phase_id, viewer: null })).disqualified).toEqual([]);
    const audit = await listAuditEvents(deps.db, { subject: 'entry', subject_id: entry_id });
    expect(audit.map(({ action, detail }) => [action, detail])).toEqual([
      ['entry.disqualified', { reason }],
      ['entry.reinstated', { reason }],
    ]);
  });

  it('is so by an organizer of its competition, for a reason', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const other = await makePhase(deps);
    const user = await makeUser(deps);
    const { entry_id } = await add(deps, phase_id, user, { top1: 1, top5: 0 });
    for (const viewer of [user, other.organizer]) {
      await expect(disqualifyEntry(deps, { entry_id, reason: 'No', viewer })).rejects.toMatchObject(
        { code: 'ENTRY_NOT_FOUND' },
      );
      await expect(reinstateEntry(deps, { entry_id, viewer })).rejects.toMatchObject({
        code: 'ENTRY_NOT_FOUND',
      });
    }
    await expect(
      disqualifyEntry(deps, { entry_id, reason: '  ', viewer: organizer }),
    ).rejects.toMatchObject({ fields: { reason: 'required' } });
    await expect(
      disqualifyEntry(deps, { entry_id: 'none', reason: 'No', viewer: organizer }),
    ).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
  });
});

describe('a chosen submission', () => {
  it('stands on both boards where the display rule says so', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const user = await makeUser(deps, { name: 'Ada' });
    const first = await add(deps, phase_id, user, { top1: 120, top5: 9, private: 90 });
    const best = await add(deps, phase_id, user, { top1: 100, top5: 9, private: 130 });
    const choose = (viewer: typeof user) =>
      chooseSubmission(deps, { submission_id: first.submission_id, viewer });
    await expect(choose(user)).rejects.toMatchObject({ code: 'CHOICE_NOT_OFFERED' });

    await updatePhaseRules(deps, {
      phase_id,
      viewer: organizer,
      rules: { display_rule: 'chosen' },
    });
    // The best until one is chosen.
    expect(await boardOf(deps, phase_id)).toEqual([[1, 'Ada', 0.1]]);
    await choose(user);
    expect(await boardOf(deps, phase_id)).toEqual([[1, 'Ada', 0.12]]);
    expect(await boardOf(deps, phase_id, 'private')).toEqual([[1, 'Ada', 0.09]]);
    const chosen = { phase_id, entry_id: first.entry_id };
    expect(await readChosenSubmission(deps, chosen)).toBe(first.submission_id);
    // Better ones that come later do not take its place.
    await add(deps, phase_id, user, { top1: 10, top5: 9 });
    expect(await boardOf(deps, phase_id)).toEqual([[1, 'Ada', 0.12]]);

    await expect(choose(await makeUser(deps))).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });
    deps.clock.set(ENDS_AT);
    // The private scores are known now.
    await expect(
      chooseSubmission(deps, { submission_id: best.submission_id, viewer: user }),
    ).rejects.toMatchObject({ code: 'PHASE_CLOSED' });
    await chooseSubmission(deps, { submission_id: best.submission_id, viewer: organizer });
    expect(await boardOf(deps, phase_id)).toEqual([[1, 'Ada', 0.1]]);
  });
});
