import { describe, expect, it } from 'vitest';

import { selectPhase } from '../../server/models/phases.ts';
import { ensurePhase } from '../../server/services/competitions.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

async function everyPage() {
  const deps = await makeDeps();
  const { slug } = await makeCompetition(deps);
  const visitor = makeVisitor(deps);
  await visitor.signUp();
  const base = `/competitions/${slug}`;
  const upload = await visitor.upload(slug, [{ name: 'model.onnx', content: 'x' }]);
  const paths = [
    '/',
    '/about',
    '/metrics',
    '/metrics/top1_error',
    '/metrics/top5_error',
    base,
    `${base}/leaderboard`,
    `${base}/compare`,
    `${base}/submit`,
    '/signup',
    '/login',
    '/account',
    '/submissions',
    upload.headers['location'] ?? '',
  ];
  return { deps, visitor, slug, paths };
}

describe('every page', () => {
  it('renders in both languages, whole and with nothing left to fill in', async () => {
    const { visitor, paths } = await everyPage();
    for (const language of ['en', 'es']) {
      await visitor.get(`/?lang=${language}`);
      for (const path of paths) {
        const page = await visitor.get(path);
        expect([path, page.status]).toEqual([path, 200]);
        expect(page.text).toContain(`<html lang="${language}"`);
        expect(page.text.trimEnd()).toMatch(/<\/html>$/u);
        expect(page.text.match(/<h1/gu)).toHaveLength(1);
        // A parameter nobody gave shows as an ellipsis; `{{` and undefined are templates gone wrong.
        const text = page.text
          .replace(/<pre[\s\S]*?<\/pre>/gu, '')
          .replace(/data-text-[^ >]+/gu, '');
        expect([path, /\{\{|undefined|\[object |NaN| …[ .,]/u.exec(text)?.[0]]).toEqual([
          path,
          undefined,
        ]);
      }
    }
  });

  it('has no style or script of its own, and says so to the browser', async () => {
    const { visitor, paths } = await everyPage();
    for (const path of paths) {
      const page = await visitor.get(path);
      const policy = page.headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      expect([path, /<style|\sstyle=|\son\w+=|javascript:/u.exec(page.text)?.[0]]).toEqual([
        path,
        undefined,
      ]);
      expect(page.text.match(/<script/gu)).toHaveLength(1);
      expect(page.headers['x-content-type-options']).toBe('nosniff');
      expect(page.headers['cache-control']).toContain('private');
    }
  });

  it('gives no cookie to who only reads', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    for (const path of [
      '/',
      '/about',
      `/competitions/${slug}`,
      `/competitions/${slug}/leaderboard`,
    ]) {
      expect((await visitor.get(path)).headers['set-cookie']).toBeUndefined();
    }
  });
});

describe('the page of a competition', () => {
  it('says that the answers of the demo are public, its licence and its credit', async () => {
    const { visitor, slug } = await everyPage();
    const page = await visitor.get(`/competitions/${slug}`);
    expect(page.text).toContain('The answers of this demo are public knowledge');
    expect(page.text).toContain('CC BY-SA 3.0');
    expect(page.text).toContain('Yann LeCun');
  });

  it('leads to each phase from the task and from the form, on the page where one is', async () => {
    const deps = await makeDeps();
    const { slug, competition_id, phase_id } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    const base = `/competitions/${slug}`;
    expect((await visitor.get(base)).text).not.toContain('aria-label="Phases"');
    const { task_version_id } = await selectPhase(deps.db, phase_id);
    await ensurePhase(deps, {
      ...{ competition_id, task_version_id, slug: 'final', position: 1 },
      title: { en: 'Final', es: 'Final' },
      ...{ public_split: 'public', private_split: 'private', display_rule: 'best' },
      ...{
        daily_limit: 20,
        starts_at: '2026-04-01T00:00:00.000Z',
        ends_at: null,
        revealed_at: null,
      },
    });
    for (const page of [base, `${base}/submit`]) {
      const text = (await visitor.get(page)).text.replaceAll('&#x3D;', '=');
      expect(text).toContain(`<a href="${page}?phase=open" aria-current="page">Open</a>`);
      expect(text).toContain(`<a href="${page}?phase=final">Final</a>`);
    }
    const task = (await visitor.get(`${base}?phase=final`)).text.replaceAll('&#x3D;', '=');
    expect(task).toContain('1 Apr 2026, 00:00 UTC');
    expect(task).toContain(`href="${base}?phase=final" aria-current="page">Task</a>`);
  });

  it('gives every download that it names', async () => {
    const { visitor, slug } = await everyPage();
    const page = await visitor.get(`/competitions/${slug}`);
    const links = [...page.text.matchAll(/href="([^"]*\/data\/[^"]+)" download/gu)].map(
      ([, href]) => (href ?? '').replaceAll('&#x3D;', '='),
    );
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      const answer = await visitor.agent.get(link).responseType('blob');
      expect(answer.status).toBe(200);
      expect(answer.headers['content-disposition']).toMatch(/^attachment; filename=/u);
      expect((answer.body as Buffer).length).toBeGreaterThan(1000);
    }
  });

  it('draws sample rows as a picture', async () => {
    const { visitor, slug } = await everyPage();
    const picture = await visitor.agent
      .get(`/competitions/${slug}/samples.png`)
      .responseType('blob');
    expect(picture.headers['content-type']).toBe('image/png');
    expect((picture.body as Buffer).subarray(1, 4).toString('latin1')).toBe('PNG');
  });
});

describe('assets', () => {
  it('are kept for long under an address with their hash, and named so in the page', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    const page = (await visitor.get('/about')).text;
    const css = /<link rel="stylesheet" href="([^"]+)"/u.exec(page)?.[1] ?? '';
    const answer = await visitor.get(css.replaceAll('&#x3D;', '='));
    expect(answer.headers['content-type']).toBe('text/css; charset=utf-8');
    expect(answer.headers['cache-control']).toContain('immutable');
    expect(answer.headers['content-encoding']).toBe('gzip');
    const plain = await visitor.get(css.replaceAll('&#x3D;', '='), {
      'accept-encoding': 'identity',
    });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect([plain.text, plain.headers['vary']]).toEqual([answer.text, 'Accept-Encoding']);
    for (const [, font] of answer.text.matchAll(/url\('(fonts\/[^']+)'\)/gu)) {
      const file = await visitor.get(`/assets/${font ?? ''}`);
      expect([font, file.status, file.headers['content-type']]).toEqual([font, 200, 'font/woff2']);
    }
  });
});
