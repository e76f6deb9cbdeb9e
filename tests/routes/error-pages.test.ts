import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

describe('error pages', () => {
  it.each([
    '/nothing',
    '/competitions/none',
    '/competitions/none/leaderboard',
    '/submissions/none',
    '/metrics/none',
    '/metrics/__proto__',
    '/assets/none.css',
    '/assets/..%2f..%2fpackage.json',
    '/setup/none',
  ])('answer 404 to %s in both languages and say what to do', async (path) => {
    const visitor = makeVisitor(await makeDeps());
    for (const [language, lost] of [
      ['en', 'Nothing that you sent or saved before was changed.'],
      ['es', 'Nada de lo que enviaste o guardaste antes ha cambiado.'],
    ] as const) {
      const page = await visitor.get(path, { 'accept-language': language });
      expect(page.status).toBe(404);
      expect(page.text).toContain(lost);
    }
  });

  it('let whoever was logged out log in and come back, and offer it to nobody else', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const login = 'href="/login?next&#x3D;/organize/mine%3Fpage%3D2"';
    const visitor = makeVisitor(deps, app);
    expect((await visitor.get('/organize/mine?page=2')).text).toContain(login);
    await visitor.signUp('Ada', 'ada@certamen.example');
    const page = await visitor.get('/organize/mine?page=2');
    expect(page.status).toBe(404);
    expect(page.text).not.toContain('/login');
  });

  it('answer 400 to an address that cannot be read', async () => {
    const visitor = makeVisitor(await makeDeps());
    expect((await visitor.get('/competitions/%E0%A4%A')).status).toBe(400);
  });

  it('answer 404 to a phase or split that is not there', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    expect((await visitor.get(`/competitions/${slug}?phase=none`)).status).toBe(404);
    expect((await visitor.get(`/competitions/${slug}/leaderboard?split=none`)).status).toBe(404);
    expect((await visitor.get(`/competitions/${slug}/data/none.npz`)).status).toBe(404);
  });

  it('answer in JSON to who asks for JSON', async () => {
    const visitor = makeVisitor(await makeDeps());
    const answer = await visitor.get('/nothing', { accept: 'application/json' });
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'There is nothing at this address.',
        id: expect.any(String) as string,
      },
    });
  });

  it('hide what went wrong inside and give a number to find it by', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const lines: unknown[] = [];
    const logger = Object.assign(Object.create(deps.logger) as typeof deps.logger, {
      error: (line: unknown) => lines.push(line),
    });
    const app = createApp({ ...deps, logger });
    const visitor = makeVisitor(deps, app);
    await deps.db.schema.dropTable('leaderboard_entries').execute();
    const page = await visitor.get(`/competitions/${slug}/leaderboard`);
    expect(page.status).toBe(500);
    expect(page.text).not.toMatch(/leaderboard_entries|SQLITE|at .*\.ts/u);
    const [line] = lines as { id: string; err: Error }[];
    expect(line?.err.message).toContain('leaderboard_entries');
    expect(page.text).toContain(line?.id);
  });

  it('answer 429 with the wait when an address asks too often', async () => {
    const visitor = makeVisitor(await makeDeps({ REQUESTS_PER_MINUTE: '2' }));
    await visitor.get('/about');
    await visitor.get('/about');
    const page = await visitor.get('/about');
    expect(page.status).toBe(429);
    expect(page.headers['retry-after']).toBe('60');
    expect(page.text).toContain('Wait 60 seconds');
  });
});
