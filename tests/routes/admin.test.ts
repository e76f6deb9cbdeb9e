import { describe, expect, it } from 'vitest';

import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { newId } from '../../server/lib/ids.ts';
import { testIsolation } from '../../server/services/setup.ts';
import { registerWorker } from '../../server/services/workers.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

async function makeAdmin(deps: TestDeps) {
  const admin = makeVisitor(deps);
  await admin.signUp('Grace', 'grace@certamen.example');
  const { id } = await deps.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'grace@certamen.example')
    .executeTakeFirstOrThrow();
  const created_at = deps.clock.now().toISOString();
  const grant = { scope: 'site', scope_id: '', role: 'admin' };
  await insertRoleGrant(deps.db, { ...grant, id: newId(), user_id: id, created_at });
  return admin;
}

describe('the page of the administrator', () => {
  it('is not there for anybody else', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.get('/admin').expect(404);
    await visitor.signUp();
    const home = await visitor.get('/').expect(200);
    expect(home.text).not.toContain('href="/admin"');
    await visitor.get('/admin').expect(404);
  });

  it('says that nobody evaluates where no worker lives', async () => {
    const admin = await makeAdmin(await makeDeps());
    const { text } = await admin.get('/admin').expect(200);
    expect(text).toContain('No worker has been heard of lately');
  });

  it('says that a task waits to be checked, where nothing else does', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const admin = await makeAdmin(deps);
    expect((await admin.get('/admin')).text).toContain('Nothing runs and nothing waits.');
    const csrf = await admin.formToken(`/organize/${slug}`);
    await admin.agent
      .post(`/organize/${slug}/tasks`)
      .field('csrf', csrf)
      .attach('files', Buffer.from('no zip'), { filename: 'task.zip' })
      .expect(303);
    const { text } = await admin.get('/admin').expect(200);
    expect(text).toContain('1 task that an organizer sent waits or is being checked.');
    expect(text).not.toContain('Nothing runs and nothing waits.');
  });

  it('says how much is stored and how much room is left', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeFile(deps, { content: 'x'.repeat(2048) })];
    await makeSubmission(deps, { phase_id, user, files });
    const admin = await makeAdmin(deps);
    const { text } = await admin.get('/admin').expect(200);
    expect(text).toMatch(
      /Submissions kept<\/dt><dd class="num">1<.*Their files<\/dt><dd class="num">2/su,
    );
    expect(text).toMatch(/Left on the disk<\/dt><dd class="num">\d/u);
  });

  it('shows what the self-test of each worker really found, in both languages', async () => {
    const deps = await makeDeps();
    const selfTest = await testIsolation(deps);
    if (selfTest === null) throw new Error('the self-test did not work');
    await registerWorker({ ...deps, selfTest }, { id: newId(), pid: 4711, isolation: selfTest });
    const admin = await makeAdmin(deps);
    const english = await admin.get('/admin', { 'accept-language': 'en' }).expect(200);
    const held = selfTest.checks.filter(({ holds }) => holds).length;
    expect(english.text).toContain(`${held} of ${selfTest.checks.length} checks hold`);
    expect(english.text).toContain('Worker, process 4711');
    expect(english.text).toContain('href="/admin"');
    for (const { holds, fix } of selfTest.checks) expect(fix === '').toBe(holds);
    await admin.get('/admin?lang=es').expect(303);
    const spanish = await admin.get('/admin').expect(200);
    expect(spanish.text).toContain('Autoprueba del aislamiento');
    // Every check has a name in the language of the page.
    expect(spanish.text).not.toContain('<th scope="row">system-calls</th>');
  });
});
