import { gunzipSync } from 'node:zlib';

import request from 'supertest';
import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import { LeastRecent } from '../../server/lib/lru.ts';
import { ensureCompetition } from '../../server/services/competitions.ts';
import { updatePhaseRevealed } from '../../server/models/phases.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { makeVisitor } from './visitor.ts';

/** Asks the database about changes with each request, so that no test waits. */
const ASK_ALWAYS = { BOARD_CACHE_MS: '1' };

/** Counts the statements that reach the database. */
function countReads(deps: Deps): { db: Deps['db']; reads: () => number } {
  let reads = 0;
  const db = new Proxy(deps.db, {
    get(target, name) {
      if (name === 'selectFrom') reads += 1;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { db, reads: () => reads };
}

async function makeBoard(env: Record<string, string> = { BOARD_CACHE_MS: '60000' }) {
  const deps = await makeDeps(env);
  const { phase_id, slug } = await makeCompetition(deps);
  const user = await makeUser(deps, { name: 'Bea' });
  await score(deps, phase_id, user, 100);
  const counted = countReads(deps);
  const app = createApp({ ...deps, db: counted.db });
  const path = `/competitions/${slug}/leaderboard`;
  return { deps, app, phase_id, slug, path, user, reads: counted.reads };
}

async function score(
  deps: TestDeps,
  phase_id: string,
  user: Awaited<ReturnType<typeof makeUser>>,
  errors: number,
) {
  const wrong = { top1_error: wrongItems(1000, errors) };
  await makeScored(deps, { phase_id, user, splits: { public: wrong, private: wrong } });
}

describe('the board page of visitors without an account', () => {
  it('is answered from memory, with every header that it had', async () => {
    const { app, path, reads } = await makeBoard();
    const first = await request(app).get(path);
    const before = reads();
    const second = await request(app).get(path);
    expect(reads()).toBe(before);
    expect(second.text).toBe(first.text);
    const expected = first.headers as Record<string, string>;
    for (const name of Object.keys(expected)) {
      if (/^(?:date|ratelimit|content-length|connection|keep-alive|transfer)/u.test(name)) continue;
      expect([name, second.headers[name]]).toEqual([name, expected[name]]);
    }
    expect(second.headers['content-security-policy']).toContain("default-src 'none'");
    expect(second.headers['content-encoding']).toBe('gzip');
    expect(second.headers['vary']).toMatch(/Cookie.*Accept-Language.*Accept-Encoding/u);
  });

  it('is not sent again to whoever has it', async () => {
    const { app, path } = await makeBoard();
    const { headers } = await request(app).get(path);
    const again = await request(app).get(path).set('If-None-Match', String(headers['etag']));
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    expect(again.headers['content-encoding']).toBeUndefined();
    expect(again.headers['etag']).toBe(headers['etag']);
  });

  it('is plain for clients that take no gzip', async () => {
    const { app, path } = await makeBoard();
    await request(app).get(path);
    const plain = await request(app).get(path).set('Accept-Encoding', 'identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.text).toContain('Bea');
    const refused = await request(app).get(path).set('Accept-Encoding', 'gzip;q=0');
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('is kept by language and colours', async () => {
    const { app, path } = await makeBoard();
    const ask = (headers: Record<string, string>) => request(app).get(path).set(headers);
    const answers = [
      await ask({ 'Accept-Language': 'en' }),
      await ask({ 'Accept-Language': 'es' }),
      await ask({ 'Accept-Language': 'en', Cookie: 'theme=dark' }),
      await ask({ 'Accept-Language': 'en', Cookie: 'lang=es' }),
    ];
    const again = [
      await ask({ 'Accept-Language': 'en' }),
      await ask({ 'Accept-Language': 'es' }),
      await ask({ 'Accept-Language': 'en', Cookie: 'theme=dark' }),
      await ask({ 'Accept-Language': 'en', Cookie: 'lang=es' }),
    ];
    expect(again.map(({ text }) => text)).toEqual(answers.map(({ text }) => text));
    expect(answers.map(({ text }) => /<html[^>]*>/u.exec(text)?.[0])).toEqual([
      '<html lang="en">',
      '<html lang="es">',
      '<html lang="en" data-theme="dark">',
      '<html lang="es">',
    ]);
    const chosen = await request(app).get(`${path}?theme=dark`);
    expect(chosen.status).toBe(303);
  });

  it('is as the board is after a change', async () => {
    const { deps, app, path, phase_id, user } = await makeBoard(ASK_ALWAYS);
    const first = await request(app).get(path);
    expect(first.text).toContain('10.00');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await score(deps, phase_id, user, 50);
    const second = await request(app).get(path);
    expect(second.text).toContain('5.00');
    expect(second.headers['etag']).not.toBe(first.headers['etag']);
  });

  it('has the same ETag whatever changes on a split that is closed', async () => {
    const { deps, app, path, phase_id } = await makeBoard(ASK_ALWAYS);
    const first = await request(app).get(path);
    const closed = await request(app).get(`${path}?split=private`);
    expect(closed.status).toBe(403);
    await deps.db
      .updateTable('scores')
      .set({ value: 0.123 })
      .where('split', '=', 'private')
      .execute();
    await deps.db
      .updateTable('phases')
      .set((eb) => ({ board_version: eb('board_version', '+', 1) }))
      .where('id', '=', phase_id)
      .execute();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const second = await request(app).get(path);
    expect(second.headers['etag']).toBe(first.headers['etag']);
    await updatePhaseRevealed(deps.db, phase_id, '2026-03-01T00:00:00.000Z');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await request(app).get(`${path}?split=private`)).status).toBe(200);
  });

  it('never reaches, and never comes from, somebody who is logged in', async () => {
    const { deps, app, path, phase_id } = await makeBoard();
    const visitor = makeVisitor(deps, app);
    await visitor.signUp('Ada', 'ada@certamen.example');
    await visitor.agent.get(path);
    await score(deps, phase_id, await makeUser(deps, { name: 'Cy' }), 300);
    const own = await visitor.agent.get(path);
    expect(own.text).toContain('Log out');
    expect(own.headers['content-encoding']).toBeUndefined();
    const anonymous = await request(app).get(path);
    expect(anonymous.text).not.toContain('Log out');
    expect(anonymous.text).not.toContain('name="csrf"');
  });

  it('is not kept of a draft', async () => {
    const { deps, app } = await makeBoard();
    await ensureCompetition(deps, {
      slug: 'draft',
      title: { en: 'Secret', es: 'Secreto' },
      summary: { en: '', es: '' },
      state: 'draft',
    });
    for (const time of ['first', 'second']) {
      const answer = await request(app).get('/competitions/draft/leaderboard');
      expect([time, answer.status]).toEqual([time, 404]);
      expect(answer.text).not.toContain('Secret');
    }
  });

  it('is compressed as what it is', async () => {
    const { app, path } = await makeBoard();
    const first = await request(app).get(path);
    const raw = await request(app)
      .get(path)
      .buffer(true)
      .parse((res, done) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => done(null, Buffer.concat(chunks)));
      });
    const body = raw.body as Buffer;
    const html = body[0] === 0x1f ? gunzipSync(body).toString() : body.toString();
    expect(html).toBe(first.text);
  });
});

describe('what is kept', () => {
  it('is bounded, and what nobody asks for goes first', () => {
    const kept = new LeastRecent<number>(2);
    kept.set('a', 1);
    kept.set('b', 2);
    expect(kept.get('a')).toBe(1);
    kept.set('c', 3);
    expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([1, undefined, 3]);
    expect(kept.size).toBe(2);
    kept.set('c', 4);
    kept.delete('a');
    expect([kept.size, kept.get('c')]).toEqual([1, 4]);
  });
});
