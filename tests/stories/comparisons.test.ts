import { describe, expect, it } from 'vitest';

import { createRandom } from '../../scoring/random.ts';
import type { Phase } from '../../server/models/phases.ts';
import { compareEntries } from '../../server/services/comparisons.ts';
import { disqualifyEntry } from '../../server/services/disqualifications.ts';
import { storeReferences } from '../../server/services/leaderboards.ts';
import { readShakeUp } from '../../server/services/shake-ups.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type Wrong } from '../factories/scored.ts';

const ITEMS = 1000;
const ENDS_AT = '2026-03-10T00:00:00.000Z';
type User = Awaited<ReturnType<typeof makeUser>>;

async function makePhase(deps: TestDeps, phase: Partial<Phase> = {}) {
  const made = await makeCompetition(deps, { phase: { ends_at: ENDS_AT, ...phase } });
  const roles = [
    { scope: 'competition', scope_id: made.competition_id, role: 'organizer' },
  ] as const;
  return { ...made, organizer: await makeUser(deps, { roles }) };
}

async function add(
  deps: TestDeps,
  at: { phase_id: string; user: User },
  wrong: { public: Wrong; private?: Wrong },
): Promise<string> {
  deps.clock.advance(1000);
  const { entry_id } = await makeScored(deps, {
    ...at,
    splits: {
      public: { top1_error: wrong.public },
      private: { top1_error: wrong.private ?? wrong.public },
    },
  });
  return entry_id;
}

describe('a comparison of two entries', () => {
  it('gives the difference, its interval and an exact test on the items', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makePhase(deps);
    const [ada, bob] = [
      await makeUser(deps, { name: 'Ada' }),
      await makeUser(deps, { name: 'Bob' }),
    ];
    // Ada errs on 0 to 99, Bob on 80 to 199: 80 that only Bob gets, 100 that only Ada gets.
    const a = await add(deps, { phase_id, user: ada }, { public: wrongItems(ITEMS, 100) });
    const b = await add(deps, { phase_id, user: bob }, { public: wrongItems(ITEMS, 120, 80) });
    const compared = await compareEntries(deps, { phase_id, a, b, viewer: bob });
    expect(compared).toMatchObject({
      split: 'public',
      metric: 'top1_error',
      higher_is_better: false,
      items: ITEMS,
      a: { entry_id: a, name: { en: 'Ada' }, value: 0.1, own: false, rank: 1 },
      b: { entry_id: b, name: { en: 'Bob' }, value: 0.12, own: true, rank: 2 },
      discordant: { only_a: 100, only_b: 80 },
      test: 'mcnemar-exact',
      verdict: 'no-difference',
    });
    expect(compared.difference).toBeCloseTo(-0.02, 12);
    // Standard error of the difference: the square root of 180, less 20^2/1000, by 1,000 items.
    const reach = (1.96 * Math.sqrt(180 - 0.4)) / ITEMS;
    expect(Math.abs(compared.interval.low + 0.02 + reach)).toBeLessThan(0.0015);
    expect(Math.abs(compared.interval.high + 0.02 - reach)).toBeLessThan(0.0015);
    // At most 80 or at least 100 heads in 180 tosses, counted.
    expect(compared.p_value).toBeCloseTo(0.1565314695781511, 9);
    // The other way round it says the same.
    const turned = await compareEntries(deps, { phase_id, a: b, b: a, viewer: null });
    expect(turned).toMatchObject({
      discordant: { only_a: 80, only_b: 100 },
      p_value: compared.p_value,
    });
    expect(turned.difference).toBeCloseTo(0.02, 12);
  });

  it('says the same whichever entry comes first, of scores that are tested by chance too', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, {
      edit: (yaml) => yaml.replace('{ name: top5_error }', '{ name: brier }'),
    });
    const random = createRandom(7);
    const entries: string[] = [];
    for (const shift of [0, 0.05]) {
      const values = Float64Array.from(
        { length: 200 },
        () => shift + random.nextUint32() / 2 ** 32,
      );
      const brier = { items: 200, width: 1, values };
      const top1_error = wrongItems(200, 10);
      const user = await makeUser(deps);
      const splits = { public: { top1_error, brier } };
      const { entry_id } = await makeScored(deps, { phase_id, user, splits });
      entries.push(entry_id);
    }
    const [a = '', b = ''] = entries;
    const asked = { phase_id, metric: 'brier', viewer: null };
    const compared = await compareEntries(deps, { ...asked, a, b });
    const turned = await compareEntries(deps, { ...asked, a: b, b: a });
    expect(compared.test).toBe('approximate-randomisation');
    expect(turned.p_value).toBe(compared.p_value);
    expect(turned.interval.low).toBeCloseTo(-compared.interval.high, 9);
    expect(turned.interval.high).toBeCloseTo(-compared.interval.low, 9);
  });

  it('says which is better, and whether they are the same', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makePhase(deps);
    const viewer = await makeUser(deps);
    const make = async (wrong: Wrong) =>
      add(deps, { phase_id, user: await makeUser(deps) }, { public: wrong });
    const [good, copy, bad] = [
      await make(wrongItems(ITEMS, 100)),
      await make(wrongItems(ITEMS, 100)),
      await make(wrongItems(ITEMS, 300)),
    ];
    const compare = (a: string, b: string) => compareEntries(deps, { phase_id, a, b, viewer });
    expect((await compare(good, bad)).verdict).toBe('a-better');
    expect((await compare(bad, good)).verdict).toBe('b-better');
    expect(await compare(good, copy)).toMatchObject({
      verdict: 'identical',
      difference: 0,
      interval: { low: 0, high: 0 },
      p_value: 1,
    });
  });

  it('waits for the final scores where public ones are released by a rule', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps, { release: { rule: 'ladder-free' } });
    const user = await makeUser(deps);
    const a = await add(deps, { phase_id, user }, { public: wrongItems(ITEMS, 100) });
    const other = { phase_id, user: await makeUser(deps) };
    const b = await add(deps, other, { public: wrongItems(ITEMS, 200) });
    const compare = (viewer: User | null, split = 'public') =>
      compareEntries(deps, { phase_id, split, a, b, viewer });
    for (const viewer of [user, null]) {
      await expect(compare(viewer)).rejects.toMatchObject({ code: 'COMPARISON_CLOSED' });
      await expect(compare(viewer, 'private')).rejects.toMatchObject({
        code: 'SPLIT_NOT_REVEALED',
      });
    }
    expect((await compare(organizer)).verdict).toBe('a-better');
    expect((await compare(organizer, 'private')).verdict).toBe('a-better');
    deps.clock.set(ENDS_AT);
    expect((await compare(null)).verdict).toBe('a-better');
    expect((await compare(user, 'private')).verdict).toBe('a-better');
  });

  it('is of two rows of the board that have results in the metric', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makePhase(deps);
    const elsewhere = await makePhase(deps);
    const user = await makeUser(deps);
    const a = await add(deps, { phase_id, user }, { public: wrongItems(ITEMS, 100) });
    const stranger = await add(
      deps,
      { phase_id: elsewhere.phase_id, user },
      { public: wrongItems(ITEMS, 100) },
    );
    const compare = (b: string, more: { split?: string; metric?: string } = {}) =>
      compareEntries(deps, { phase_id, a, b, viewer: user, ...more });
    for (const b of [stranger, 'none']) {
      await expect(compare(b)).rejects.toMatchObject({ code: 'ENTRY_NOT_FOUND' });
    }
    await expect(compare(a, { split: 'train' })).rejects.toMatchObject({ code: 'SPLIT_NOT_FOUND' });
    for (const metric of ['top5_error', 'wer']) {
      await expect(compare(a, { metric })).rejects.toMatchObject({
        code: 'COMPARISON_NOT_POSSIBLE',
      });
    }
  });

  it('of a draft is there for its organizers alone', async () => {
    const deps = await makeDeps();
    const { phase_id, competition_id } = await makeCompetition(deps, { state: 'draft' });
    const roles = [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }];
    const organizer = await makeUser(deps, { roles });
    const a = await add(deps, { phase_id, user: organizer }, { public: wrongItems(ITEMS, 1) });
    const compare = (viewer: User | null) => compareEntries(deps, { phase_id, a, b: a, viewer });
    await expect(compare(null)).rejects.toMatchObject({ code: 'PHASE_NOT_FOUND' });
    expect((await compare(organizer)).verdict).toBe('identical');
  });
});

describe('the shake-up', () => {
  it('sets public against private ranks once the private ones are shown', async () => {
    const deps = await makeDeps();
    const { phase_id, organizer } = await makePhase(deps);
    const names = ['Ada', 'Bob', 'Eve', 'Cheat'] as const;
    const users = await Promise.all(names.map((name) => makeUser(deps, { name })));
    const errors = [
      [100, 130],
      [110, 105],
      [120, 125],
      [1, 1],
    ] as const;
    const entries: string[] = [];
    for (const [n, user] of users.entries()) {
      const [open = 0, closed = 0] = errors[n] ?? [];
      const wrong = { public: wrongItems(ITEMS, open), private: wrongItems(ITEMS, closed) };
      entries.push(await add(deps, { phase_id, user }, wrong));
    }
    await storeReferences(deps, {
      phase_id,
      references: [{ name: 'Published', source: 'a', scores: { top1_error: 0.01 } }],
    });
    const [viewer] = users;
    await disqualifyEntry(deps, {
      entry_id: entries[3] ?? '',
      reason: 'Cheated',
      viewer: organizer,
    });
    const read = (who: User | null) => readShakeUp(deps, { phase_id, viewer: who });
    await expect(read(null)).rejects.toMatchObject({ code: 'SPLIT_NOT_REVEALED' });
    expect((await read(organizer)).entries).toBe(3);

    deps.clock.set(ENDS_AT);
    const shakeUp = await read(viewer ?? null);
    expect(shakeUp).toMatchObject({
      public_split: 'public',
      private_split: 'private',
      metric: 'top1_error',
      entries: 3,
    });
    expect(
      shakeUp.rows.map((row) => [
        row.name.en,
        row.public_rank,
        row.private_rank,
        row.change,
        row.own,
      ]),
    ).toEqual([
      ['Bob', 2, 1, 1, false],
      ['Eve', 3, 2, 1, false],
      ['Ada', 1, 3, -2, true],
    ]);
    expect(shakeUp.rows[2]).toMatchObject({ public_value: 0.1, private_value: 0.13 });
  });

  it('is not there without a private split', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makePhase(deps, { private_split: null });
    await expect(readShakeUp(deps, { phase_id, viewer: null })).rejects.toMatchObject({
      code: 'SPLIT_NOT_FOUND',
    });
  });
});
