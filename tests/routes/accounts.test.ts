import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { prepareInstance } from '../../server/services/setup.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeVisitor } from './visitor.ts';

function cookiesOf(answer: { headers: Record<string, unknown> }): string[] {
  const header = answer.headers['set-cookie'];
  return Array.isArray(header) ? header.map(String) : [];
}

describe('signing up', () => {
  it('opens an account and a session and leads on', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    const answer = await visitor.signUp('Ada Lovelace');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/');
    const [session] = cookiesOf(answer).filter((cookie) => cookie.startsWith('certamen_session='));
    expect(session).toMatch(/HttpOnly/u);
    expect(session).toMatch(/SameSite=Lax/u);
    expect(session).not.toMatch(/Secure/u);
    const account = await visitor.get('/account');
    expect(account.status).toBe(200);
    expect(account.text).toContain('Ada Lovelace');
  });

  it('marks cookies Secure and binds them to the host where the site is https', async () => {
    const deps = await makeDeps({ PUBLIC_URL: 'https://certamen.example' });
    const answer = await makeVisitor(deps).get('/signup');
    const [cookie] = cookiesOf(answer);
    expect(cookie).toMatch(/^__Host-certamen_form=/u);
    expect(cookie).toMatch(/Secure/u);
  });

  it('shows the form again with what is wrong, keeps what was typed and forgets the password', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    const answer = await visitor.post('/signup', '/signup', {
      name: 'Grace "G" <Hopper>',
      email: 'not an address',
      password: 'short-one',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This does not look like an e-mail address.');
    expect(answer.text).toContain('At least 10 characters.');
    expect(answer.text).toContain('value="Grace &quot;G&quot; &lt;Hopper&gt;"');
    expect(answer.text).not.toContain('short-one');
  });

  it('says so when the address is taken', async () => {
    const deps = await makeDeps();
    await makeVisitor(deps).signUp('Ada', 'ada@certamen.example');
    const answer = await makeVisitor(deps).signUp('Eva', 'ADA@certamen.example');
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('There is an account with this address.');
  });

  it('leads back to a page of this site and to no other', async () => {
    const deps = await makeDeps();
    for (const [next, expected] of [
      ['/competitions/digits/submit?phase=open', '/competitions/digits/submit?phase=open'],
      ['//elsewhere.example/', '/'],
      ['/\\elsewhere.example/', '/'],
      ['/\t/elsewhere.example/', '/'],
      ['https://elsewhere.example/', '/'],
      ['javascript:alert(1)', '/'],
    ] as const) {
      const visitor = makeVisitor(deps);
      const email = `${Buffer.from(next).toString('hex')}@certamen.example`;
      const answer = await visitor.post('/signup', '/signup', {
        name: 'Ada',
        email,
        password: 'a long enough password',
        next,
      });
      expect([next, answer.headers['location']]).toEqual([next, expected]);
    }
  });
});

describe('logging in and out', () => {
  it('takes the right password and ends the session on the server', async () => {
    const deps = await makeDeps();
    const first = makeVisitor(deps);
    await first.signUp('Ada', 'ada@certamen.example');

    const visitor = makeVisitor(deps);
    const answer = await visitor.post('/login', '/login', {
      email: 'ada@certamen.example',
      password: 'a long enough password',
      next: '/submissions',
    });
    expect(answer.headers['location']).toBe('/submissions');
    const cookie = cookiesOf(answer)[0]?.split(';')[0] ?? '';
    expect((await visitor.get('/account')).status).toBe(200);

    expect((await visitor.post('/account', '/logout')).status).toBe(303);
    expect((await visitor.get('/account')).headers['location']).toBe('/login?next=%2Faccount');
    // The cookie of before is dead, also where somebody kept it.
    const replayed = await makeVisitor(deps).get('/account', { cookie });
    expect(replayed.status).toBe(303);
  });

  it('tells an unknown address and a wrong password alike', async () => {
    const deps = await makeDeps();
    await makeVisitor(deps).signUp('Ada', 'ada@certamen.example');
    const texts = [];
    for (const email of ['ada@certamen.example', 'bob@certamen.example']) {
      const visitor = makeVisitor(deps);
      const answer = await visitor.post('/login', '/login', {
        email,
        password: 'guess guess guess',
      });
      expect(answer.status).toBe(401);
      texts.push(answer.text.replaceAll(email, '').replace(/name="csrf" value="[^"]+"/gu, ''));
    }
    expect(texts[0]).toContain('E-mail and password do not belong together.');
    expect(texts[0]).toBe(texts[1]);
  });

  it('slows down guessing', async () => {
    const deps = await makeDeps({ LOGINS_PER_HOUR: '3' });
    const visitor = makeVisitor(deps);
    const statuses = [];
    for (let k = 0; k < 4; k++) {
      const fields = { email: 'ada@certamen.example', password: `guess number ${k}` };
      statuses.push((await visitor.post('/login', '/login', fields)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
  });

  it('does not slow down a class that logs in from one address', async () => {
    const deps = await makeDeps({ LOGINS_PER_HOUR: '2', REQUESTS_PER_MINUTE: '20' });
    await makeVisitor(deps).signUp('Ada', 'ada@certamen.example');
    const fields = { email: 'ada@certamen.example', password: 'a long enough password' };
    const app = createApp(deps);
    for (let k = 0; k < 5; k++) {
      const student = makeVisitor(deps, app);
      expect((await student.post('/login', '/login', fields)).status).toBe(303);
    }
    // And who is logged in shares no count with the address.
    const reader = makeVisitor(deps, app);
    await reader.post('/login', '/login', fields);
    for (let k = 0; k < 12; k++) expect((await reader.get('/about')).status).toBe(200);
  });
});

describe('API tokens', () => {
  it('are shown once, listed by their end, and revoked', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const created = await visitor.post('/account', '/account/tokens', { name: 'lab <server>' });
    expect(created.status).toBe(201);
    const token = /certamen_[\w-]{43}/u.exec(created.text)?.[0] ?? '';
    expect(token).not.toBe('');

    const page = (await visitor.get('/account')).text;
    expect(page).not.toContain(token);
    expect(page).toContain(`…${token.slice(-4)}`);
    expect(page).toContain('lab &lt;server&gt;');

    const revoke = /action="(\/account\/tokens\/[^"]+\/revoke)"/u.exec(page)?.[1] ?? '';
    expect((await visitor.post('/account', revoke)).status).toBe(303);
    expect((await visitor.get('/account')).text).toContain('You have no token.');
    const api = await visitor.get('/api/v1/competitions', { authorization: `Bearer ${token}` });
    expect(api.status).toBe(200);
    const refused = await visitor.agent
      .post('/api/v1/competitions/digits/submissions')
      .set('authorization', `Bearer ${token}`);
    expect(refused.body).toMatchObject({ error: { code: 'TOKEN_INVALID' } });
  });

  it('of somebody else cannot be revoked', async () => {
    const deps = await makeDeps();
    const owner = makeVisitor(deps);
    await owner.signUp('Ada', 'ada@certamen.example');
    const page = (await owner.post('/account', '/account/tokens', { name: 'mine' })).text;
    const revoke = /action="(\/account\/tokens\/[^"]+\/revoke)"/u.exec(page)?.[1] ?? '';
    const other = makeVisitor(deps);
    await other.signUp('Eve', 'eve@certamen.example');
    expect((await other.post('/account', revoke)).status).toBe(404);
    expect((await owner.get('/account')).text).toContain('mine');
  });
});

describe('the set-up link', () => {
  it('makes one administrator and then leads nowhere', async () => {
    const deps = await makeDeps({ CERTAMEN_MODE: 'production', ACCEPT_WEAK_ISOLATION: 'true' });
    const { setup_url } = await prepareInstance(deps);
    const path = new URL(setup_url ?? '').pathname;
    const visitor = makeVisitor(deps);
    const answer = await visitor.post(path, path, {
      name: 'Root',
      email: 'root@certamen.example',
      password: 'a long enough password',
    });
    expect(answer.status).toBe(303);
    expect((await visitor.get('/account')).text).toContain('Root');
    expect((await makeVisitor(deps).get(path)).status).toBe(404);
  });
});
