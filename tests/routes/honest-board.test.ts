import { describe, expect, it } from 'vitest';

import type { Viewer } from '../../server/services/access.ts';
import { findSessionUser } from '../../server/services/accounts.ts';
import { LISTED_SUBMISSIONS } from '../../server/services/submissions.ts';
import { disqualifyEntry } from '../../server/services/disqualifications.ts';
import type { Phase } from '../../server/models/phases.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems, type Wrong } from '../factories/scored.ts';
import { makeVisitor } from './visitor.ts';

const ITEMS = 1000;
const REVEALED = { ends_at: '2026-04-01T00:00:00.000Z', revealed_at: '2026-03-01T00:00:00.000Z' };

async function addEntry(
  deps: TestDeps,
  phase_id: string,
  user: Viewer,
  wrong: { public: Wrong; private?: Wrong },
): Promise<string> {
  deps.clock.advance(1000);
  const splits = {
    public: { top1_error: wrong.public },
    private: { top1_error: wrong.private ?? wrong.public },
  };
  return (await makeScored(deps, { phase_id, user, splits })).entry_id;
}

/** Ada (the visitor) makes 10.0 % errors, Bea 10.4 % on nearly the same items, Cy 20.0 %. */
async function makeBoard(phase: Partial<Phase> = {}) {
  const deps = await makeDeps();
  const { phase_id, slug } = await makeCompetition(deps, { phase });
  const visitor = makeVisitor(deps);
  await visitor.signUp('Ada', 'ada@certamen.example');
  const token = visitor.cookies().split('=')[1] ?? '';
  const ada = await findSessionUser(deps, token);
  if (ada === null) throw new Error('the visitor is nobody');
  const add = async (user: Viewer, wrong: Wrong, hidden?: Wrong) =>
    addEntry(deps, phase_id, user, { public: wrong, ...(hidden ? { private: hidden } : {}) });
  const users = {
    ada,
    bea: await makeUser(deps, { name: 'Bea' }),
    cy: await makeUser(deps, { name: 'Cy' }),
  };
  const ids = {
    ada: await add(users.ada, wrongItems(ITEMS, 100), wrongItems(ITEMS, 300)),
    bea: await add(users.bea, wrongItems(ITEMS, 104), wrongItems(ITEMS, 100)),
    cy: await add(users.cy, wrongItems(ITEMS, 200), wrongItems(ITEMS, 200)),
  };
  return { deps, phase_id, slug, visitor, ada, ids, base: `/competitions/${slug}` };
}

/** Rows of a board as the classes of each and its text. */
function rowsOf(html: string): { look: string; text: string }[] {
  return [...html.matchAll(/<tr role="row" class="([^"]*)"[\s\S]*?<\/tr>/gu)].map(
    ([row, look]) => ({
      look: look ?? '',
      text: textOf(row),
    }),
  );
}

function textOf(html: string): string {
  return html
    .replace(/<svg[\s\S]*?<\/svg>/gu, '')
    .replace(/<[^>]+>/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

describe('the board page', () => {
  it('joins the rows of a tie group by a bracket and says which ranks are possible', async () => {
    const { visitor, base } = await makeBoard();
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    const rows = rowsOf(page);
    expect(rows.map(({ look }) => /bracket-\w+/u.exec(look)?.[0] ?? null)).toEqual([
      'bracket-start',
      'bracket-end',
      null,
    ]);
    expect(rows[0]?.text).toContain('could be 1 to 2');
    expect(rows[2]?.text).not.toContain('could be');
    expect(page).toContain('A bracket joins entries that a paired test cannot tell apart.');
    const fold = textOf(/<details class="fold">[\s\S]*?<\/details>/u.exec(page)?.[0] ?? '');
    expect(fold).toContain('Which ranks are possible');
    expect(fold).toMatch(/Ada 1 1 to 2 1 Bea 2 1 to 2 1 Cy 3 3 2$/u);
  });

  it('leads from the metric to its definition and from each row to a comparison', async () => {
    const { visitor, base, ids } = await makeBoard();
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    expect(page.match(/href="\/metrics\/top1_error"/gu)?.length).toBeGreaterThan(1);
    const pairs = [...page.matchAll(/compare\?a&#x3D;([\w-]+)&amp;b&#x3D;([\w-]+)"/gu)].map(
      ([, a, b]) => [a, b],
    );
    // The own row against the best of the others, everybody else against the own entry.
    expect(pairs).toEqual(
      expect.arrayContaining([
        [ids.ada, ids.bea],
        [ids.bea, ids.ada],
        [ids.cy, ids.ada],
      ]),
    );
    const link = /class="icon-link" href="([^"]+)"/u.exec(page)?.[1]?.replaceAll('&#x3D;', '=');
    const compared = await visitor.get((link ?? '').replaceAll('&amp;', '&'));
    expect(compared.status).toBe(200);
    expect(compared.text).toContain('Is Ada better than Bea?');
  });

  it('keeps a disqualified entry below the ranking, with the reason', async () => {
    const { deps, visitor, base, ids } = await makeBoard();
    const roles = [{ scope: 'site', scope_id: '', role: 'admin' }] as const;
    const viewer = await makeUser(deps, { roles });
    await disqualifyEntry(deps, { entry_id: ids.bea, viewer, reason: 'used <test> answers' });
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    const rows = rowsOf(page);
    expect(rows.map(({ text }) => /Ada|Bea|Cy/u.exec(text)?.[0])).toEqual(['Ada', 'Cy', 'Bea']);
    expect(rows[2]?.look).toContain('row-out');
    expect(rows[2]?.text).toMatch(
      /^– Bea disqualified Out of the ranking since 2 Mar 2026: used &lt;test&gt; answers/u,
    );
    expect(rows[1]?.text).toMatch(/^2 /u);
  });

  it('says how scores are released and offers no comparison that would tell more', async () => {
    const { visitor, base } = await makeBoard({ release: { rule: 'ladder' } });
    const page = (await visitor.get(`${base}/leaderboard`)).text;
    expect(page).toContain('Public scores climb a ladder');
    expect(page).not.toContain('/compare?');
    expect((await visitor.get(base)).text).toContain('Public scores climb a ladder');
  });

  it('says how the order is made where not by one score alone', async () => {
    const { visitor, base } = await makeBoard({
      ranking: { method: 'mean-of-ranks', tie_breakers: ['top5_error'], earlier_first: true },
    });
    const page = textOf((await visitor.get(`${base}/leaderboard`)).text);
    expect(page).toContain('The order is by the mean of the ranks in Top-1 error and Top-5 error.');
    expect(page).toContain('Equals are decided by Top-5 error.');
    expect(page).toContain('Among equals the earlier submission comes first.');
    expect(page).toContain('Mean rank');
  });
});

describe('the page that compares two entries', () => {
  it('starts with the own entry and answers in words', async () => {
    const { visitor, base } = await makeBoard();
    const page = (await visitor.get(`${base}/compare`)).text;
    const text = textOf(page);
    expect(text).toContain('Is Ada better than Bea?');
    expect(text).toContain('Nobody can tell from these data');
    expect(text).toContain('Ada alone 4 times, Bea alone 0 times');
    expect(text).toContain('McNemar, exact');
    // Both selects work without scripts and keep the choice.
    expect(page.match(/<option value="[\w-]+" selected>/gu)?.length).toBeGreaterThanOrEqual(2);
    expect(page).toMatch(/<form class="finder compare-form" method="get"/u);
    expect(page).toMatch(/<svg class="gap-chart" role="img" aria-label="Ada is ahead of Bea by/u);
  });

  it('says who is better, in the language that is asked for', async () => {
    const { visitor, base, ids } = await makeBoard();
    const pair = `${base}/compare?a=${ids.ada}&b=${ids.cy}`;
    expect(textOf((await visitor.get(pair)).text)).toContain('Is Ada better than Cy? Yes');
    const turned = `${base}/compare?a=${ids.cy}&b=${ids.ada}`;
    expect(textOf((await visitor.get(turned)).text)).toContain('No, Ada is better');
    await visitor.get('/?lang=es');
    expect(textOf((await visitor.get(pair)).text)).toContain('¿Es Ada mejor que Cy? Sí');
  });

  it('asks for two different entries', async () => {
    const { visitor, base, ids } = await makeBoard();
    const page = await visitor.get(`${base}/compare?a=${ids.cy}&b=${ids.cy}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('A and B are the same entry.');
    expect(page.text).not.toContain('class="verdict"');
  });

  it('says on the page why a pair cannot be compared', async () => {
    const closed = await makeBoard({ release: { rule: 'rounded', steps: {} } });
    const refused = await closed.visitor.get(`${closed.base}/compare`);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('Entries cannot be compared on this split yet.');
    expect(refused.text).toContain('<select id="a"');
    const { visitor, base, ids } = await makeBoard();
    const unknown = await visitor.get(`${base}/compare?a=${ids.ada}&b=nobody`);
    expect(unknown.status).toBe(404);
    expect(unknown.text).toContain('There is no such entry on this board.');
  });

  it('never compares on the private split before its time', async () => {
    const { visitor, base, ids } = await makeBoard();
    const page = await visitor.get(`${base}/compare?split=private&a=${ids.ada}&b=${ids.bea}`);
    expect(page.status).toBe(403);
    expect(page.text).not.toContain('class="verdict"');
  });

  it('waits for a second entry', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const page = await makeVisitor(deps).get(`/competitions/${slug}/compare`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Nothing to compare yet');
    expect(page.text).not.toContain('<select');
  });
});

describe('the page of the shake-up', () => {
  it('draws public against private ranks once they are shown', async () => {
    const { visitor, base } = await makeBoard(REVEALED);
    expect((await visitor.get(`${base}/leaderboard`)).text).toContain(`href="${base}/shake-up"`);
    const page = (await visitor.get(`${base}/shake-up`)).text;
    const text = textOf(page);
    expect(text).toContain('2 rose, 1 fell, 0 kept their rank.');
    expect(text).toContain('The longest way: Ada, from 1 to 3.');
    expect(page.match(/<line class="slope slope-(?:up|down|same)/gu)).toHaveLength(6);
    expect(page).toContain('slope-down own');
    expect(text).toMatch(/Bea 2 10\.40 % 1 10\.00 % \+1 up 1 place/u);
    expect(text).toMatch(/Ada you 1 10\.00 % 3 30\.00 % −2 down 2 places/u);
  });

  it('is closed before that, and nothing links to it', async () => {
    const { visitor, base } = await makeBoard();
    expect((await visitor.get(`${base}/leaderboard`)).text).not.toContain('/shake-up');
    const page = await visitor.get(`${base}/shake-up`);
    expect(page.status).toBe(403);
    expect(page.text).not.toContain('30.00');
  });

  it('says so where nobody is ranked', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps, { phase: REVEALED });
    const page = await makeVisitor(deps).get(`/competitions/${slug}/shake-up`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Nobody is ranked on both splits');
  });
});

describe('the page of a submission', () => {
  it('says whose score a ladder shows, and counts no errors from it', async () => {
    const { deps, phase_id, visitor, ada, base } = await makeBoard({
      release: { rule: 'ladder', eta: 0.05 },
    });
    const send = async (errors: number) => {
      deps.clock.advance(1000);
      const wrong = { top1_error: wrongItems(ITEMS, errors) };
      const splits = { public: wrong, private: wrong };
      const { submission_id } = await makeScored(deps, { phase_id, user: ada, splits });
      return textOf((await visitor.get(`/submissions/${submission_id}`)).text);
    };
    const kept = await send(96);
    expect(kept).toContain('10.00 %');
    expect(kept).toContain('Not clearly better than your best so far');
    const better = await send(31);
    expect(better).toContain('5.00 %');
    expect(better).toContain('A new best');
    for (const page of [kept, better]) expect(page).not.toContain('images wrong');
    // The first one, and the last.
    const meter = textOf((await visitor.get(base)).text);
    expect(meter).toContain('You were shown 3 public scores, 2 of them as your best until then');
  });
});

describe('the list of own submissions', () => {
  it('says where it leaves older ones out, and only there', async () => {
    const { deps, phase_id, visitor, ada } = await makeBoard();
    const send = () =>
      makeScored(deps, {
        ...{ phase_id, user: ada },
        splits: { public: { top1_error: wrongItems(10, 3) } },
      });
    for (let sent = 1; sent < LISTED_SUBMISSIONS - 1; sent++) await send();
    const hint = `the newest ${LISTED_SUBMISSIONS} are listed`;
    expect((await visitor.get('/submissions')).text).not.toContain(hint);
    await send();
    expect((await visitor.get('/submissions')).text).toContain(hint);
  });
});

describe('an ended phase', () => {
  it('offers no further submission on the page of an old one', async () => {
    const ends_at = '2026-03-05T00:00:00.000Z';
    const { deps, phase_id, visitor, ada } = await makeBoard({ ends_at });
    const { submission_id } = await makeScored(deps, {
      ...{ phase_id, user: ada },
      splits: { public: { top1_error: wrongItems(ITEMS, 300) } },
    });
    const text = async () => textOf((await visitor.get(`/submissions/${submission_id}`)).text);
    expect(await text()).toContain('Submit again');
    deps.clock.set(ends_at);
    expect(await text()).not.toContain('Submit again');
  });
});

describe('the trail of a submission', () => {
  it('begins with the day, and names it again only where it changes', async () => {
    const { deps, phase_id, visitor, ada } = await makeBoard();
    const { submission_id } = await makeSubmission(deps, { phase_id, user: ada });
    const times = async () =>
      [
        ...(await visitor.get(`/submissions/${submission_id}`)).text.matchAll(
          /<time class="num"[^>]*>([^<]+)</gu,
        ),
      ].map(([, time]) => time);
    expect(await times()).toEqual(['2 Mar 2026, 12:00:03 UTC', '12:00:03 UTC']);
    // Above it, too: the trail is far down on a phone.
    expect(textOf((await visitor.get(`/submissions/${submission_id}`)).text)).toContain(
      'waiting 2 Mar 2026, 12:00 UTC Submission by Ada',
    );
    deps.clock.advance(86_400_000);
    await visitor.post(
      `/submissions/${submission_id}/cancel`,
      `/submissions/${submission_id}/cancel`,
    );
    expect((await times()).at(-1)).toBe('3 Mar 2026, 12:00:03 UTC');
  });
});

describe('a phase in which entries choose', () => {
  it('ranks by the submission that is chosen on its page', async () => {
    const { deps, phase_id, visitor, ada, base } = await makeBoard({ display_rule: 'chosen' });
    deps.clock.advance(1000);
    const wrong = { top1_error: wrongItems(ITEMS, 300) };
    const { submission_id } = await makeScored(deps, {
      ...{ phase_id, user: ada },
      splits: { public: wrong, private: wrong },
    });
    const path = `/submissions/${submission_id}`;
    const before = textOf((await visitor.get(path)).text);
    expect(before).toContain('Rank this one');
    expect(before).toContain('Another submission of yours stands on the board, 1st;');
    expect(before).not.toContain('1st on the leaderboard');
    const ownRow = async () =>
      rowsOf((await visitor.get(`${base}/leaderboard`)).text).find(({ look }) =>
        look.includes('row-own'),
      )?.text;
    expect(await ownRow()).toMatch(/^1 .*10\.00 %/u);
    const answer = await visitor.post(path, `${path}/choose`);
    expect([answer.status, answer.headers['location']]).toEqual([303, path]);
    expect(await ownRow()).toMatch(/^3 .*30\.00 %/u);
    const page = (await visitor.get(path)).text;
    expect(page).toContain('You chose this submission');
    expect(page).toContain('3rd on the leaderboard');
    expect(page).not.toContain('Rank this one');
  });

  it('is the only one that asks', async () => {
    const { deps, phase_id, visitor, ada } = await makeBoard();
    const { submission_id } = await makeScored(deps, {
      ...{ phase_id, user: ada },
      splits: { public: { top1_error: wrongItems(ITEMS, 300) } },
    });
    expect((await visitor.get(`/submissions/${submission_id}`)).text).not.toContain(
      'Rank this one',
    );
  });
});

describe('the meter of what scores have told', () => {
  it('is shown to an entry for itself alone', async () => {
    const { deps, visitor, base } = await makeBoard();
    const own = (await visitor.get(base)).text;
    expect(own).toContain('What your scores can have told you');
    expect(textOf(own)).toMatch(/At most [\d.,]+ of [\d,]+ bits/u);
    expect(own).toContain('<meter class="bits"');
    expect((await visitor.get(`${base}/submit`)).text).toContain('<meter class="bits"');
    expect((await makeVisitor(deps).get(base)).text).not.toContain('<meter');
  });

  it('calls no score better than another where no rule says so', async () => {
    const { deps, phase_id, visitor, ada, base } = await makeBoard();
    const splits = { public: { top1_error: wrongItems(ITEMS, 500) } };
    await makeScored(deps, { phase_id, user: ada, splits });
    expect(textOf((await visitor.get(base)).text)).toMatch(
      /You were shown 2 public scores; [\d,]+ bits would name every public answer\./u,
    );
  });
});
