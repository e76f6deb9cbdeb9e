import { describe, expect, it } from 'vitest';

import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

describe('the language of a page', () => {
  it('is the first of the site that the browser asks for', async () => {
    const visitor = makeVisitor(await makeDeps());
    for (const [header, language] of [
      ['es-MX,es;q=0.9,en;q=0.8', 'es'],
      ['fr;q=0.9,es;q=0.5,en;q=0.4', 'es'],
      ['de', 'en'],
      ['es;q=0, en;q=0.1', 'en'],
    ] as const) {
      const page = await visitor.get('/', { 'accept-language': header });
      expect(page.text).toContain(`<html lang="${language}"`);
      expect(page.headers['content-language']).toBe(language);
    }
  });

  it('is switched by a link that keeps the page and its query', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    const path = `/competitions/${slug}/leaderboard?rows=entries`;
    const english = await visitor.get(path);
    const link = `${path}&lang=es`;
    expect(english.text).toContain(
      `href="${link.replace('&', '&amp;')}"`
        .replaceAll('=', '&#x3D;')
        .replace('href&#x3D;', 'href='),
    );
    const switched = await visitor.get(link);
    expect(switched.status).toBe(303);
    expect(switched.headers['location']).toBe(path);
    expect((await visitor.get(path)).text).toContain('<h1>Dígitos</h1>');
    // And it stays.
    expect((await visitor.get('/')).text).toContain('<html lang="es"');
  });

  it('leads to no other site', async () => {
    const visitor = makeVisitor(await makeDeps());
    const answer = await visitor.get('//elsewhere.example/?lang=es');
    // One slash: a path of this site, which does not exist.
    expect(answer.headers['location']).toBe('/elsewhere.example/');
    const twice = await visitor.get('/%2F/elsewhere.example?lang=es');
    expect(twice.headers['location']).toMatch(/^\/(?!\/)/u);
  });

  it('follows the account to another browser', async () => {
    const deps = await makeDeps();
    const first = makeVisitor(deps);
    await first.signUp('Ada', 'ada@certamen.example');
    await first.post('/account', '/account/language', { locale: 'es' });
    const second = makeVisitor(deps);
    await second.post('/login', '/login', {
      email: 'ada@certamen.example',
      password: 'a long enough password',
    });
    expect((await second.get('/account')).text).toContain('<html lang="es"');
  });
});

describe('the colours of a page', () => {
  it('follow the device until somebody chooses', async () => {
    const visitor = makeVisitor(await makeDeps());
    expect((await visitor.get('/')).text).not.toContain('data-theme');
    await visitor.get('/?theme=dark');
    expect((await visitor.get('/')).text).toContain('data-theme="dark"');
    await visitor.get('/?theme=auto');
    expect((await visitor.get('/')).text).not.toContain('data-theme');
    await visitor.get('/?theme="><script>');
    expect((await visitor.get('/')).text).not.toContain('data-theme');
  });
});
