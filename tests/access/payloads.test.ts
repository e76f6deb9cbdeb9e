/** What hostile people put into forms, addresses, headers and files, without a browser. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Writable } from 'node:stream';

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { UPLOADS_AT_ONCE } from '../../server/middleware/rate-limit.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { runQueue } from '../stories/run-queue.ts';
import { makeSite, type Role } from './site.ts';

async function grant(deps: TestDeps, email: string, scope_id: string, role: string): Promise<void> {
  const user = await selectOptionalUserByEmail(deps.db, email);
  await insertRoleGrant(deps.db, {
    id: newId(),
    user_id: user?.id ?? '',
    scope: scope_id === '' ? 'site' : 'competition',
    scope_id,
    role,
    created_at: deps.clock.now().toISOString(),
  });
}

/** Everything, as text: what a form must not have changed. */
async function dump(deps: Deps, table: 'role_grants' | 'users' | 'submissions' | 'scores') {
  return JSON.stringify(await deps.db.selectFrom(table).selectAll().execute());
}

const MARKUP = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '</title><script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '</textarea><iframe srcdoc="<script>alert(1)</script>">',
];
/** Markup that would be an element or an attribute of the page. */
const LIVE = /<(?:script>alert|img src=x|svg onload|iframe)|" ?onerror=|\bsrcdoc="/u;

/** As text of a page. */
function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#x27;',
    '`': '&#x60;',
    '=': '&#x3D;',
  };
  return text.replace(/[&<>"'`=]/gu, (char) => entities[char] ?? char);
}

describe('text of a user', () => {
  it('is never markup, wherever it is shown', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const { slug, competition_id } = await makeCompetition(deps);
    for (const [index, payload] of MARKUP.entries()) {
      const visitor = makeVisitor(deps, app);
      const email = `user${index}x@certamen.example`;
      await visitor.signUp(payload, email);
      await grant(deps, email, competition_id, 'organizer');
      await grant(deps, email, '', 'admin');
      await visitor.post('/account', '/account/tokens', { name: payload, days: '0' });
      await visitor.post(`/competitions/${slug}/team`, `/competitions/${slug}/team`, {
        name: payload,
      });
      const files = [{ name: 'answers.csv', content: `id,label\n${payload},1\n` }];
      const sent = await visitor.upload(slug, files, { note: payload });
      const id = /\/submissions\/([\w-]+)/u.exec(String(sent.headers['location']))?.[1] ?? '';
      expect(id).not.toBe('');
      const odd = await visitor.upload(slug, [{ name: payload, content: 'x' }]);
      expect(odd.status).toBe(422);
      expect(odd.text).not.toMatch(LIVE);
      const texts = {
        title_en: payload,
        title_es: payload,
        summary_en: payload,
        summary_es: payload,
      };
      await visitor.post(`/organize/${slug}/edit`, `/organize/${slug}/edit`, texts);
      const body = { body_en: `# T\n\n${payload}\n\n[x](javascript:alert(1))`, body_es: payload };
      await visitor.post(`/organize/${slug}/pages/new`, `/organize/${slug}/pages/new`, {
        slug: `page-${index}`,
        title_en: payload,
        title_es: payload,
        ...body,
      });
      let shown = 0;
      for (const path of [
        '/',
        '/account',
        '/admin',
        '/submissions',
        `/admin/users?search=${encodeURIComponent(payload)}`,
        `/competitions/${slug}`,
        `/competitions/${slug}/audit`,
        `/competitions/${slug}/leaderboard?split=${encodeURIComponent(payload)}`,
        `/competitions/${slug}/leaderboard`,
        `/competitions/${slug}/team`,
        `/organize/${slug}`,
        `/organize/${slug}/pages/page-${index}`,
        `/submissions/${id}`,
        `/submissions/${id}/audit`,
        `/metrics?q=${encodeURIComponent(payload)}&domain=${encodeURIComponent(payload)}`,
        `/login?next=${encodeURIComponent(payload)}`,
        `/${encodeURIComponent(payload)}`,
      ]) {
        const answer = await visitor.get(path);
        expect([path, answer.status < 500]).toEqual([path, true]);
        expect([path, LIVE.exec(answer.text)?.[0]]).toEqual([path, undefined]);
        if (answer.text.includes(escaped(payload))) shown += 1;
        expect([path, /href="javascript:/iu.test(answer.text)]).toEqual([path, false]);
        expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
        expect(answer.headers['content-security-policy']).not.toContain('unsafe');
      }
      // It is there to be read.
      expect(shown).toBeGreaterThan(8);
    }
  });

  it('starts no formula in a spreadsheet, as it is or in full width', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const { slug, competition_id, phase_id } = await makeCompetition(deps);
    const names = ['=1+1', '+1', '-1', '@x', '＝1', '＋1', '－1', '＠x', '=cmd|"/c calc"!A1'];
    for (const name of names) {
      const user = await makeUser(deps, { name });
      const wrong = { top1_error: wrongItems(1000, 100), top5_error: wrongItems(1000, 10) };
      await makeScored(deps, { phase_id, user, splits: { public: wrong } });
    }
    const visitor = makeVisitor(deps, app);
    await visitor.signUp('Ines', 'ines@certamen.example');
    await grant(deps, 'ines@certamen.example', competition_id, 'instructor');
    for (const path of ['audit/results.csv', 'leaderboard.csv']) {
      const { text } = await visitor.get(`/competitions/${slug}/${path}`);
      for (const name of names) expect(text).toContain(`'${name.replaceAll('"', '""')}`);
      expect(text).not.toMatch(/(?:^|,|\n)"?[=+\-@＝＋－＠][^\d.]/u);
    }
  });

  it('keeps to its line in the log', async () => {
    const lines: string[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const quiet = await makeDeps();
    const deps = { ...quiet, logger: pino({ level: 'trace' }, sink) };
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const evil = '\r\n{"level":50,"msg":"forged"}\u001b[31m\u2028';
    await visitor.get(`/${encodeURIComponent(evil)}`);
    await visitor.get(`/competitions/${encodeURIComponent(evil)}`);
    await visitor.upload(slug, [{ name: `m${evil}.onnx`, content: 'x' }], { note: evil });
    await visitor.post('/account', '/account/tokens', { name: evil, days: '0' });
    await visitor.post('/signup', '/login', { email: evil, password: evil });
    expect(lines.length).toBeGreaterThan(0);
    const records = lines.join('').trimEnd().split('\n');
    for (const line of records) {
      expect((JSON.parse(line) as { msg?: string }).msg).not.toBe('forged');
      expect(line).not.toMatch(/[\u0000-\u001f]/u);
      expect(line).not.toContain('a long enough password');
    }
  });

  it('stays text where an error quotes it from a file', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    for (const cell of [
      '<script>alert(1)</script>',
      '=HYPERLINK("http://evil.example")',
      '__proto__',
    ]) {
      for (const [id, label] of [
        [cell, '1'],
        ['public-0', cell],
      ] as const) {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const content = `id,label\n${quote(id)},${quote(label)}\n`;
        const sent = await visitor.upload(slug, [{ name: 'answers.csv', content }]);
        await runQueue(deps);
        const page = await visitor.get(String(sent.headers['location']));
        expect(page.text).toContain('BAD_PREDICTIONS');
        expect(page.text).not.toMatch(LIVE);
        expect(page.text).not.toContain('href="http://evil.example');
      }
    }
  });

  it('loses its control characters before it is stored', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    expect((await visitor.signUp('Ada\u001b[31m\r\nEve')).status).toBe(422);
    await visitor.signUp();
    await visitor.upload(slug, [{ name: 'a.csv', content: 'x' }], { note: 'a\u001b[31mb\u0000c' });
    const { note } = await deps.db
      .selectFrom('submissions')
      .select('note')
      .executeTakeFirstOrThrow();
    expect(note).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/u);
  });
});

const EXTRA = {
  id: 'x',
  user_id: 'x',
  role: 'admin',
  roles: 'admin',
  'roles[]': 'admin',
  is_admin: '1',
  scope: 'site',
  scope_id: '',
  entry_id: 'x',
  score: '0',
  value: '0',
  rank: '1',
  status: 'succeeded',
  state: 'public',
  counts_quota: '0',
  created_at: '2000-01-01T00:00:00.000Z',
  __proto__x: 'x',
  'constructor[prototype][isAdmin]': '1',
  '__proto__[isAdmin]': '1',
  toString: 'x',
};

describe('fields that no form has', () => {
  it('change nothing, in any form of somebody without a role', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps, app);
    const account = {
      name: 'Ada',
      email: 'ada@certamen.example',
      password: 'a long enough password',
    };
    await visitor.post('/signup', '/signup', { ...EXTRA, ...account });
    const [user] = await deps.db.selectFrom('users').selectAll().execute();
    expect(user?.id).not.toBe('x');
    expect(user?.created_at).toBe(deps.clock.now().toISOString());
    for (const [page, action, fields] of [
      ['/account', '/account/language', { locale: 'es' }],
      ['/account', '/account/tokens', { name: 'laptop', days: '0' }],
      [`/competitions/${slug}/team`, `/competitions/${slug}/team`, { name: 'Team' }],
      [
        '/account',
        '/account/password',
        { current: account.password, password: 'another long password' },
      ],
    ] as const) {
      const answer = await visitor.post(page, action, { ...EXTRA, ...fields });
      expect([action, answer.status < 400]).toEqual([action, true]);
    }
    await visitor.upload(slug, [{ name: 'a.csv', content: 'x' }], {
      role: 'admin',
      user_id: 'x',
      score: '0',
      status: 'succeeded',
      rank: '1',
    });
    expect(await dump(deps, 'role_grants')).toBe('[]');
    expect(await dump(deps, 'scores')).toBe('[]');
    const rows = JSON.parse(await dump(deps, 'submissions')) as { user_id: string }[];
    expect(rows.map(({ user_id }) => user_id)).toEqual([user?.id]);
    const [evaluation] = await deps.db.selectFrom('evaluations').selectAll().execute();
    expect(evaluation).toMatchObject({ status: 'queued', counts_quota: 1 });
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    expect((await visitor.get('/admin')).status).toBe(404);
  });

  it('do not lead an organizer into another competition', async () => {
    const site = await makeSite();
    const { deps, people } = site;
    const other = await deps.db
      .selectFrom('competitions')
      .selectAll()
      .where('slug', '=', 'elsewhere')
      .executeTakeFirstOrThrow();
    const body = new URLSearchParams({
      csrf: people.organizer.csrf,
      ...{ id: other.id, slug: 'elsewhere', competition_id: other.id, state: 'draft' },
      ...{ title_en: 'Taken', title_es: 'Taken', summary_en: 'S', summary_es: 'S' },
    });
    const answer = await site.ask({
      method: 'POST',
      path: '/organize/here/edit',
      role: 'organizer',
      body,
    });
    expect(answer.status).toBe(303);
    const after = await deps.db
      .selectFrom('competitions')
      .selectAll()
      .where('slug', '=', 'elsewhere')
      .executeTakeFirstOrThrow();
    expect(after).toEqual(other);
  });
});

describe('a task', () => {
  it('of another organizer is not for use, and neither is a phase of theirs', async () => {
    const site = await makeSite();
    const { deps } = site;
    const own = await deps.db.selectFrom('phases').selectAll().execute();
    const here = own.find(
      ({ daily_limit, display_rule }) => daily_limit > 0 && display_rule === 'chosen',
    );
    // A task that only the competition here has: else both would share the digits.
    const hidden = await deps.db.selectFrom('task_versions').selectAll().executeTakeFirstOrThrow();
    const task = await deps.db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
    const [task_id, version_id] = [newId(), newId()];
    await deps.db
      .insertInto('tasks')
      .values({
        ...task,
        id: task_id,
        name: 'secret',
        competition_id: here?.competition_id ?? null,
      })
      .execute();
    await deps.db
      .insertInto('task_versions')
      .values({
        ...hidden,
        id: version_id,
        task_id,
        version: 'f'.repeat(64),
      })
      .execute();
    const form = (task_version_id: string, csrf: string) =>
      new URLSearchParams({
        csrf,
        task_version_id,
        slug: 'probe',
        title_en: 'Probe',
        title_es: 'Sonda',
        public_split: 'public',
        private_split: '',
        starts: '2026-03-02T10:00',
        ends: '',
        time_zone: 'UTC',
        daily_limit: '5',
        total_limit: '',
        concurrent_limit: '',
        display_rule: 'best',
        reveal_rule: 'at-end',
        ranking: 'primary',
        release: 'full',
      });
    const make = (role: Role, slug: string) =>
      site.ask({
        method: 'POST',
        path: `/organize/${slug}/phases/new`,
        role,
        body: form(version_id, site.people[role].csrf),
      });
    const stolen = await make('organizer-elsewhere', 'elsewhere');
    expect(stolen.status).toBe(422);
    expect(stolen.text).not.toContain('secret');
    // Whose it is may use it: the form was not refused for something else.
    expect((await make('organizer', 'here')).status).toBe(303);
    // A phase of here is not edited under the address of elsewhere.
    const edit = await site.ask({
      method: 'POST',
      path: '/organize/elsewhere/phases/probe/edit',
      role: 'organizer-elsewhere',
      body: form(hidden.id, site.people['organizer-elsewhere'].csrf),
    });
    expect(edit.status).toBe(404);
  });
});

describe('a body', () => {
  it('is refused above its size, as a form and as a file', async () => {
    const deps = await makeDeps({ UPLOAD_MAX_MB: '1' });
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const csrf = await visitor.formToken('/account');
    const form = await visitor.agent
      .post('/account/tokens')
      .type('form')
      .send({ csrf, name: 'x'.repeat(70_000) });
    expect(form.status).toBe(413);
    expect(form.text).toContain('larger than a form of this site');
    const big = { name: 'model.onnx', content: new Uint8Array(1024 * 1024 + 1) };
    expect((await visitor.upload(slug, [big])).status).toBe(413);
    expect(await dump(deps, 'submissions')).toBe('[]');
  });

  it('is refused with too many fields, too many parts, or packed', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const csrf = await visitor.formToken('/account');
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`f${k}`, 'x']));
    const fields = await visitor.agent
      .post('/account/tokens')
      .type('form')
      .send({ csrf, ...many });
    expect(fields.status).toBe(413);
    const parts = await visitor.upload(slug, [], many);
    expect([400, 413]).toContain(parts.status);
    const packed = gzipSync(`csrf=${csrf}&name=${'x'.repeat(1000)}&days=0`);
    const answer = await visitor.agent
      .post('/account/tokens')
      .set('content-encoding', 'gzip')
      .type('form')
      .serialize((body: unknown) => body as string)
      .send(packed as unknown as string);
    expect(answer.status).toBe(400);
    const tokens = await deps.db.selectFrom('api_tokens').selectAll().execute();
    expect(tokens).toEqual([]);
  });
});

describe('uploads at the same time', () => {
  it('are as many as one person may need, and are counted for each', async () => {
    const site = await makeSite();
    const { hostname, port } = new URL(site.url);
    const begin = async (role: 'student' | 'member') => {
      const socket = connect(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.write(
        `POST /competitions/here/submit HTTP/1.1\r\nHost: ${hostname}\r\nCookie: ${site.people[role].cookie}\r\n` +
          'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000\r\n\r\n--b\r\n',
      );
      await once(socket, 'connect');
      return { socket, answer: () => text };
    };
    const held = [];
    for (let k = 0; k < UPLOADS_AT_ONCE; k++) held.push(await begin('student'));
    const refused = async () => {
      const { socket, answer } = await begin('student');
      await expect.poll(answer, { timeout: 5000 }).toMatch(/^HTTP\/1\.1 \d/u);
      socket.destroy();
      return answer().startsWith('HTTP/1.1 429 ');
    };
    await expect.poll(refused, { timeout: 10_000 }).toBe(true);
    expect(held.filter(({ answer }) => answer() !== '')).toEqual([]);
    const body = new FormData();
    body.append('csrf', site.people.mate.csrf);
    const ofMate = await site.ask({
      method: 'POST',
      path: '/competitions/here/submit',
      role: 'mate',
      body,
    });
    expect(ofMate.status).toBe(422);
    for (const { socket } of held) socket.destroy();
    const again = new FormData();
    again.append('csrf', site.people.student.csrf);
    const ask = async () =>
      (
        await site.ask({
          method: 'POST',
          path: '/competitions/here/submit',
          role: 'student',
          body: again,
        })
      ).status;
    await expect.poll(ask).toBe(422);
  });
});

/** Sends bytes as they are, which clients would tidy up. */
async function raw(deps: Deps, ...requests: readonly string[]): Promise<string[]> {
  const { port } = await startListening(createApp(deps));
  const answers: string[] = [];
  for (const request of requests) {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(request);
    await once(socket, 'close');
    answers.push(answer);
  }
  return answers;
}

const get = (target: string, headers = '') =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`;

describe('an address', () => {
  it('that is no URL has an answer as any other', async () => {
    const deps = await makeDeps();
    const targets = [
      '//',
      '///',
      '//[',
      '/\\',
      '//evil.example/%2e%2e',
      '/%',
      '/%ff',
      '/a//b',
      'http://[/',
    ];
    const answers = await raw(deps, ...targets.map((target) => get(target)));
    for (const [index, answer] of answers.entries()) {
      const of = targets[index];
      expect([of, /^HTTP\/1\.1 (?:200|30[38]|40[04]) /u.test(answer)]).toEqual([of, true]);
      expect([of, /\bat .+:\d+:\d+|node_modules/u.test(answer)]).toEqual([of, false]);
    }
  });

  it('leads to no file but those that are listed', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const tricks = [
      '..%2ftask.yaml',
      '..%5ctask.yaml',
      '%2e%2e/task.yaml',
      '../../../../etc/passwd',
      '..%2f..%2f..%2f..%2fetc%2fpasswd',
      'model.py%00.png',
      'model.py/',
      '%2e',
      'public%2flabels.npy',
      'labels.npy',
      '__proto__',
      'constructor',
    ];
    const bases = [`/competitions/${slug}/starter/`, `/competitions/${slug}/data/`, '/assets/'];
    const targets = bases.flatMap((base) => tricks.map((trick) => base + trick));
    const answers = await raw(deps, ...targets.map((target) => get(target)));
    for (const [index, answer] of answers.entries()) {
      const of = targets[index];
      const isTrailing = of?.endsWith('model.py/') ?? false;
      if (isTrailing && !of?.startsWith('/assets') && of?.includes('starter')) continue;
      expect([of, /^HTTP\/1\.1 40[04] /u.exec(answer) !== null]).toEqual([of, true]);
      expect(answer).not.toMatch(/root:x:|kind: image-classification/u);
    }
  });

  it('to come back to is one of this site', async () => {
    const deps = await makeDeps();
    for (const [index, next] of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example/',
      '/\t/evil.example/',
      '\\\\evil.example',
      '/.//evil.example/',
      '/a/..//evil.example/',
      '/%2e/\\evil.example/',
      'javascript:alert(1)',
      '/%0d%0aSet-Cookie:x=y',
      '/\r\nSet-Cookie: x=y',
    ].entries()) {
      const visitor = makeVisitor(deps);
      const email = `ada${index}@certamen.example`;
      const form = { name: 'Ada', email, password: 'a long enough password', next };
      const answer = await visitor.post('/signup', '/signup', form);
      const location = String(answer.headers['location']);
      expect([next, answer.status]).toEqual([next, 303]);
      const to = new URL(location, 'http://here.example');
      expect([next, to.host, to.protocol]).toEqual([next, 'here.example', 'http:']);
      expect(location).not.toMatch(/[\r\n]/u);
      expect(String(answer.headers['set-cookie'])).not.toContain('x=y');
    }
    const [answer] = await raw(deps, get('//evil.example/?lang=es'));
    expect(answer).toMatch(/\r\nLocation: \/[^/]/iu);
  });

  it('in a link is the one of the site, whatever host was asked for', async () => {
    const deps = await makeDeps({ PUBLIC_URL: 'https://certamen.example' });
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const evil = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    };
    for (const path of [
      '/',
      `/competitions/${slug}`,
      '/api/v1/competitions',
      '/.well-known/certamen-key.json',
    ]) {
      const answer = await visitor.get(path, evil);
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, answer.text.includes('evil.example')]).toEqual([path, false]);
    }
    const site = await makeSite();
    const body = new URLSearchParams({ csrf: site.people.admin.csrf });
    const path = `/admin/users/${site.things.user}/reset-link`;
    const headers = { 'x-forwarded-host': 'evil.example' };
    const link = await site.ask({ method: 'POST', path, role: 'admin', body, headers });
    expect(link.status).toBe(201);
    expect(link.text).toContain(`${site.deps.config.PUBLIC_URL}/reset/`);
    expect(link.text).not.toContain('evil.example');
  });
});

describe('a method', () => {
  it('is the one of the request, whatever a field or a header says', async () => {
    const site = await makeSite();
    const before = await site.changes();
    const { csrf } = site.people.admin;
    for (const headers of [
      { 'x-http-method-override': 'POST' },
      { 'x-http-method': 'POST' },
      { 'x-method-override': 'DELETE' },
    ]) {
      const answer = await site.ask({
        method: 'GET',
        path: `/admin/queue/drain?_method=POST&csrf=${csrf}`,
        role: 'admin',
        headers,
      });
      expect(answer.status).toBe(200);
    }
    expect(await site.changes()).toBe(before);
    expect(await site.deps.queue.isPaused()).toBe(false);
  });
});

describe('a session', () => {
  it('is new at login, whatever cookie came with the form, and dead after logout', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const account = { email: 'ada@certamen.example', password: 'a long enough password' };
    await makeVisitor(deps, app).signUp();
    const visitor = makeVisitor(deps, app);
    const planted = 'A'.repeat(43);
    visitor.agent.jar.setCookie(`certamen_session=${planted}`);
    const first = await visitor.post('/login', '/login', account);
    const session = (answer: typeof first) =>
      /certamen_session=([\w-]+)/u.exec(String(answer.headers['set-cookie']))?.[1] ?? '';
    expect(session(first)).toMatch(/^[\w-]{43}$/u);
    expect(session(first)).not.toBe(planted);
    const second = await makeVisitor(deps, app).post('/login', '/login', account);
    expect(session(second)).not.toBe(session(first));
    await visitor.post('/account', '/logout');
    const replay = makeVisitor(deps, app);
    const cookie = `certamen_session=${session(first)}`;
    expect((await replay.get('/account', { cookie })).status).toBe(303);
    const rows = await deps.db.selectFrom('sessions').select('token_hash').execute();
    expect(JSON.stringify(rows)).not.toContain(session(second));
  });

  it('is in a cookie that neither scripts nor other sites see, and under https only there', async () => {
    for (const [url, name, secure] of [
      ['http://127.0.0.1:8080', 'certamen_session=', false],
      ['https://certamen.example', '__Host-certamen_session=', true],
    ] as const) {
      const deps = await makeDeps({ PUBLIC_URL: url });
      const site = makeVisitor(deps);
      const page = await site.get('/signup');
      const csrf = /name="csrf" value="([^"]+)"/u.exec(page.text)?.[1] ?? '';
      const cookies = String(page.headers['set-cookie']).split(';')[0] ?? '';
      const answer = await site.agent.post('/signup').set('cookie', cookies).type('form').send({
        csrf,
        name: 'Ada',
        email: 'ada@certamen.example',
        password: 'a long enough password',
      });
      const lines = answer.headers['set-cookie'] as unknown as string[];
      const line = lines.find((item) => item.startsWith(name)) ?? '';
      expect(line).toContain('HttpOnly');
      expect(line).toContain('SameSite=Lax');
      expect(line).toContain('Path=/');
      expect(line).not.toContain('Domain=');
      expect(/; Secure/u.test(line)).toBe(secure);
    }
  });
});

describe('guessing', () => {
  it('is slowed down for an address, and for an account from many addresses', async () => {
    const deps = await makeDeps({ LOGINS_PER_HOUR: '5', TRUST_PROXY_HOPS: '1' });
    const app = createApp(deps);
    await makeVisitor(deps, app).signUp();
    const tries = async (
      count: number,
      of: { email: (k: number) => string; from: (k: number) => string },
    ) => {
      const visitor = makeVisitor(deps, app);
      const csrf = await visitor.formToken('/login');
      const statuses: number[] = [];
      for (let k = 0; k < count; k++) {
        const answer = await visitor.agent
          .post('/login')
          .set('x-forwarded-for', of.from(k))
          .type('form')
          .send({ csrf, email: of.email(k), password: `guess number ${k}` });
        statuses.push(answer.status);
      }
      return statuses;
    };
    const refusedAfter = (count: number) => [...Array<number>(count).fill(401), 429, 429];
    const ada = 'ada@certamen.example';
    expect(
      await tries(7, { email: (k) => `no${k}@certamen.example`, from: () => '10.2.0.1' }),
    ).toEqual(refusedAfter(5));
    // An address that nobody has is counted as one that somebody has, so that the limit tells nothing.
    for (const [email, net] of [
      [ada, '10.1.0'],
      ['none@certamen.example', '10.3.0'],
    ] as const)
      expect(await tries(27, { email: () => email, from: (k) => `${net}.${k}` })).toEqual(
        refusedAfter(25),
      );
  });

  it('from one address keeps nobody out who comes from another', async () => {
    const deps = await makeDeps({ LOGINS_PER_HOUR: '5', TRUST_PROXY_HOPS: '1' });
    const app = createApp(deps);
    await makeVisitor(deps, app).signUp();
    const visitor = makeVisitor(deps, app);
    const csrf = await visitor.formToken('/login');
    const logIn = async (from: string, password: string) => {
      const form = { csrf, email: 'ada@certamen.example', password };
      const post = visitor.agent.post('/login').set('x-forwarded-for', from).type('form');
      return (await post.send(form)).status;
    };
    for (let k = 0; k < 50; k++) await logIn('10.1.0.1', `guess number ${k}`);
    expect(await logIn('10.1.0.1', 'a long enough password')).toBe(429);
    expect(await logIn('10.2.0.1', 'a long enough password')).toBe(303);
  });
});
