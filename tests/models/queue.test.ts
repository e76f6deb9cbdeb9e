import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { LONGEST_LEASE_MS, type EnqueueOptions, type HeldJob } from '../../server/jobs/queue.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';

const KINDS = ['evaluate-submission'] as const;

function enqueue(deps: TestDeps, id: string, options: Partial<EnqueueOptions> = {}) {
  return deps.queue.enqueue(deps.db, 'evaluate-submission', { id }, { id, ...options });
}

/** Takes the jobs back, one by one. */
async function takeBack(deps: TestDeps, jobs: readonly HeldJob[]) {
  const outcomes: [id: string, outcome: string][] = [];
  for (const job of jobs) outcomes.push([job.id, await deps.queue.takeBack(deps.db, job)]);
  return outcomes;
}

const takeFrom = async (deps: TestDeps, owner: string) =>
  takeBack(deps, await deps.queue.listOwned(owner));

function stateOf(deps: TestDeps, id: string) {
  return deps.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

describe('the queue', () => {
  it('hands out a job with its payload, once', async () => {
    const deps = await makeDeps();
    await enqueue(deps, 'a');
    expect(await deps.queue.claim(KINDS, 'w1')).toEqual({
      id: 'a',
      kind: 'evaluate-submission',
      payload: { id: 'a' },
      attempt: 1,
      max_attempts: 3,
    });
    expect(await deps.queue.claim(KINDS, 'w2')).toBeNull();
  });

  it('hands out by priority, then by age', async () => {
    const deps = await makeDeps();
    await enqueue(deps, 'low', { priority: -1 });
    deps.clock.advance(1);
    await enqueue(deps, 'first');
    deps.clock.advance(1);
    await enqueue(deps, 'second');
    await enqueue(deps, 'urgent', { priority: 5 });
    const order: (string | undefined)[] = [];
    for (let n = 0; n < 4; n++) order.push((await deps.queue.claim(KINDS, 'w'))?.id);
    expect(order).toEqual(['urgent', 'first', 'second', 'low']);
  });

  it('rolls a job back with the transaction of its act', async () => {
    const deps = await makeDeps();
    await deps.db
      .transaction()
      .execute(async (trx) => {
        await deps.queue.enqueue(trx, 'evaluate-submission', {}, { id: 'a' });
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
  });

  it('gives each job to one of several processes', async () => {
    const deps = await makeDeps();
    const ids = Array.from({ length: 300 }, (_, n) => `job-${String(n).padStart(3, '0')}`);
    await deps.db.transaction().execute(async (trx) => {
      for (const id of ids) await deps.queue.enqueue(trx, 'evaluate-submission', {}, { id });
    });
    const script = path.join(import.meta.dirname, 'claim-process.ts');
    const children = ['w1', 'w2', 'w3'].map((owner) =>
      fork(script, [deps.config.DATABASE_URL, owner]),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    const claims = await Promise.all(
      children.map(async (child) => {
        child.send('go');
        const [claimed] = (await once(child, 'message')) as [string[]];
        return claimed;
      }),
    );
    expect(claims.flat().sort()).toEqual(ids);
    expect(claims.filter((claimed) => claimed.length > 0).length).toBeGreaterThan(1);
  });

  it('retries with a wait that doubles, and gives up after the last attempt', async () => {
    const deps = await makeDeps({ JOB_BACKOFF_MS: '1000', JOB_MAX_ATTEMPTS: '3' });
    await enqueue(deps, 'a');
    const waits: number[] = [];
    const outcomes: string[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      const job = await deps.queue.claim(KINDS, 'w');
      expect(job?.attempt).toBe(attempt);
      outcomes.push(
        await deps.queue.fail(deps.db, 'a', attempt, { retryable: true, error: `no ${attempt}` }),
      );
      const { run_at } = await stateOf(deps, 'a');
      const wait = Date.parse(run_at) - deps.clock.now().getTime();
      waits.push(wait);
      if (attempt === 3) break;
      deps.clock.advance(wait - 1);
      expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
      deps.clock.advance(1);
    }
    expect(outcomes).toEqual(['retry', 'retry', 'dead']);
    expect(waits.slice(0, 2)).toEqual([1000, 2000]);
    expect(await stateOf(deps, 'a')).toMatchObject({ state: 'dead', last_error: 'no 3' });
    deps.clock.advance(3_600_000);
    expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
  });

  it('never waits longer than ten minutes', async () => {
    const deps = await makeDeps({ JOB_BACKOFF_MS: '400000', JOB_MAX_ATTEMPTS: '9' });
    await enqueue(deps, 'a');
    for (let attempt = 1; attempt <= 5; attempt++) {
      await deps.queue.claim(KINDS, 'w');
      await deps.queue.fail(deps.db, 'a', attempt, { retryable: true, error: '' });
      const { run_at } = await stateOf(deps, 'a');
      const wait = Date.parse(run_at) - deps.clock.now().getTime();
      expect(wait).toBe(attempt === 1 ? 400_000 : 600_000);
      deps.clock.advance(wait);
    }
  });

  it('does not retry what is not retryable', async () => {
    const deps = await makeDeps();
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'w');
    const outcome = await deps.queue.fail(deps.db, 'a', 1, { retryable: false, error: '' });
    expect(outcome).toBe('dead');
  });

  it('returns a job whose lease lapsed, and not one whose lease was renewed', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '10000' });
    await enqueue(deps, 'renewed');
    await enqueue(deps, 'silent');
    await deps.queue.claim(KINDS, 'w');
    await deps.queue.claim(KINDS, 'w');
    deps.clock.advance(9_000);
    expect(await deps.queue.heartbeat('renewed', 1)).toBe('settled');
    deps.clock.advance(2_000);
    expect(await takeBack(deps, await deps.queue.listLapsed())).toEqual([['silent', 'retry']]);
    expect(await deps.queue.claim(KINDS, 'w2')).toMatchObject({ id: 'silent', attempt: 2 });
  });

  it('ends a job that keeps losing its workers', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '2', JOB_BACKOFF_MS: '0' });
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'w1');
    expect(await takeFrom(deps, 'w1')).toEqual([['a', 'retry']]);
    await deps.queue.claim(KINDS, 'w2');
    expect(await takeFrom(deps, 'w1')).toEqual([]);
    expect(await takeFrom(deps, 'w2')).toEqual([['a', 'dead']]);
    expect(await stateOf(deps, 'a')).toMatchObject({ state: 'dead', owner: null });
  });

  it('does not take a job from a worker that was heard of since it was listed', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000' });
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'slow');
    deps.clock.advance(2_000);
    const lapsed = await deps.queue.listLapsed();
    expect(lapsed).toHaveLength(1);
    await deps.queue.heartbeat('a', 1);
    expect(await takeBack(deps, lapsed)).toEqual([['a', 'lost']]);
    expect(await stateOf(deps, 'a')).toMatchObject({ state: 'running', owner: 'slow' });
  });

  it('lets a lease be renewed for longer, and never for less than it has', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000' });
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'w');
    expect(await deps.queue.heartbeat('a', 1, 60_000)).toBe('settled');
    expect(await deps.queue.heartbeat('a', 1)).toBe('settled');
    deps.clock.advance(59_000);
    expect(await deps.queue.listLapsed()).toEqual([]);
    expect(await deps.queue.heartbeat('a', 1)).toBe('settled');
    deps.clock.advance(1_001);
    expect(await deps.queue.listLapsed()).toHaveLength(1);
  });

  it('forgives a clock that was set back', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '10000', JOB_BACKOFF_MS: '1000' });
    for (const id of ['dead', 'failed', 'fresh']) await enqueue(deps, id);
    await deps.queue.claim(KINDS, 'w');
    await deps.queue.claim(KINDS, 'w');
    await deps.queue.fail(deps.db, 'failed', 1, { retryable: true, error: '' });
    expect(await deps.queue.mendTimes()).toBe(0);
    deps.clock.advance(-3_600_000);
    expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
    expect(await deps.queue.mendTimes()).toBe(3);
    expect(await deps.queue.claim(KINDS, 'w')).toMatchObject({ id: 'fresh' });
    deps.clock.advance(1_000);
    expect(await deps.queue.claim(KINDS, 'w')).toMatchObject({ id: 'failed', attempt: 2 });
    expect(await deps.queue.listLapsed()).toEqual([]);
    deps.clock.advance(LONGEST_LEASE_MS);
    const lapsed = (await deps.queue.listLapsed()).map(({ id }) => id);
    expect(lapsed).toContain('dead');
  });

  it('hands out nothing while it is paused, and goes on after', async () => {
    const deps = await makeDeps();
    await enqueue(deps, 'running');
    await enqueue(deps, 'waiting');
    await deps.queue.claim(KINDS, 'w');
    expect(await deps.queue.setPaused(deps.db, true)).toBe(true);
    expect(await deps.queue.setPaused(deps.db, true)).toBe(false);
    expect(await deps.queue.isPaused()).toBe(true);
    expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
    expect(await deps.queue.complete(deps.db, 'running', 1)).toBe('settled');
    expect(await deps.queue.setPaused(deps.db, false)).toBe(true);
    expect(await deps.queue.setPaused(deps.db, false)).toBe(false);
    expect(await deps.queue.claim(KINDS, 'w')).toMatchObject({ id: 'waiting' });
  });

  it('lets a zombie neither settle nor renew a job that was given to another', async () => {
    const deps = await makeDeps({ JOB_LEASE_MS: '1000' });
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'zombie');
    deps.clock.advance(2_000);
    await takeBack(deps, await deps.queue.listLapsed());
    await deps.queue.claim(KINDS, 'w2');
    expect(await deps.queue.heartbeat('a', 1)).toBe('lost');
    expect(await deps.queue.check('a', 1)).toBe('lost');
    expect(await deps.queue.complete(deps.db, 'a', 1)).toBe('lost');
    expect(await deps.queue.release(deps.db, 'a', 1)).toBe('lost');
    const failed = await deps.queue.fail(deps.db, 'a', 1, { retryable: true, error: '' });
    expect(failed).toBe('lost');
    expect(await stateOf(deps, 'a')).toMatchObject({ state: 'running', owner: 'w2', attempts: 2 });
    expect(await deps.queue.check('a', 2)).toBe('settled');
    expect(await deps.queue.complete(deps.db, 'a', 2)).toBe('settled');
    expect(await deps.queue.complete(deps.db, 'a', 2)).toBe('lost');
  });

  it('puts a released job back at once without using up an attempt', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '1' });
    await enqueue(deps, 'a');
    await deps.queue.claim(KINDS, 'w1');
    expect(await deps.queue.release(deps.db, 'a', 1)).toBe('settled');
    // A new number for the next attempt, or it could not fence off the last one.
    expect(await deps.queue.claim(KINDS, 'w2')).toMatchObject({ attempt: 2, max_attempts: 2 });
    const failed = await deps.queue.fail(deps.db, 'a', 2, { retryable: true, error: '' });
    expect(failed).toBe('dead');
  });

  it('cancels a waiting and a running job, and no other', async () => {
    const deps = await makeDeps();
    await enqueue(deps, 'running');
    await enqueue(deps, 'waiting');
    await deps.queue.claim(KINDS, 'w');
    expect(await deps.queue.cancel(deps.db, 'waiting')).toBe(true);
    expect(await deps.queue.cancel(deps.db, 'running')).toBe(true);
    expect(await deps.queue.cancel(deps.db, 'running')).toBe(false);
    expect(await deps.queue.heartbeat('running', 1)).toBe('lost');
    expect(await deps.queue.claim(KINDS, 'w')).toBeNull();
  });

  it('tells the position of a waiting job', async () => {
    const deps = await makeDeps();
    for (const id of ['a', 'b', 'c']) await enqueue(deps, id);
    await enqueue(deps, 'low', { priority: -1 });
    await deps.queue.claim(KINDS, 'w');
    expect(await deps.queue.position('a')).toBeNull();
    expect(await deps.queue.position('b')).toEqual({ position: 1, running: 1 });
    expect(await deps.queue.position('c')).toEqual({ position: 2, running: 1 });
    expect(await deps.queue.position('low')).toEqual({ position: 3, running: 1 });
    expect(await deps.queue.position('unknown')).toBeNull();
  });
});
