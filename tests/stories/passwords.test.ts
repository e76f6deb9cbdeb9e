import { describe, expect, it } from 'vitest';

import { createResetLink } from '../../server/services/accounts.ts';
import { createApp } from '../../server/app.ts';
import { createApiToken, findTokenUser } from '../../server/services/api-tokens.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeVisitor } from '../routes/visitor.ts';

const OLD = 'a long enough password';
const NEW = 'another good password';
const EMAIL = 'ada@certamen.example';

type Visitor = ReturnType<typeof makeVisitor>;

async function logIn(visitor: Visitor, password: string): Promise<number> {
  return (await visitor.post('/login', '/login', { email: EMAIL, password })).status;
}

describe('changing a password', () => {
  it('asks for the current one and keeps everything when it is wrong', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const answer = await visitor.post('/account/password', '/account/password', {
      current: 'a wrong password',
      password: NEW,
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This is not your current password.');
    expect(answer.text).not.toContain(NEW);
    expect(await logIn(makeVisitor(deps), OLD)).toBe(303);
  });

  it('refuses a new one that is too short', async () => {
    const visitor = makeVisitor(await makeDeps());
    await visitor.signUp();
    const fields = { current: OLD, password: 'short' };
    const answer = await visitor.post('/account/password', '/account/password', fields);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('At least 10 characters.');
  });

  it('ends every other session and gives this one a new id', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const here = makeVisitor(deps, app);
    await here.signUp();
    const elsewhere = makeVisitor(deps, app);
    expect(await logIn(elsewhere, OLD)).toBe(303);
    expect((await elsewhere.get('/account')).status).toBe(200);
    const stolen = here.cookies();

    const fields = { current: OLD, password: NEW };
    const answer = await here.post('/account/password', '/account/password', fields);
    expect(answer.status).toBe(303);
    expect(String(answer.headers['set-cookie'])).not.toContain(stolen);

    expect((await here.get('/account?saved=password')).text).toContain('Your password is changed.');
    expect((await elsewhere.get('/account')).status).not.toBe(200);
    const old = await makeVisitor(deps, app).get('/account', { Cookie: stolen });
    expect(old.status).not.toBe(200);
    expect(await logIn(makeVisitor(deps, app), OLD)).toBe(401);
    expect(await logIn(makeVisitor(deps, app), NEW)).toBe(303);
  });

  it('logs out everywhere else on request', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const here = makeVisitor(deps, app);
    await here.signUp();
    const elsewhere = makeVisitor(deps, app);
    await logIn(elsewhere, OLD);
    expect((await here.get('/account')).text).toContain('logged in on 2 devices');
    await here.post('/account', '/account/sessions/end');
    expect((await here.get('/account')).text).toContain('logged in on 1 device.');
    expect((await elsewhere.get('/account')).status).not.toBe(200);
  });
});

describe('a link for a forgotten password', () => {
  it('works once, logs in, and ends the sessions and links of before', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const before = makeVisitor(deps, app);
    await before.signUp();
    const first = await createResetLink(deps, { email: EMAIL, actor_id: null });
    const second = await createResetLink(deps, { email: EMAIL.toUpperCase(), actor_id: null });
    const path = new URL(second.url).pathname;

    const visitor = makeVisitor(deps, app);
    expect((await visitor.get(new URL(first.url).pathname)).status).toBe(404);
    expect((await visitor.post(path, path, { password: 'short' })).status).toBe(422);
    expect((await visitor.post(path, path, { password: NEW })).status).toBe(303);
    expect((await visitor.get('/account')).status).toBe(200);
    expect((await visitor.get(path)).status).toBe(404);
    expect((await before.get('/account')).status).not.toBe(200);
    expect(await logIn(makeVisitor(deps, app), NEW)).toBe(303);
  });

  it('lapses after a day', async () => {
    let now = new Date('2026-11-01T12:00:00Z');
    const deps = { ...(await makeDeps()), clock: { now: () => now } };
    await makeVisitor(deps).signUp();
    const { url } = await createResetLink(deps, { email: EMAIL, actor_id: null });
    now = new Date('2026-11-02T12:00:01Z');
    expect((await makeVisitor(deps).get(new URL(url).pathname)).status).toBe(404);
  });

  it('is explained without asking for an address', async () => {
    const answer = await makeVisitor(await makeDeps()).get('/forgot');
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('24 hours');
    expect(answer.text).not.toContain('type="email"');
  });
});

describe('guessing at one account', () => {
  it('is slowed down from whatever address it comes', async () => {
    const deps = await makeDeps({ LOGINS_PER_HOUR: '1', TRUST_PROXY_HOPS: '1' });
    const app = createApp(deps);
    await makeVisitor(deps, app).signUp();
    const statuses: number[] = [];
    for (let guess = 1; guess <= 7; guess++) {
      const visitor = makeVisitor(deps, app);
      const csrf = await visitor.formToken('/login');
      const answer = await visitor.agent
        .post('/login')
        .set('X-Forwarded-For', `10.0.0.${String(guess)}`)
        .type('form')
        .send({ csrf, email: ` ${EMAIL.toUpperCase()}`, password: 'a wrong guess' });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });
});

describe('an API token with an end', () => {
  it('stops working when its days are over', async () => {
    let now = new Date('2026-11-01T12:00:00Z');
    const deps = { ...(await makeDeps()), clock: { now: () => now } };
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const page = await visitor.post('/account', '/account/tokens', { name: 'lab', days: '30' });
    expect(page.status).toBe(201);
    const token = /certamen_[\w-]+/u.exec(page.text.replaceAll('<wbr>', ''))?.[0] ?? '';
    expect(await findTokenUser(deps, token)).toMatchObject({ email: EMAIL });
    now = new Date('2026-12-01T12:00:01Z');
    expect(await findTokenUser(deps, token)).toBeNull();
  });

  it('is made for the days of the list only', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const fields = { name: 'lab', days: '100000' };
    expect((await visitor.post('/account', '/account/tokens', fields)).status).toBe(422);
    const user = { id: 'x', email: EMAIL, name: 'Ada', locale: 'en', roles: [] };
    await expect(createApiToken(deps, { user, name: 'lab', days: 31 })).rejects.toMatchObject({
      code: 'INVALID_FORM',
    });
  });
});
