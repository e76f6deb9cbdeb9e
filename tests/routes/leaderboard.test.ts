import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { storeReferences } from '../../server/services/leaderboards.ts';
import { submitBaseline } from '../../server/services/submissions.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';
import { makeVisitor } from './visitor.ts';

const BASELINES = path.resolve(import.meta.dirname, '../../tasks/digits/baselines');
const HOSTILE = '<img src=x onerror=alert(1)> & "co"';

/** Eve 5.60 %, Ada (who has the visitor's browser) 9.40 %, the baseline 1.00 %, the published one 0.95 %. */
async function makeBoard(deps: TestDeps) {
  const { phase_id, slug } = await makeCompetition(deps, {
    phase: { ends_at: '2026-03-10T00:00:00.000Z' },
  });
  const visitor = makeVisitor(deps);
  await visitor.signUp('Ada Lovelace', 'ada@certamen.example');
  await visitor.upload(slug, [
    { name: 'model.onnx', content: await readFile(path.join(BASELINES, 'logreg.onnx')) },
  ]);
  const eve = await makeUser(deps, { name: HOSTILE });
  const files = [await makeModelFile(deps, 'mlp.onnx')];
  await makeSubmission(deps, { phase_id, user: eve, files });
  await submitBaseline(deps, {
    phase_id,
    name: { en: 'Convolutions', es: 'Convoluciones' },
    source: 'here',
    files: [await makeModelFile(deps, 'lenet5.onnx')],
  });
  await storeReferences(deps, {
    phase_id,
    references: [{ name: 'LeNet-5', scores: { top1_error: 0.0095 }, source: 'LeCun et al. 1998' }],
  });
  await runQueue(deps);
  return { visitor, board: `/competitions/${slug}/leaderboard` };
}

/** Text of each row's cells, tags removed. */
function rowsOf(html: string): string[] {
  return [...html.matchAll(/<tr role="row" class="row-[\s\S]*?<\/tr>/gu)].map(([row]) =>
    row
      .replace(/<svg[\s\S]*?<\/svg>/gu, '')
      .replace(/<[^>]+>/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim(),
  );
}

describe('the leaderboard page', () => {
  it('shows entries, baselines and published results in the order of their scores', async () => {
    const deps = await makeDeps();
    const { visitor, board } = await makeBoard(deps);
    const page = (await visitor.get(board)).text;
    const rows = rowsOf(page);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/^– LeNet-5 published, LeCun et al\. 1998 0\.95 %/u);
    expect(rows[1]).toMatch(/^– Convolutions baseline 1\.00 %/u);
    expect(rows[2]).toMatch(/^1 &lt;img.* 5\.60 %/u);
    expect(rows[3]).toMatch(/^2 Ada Lovelace you 9\.40 %/u);
    // The interval is drawn and can be read.
    expect(page).toMatch(/<line class="whisker" x1="[\d.]+%" x2="[\d.]+%"/u);
    expect(rows[3]).toContain('7.74 to 11.37 %');
    const entriesOnly = rowsOf((await visitor.get(`${board}?rows=entries`)).text);
    expect(entriesOnly).toHaveLength(2);
  });

  it('escapes names that are markup', async () => {
    const deps = await makeDeps();
    const { visitor, board } = await makeBoard(deps);
    const page = (await visitor.get(board)).text;
    expect(page).toContain('&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt; &amp; &quot;co&quot;');
    expect(page).not.toContain('<img src=x');
  });

  it('speaks Spanish where asked, numbers included', async () => {
    const deps = await makeDeps();
    const { board } = await makeBoard(deps);
    const rows = rowsOf((await makeVisitor(deps).get(board, { 'accept-language': 'es' })).text);
    expect(rows[1]).toMatch(/Convoluciones modelo base 1,00 %/u);
  });

  it('marks the row of the visitor and names the place', async () => {
    const deps = await makeDeps();
    const { visitor, board } = await makeBoard(deps);
    const own = (await visitor.get(board)).text;
    expect(own).toContain('You are 2 of 2');
    expect(own.match(/class="row-entry[^"]* row-own"/gu)).toHaveLength(1);
    const anonymous = (await makeVisitor(deps).get(board)).text;
    expect(anonymous).not.toContain('row-own');
    expect(anonymous).not.toContain('You are');
  });

  it('never shows the private split before its time, and shows it then', async () => {
    const deps = await makeDeps();
    const { board } = await makeBoard(deps);
    const visitor = makeVisitor(deps);
    const open = await visitor.get(board);
    expect(open.text).toContain('The private split is still closed');
    expect(open.text).not.toContain('split=private');
    const closed = await visitor.get(`${board}?split=private`);
    expect(closed.status).toBe(403);
    expect(closed.text).toContain('The scores of this split are not shown yet.');
    expect(rowsOf(closed.text)).toEqual([]);

    deps.clock.set('2026-03-10T00:00:00.000Z');
    const revealed = await visitor.get(`${board}?split=private`);
    expect(revealed.status).toBe(200);
    expect(rowsOf(revealed.text)).toHaveLength(4);
  });

  it('invites to the first row while nobody is ranked', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const page = (await makeVisitor(deps).get(`/competitions/${slug}/leaderboard`)).text;
    expect(page).toContain('The first row is free');
    expect(page).toContain(`href="/competitions/${slug}/submit"`);
  });

  it.each([
    ['before the phase starts', { starts_at: '2026-03-05T00:00:00.000Z' }, 'has not started'],
    ['after it has ended', { ends_at: '2026-03-01T00:00:00.000Z' }, 'Nobody is ranked'],
  ])('invites nobody to submit %s, and the home page neither', async (_, phase, says) => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps, { phase });
    for (const path of ['/', `/competitions/${slug}/leaderboard`]) {
      const page = (await makeVisitor(deps).get(path)).text;
      expect(page).toContain(says);
      expect(page).not.toContain('Submit a model');
    }
  });

  it('says that the organizers reveal private scores where the end does not', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps, {
      phase: { ends_at: '2026-03-01T00:00:00.000Z', reveal_rule: 'by-organizer' },
    });
    const page = (await makeVisitor(deps).get(`/competitions/${slug}/leaderboard`)).text;
    expect(page).toContain('when the organizers reveal them');
    expect(page).not.toContain('when the phase ends');
  });

  it('leads from every entry of the home page to its own page', async () => {
    const deps = await makeDeps();
    const { board } = await makeBoard(deps);
    const home = (await makeVisitor(deps).get('/')).text;
    const base = board.replace('/leaderboard', '');
    expect(home.match(new RegExp(`href="${base}/entries/`, 'gu'))).toHaveLength(3);
  });

  it('leads from a page beyond the last one to the last one', async () => {
    const deps = await makeDeps();
    const { board } = await makeBoard(deps);
    const visitor = makeVisitor(deps);
    const answer = await visitor.get(`${board}?rows=entries&page=99`);
    expect([answer.status, answer.headers['location']]).toEqual([
      303,
      `${board}?split=public&rows=entries`,
    ]);
  });
});
