/** What people may do about the queue: cancel, and for administrators hold it and try again. */
import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { insertWorker } from '../../server/models/workers.ts';
import { createApiToken } from '../../server/services/api-tokens.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';
import { makeVisitor } from './visitor.ts';

const MODEL = [{ name: 'model.onnx', content: 'not opened here' }];

async function makeEntrant(deps: Deps) {
  const { slug, phase_id } = await makeCompetition(deps);
  const visitor = makeVisitor(deps);
  await visitor.signUp();
  const page = (await visitor.upload(slug, MODEL)).headers['location'] ?? '';
  return { slug, phase_id, visitor, page, id: page.split('/').at(-1) ?? '' };
}

async function makeAdmin(deps: Deps) {
  const admin = makeVisitor(deps);
  await admin.signUp('Grace', 'grace@certamen.example');
  const { id } = await deps.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'grace@certamen.example')
    .executeTakeFirstOrThrow();
  await insertRoleGrant(deps.db, {
    ...{ id: newId(), user_id: id, created_at: deps.clock.now().toISOString() },
    ...{ scope: 'site', scope_id: '', role: 'admin' },
  });
  return Object.assign(admin, { id });
}

const audits = (deps: Deps, action: string) =>
  deps.db.selectFrom('audit_events').selectAll().where('action', '=', action).execute();

const setStatus = (deps: Deps, submission_id: string, status: string) =>
  deps.db
    .updateTable('evaluations')
    .set({ status, attempt: 1 })
    .where('submission_id', '=', submission_id)
    .execute();

describe('cancelling', () => {
  it('asks first, and says what it costs', async () => {
    const deps = await makeDeps();
    const { visitor, page, id } = await makeEntrant(deps);
    expect((await visitor.get(page)).text).toContain(`href="${page}/cancel"`);
    const waiting = await visitor.get(`${page}/cancel`).expect(200);
    expect(waiting.text).toContain('It has not started, so it will not count');
    expect(waiting.text).toContain('name="seen" value="queued"');
    await deps.queue.claim(['evaluate-submission'], 'w');
    await setStatus(deps, id, 'running');

    // It has started meanwhile: what was promised holds no more, so the question comes again.
    const late = await visitor.post(`${page}/cancel`, `${page}/cancel`, { seen: 'queued' });
    expect(late.headers['location']).toBe(`${page}/cancel`);
    const running = await visitor.get(`${page}/cancel`).expect(200);
    expect(running.text).toContain('counts against the quota of its day even when');
    const done = await visitor.post(`${page}/cancel`, `${page}/cancel`, { seen: 'running' });
    expect(done.headers['location']).toBe(page);
    expect((await visitor.get(page)).text).toContain('data-status="cancelled"');
    expect(await audits(deps, 'evaluation.cancelled')).toMatchObject([
      { subject_id: id, detail_json: expect.stringContaining('"was":"running"') as string },
    ]);
    // Nothing to ask about any more.
    await visitor.get(`${page}/cancel`).expect(303);
  });

  it('is refused without the token of the form, and to others as if there were nothing', async () => {
    const deps = await makeDeps();
    const { visitor, page } = await makeEntrant(deps);
    await visitor.agent.post(`${page}/cancel`).type('form').send({ seen: 'queued' }).expect(403);
    const other = makeVisitor(deps);
    await other.signUp('Eve', 'eve@certamen.example');
    await other.get(`${page}/cancel`).expect(404);
    await other.get(`${page}/retry`).expect(404);
    expect((await other.post('/account', `${page}/cancel`)).status).toBe(404);
    expect((await other.post('/account', `${page}/retry`)).status).toBe(404);
    expect((await visitor.get(page)).text).toContain('data-status="queued"');
  });

  it('works by the API for the owner of the token', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user });
    const { token } = await createApiToken(deps, { user, name: 'x' });
    const other = await createApiToken(deps, { user: await makeUser(deps), name: 'x' });
    const { agent } = makeVisitor(deps);
    const path = `/api/v1/submissions/${submission_id}/cancel`;
    await agent.post(path).expect(401);
    await agent.post(path).set('authorization', `Bearer ${other.token}`).expect(404);
    const answer = await agent.post(path).set('authorization', `Bearer ${token}`).expect(200);
    expect(answer.body).toMatchObject({ status: 'cancelled', costs_quota: false });
    const again = await agent.post(path).set('authorization', `Bearer ${token}`).expect(409);
    expect(again.body).toMatchObject({ error: { code: 'EVALUATION_NOT_CANCELLABLE' } });
    await agent.get(path).set('authorization', `Bearer ${token}`).expect(405);
  });
});

describe('the administrator', () => {
  it('holds the queue and lets it go on, after a question, on record', async () => {
    const deps = await makeDeps();
    const { visitor, page } = await makeEntrant(deps);
    const admin = await makeAdmin(deps);
    expect((await admin.get('/admin')).text).toContain('href="/admin/queue/drain"');
    await admin.agent.post('/admin/queue/drain').type('form').send({}).expect(403);
    const question = await admin.get('/admin/queue/drain').expect(200);
    expect(question.text).toContain('start nothing more');
    await admin.post('/admin/queue/drain', '/admin/queue/drain');
    // Twice: harmless, and on record once.
    await admin.post('/admin', '/admin/queue/drain');
    expect(await deps.queue.claim(['evaluate-submission'], 'w')).toBeNull();
    expect((await admin.get('/admin')).text).toContain('The queue is held.');
    expect((await visitor.get(page)).text).toContain('The queue is held: evaluations start again');
    await admin.get('/admin/queue/drain').expect(303);

    await admin.post('/admin/queue/resume', '/admin/queue/resume');
    expect(await deps.queue.claim(['evaluate-submission'], 'w')).not.toBeNull();
    expect(await audits(deps, 'queue.drained')).toMatchObject([{ actor_id: admin.id }]);
    expect(await audits(deps, 'queue.resumed')).toHaveLength(1);
  });

  it('sees what waits and what we failed, cancels the one and repeats the other', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '1' });
    const { phase_id, visitor, page, id } = await makeEntrant(deps);
    const admin = await makeAdmin(deps);
    expect((await admin.get('/admin')).text).toContain(`href="${page}/cancel"`);
    const question = await admin.get(`${page}/cancel`);
    expect(question.text).toContain('It will cost its entrant no quota.');
    await admin.post(`${page}/cancel`, `${page}/cancel`, { seen: 'queued' });

    const file = await makeModelFile(deps);
    const user = await makeUser(deps, { name: 'Ada <b>' });
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    await deps.storage.remove(file.storage_key);
    await runQueue(deps);
    const failed = await admin.get('/admin');
    expect(failed.text).toContain('STORAGE_ERROR (storage-error)');
    expect(failed.text).toContain('Ada &lt;b&gt;');
    expect(failed.text).toContain(`href="/submissions/${submission_id}/retry"`);
    expect((await admin.get(`/submissions/${submission_id}`)).text).toContain('Evaluate again');
    await admin.get(`/submissions/${submission_id}/retry`).expect(200);
    await admin.post('/admin', `/submissions/${submission_id}/retry`);
    expect((await admin.get('/admin')).text).not.toContain(`/submissions/${submission_id}/retry`);
    expect((await admin.get(`/submissions/${submission_id}`)).text).toContain(
      'data-status="queued"',
    );
    expect(await audits(deps, 'evaluation.retried')).toMatchObject([{ subject_id: submission_id }]);
    // Cancelled is cancelled.
    expect((await admin.post('/admin', `${page}/retry`)).status).toBe(409);
    expect((await visitor.get(page)).text).not.toContain('/retry');
    expect(id).not.toBe('');
  });

  it('is the only one who may', async () => {
    const deps = await makeDeps();
    const { visitor } = await makeEntrant(deps);
    for (const path of ['/admin/queue/drain', '/admin/queue/resume']) {
      await visitor.get(path).expect(404);
      expect((await visitor.post('/account', path)).status).toBe(404);
    }
    expect(await deps.queue.isPaused()).toBe(false);
  });
});

describe('the place in the queue', () => {
  it('comes with an estimate from how long the task took lately, and the workers there are', async () => {
    const deps = await makeDeps();
    const { visitor, page, phase_id, id } = await makeEntrant(deps);
    const text = async () => (await visitor.get(page)).text;
    expect(await text()).toContain('Next in line');
    expect(await text()).not.toContain('s to go');

    // Three evaluations of 10, 20 and 300 s have ended: the median is 20 s.
    const user = await makeUser(deps);
    for (const seconds of [10, 300, 20]) {
      const { evaluation_id } = await makeSubmission(deps, { phase_id, user });
      const started = deps.clock.now().getTime() - 3_600_000;
      await deps.db
        .updateTable('evaluations')
        .set({
          status: 'succeeded',
          started_at: new Date(started).toISOString(),
          finished_at: new Date(started + seconds * 1000).toISOString(),
        })
        .where('id', '=', evaluation_id)
        .execute();
      await deps.db.deleteFrom('jobs').where('id', '=', evaluation_id).execute();
    }
    // Nobody would evaluate it.
    expect(await text()).not.toContain('s to go');
    const worker = { started_at: deps.clock.now().toISOString(), pid: 1 };
    const isolation = { level: 'process' as const, notes: [], checks: null };
    await insertWorker(deps.db, { id: newId(), ...worker, isolation });
    expect(await text()).toContain('about 20 s to go');
    // Two more before it: 20 s each; with a second worker half of that.
    for (let n = 0; n < 2; n++) {
      const { evaluation_id } = await makeSubmission(deps, { phase_id, user });
      await deps.db
        .updateTable('jobs')
        .set({ priority: 1 })
        .where('id', '=', evaluation_id)
        .execute();
    }
    expect(await text()).toContain('3rd in line');
    expect(await text()).toContain('about 60 s to go');
    await insertWorker(deps.db, { id: newId(), ...worker, isolation });
    expect(await text()).toContain('about 40 s to go');
    expect(id).not.toBe('');
  });
});
