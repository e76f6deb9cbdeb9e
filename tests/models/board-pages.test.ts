import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { upsertUserEntry } from '../../server/models/entries.ts';
import { selectPhase } from '../../server/models/phases.ts';
import { presentBoard } from '../../server/presenters/board.ts';
import type { Viewer } from '../../server/services/access.ts';
import { choosePhase, findCompetition } from '../../server/services/competitions.ts';
import {
  BOARD_PAGE_SIZE,
  readBoard,
  rebuildBoards,
  storeReferences,
} from '../../server/services/leaderboards.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';

/** An entry with one scored submission, without running a model for each of hundreds. */
async function addScored(
  deps: Deps,
  at: { competition_id: string; phase_id: string; user: Viewer },
  score: number | null,
): Promise<void> {
  const phase = await selectPhase(deps.db, at.phase_id);
  const now = deps.clock.now().toISOString();
  const [submission_id, evaluation_id] = [newId(), newId()];
  await deps.db.transaction().execute(async (trx) => {
    const entry_id = await upsertUserEntry(trx, {
      id: newId(),
      competition_id: at.competition_id,
      user_id: at.user.id,
      name: at.user.name,
      created_at: now,
    });
    await trx
      .insertInto('submissions')
      .values({
        id: submission_id,
        phase_id: at.phase_id,
        entry_id,
        user_id: at.user.id,
        files_json: '[]',
        artifact_sha256: '',
        artifact_bytes: 0,
        options_json: '{}',
        note: '',
        created_at: now,
      })
      .execute();
    await trx
      .insertInto('evaluations')
      .values({
        id: evaluation_id,
        submission_id,
        phase_id: at.phase_id,
        entry_id,
        task_version_id: phase.task_version_id,
        status: 'succeeded',
        attempt: 1,
        failure_json: null,
        progress_done: 0,
        progress_total: 0,
        run_json: null,
        counts_quota: 1,
        queued_at: now,
        started_at: now,
        finished_at: now,
      })
      .execute();
    await trx
      .insertInto('scores')
      .values({
        evaluation_id,
        split: 'public',
        metric: 'top1_error',
        value: score,
        low: null,
        high: null,
      })
      .execute();
    await rebuildBoards(trx, { phase_id: phase.id, changed: { entry_id }, now: deps.clock.now() });
  });
}

/** Users without passwords to compute. */
async function addUsers(deps: Deps, count: number): Promise<Viewer[]> {
  const users = Array.from({ length: count }, (_, n) => ({
    id: newId(),
    email: `u${n}@certamen.example`,
    name: `U${n}`,
    locale: 'en',
  }));
  for (const user of users) {
    const row = { ...user, password_hash: '', created_at: deps.clock.now().toISOString() };
    await deps.db.insertInto('users').values(row).execute();
  }
  return users.map((user) => ({ ...user, roles: [] }));
}

describe('a board', () => {
  it('comes in pages of a hundred, in which every row stands once and in order', async () => {
    const deps = await makeDeps();
    const at = await makeCompetition(deps);
    const users = await addUsers(deps, 130);
    await storeReferences(deps, {
      phase_id: at.phase_id,
      references: [
        { name: 'First', source: 'a', scores: { top1_error: -1 } },
        { name: 'On the edge', source: 'a', scores: { top1_error: 0.975 } },
        { name: 'Over the edge', source: 'a', scores: { top1_error: 0.985 } },
        { name: 'Last', source: 'a', scores: { top1_error: 9 } },
      ],
    });
    for (const [n, user] of users.entries()) {
      deps.clock.advance(1);
      // 0.01, 0.02 … in an order unlike that of arrival; two of them equal, one undefined.
      const place = (n * 37) % 130;
      await addScored(deps, { ...at, user }, place === 129 ? null : Math.max(place, 1) / 100);
    }
    const first = await readBoard(deps, { phase_id: at.phase_id, page: 1, viewer: null });
    const second = await readBoard(deps, { phase_id: at.phase_id, page: 2, viewer: null });
    const third = await readBoard(deps, { phase_id: at.phase_id, page: 3, viewer: null });
    expect(first).toMatchObject({ pages: 2, entries: 129 });
    expect(first.rows).toHaveLength(BOARD_PAGE_SIZE);
    expect(second.rows).toHaveLength(34);
    expect(third.rows).toEqual([]);

    const rows = [...first.rows, ...second.rows];
    const values = rows.map(({ scores }) => scores['top1_error']?.value ?? Number.MAX_VALUE);
    expect(values).toEqual(values.toSorted((left, right) => left - right));
    expect(new Set(rows.map(({ name }) => name.en)).size).toBe(134);
    expect(first.rows[0]?.name.en).toBe('First');
    expect(first.rows.at(-1)?.name.en).toBe('On the edge');
    expect(second.rows[1]?.name.en).toBe('Over the edge');
    expect(rows.filter(({ kind }) => kind === 'entry').map(({ rank }) => rank)).toEqual([
      1,
      1,
      ...Array.from({ length: 127 }, (_, index) => index + 3),
      null,
    ]);
  });

  it('shows the viewer their own row beside a page that lacks it', async () => {
    const deps = await makeDeps();
    const at = await makeCompetition(deps);
    const users = await addUsers(deps, 101);
    for (const [n, user] of users.entries()) await addScored(deps, { ...at, user }, n);
    const [best, worst] = [users[0] ?? null, users[100] ?? null];
    const read = (page: number, viewer: Viewer | null) =>
      readBoard(deps, { phase_id: at.phase_id, page, viewer });
    expect((await read(1, worst)).own_row).toMatchObject({ rank: 101, own: true });
    expect((await read(1, best)).own_row).toBeNull();
    expect((await read(1, best)).rows[0]).toMatchObject({ own: true });
    expect((await read(2, best)).own_row).toMatchObject({ rank: 1 });
    expect((await read(1, await makeUser(deps))).own_row).toBeNull();
    expect((await read(1, worst)).own_page).toBe(2);
    expect((await read(2, best)).own_page).toBe(1);
    expect((await read(1, best)).own_page).toBeNull();
    const competition = await findCompetition(deps, { slug: at.slug, viewer: worst });
    const phase = choosePhase(competition, undefined);
    const query = { phase, split: 'public', page: 1, hide: false };
    const page = presentBoard('en', competition, await read(1, worst), query, true);
    expect(page.own?.href).toMatch(/leaderboard\?split=public&page=2#entry-/u);
  });
});
