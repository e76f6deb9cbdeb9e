import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { insertRoleGrant, listRoleGrants } from '../../server/models/role-grants.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

async function idOf(deps: Deps, email: string): Promise<string> {
  const user = await selectOptionalUserByEmail(deps.db, email);
  if (user === null) throw new Error(`there is no ${email}`);
  return user.id;
}

async function makeSite() {
  const deps = await makeDeps();
  const app = createApp(deps);
  const admin = makeVisitor(deps, app);
  await admin.signUp('Root', 'root@certamen.example');
  const student = makeVisitor(deps, app);
  await student.signUp('Ada', 'ada@certamen.example');
  const root = await idOf(deps, 'root@certamen.example');
  await insertRoleGrant(deps.db, {
    id: newId(),
    user_id: root,
    scope: 'site',
    scope_id: '',
    role: 'admin',
    created_at: '2026-11-01T00:00:00.000Z',
  });
  return { deps, app, admin, student, root, ada: await idOf(deps, 'ada@certamen.example') };
}

describe('the accounts of a site', () => {
  it('are for administrators, and for others do not exist', async () => {
    const { admin, student, deps, app, ada } = await makeSite();
    expect((await student.get('/admin/users')).status).toBe(404);
    expect((await makeVisitor(deps, app).get('/admin/users')).status).toBe(404);
    const page = `/admin/users/${ada}/roles`;
    const refused = await student.post('/account', page, { grant: 'admin:site:' });
    expect(refused.status).toBe(404);
    expect(await listRoleGrants(deps.db, ada)).toEqual([]);
    const answer = await admin.get('/admin/users');
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('ada@certamen.example');
    expect(answer.text).toContain('2 accounts');
  });

  it('are found by part of a name or an address, taken literally', async () => {
    const { deps, app, admin } = await makeSite();
    const found = async (search: string) => {
      const { text } = await admin.get(`/admin/users?search=${encodeURIComponent(search)}`);
      return ['ada', 'root', 'alvaro']
        .map((name) => `${name}@certamen.example`)
        .filter((email) => text.includes(`<span class="soft">${email}</span>`));
    };
    expect(await found('ADA')).toEqual(['ada@certamen.example']);
    expect(await found('ROOT@')).toEqual(['root@certamen.example']);
    expect(await found('%')).toEqual([]);
    expect(await found('_da')).toEqual([]);
    expect(await found('')).toHaveLength(2);
    const vowel = makeVisitor(deps, app);
    await vowel.signUp('Álvaro Ñíguez', 'alvaro@certamen.example');
    for (const text of ['Álvaro', 'álvaro ñ', 'íguez']) {
      expect([text, await found(text)]).toEqual([text, ['alvaro@certamen.example']]);
    }
  });

  it('get roles and lose them, on the record', async () => {
    const { deps, admin, student, ada } = await makeSite();
    const grant = { grant: 'admin:site:' };
    expect((await admin.post('/admin/users', `/admin/users/${ada}/roles`, grant)).status).toBe(303);
    expect((await student.get('/admin/users')).status).toBe(200);
    const gone = await admin.post('/admin/users', `/admin/users/${ada}/roles/revoke`, grant);
    expect(gone.status).toBe(303);
    expect((await student.get('/admin/users')).status).toBe(404);
    const actions = await deps.db
      .selectFrom('audit_events')
      .select('action')
      .where('subject_id', '=', ada)
      .orderBy('id')
      .execute();
    expect(actions.map(({ action }) => action)).toEqual([
      'account.created',
      'role.granted',
      'role.revoked',
    ]);
  });

  it('stay listed as they were searched for, whatever is done to one of them', async () => {
    const { admin, ada } = await makeSite();
    const list = '/admin/users?search=ada%26co&page=2';
    const page = await admin.get('/admin/users?search=root');
    expect(page.text).toMatch(/\/roles\/revoke\?search&#x3D;root&amp;page&#x3D;1"/u);
    const grant = { grant: 'admin:site:' };
    for (const act of ['roles', 'roles/revoke']) {
      const path = `/admin/users/${ada}/${act}?search=ada%26co&page=2`;
      expect((await admin.post('/admin/users', path, grant)).headers['location']).toBe(list);
    }
    const link = await admin.post('/admin/users', `/admin/users/${ada}/reset-link?search=root`);
    expect(link.text).toContain('root@certamen.example');
    expect(link.text).toContain('1 account');
  });

  it('get roles for the competition that is meant, where two have one title', async () => {
    const { deps, admin } = await makeSite();
    await makeCompetition(deps, { slug: 'spring' });
    const options = async () => {
      const { text } = await admin.get('/admin/users?search=ada');
      return [...text.matchAll(/<option[^>]*>(Instructor: [^<]*)</gu)].map(([, label]) => label);
    };
    const [alone = ''] = await options();
    await makeCompetition(deps, { slug: 'autumn' });
    expect(await options()).toEqual([`${alone} (spring)`, `${alone} (autumn)`]);
  });

  it('keep one administrator', async () => {
    const { deps, admin, root } = await makeSite();
    const answer = await admin.post('/admin/users', `/admin/users/${root}/roles/revoke`, {
      grant: 'admin:site:',
    });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('Nobody else administers this site.');
    expect(await listRoleGrants(deps.db, root)).toHaveLength(1);
  });

  it('take no role that there is not', async () => {
    const { deps, admin, ada } = await makeSite();
    for (const grant of [
      'owner:site:',
      'admin:site:somewhere',
      'admin:competition:',
      'organizer:competition:none',
      'instructor:site:',
      'a:b',
      'a:b:c:d',
    ]) {
      const answer = await admin.post('/admin/users', `/admin/users/${ada}/roles`, { grant });
      expect([grant, answer.status >= 400 && answer.status < 500]).toEqual([grant, true]);
    }
    expect(await listRoleGrants(deps.db, ada)).toEqual([]);
  });

  it('get a link for a new password, shown once', async () => {
    const { admin, ada, deps, app } = await makeSite();
    const answer = await admin.post('/admin/users', `/admin/users/${ada}/reset-link`);
    expect(answer.status).toBe(201);
    const path = /\/reset\/[\w-]+/u.exec(answer.text.replaceAll('<wbr>', ''))?.[0] ?? '';
    const visitor = makeVisitor(deps, app);
    expect((await visitor.post(path, path, { password: 'a new long password' })).status).toBe(303);
    expect((await visitor.get('/account')).text).toContain('ada@certamen.example');
    expect((await admin.get('/admin/users')).text).not.toContain('/reset/');
  });
});
