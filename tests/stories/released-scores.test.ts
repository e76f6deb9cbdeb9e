import { describe, expect, it } from 'vitest';

import { wilsonInterval } from '../../scoring/statistics/wilson.ts';
import { listReleases } from '../../server/models/releases.ts';
import type { Phase, ReleaseRule } from '../../server/models/phases.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { updatePhaseRules } from '../../server/services/phase-rules.ts';
import { readInformationSpent } from '../../server/services/releases.ts';
import { readReceipt } from '../../server/services/receipts.ts';
import { readResult } from '../../server/services/results.ts';
import { listOwnSubmissions } from '../../server/services/submissions.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type ScoredRecord } from '../factories/scored.ts';
import { runQueue } from './run-queue.ts';

const ITEMS = 1000;
type User = Awaited<ReturnType<typeof makeUser>>;

async function makePhase(deps: TestDeps, phase: Partial<Phase>) {
  const made = await makeCompetition(deps, { phase });
  const roles = [
    { scope: 'competition', scope_id: made.competition_id, role: 'organizer' },
  ] as const;
  return { ...made, organizer: await makeUser(deps, { roles }), user: await makeUser(deps) };
}

async function add(
  deps: TestDeps,
  at: { phase_id: string; user: User },
  wrong: readonly boolean[],
  top5: readonly boolean[] = wrongItems(ITEMS, 3),
): Promise<ScoredRecord> {
  deps.clock.advance(1000);
  return makeScored(deps, {
    ...at,
    splits: {
      public: { top1_error: wrong, top5_error: top5 },
      private: { top1_error: wrong, top5_error: top5 },
    },
  });
}

/** What the viewer reads of a submission's public scores, everywhere it can be read. */
async function publicScore(deps: TestDeps, submission_id: string, viewer: User) {
  const { splits } = await readResult(deps, { submission_id, viewer });
  const split = splits.find(({ role }) => role === 'public');
  const score = split?.scores.find(({ metric }) => metric === 'top1_error');
  return { value: score?.value, exact: score?.exact?.value, improved: split?.improved };
}

describe('the scores of a public split', () => {
  it('are rounded to the step that the rule names, on the board, the result and the list', async () => {
    const deps = await makeDeps();
    const release: ReleaseRule = { rule: 'rounded', steps: { top1_error: 0.02 } };
    const { phase_id, competition_id, user, organizer } = await makePhase(deps, { release });
    const { submission_id } = await add(deps, { phase_id, user }, wrongItems(ITEMS, 117));

    const board = await readBoard(deps, { phase_id, viewer: user });
    expect(board.release).toEqual(release);
    // Wilson's intervals of all that is rounded to 120 in 1,000, and nothing of 117.
    expect(board.rows[0]?.scores['top1_error']).toEqual({
      value: 0.12,
      interval: { low: wilsonInterval(110, ITEMS)?.low, high: wilsonInterval(130, ITEMS)?.high },
      exact: null,
    });
    expect(await publicScore(deps, submission_id, user)).toEqual({
      value: 0.12,
      exact: undefined,
      improved: null,
    });
    const [item] = await listOwnSubmissions(deps, { user, competition_id });
    expect(item?.primary_value).toBe(0.12);
    expect(JSON.stringify([board, item])).not.toContain('0.117');

    // Organizers see what stands behind it.
    expect(await publicScore(deps, submission_id, organizer)).toMatchObject({ exact: 0.117 });
    const ofOrganizer = await readBoard(deps, { phase_id, viewer: organizer });
    expect(ofOrganizer.rows[0]?.scores['top1_error']).toMatchObject({
      value: 0.12,
      exact: { value: 0.117 },
    });
  });

  it('stay in the range of their metric, whatever the step', async () => {
    for (const release of [
      { rule: 'rounded', steps: { top1_error: 0.06 } },
      { rule: 'ladder', eta: 0.06 },
    ] satisfies ReleaseRule[]) {
      const deps = await makeDeps();
      const { phase_id, user } = await makePhase(deps, { release });
      await add(deps, { phase_id, user }, wrongItems(ITEMS, ITEMS));
      const { rows } = await readBoard(deps, { phase_id, viewer: user });
      // The nearest multiple is 1.02.
      expect(rows[0]?.scores['top1_error']).toMatchObject({
        value: 1,
        interval: { low: wilsonInterval(970, ITEMS)?.low, high: 1 },
      });
    }
  });

  it('rank by what is released in public and by the scores themselves in private', async () => {
    const deps = await makeDeps();
    const { phase_id, user, organizer } = await makePhase(deps, {
      release: { rule: 'rounded', steps: { top1_error: 0.05 } },
    });
    const other = await makeUser(deps);
    await add(deps, { phase_id, user }, wrongItems(ITEMS, 110));
    await add(deps, { phase_id, user: other }, wrongItems(ITEMS, 95));
    const ranks = async (split: string) =>
      (await readBoard(deps, { phase_id, split, viewer: organizer })).rows.map((row) => row.rank);
    expect(await ranks('public')).toEqual([1, 1]);
    expect(await ranks('private')).toEqual([1, 2]);
  });

  it('move with a Ladder only when a submission gains more than eta', async () => {
    const deps = await makeDeps();
    const { phase_id, user } = await makePhase(deps, { release: { rule: 'ladder', eta: 0.02 } });
    const shown = [];
    for (const wrong of [200, 190, 150, 400, 135, 125]) {
      const { submission_id } = await add(deps, { phase_id, user }, wrongItems(ITEMS, wrong));
      shown.push(await publicScore(deps, submission_id, user));
    }
    expect(shown.map(({ value, improved }) => [value, improved])).toEqual([
      [0.2, true],
      [0.2, false],
      [0.16, true],
      [0.16, false],
      [0.14, true],
      [0.14, false],
    ]);
  });

  it('keep with a Ladder the board at who improved, whichever submission came first', async () => {
    const deps = await makeDeps();
    const { phase_id, user, organizer } = await makePhase(deps, {
      release: { rule: 'ladder', eta: 0.02 },
    });
    const better = await add(deps, { phase_id, user }, wrongItems(ITEMS, 100));
    // It was sent before, took longer, and shows what the other one was released.
    deps.clock.advance(-60_000);
    const slower = await add(deps, { phase_id, user }, wrongItems(ITEMS, 112));
    expect(await publicScore(deps, slower.submission_id, user)).toMatchObject({
      value: 0.1,
      improved: false,
    });
    for (const split of ['public', 'private']) {
      const { rows } = await readBoard(deps, { phase_id, split, viewer: organizer });
      expect(rows.map((row) => row.submission_id)).toEqual([better.submission_id]);
    }
  });

  it('show with a Ladder every metric of the one submission that improved last', async () => {
    const deps = await makeDeps();
    const { phase_id, user } = await makePhase(deps, { release: { rule: 'ladder', eta: 0.02 } });
    await add(deps, { phase_id, user }, wrongItems(ITEMS, 200), wrongItems(ITEMS, 30));
    const worse = await add(deps, { phase_id, user }, wrongItems(ITEMS, 300), wrongItems(ITEMS, 7));
    const result = await readResult(deps, { submission_id: worse.submission_id, viewer: user });
    const values = result.splits[0]?.scores.map(({ metric, value }) => [metric, value]);
    expect(values).toEqual([
      ['top1_error', 0.2],
      ['top5_error', 0.03],
    ]);
    // The board stays with the submission that the shown scores are of.
    expect(result.is_board_submission).toBe(false);
  });

  it('answer a guess about one item nothing with the parameter-free Ladder', async () => {
    const deps = await makeDeps();
    const { phase_id, user } = await makePhase(deps, { release: { rule: 'ladder-free' } });
    const start = wrongItems(ITEMS, 300);
    await add(deps, { phase_id, user }, start);
    for (const item of [0, 1, 299, 300, 999]) {
      const flipped = start.map((wrong, at) => (at === item ? !wrong : wrong));
      const { submission_id } = await add(deps, { phase_id, user }, flipped);
      expect(await publicScore(deps, submission_id, user)).toMatchObject({
        value: 0.3,
        improved: false,
      });
    }
    // Ten better and none worse: a gain of 10 items, with a standard error of 3.2.
    const better = await add(deps, { phase_id, user }, wrongItems(ITEMS, 290));
    expect(await publicScore(deps, better.submission_id, user)).toMatchObject({
      value: 0.29,
      improved: true,
    });
    // 110 better and 100 worse: as large a gain, with a standard error of 14.5.
    const moved = await add(deps, { phase_id, user }, wrongItems(ITEMS, 280, 110));
    expect(await publicScore(deps, moved.submission_id, user)).toMatchObject({
      value: 0.29,
      improved: false,
    });
  });

  it('are released anew in the order of their turns when the rule changes', async () => {
    const deps = await makeDeps();
    const { phase_id, user, organizer } = await makePhase(deps, {});
    const made: ScoredRecord[] = [];
    for (const wrong of [200, 190, 150, 152]) {
      made.push(await add(deps, { phase_id, user }, wrongItems(ITEMS, wrong)));
    }
    const values = async () => {
      const shown = [];
      for (const { submission_id } of made) {
        shown.push((await publicScore(deps, submission_id, user)).value);
      }
      return shown;
    };
    const change = (release: ReleaseRule | null) =>
      updatePhaseRules(deps, { phase_id, viewer: organizer, rules: { release } });
    expect(await values()).toEqual([0.2, 0.19, 0.15, 0.152]);
    await change({ rule: 'ladder', eta: 0.02 });
    expect(await values()).toEqual([0.2, 0.2, 0.16, 0.16]);
    // The next turn goes on from there.
    made.push(await add(deps, { phase_id, user }, wrongItems(ITEMS, 141)));
    expect(await values()).toEqual([0.2, 0.2, 0.16, 0.16, 0.16]);
    await change({ rule: 'rounded', steps: { top1_error: 0.1 } });
    expect(await values()).toEqual([0.2, 0.2, 0.2, 0.2, 0.1]);
    await change(null);
    expect(await values()).toEqual([0.2, 0.19, 0.15, 0.152, 0.141]);
    const turns = await listReleases(deps.db, { phase_id });
    expect(turns.map(({ turn, evaluation_id }) => [turn, evaluation_id])).toEqual(
      made.map(({ evaluation_id }, index) => [index + 1, evaluation_id]),
    );
  });

  it('stand in the receipt as they were released, the scores themselves for organizers', async () => {
    const deps = await makeDeps();
    const { phase_id, user, organizer } = await makePhase(deps, {
      release: { rule: 'rounded', steps: { top1_error: 0.05 } },
    });
    const files = [await makeModelFile(deps)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    const own = await readReceipt(deps, { submission_id, viewer: user });
    expect(Object.keys(own.opened)).toEqual(['released.public']);
    expect(own.opened['released.public']?.value).toMatchObject({ top1_error: { value: 0.1 } });
    const { opened } = await readReceipt(deps, { submission_id, viewer: organizer });
    expect(opened['scores.public']?.value).toMatchObject({ top1_error: { value: 0.094 } });

    // Nothing else of a run that is not to be told apart gives it away.
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result.splits[0]?.confusion).toBeNull();
    expect(result.run).toMatchObject({ seed: null, peak_memory_mb: null });
    expect(JSON.stringify(result)).not.toMatch(/0\.094|\d\d:\d\d:\d\d\.\d/u);
    const ofOrganizer = await readResult(deps, { submission_id, viewer: organizer });
    expect(ofOrganizer.splits[0]?.confusion).toHaveLength(100);
    expect(ofOrganizer.created_at).toMatch(/\.\d{3}Z$/u);
  });
});

describe('the information that an entry was given', () => {
  it('grows with every answer, and less with a Ladder', async () => {
    const deps = await makeDeps();
    const { phase_id, user, organizer } = await makePhase(deps, {});
    const { entry_id } = await add(deps, { phase_id, user }, wrongItems(ITEMS, 200));
    const read = (viewer: User | null = user) =>
      readInformationSpent(deps, { phase_id, entry_id, viewer });
    const one = await read();
    // Two metrics, each one of 0 to 1,000 errors or undefined.
    expect(one).toMatchObject({ answers: 1, improvements: 1, tables_shown: true });
    expect(one.bits).toBeCloseTo(2 * Math.log2(1002), 9);
    expect(one.target_bits).toBeCloseTo(1000 * Math.log2(10), 9);
    for (const wrong of [199, 198, 197]) {
      await add(deps, { phase_id, user }, wrongItems(ITEMS, wrong));
    }
    const full = await read(organizer);
    expect(full.bits).toBeCloseTo(4 * one.bits, 9);
    expect(full.bound).toBeGreaterThan(one.bound);
    await updatePhaseRules(deps, {
      phase_id,
      viewer: organizer,
      rules: { release: { rule: 'ladder', eta: 0.05 } },
    });
    const ladder = await read();
    expect(ladder).toMatchObject({ answers: 4, improvements: 1, tables_shown: false });
    expect(ladder.bits).toBeLessThan(full.bits / 2);
  });

  it('counts the intervals that the released scores do not tell', async () => {
    const deps = await makeDeps();
    const release: ReleaseRule = { rule: 'rounded', steps: { brier: 0.01 } };
    const { phase_id } = await makeCompetition(deps, {
      phase: { release },
      edit: (yaml) => yaml.replace('{ name: top5_error }', '{ name: brier }'),
    });
    const user = await makeUser(deps);
    const brier = {
      items: ITEMS,
      width: 1,
      values: Float64Array.from({ length: ITEMS }, (_, item) => item / ITEMS),
    };
    const { entry_id } = await makeScored(deps, {
      ...{ phase_id, user },
      splits: { public: { top1_error: wrongItems(ITEMS, 200), brier } },
    });
    const { bits } = await readInformationSpent(deps, { phase_id, entry_id, viewer: user });
    // 0 to 1,000 errors or undefined; 0 to 2 by 0.01 and two more; and as many steps of an arm, and three.
    expect(bits).toBeCloseTo(Math.log2(1002) + Math.log2(203) + Math.log2(203), 9);
  });

  it('is for the entry itself and the organizers', async () => {
    const deps = await makeDeps();
    const { phase_id, user } = await makePhase(deps, {});
    const { entry_id } = await add(deps, { phase_id, user }, wrongItems(ITEMS, 200));
    for (const viewer of [null, await makeUser(deps)]) {
      await expect(
        readInformationSpent(deps, { phase_id, entry_id, viewer }),
      ).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
    }
  });
});
