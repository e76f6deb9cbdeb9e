import { describe, expect, it } from 'vitest';

import { disqualifyEntry } from '../../server/services/disqualifications.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import type { RoleGrant } from '../../server/services/access.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type Wrong } from '../factories/scored.ts';

const ITEMS = 1000;

async function addEntry(
  deps: TestDeps,
  phase_id: string,
  name: string,
  wrong: Wrong,
): Promise<string> {
  deps.clock.advance(1000);
  const user = await makeUser(deps, { name });
  const splits = { public: { top1_error: wrong }, private: { top1_error: wrong } };
  return (await makeScored(deps, { phase_id, user, splits })).entry_id;
}

async function rowsOf(deps: TestDeps, phase_id: string) {
  const { rows } = await readBoard(deps, { phase_id, viewer: null });
  return rows.map(({ name, rank, tie_group, rank_interval }) => ({
    name: name.en,
    rank,
    tie_group,
    ranks: rank_interval === null ? null : [rank_interval.best, rank_interval.worst],
  }));
}

describe('the tie groups of a board', () => {
  it('are of rows that a paired test on the items cannot tell from the first of them', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    await addEntry(deps, phase_id, 'c', wrongItems(ITEMS, 200));
    await addEntry(deps, phase_id, 'a', wrongItems(ITEMS, 100));
    await addEntry(deps, phase_id, 'b', wrongItems(ITEMS, 104));
    // a and b differ on four items, c on a hundred.
    expect(await rowsOf(deps, phase_id)).toEqual([
      { name: 'a', rank: 1, tie_group: 1, ranks: [1, 2] },
      { name: 'b', rank: 2, tie_group: 1, ranks: [1, 2] },
      { name: 'c', rank: 3, tie_group: 2, ranks: [3, 3] },
    ]);
  });

  it('see through scores that are close, where nearly every item agrees', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    await addEntry(deps, phase_id, 'nested', wrongItems(ITEMS, 80));
    // The same 80 and 20 more: one-sided in every item that differs, p = 2^-19.
    await addEntry(deps, phase_id, 'superset', wrongItems(ITEMS, 100));
    // As many errors, on other items: unpaired the two look the same.
    await addEntry(deps, phase_id, 'elsewhere', wrongItems(ITEMS, 100, 500));
    const rows = await rowsOf(deps, phase_id);
    expect(rows.map(({ name, tie_group }) => [name, tie_group])).toEqual([
      ['nested', 1],
      ['superset', 2],
      ['elsewhere', 2],
    ]);
    // Intervals of the scores alone overlap.
    expect(rows.map(({ ranks }) => ranks)).toEqual([
      [1, 3],
      [1, 3],
      [1, 3],
    ]);
  });

  it('change with a new result as if the board were made anew, by a few tests', async () => {
    const deps = await makeDeps();
    const one = await makeCompetition(deps);
    const other = await makeCompetition(deps);
    const errors = [120, 50, 300, 118, 52, 121, 310, 49, 200, 55];
    for (const [n, wrong] of errors.entries()) {
      await addEntry(deps, one.phase_id, `e${n}`, wrongItems(ITEMS, wrong, n));
    }
    for (const [n, wrong] of [...errors.entries()].toReversed()) {
      await addEntry(deps, other.phase_id, `e${n}`, wrongItems(ITEMS, wrong, n));
    }
    expect(await rowsOf(deps, one.phase_id)).toEqual(await rowsOf(deps, other.phase_id));
    const count = async () =>
      (await deps.db.selectFrom('board_tests').selectAll().execute()).filter(
        ({ phase_id, split }) => phase_id === one.phase_id && split === 'public',
      ).length;
    const before = await count();
    await addEntry(deps, one.phase_id, 'last', wrongItems(ITEMS, 500));
    expect((await count()) - before).toBeLessThanOrEqual(2);
  });

  it('leave out who is disqualified', async () => {
    const deps = await makeDeps();
    const { phase_id, competition_id } = await makeCompetition(deps);
    const roles: RoleGrant[] = [
      { scope: 'competition', scope_id: competition_id, role: 'organizer' },
    ];
    const organizer = await makeUser(deps, { roles });
    const cheat = await addEntry(deps, phase_id, 'cheat', wrongItems(ITEMS, 0));
    await addEntry(deps, phase_id, 'a', wrongItems(ITEMS, 100));
    await addEntry(deps, phase_id, 'b', wrongItems(ITEMS, 300));
    await disqualifyEntry(deps, { entry_id: cheat, reason: 'Shared labels', viewer: organizer });
    expect(await rowsOf(deps, phase_id)).toEqual([
      { name: 'a', rank: 1, tie_group: 1, ranks: [1, 1] },
      { name: 'b', rank: 2, tie_group: 2, ranks: [2, 2] },
    ]);
  });

  it('know nothing of the items where scores are released by a rule', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, {
      phase: { release: { rule: 'rounded', steps: {} } },
    });
    await addEntry(deps, phase_id, 'nested', wrongItems(ITEMS, 80));
    await addEntry(deps, phase_id, 'superset', wrongItems(ITEMS, 100));
    await addEntry(deps, phase_id, 'far', wrongItems(ITEMS, 300));
    const rows = await rowsOf(deps, phase_id);
    // A paired test would tell the first two apart.
    expect(rows.map(({ tie_group }) => tie_group)).toEqual([1, 1, 2]);
    const tests = await deps.db.selectFrom('board_tests').select('split').execute();
    expect(new Set(tests.map(({ split }) => split))).toEqual(new Set(['private']));
  });

  it('are made by the jackknife where items are no matter of right or wrong', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const graded = (shift: number) => ({
      items: ITEMS,
      width: 1,
      values: Float64Array.from({ length: ITEMS }, (_, item) => ((item % 7) + shift) / 20),
    });
    for (const [name, shift] of [
      ['a', 0],
      ['b', 0.01],
      ['c', 4],
    ] as const) {
      deps.clock.advance(1000);
      const user = await makeUser(deps, { name });
      const splits = { public: { top1_error: graded(shift) } };
      await makeScored(deps, { phase_id, user, splits });
    }
    // b is worse than a on every item by as much: however small, that is no chance.
    expect((await rowsOf(deps, phase_id)).map(({ tie_group }) => tie_group)).toEqual([1, 2, 3]);
  });
});
