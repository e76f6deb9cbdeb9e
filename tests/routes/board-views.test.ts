import { describe, expect, it } from 'vitest';

import type { ItemStatistics } from '../../scoring/metric.ts';
import { newId } from '../../server/lib/ids.ts';
import { upsertUserEntry } from '../../server/models/entries.ts';
import type { Phase } from '../../server/models/phases.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import type { Viewer } from '../../server/services/access.ts';
import { findSessionUser } from '../../server/services/accounts.ts';
import { disqualifyEntry } from '../../server/services/disqualifications.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type Wrong } from '../factories/scored.ts';
import { makeVisitor } from './visitor.ts';

const ITEMS = 1000;
const NEXT_DAY_MS = 24 * 60 * 60 * 1000;
const REVEALED = { ends_at: '2026-04-01T00:00:00.000Z', revealed_at: '2026-03-01T00:00:00.000Z' };

async function send(
  deps: TestDeps,
  phase_id: string,
  user: Viewer,
  errors: { top1: number; top5?: number; private?: number },
): Promise<string> {
  deps.clock.advance(1000);
  const scores = (top1: number): Record<string, Wrong | ItemStatistics> => ({
    top1_error: wrongItems(ITEMS, top1),
    ...(errors.top5 === undefined ? {} : { top5_error: wrongItems(ITEMS, errors.top5) }),
  });
  const splits = { public: scores(errors.top1), private: scores(errors.private ?? errors.top1) };
  return (await makeScored(deps, { phase_id, user, splits })).entry_id;
}

/** Top-1 and top-5 errors: Ada (the visitor) 10 % and 5 %, Bea 20 % and 1 %, Cy 30 % and 3 %. */
async function makeBoard(phase: Partial<Phase> = {}) {
  const deps = await makeDeps();
  const { phase_id, slug, competition_id } = await makeCompetition(deps, { phase });
  const visitor = makeVisitor(deps);
  await visitor.signUp('Ada', 'ada@certamen.example');
  const ada = await findSessionUser(deps, visitor.cookies().split('=')[1] ?? '');
  if (ada === null) throw new Error('the visitor is nobody');
  const bea = await makeUser(deps, { name: '=Bea, "2"' });
  const cy = await makeUser(deps, { name: 'Cy' });
  const ids = {
    ada: await send(deps, phase_id, ada, { top1: 100, top5: 50, private: 400 }),
    bea: await send(deps, phase_id, bea, { top1: 200, top5: 10, private: 100 }),
    cy: await send(deps, phase_id, cy, { top1: 300, top5: 30, private: 200 }),
  };
  const base = `/competitions/${slug}`;
  return { deps, phase_id, competition_id, slug, base, visitor, users: { ada, bea, cy }, ids };
}

function textOf(html: string): string {
  return html
    .replace(/<svg[\s\S]*?<\/svg>/gu, '')
    .replace(/<[^>]+>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

function namesOf(html: string): (string | undefined)[] {
  return [...html.matchAll(/<tr role="row" class="row-[\s\S]*?<\/tr>/gu)].map(
    ([row]) => /Ada|Bea|Cy/u.exec(textOf(row))?.[0],
  );
}

describe('the order of the rows', () => {
  it('is by the metric that a link names, and leaves the ranks alone', async () => {
    const { visitor, base } = await makeBoard();
    const board = (await visitor.get(`${base}/leaderboard`)).text;
    expect(namesOf(board)).toEqual(['Ada', 'Bea', 'Cy']);
    expect(board).toMatch(/href="[^"]*leaderboard\?[^"]*sort&#x3D;top5_error"/u);
    expect(board).not.toContain('Ordered by');
    const sorted = (await visitor.get(`${base}/leaderboard?sort=top5_error`)).text;
    expect(namesOf(sorted)).toEqual(['Bea', 'Cy', 'Ada']);
    const text = textOf(sorted);
    expect(text).toContain('Ordered by Top-5 error, best first; the ranks stay');
    const ranks = [...sorted.matchAll(/class="medal medal-(\d)"/gu)].map(([, rank]) => rank);
    expect(ranks).toEqual(['2', '3', '1']);
    expect(sorted).not.toContain('bracket-start');
  });

  it('stays by rank for a name that is no metric', async () => {
    const { visitor, base } = await makeBoard();
    const board = (await visitor.get(`${base}/leaderboard?sort=password_hash`)).text;
    expect(namesOf(board)).toEqual(['Ada', 'Bea', 'Cy']);
    expect(board).not.toContain('Ordered by');
  });

  it('is by released scores where scores are released by a rule, for organizers too', async () => {
    const rule: Phase['release'] = { rule: 'rounded', steps: { top1_error: 0.5 } };
    const { deps, base, phase_id, competition_id } = await makeBoard({ release: rule });
    const better = await makeUser(deps, { name: 'Ada the second' });
    await send(deps, phase_id, better, { top1: 90, top5: 60 });
    const organizer = makeVisitor(deps);
    await organizer.signUp('Olga', 'olga@certamen.example');
    const olga = await findSessionUser(deps, organizer.cookies().split('=')[1] ?? '');
    await insertRoleGrant(deps.db, {
      ...{ id: newId(), user_id: olga?.id ?? '', scope: 'competition' },
      ...{ scope_id: competition_id, role: 'organizer', created_at: '2026-03-02T12:00:00.000Z' },
    });
    const plain = makeVisitor(deps);
    const path = `${base}/leaderboard?sort=top1_error`;
    expect(namesOf((await organizer.get(path)).text)).toEqual(
      namesOf((await plain.get(path)).text),
    );
    // Those with 10, 20 and 9 % all show 0: they stand in the order in which they came.
    expect(namesOf((await plain.get(path)).text)).toEqual(['Ada', 'Bea', 'Ada', 'Cy']);
  });
});

describe('the change of a rank', () => {
  it('is since the day began, and is not shown on the first day', async () => {
    const { deps, visitor, base, phase_id, users } = await makeBoard();
    expect((await visitor.get(`${base}/leaderboard`)).text).not.toContain('class="change');
    deps.clock.advance(NEXT_DAY_MS);
    expect((await visitor.get(`${base}/leaderboard`)).text).not.toContain('class="change');
    await send(deps, phase_id, users.cy, { top1: 50 });
    const dee = await makeUser(deps, { name: 'Dee' });
    await send(deps, phase_id, dee, { top1: 500 });
    const text = textOf((await visitor.get(`${base}/leaderboard`)).text);
    expect(text).toMatch(/1 ▲\u202f?\s?2 up 2 places since the day began \(UTC\) Cy/u);
    expect(text).toMatch(/2 ▼\u202f?\s?1 down 1 place since the day began \(UTC\) Ada/u);
    expect(text).toMatch(/4 new without a rank when the day began \(UTC\) Dee/u);
    deps.clock.advance(NEXT_DAY_MS);
    expect((await visitor.get(`${base}/leaderboard`)).text).not.toContain('class="change');
  });
});

describe('the steps of progress', () => {
  it('are of whoever stood first, and of the reader', async () => {
    const { deps, visitor, base, phase_id, users } = await makeBoard();
    await send(deps, phase_id, users.cy, { top1: 40 });
    await send(deps, phase_id, users.ada, { top1: 90 });
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    expect(page).toMatch(
      /<desc id="progress-description">2 steps, from 10\.00.% to 4\.00.% by Cy\./u,
    );
    const table = textOf(
      /The steps as a table<\/summary>[\s\S]*?<\/details>/u.exec(page)?.[0] ?? '',
    );
    expect(table).toMatch(/Ada you 9\.00/u);
    expect(table).toMatch(/Cy 4\.00/u);
    expect(table).not.toMatch(/30\.00|Bea/u);
    const other = (await makeVisitor(deps).get(`${base}/leaderboard`)).text;
    expect(other).not.toContain('your best so far');
    expect(other).not.toContain('steps-own');
  });

  it('leave out an entry that is disqualified', async () => {
    const { deps, visitor, base, ids } = await makeBoard();
    const roles = [{ scope: 'site', scope_id: '', role: 'admin' }] as const;
    const viewer = await makeUser(deps, { roles });
    await disqualifyEntry(deps, { entry_id: ids.ada, viewer, reason: 'rule 3' });
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    expect(page).toMatch(/<desc id="progress-description">One step: &#x3D;Bea/u);
  });
});

describe('score against size', () => {
  async function makeSized(phase: Partial<Phase>) {
    const board = await makeBoard(phase);
    const sizes = { ada: 5_000, bea: 900, cy: 70_000 };
    for (const [name, artifact_bytes] of Object.entries(sizes)) {
      const entry_id = board.ids[name as keyof typeof sizes];
      const { db } = board.deps;
      await db
        .updateTable('submissions')
        .set({ artifact_bytes })
        .where('entry_id', '=', entry_id)
        .execute();
      const run_json = JSON.stringify({ engine: { name: 'onnxruntime' } });
      await db.updateTable('evaluations').set({ run_json }).execute();
    }
    return board;
  }

  it('names those that nothing smaller is better than, where every detail is shown', async () => {
    const { deps, base } = await makeSized({ private_split: null });
    const page = (await makeVisitor(deps).get(`${base}/leaderboard`)).text;
    expect(page).toMatch(
      /<desc id="cost-description">3 models [^<]*2 form the front: &#x3D;Bea, &quot;2&quot;, Ada\./u,
    );
    const table = textOf(
      /Scores and sizes as a table<\/summary>[\s\S]*?<\/details>/u.exec(page)?.[0] ?? '',
    );
    expect(table).toMatch(
      /900.bytes 20\.00.% yes Ada 4\.9.KiB 10\.00.% yes Cy 68\.4.KiB 30\.00.%$/u,
    );
  });

  it('leaves files of predictions out', async () => {
    const { deps, base } = await makeSized({ private_split: null });
    const run_json = JSON.stringify({ engine: { name: 'predictions' } });
    await deps.db.updateTable('evaluations').set({ run_json }).execute();
    const page = (await makeVisitor(deps).get(`${base}/leaderboard`)).text;
    expect(page).not.toContain('cost-description');
  });

  it('is not told where a scored split is coarse', async () => {
    const { deps, visitor, base } = await makeSized({});
    for (const reader of [visitor, makeVisitor(deps)]) {
      const page = (await reader.get(`${base}/leaderboard`)).text;
      expect(page).not.toContain('cost-description');
      expect(page).not.toContain('KiB');
    }
  });
});

describe('the board as CSV', () => {
  it('has every row, safe for a spreadsheet', async () => {
    const { visitor, base, slug } = await makeBoard();
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    expect(page).toMatch(/leaderboard\.csv\?phase&#x3D;open&amp;split&#x3D;public"/u);
    const answer = await visitor.get(`${base}/leaderboard.csv`);
    expect(answer.headers['content-type']).toMatch(/^text\/csv/u);
    expect(answer.headers['content-disposition']).toContain(`${slug}-open-public.csv`);
    const lines = answer.text.trimEnd().split('\r\n');
    expect(lines[0]).toMatch(
      /^rank,kind,name,top1_error,top1_error_low,top1_error_high,top5_error/u,
    );
    expect(lines[1]).toMatch(/^1,entry,Ada,0\.1,0\.08\d+,0\.12\d+,0\.05,/u);
    expect(lines[2]).toMatch(/^2,entry,"'=Bea, ""2""",0\.2,/u);
    expect(lines).toHaveLength(4);
  });

  it('holds released scores only, whoever asks', async () => {
    const rule: Phase['release'] = { rule: 'rounded', steps: { top1_error: 0.25 } };
    const { deps, base } = await makeBoard({ release: rule });
    const admin = makeVisitor(deps);
    await admin.signUp('Olga', 'olga@certamen.example');
    const olga = await findSessionUser(deps, admin.cookies().split('=')[1] ?? '');
    await insertRoleGrant(deps.db, {
      ...{ id: 'grant', user_id: olga?.id ?? '', scope: 'site', scope_id: '', role: 'admin' },
      created_at: '2026-03-02T12:00:00.000Z',
    });
    const csv = (await admin.get(`${base}/leaderboard.csv`)).text;
    expect(csv).toMatch(/,entry,Ada,0,/u);
    expect(csv).not.toMatch(/Ada,0\.1/u);
    expect((await admin.get(`${base}/leaderboard`)).text).toContain('exact: 10.00');
  });

  it('is closed where the board is', async () => {
    const { visitor, base } = await makeBoard();
    const answer = await visitor.get(`${base}/leaderboard.csv?split=private`);
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('0.4');
    const revealed = await makeBoard(REVEALED);
    const open = await revealed.visitor.get(`${revealed.base}/leaderboard.csv?split=private`);
    expect(open.text).toContain('Ada,0.4');
  });
});

describe('the page of an entry', () => {
  it('shows others the submission on the board and no other', async () => {
    const { deps, visitor, base, ids, phase_id, users } = await makeBoard();
    await send(deps, phase_id, users.bea, { top1: 777, top5: 700 });
    const board = (await visitor.get(`${base}/leaderboard`)).text;
    expect(board).toContain(`href="${base}/entries/${ids.bea}"`);
    const page = (await visitor.get(`${base}/entries/${ids.bea}`)).text;
    const text = textOf(page);
    expect(text).toContain('Rank 2 of 3');
    expect(text).toContain('20.00 %');
    expect(text).toContain('Its other submissions are known to its team alone.');
    expect(text).not.toContain('77.70');
    expect(page).not.toContain('/submissions/');
    expect(page).not.toContain('<meter');
    expect(page).toContain(`/compare?a&#x3D;${ids.bea}`);
  });

  it('shows the team its whole history and its meter', async () => {
    const { deps, visitor, base, ids, phase_id, users } = await makeBoard();
    await send(deps, phase_id, users.ada, { top1: 777, top5: 700 });
    const page = (await visitor.get(`${base}/entries/${ids.ada}`)).text;
    expect(textOf(page)).toContain('77.70');
    expect(page.match(/href="\/submissions\//gu)).toHaveLength(2);
    expect(page).toContain('<meter class="bits"');
    expect(textOf(page)).toContain('Members Ada you');
  });

  it('is not there for an entry without a score, except for its team', async () => {
    const { deps, base, competition_id } = await makeBoard();
    const late = makeVisitor(deps);
    await late.signUp('Zoe', 'zoe@certamen.example');
    const zoe = await findSessionUser(deps, late.cookies().split('=')[1] ?? '');
    const id = await upsertUserEntry(deps.db, {
      ...{ id: 'zoe-entry', competition_id, user_id: zoe?.id ?? '', name: 'Zoe' },
      created_at: '2026-03-02T12:00:00.000Z',
    });
    const own = await late.get(`${base}/entries/${id}`);
    expect(own.status).toBe(200);
    expect(textOf(own.text)).toContain('It has no score on this board yet.');
    const other = await makeVisitor(deps).get(`${base}/entries/${id}`);
    expect(other.status).toBe(404);
    expect(other.text).not.toContain('Zoe');
  });

  it('is not there below another competition, nor on a closed split', async () => {
    const { deps, visitor, base, ids } = await makeBoard();
    const { slug } = await makeCompetition(deps);
    expect((await visitor.get(`/competitions/${slug}/entries/${ids.bea}`)).status).toBe(404);
    const closed = await visitor.get(`${base}/entries/${ids.bea}?split=private`);
    expect(closed.status).toBe(403);
    expect(closed.text).not.toContain('10.00');
  });

  it('offers no comparison that would tell more than released scores', async () => {
    const { visitor, base, ids } = await makeBoard({ release: { rule: 'ladder' } });
    expect((await visitor.get(`${base}/entries/${ids.bea}`)).text).not.toContain('/compare?');
  });
});
