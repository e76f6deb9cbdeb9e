import { describe, expect, it } from 'vitest';

import { createRandom } from '../../scoring/random.ts';
import type { Phase } from '../../server/models/phases.ts';
import { chooseSubmission } from '../../server/services/choices.ts';
import { disqualifyEntry, reinstateEntry } from '../../server/services/disqualifications.ts';
import { rebuildBoards } from '../../server/services/leaderboards.ts';
import { updatePhaseRules } from '../../server/services/phase-rules.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, type ScoredRecord } from '../factories/scored.ts';

const ITEMS = 60;
const STEPS = 40;

/** Everything that stands on the boards of a phase, in an order of its own. */
async function storedBoards({ db }: TestDeps, phase_id: string) {
  return db
    .selectFrom('leaderboard_entries as l')
    .innerJoin('entries as e', 'e.id', 'l.entry_id')
    .selectAll('l')
    .select('e.disqualified_at')
    .where('l.phase_id', '=', phase_id)
    .orderBy('l.split')
    .orderBy('l.position')
    .orderBy('l.entry_id')
    .execute();
}

async function storedReleases({ db }: TestDeps) {
  const scores = await db
    .selectFrom('scores')
    .selectAll()
    .orderBy('evaluation_id')
    .orderBy('split')
    .orderBy('metric')
    .execute();
  const turns = await db.selectFrom('releases').selectAll().orderBy('evaluation_id').execute();
  return { scores, turns };
}

describe('a board to which anything may happen', () => {
  it.each([1, 2, 3])(
    'keeps its order, and is in the end what it would be if it were made anew (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const upTo = (count: number) => random.nextUint32() % count;
      const pick = <T>(list: readonly T[]): T => list[upTo(list.length)] as T;
      const deps = await makeDeps();
      const { phase_id, competition_id } = await makeCompetition(deps);
      const roles = [
        { scope: 'competition', scope_id: competition_id, role: 'organizer' },
      ] as const;
      const viewer = await makeUser(deps, { roles });
      const users: Awaited<ReturnType<typeof makeUser>>[] = [];
      for (let n = 0; n < 5; n++) users.push(await makeUser(deps, { name: `U${n}` }));
      const made: ScoredRecord[] = [];

      const results = () => {
        const share = random.nextUint32() / 2 ** 32;
        const draw = () =>
          Array.from({ length: ITEMS }, () => random.nextUint32() / 2 ** 32 < share);
        return {
          top1_error: upTo(8) === 0 ? null : draw(),
          top5_error: upTo(8) === 0 ? null : draw(),
        };
      };
      const add = async () => {
        // Not in the order in which they were sent.
        deps.clock.advance(1000 * (upTo(20) - 5));
        const splits = { public: results(), private: results() };
        made.push(await makeScored(deps, { phase_id, user: pick(users), splits }));
      };
      const change = () => {
        const release = pick<Phase['release']>([
          null,
          { rule: 'full' },
          { rule: 'rounded', steps: { top1_error: 0.1 } },
          { rule: 'ladder', eta: 0.1 },
          { rule: 'ladder-free' },
        ]);
        const ranking: Phase['ranking'] = {
          method: pick(['primary', 'mean-of-ranks']),
          tie_breakers: pick([[], ['top5_error']]),
          earlier_first: pick([true, false]),
        };
        const display_rule = pick<Phase['display_rule']>(['best', 'latest', 'chosen']);
        const rules = pick([{ release }, { ranking }, { display_rule }]);
        return updatePhaseRules(deps, { phase_id, viewer, rules });
      };
      const choose = async () => {
        const { submission_id } = pick(made);
        await chooseSubmission(deps, { submission_id, viewer }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'CHOICE_NOT_OFFERED' });
        });
      };
      const disqualify = () =>
        disqualifyEntry(deps, { entry_id: pick(made).entry_id, reason: 'so', viewer });
      const reinstate = () => reinstateEntry(deps, { entry_id: pick(made).entry_id, viewer });

      for (let n = 0; n < 3; n++) await add();
      for (let step = 0; step < STEPS; step++) {
        await pick([add, add, add, change, change, choose, disqualify, reinstate])();
        const boards = await storedBoards(deps, phase_id);
        for (const split of ['public', 'private']) {
          const rows = boards.filter((row) => row.split === split);
          const placed = rows.filter(({ position }) => position >= 0);
          expect(placed.map(({ position }) => position)).toEqual(placed.map((_, at) => at));
          const ranks = placed.map(({ rank }) => rank ?? Infinity);
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
          for (const row of rows) {
            const isOut = row.disqualified_at !== null;
            expect(row.position < 0).toBe(isOut);
            if (isOut || row.primary_value === null) expect(row.tie_group).toBeNull();
            if (isOut) expect(row.rank).toBeNull();
            if (row.rank === null) expect([row.rank_low, row.rank_high]).toEqual([null, null]);
            if (row.rank === null || row.rank_low === null || row.rank_high === null) continue;
            expect(row.rank_low).toBeLessThanOrEqual(row.rank);
            expect(row.rank_high).toBeGreaterThanOrEqual(row.rank);
          }
        }
      }
      const boards = await storedBoards(deps, phase_id);
      await deps.db.deleteFrom('leaderboard_entries').execute();
      await deps.db.deleteFrom('board_tests').execute();
      await deps.db
        .transaction()
        .execute((trx) => rebuildBoards(trx, { phase_id, changed: 'all', now: deps.clock.now() }));
      expect(await storedBoards(deps, phase_id)).toEqual(boards);

      // Nor does it matter which rules there were in between.
      const { release } = await deps.db
        .selectFrom('phases')
        .select('release_json as release')
        .executeTakeFirstOrThrow();
      const before = await storedReleases(deps);
      const rules = (rule: Phase['release']) =>
        updatePhaseRules(deps, { phase_id, viewer, rules: { release: rule } });
      await rules({ rule: 'rounded', steps: { top1_error: 0.07 } });
      await rules(release === null ? null : (JSON.parse(release) as Phase['release']));
      expect(await storedReleases(deps)).toEqual(before);
      expect(await storedBoards(deps, phase_id)).toEqual(boards);
    },
  );
});
