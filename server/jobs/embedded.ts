/** The job queue inside our own database: one table, every change one statement. */
import { sql } from 'kysely';

import type { Db } from '../db/connect.ts';
import { timestamp, type Clock } from '../lib/clock.ts';
import {
  LONGEST_LEASE_MS,
  type HeldJob,
  type Job,
  type JobQueue,
  type Settlement,
} from './queue.ts';

export interface EmbeddedQueueOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly maxAttempts: number;
  /** Wait before the second attempt; doubled for each further one. */
  readonly backoffMs: number;
}

const LONGEST_BACKOFF_MS = 10 * 60_000;
const LONGEST_ERROR = 2_000;
/** Setting that is there while the queue is paused. */
const PAUSED = 'queue_paused_at';

export function createEmbeddedQueue(options: EmbeddedQueueOptions): JobQueue {
  const { db, clock, leaseMs, maxAttempts, backoffMs } = options;

  /** @param attempt the one that failed, from 1. */
  function backoff(attempt: number): number {
    return Math.min(backoffMs * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
  }

  function held(trx: Db, id: string, attempt: number) {
    return trx
      .updateTable('jobs')
      .where('id', '=', id)
      .where('attempts', '=', attempt)
      .where('state', '=', 'running');
  }

  async function check(id: string, attempt: number): Promise<Settlement> {
    const row = await db
      .selectFrom('jobs')
      .select('id')
      .where('id', '=', id)
      .where('attempts', '=', attempt)
      .where('state', '=', 'running')
      .executeTakeFirst();
    return row === undefined ? 'lost' : 'settled';
  }

  function listHeld() {
    return db
      .selectFrom('jobs')
      .select(['id', 'kind', 'attempts as attempt', 'max_attempts', 'lease_until'])
      .where('state', '=', 'running')
      .orderBy('id');
  }

  function toHeld(rows: Awaited<ReturnType<ReturnType<typeof listHeld>['execute']>>): HeldJob[] {
    return rows.map((row) => ({ ...row, lease_until: row.lease_until ?? '' }));
  }

  return {
    async enqueue(trx, kind, payload, job) {
      const now = timestamp(clock);
      await trx
        .insertInto('jobs')
        .values({
          id: job.id,
          kind,
          payload_json: JSON.stringify(payload),
          state: 'queued',
          priority: job.priority ?? 0,
          run_at: now,
          attempts: 0,
          max_attempts: job.maxAttempts ?? maxAttempts,
          owner: null,
          lease_until: null,
          last_error: null,
          created_at: now,
          finished_at: null,
        })
        .execute();
    },

    async claim(kinds, owner) {
      const row = await db
        .updateTable('jobs')
        .set((eb) => ({
          state: 'running',
          attempts: eb('attempts', '+', 1),
          owner,
          lease_until: timestamp(clock, leaseMs),
        }))
        .where('id', '=', (eb) =>
          eb
            .selectFrom('jobs')
            .select('id')
            .where('state', '=', 'queued')
            .where('kind', 'in', kinds)
            .where('run_at', '<=', timestamp(clock))
            .where((paused) =>
              paused.not(
                paused.exists(
                  paused.selectFrom('settings').select('key').where('key', '=', PAUSED),
                ),
              ),
            )
            .orderBy('priority', 'desc')
            .orderBy('run_at')
            .orderBy('id')
            .limit(1),
        )
        .returning(['id', 'kind', 'payload_json', 'attempts', 'max_attempts'])
        .executeTakeFirst();
      if (row === undefined) return null;
      const { payload_json, attempts, ...columns } = row;
      const job: Job = {
        ...columns,
        attempt: attempts,
        payload: JSON.parse(payload_json) as unknown,
      };
      return job;
    },

    async heartbeat(id, attempt, lease_ms = leaseMs) {
      const lease_until = timestamp(clock, lease_ms);
      const { numUpdatedRows } = await held(db, id, attempt)
        .where('lease_until', '<', lease_until)
        .set({ lease_until })
        .executeTakeFirst();
      return numUpdatedRows > 0n ? 'settled' : check(id, attempt);
    },

    check,

    async complete(trx, id, attempt) {
      const { numUpdatedRows } = await held(trx, id, attempt)
        .set({ state: 'done', owner: null, lease_until: null, finished_at: timestamp(clock) })
        .executeTakeFirst();
      return numUpdatedRows > 0n ? 'settled' : 'lost';
    },

    async fail(trx, id, attempt, { retryable, error }) {
      const last_error = error.slice(0, LONGEST_ERROR);
      const { numUpdatedRows: retried } = await held(trx, id, attempt)
        .where('max_attempts', '>', attempt)
        .where(sql.lit(retryable ? 1 : 0), '=', 1)
        .set({
          state: 'queued',
          owner: null,
          lease_until: null,
          last_error,
          run_at: timestamp(clock, backoff(attempt)),
        })
        .executeTakeFirst();
      if (retried > 0n) return 'retry';
      const { numUpdatedRows: ended } = await held(trx, id, attempt)
        .set({
          state: 'dead',
          owner: null,
          lease_until: null,
          last_error,
          finished_at: timestamp(clock),
        })
        .executeTakeFirst();
      return ended > 0n ? 'dead' : 'lost';
    },

    async release(trx, id, attempt) {
      // The attempt's number is never used twice, or it could not fence off whoever held it before.
      const { numUpdatedRows } = await held(trx, id, attempt)
        .set((eb) => ({
          state: 'queued',
          owner: null,
          lease_until: null,
          run_at: timestamp(clock),
          max_attempts: eb('max_attempts', '+', 1),
        }))
        .executeTakeFirst();
      return numUpdatedRows > 0n ? 'settled' : 'lost';
    },

    async cancel(trx, id) {
      const { numUpdatedRows } = await trx
        .updateTable('jobs')
        .set({ state: 'cancelled', owner: null, lease_until: null, finished_at: timestamp(clock) })
        .where('id', '=', id)
        .where('state', 'in', ['queued', 'running'])
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async listLapsed() {
      return toHeld(await listHeld().where('lease_until', '<', timestamp(clock)).execute());
    },

    async listOwned(owner) {
      return toHeld(await listHeld().where('owner', '=', owner).execute());
    },

    async takeBack(trx, { id, attempt, max_attempts, lease_until }) {
      const over = attempt >= max_attempts;
      // The first loss is most often a restart: try again at once. A job that kills its workers waits.
      const wait = attempt === 1 ? 0 : backoff(attempt - 1);
      const { numUpdatedRows } = await held(trx, id, attempt)
        .where('lease_until', '=', lease_until)
        .set({
          state: over ? 'dead' : 'queued',
          owner: null,
          lease_until: null,
          last_error: 'the worker was lost',
          ...(over ? { finished_at: timestamp(clock) } : { run_at: timestamp(clock, wait) }),
        })
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return 'lost';
      return over ? 'dead' : 'retry';
    },

    async mendTimes() {
      const longest = timestamp(clock, Math.max(leaseMs, LONGEST_LEASE_MS));
      const { numUpdatedRows } = await db
        .updateTable('jobs')
        .set({ lease_until: longest })
        .where('state', '=', 'running')
        .where('lease_until', '>', longest)
        .executeTakeFirst();
      let mended = Number(numUpdatedRows);
      const waiting = await db
        .selectFrom('jobs')
        .select(['id', 'attempts', 'run_at'])
        .where('state', '=', 'queued')
        .where('run_at', '>', timestamp(clock))
        .execute();
      for (const { id, attempts, run_at } of waiting) {
        const latest = timestamp(clock, attempts === 0 ? 0 : backoff(attempts));
        if (run_at <= latest) continue;
        const { numUpdatedRows: moved } = await db
          .updateTable('jobs')
          .set({ run_at: latest })
          .where('id', '=', id)
          .where('state', '=', 'queued')
          .where('run_at', '=', run_at)
          .executeTakeFirst();
        mended += Number(moved);
      }
      return mended;
    },

    async position(id) {
      const job = await db
        .selectFrom('jobs')
        .select(['priority', 'run_at'])
        .where('id', '=', id)
        .where('state', '=', 'queued')
        .executeTakeFirst();
      if (job === undefined) return null;
      const { ahead } = await db
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('ahead'))
        .where('state', '=', 'queued')
        .where((eb) =>
          eb.or([
            eb('priority', '>', job.priority),
            eb.and([
              eb('priority', '=', job.priority),
              eb.or([
                eb('run_at', '<', job.run_at),
                eb.and([eb('run_at', '=', job.run_at), eb('id', '<', id)]),
              ]),
            ]),
          ]),
        )
        .executeTakeFirstOrThrow();
      const { now } = await db
        .selectFrom('jobs')
        .select((eb) => eb.fn.countAll<number>().as('now'))
        .where('state', '=', 'running')
        .executeTakeFirstOrThrow();
      return { position: ahead + 1, running: now };
    },

    async setPaused(trx, paused) {
      const setting = { key: PAUSED, value: timestamp(clock) };
      if (paused) {
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('settings')
          .values(setting)
          .onConflict((oc) => oc.column('key').doNothing())
          .executeTakeFirst();
        return (numInsertedOrUpdatedRows ?? 0n) > 0n;
      }
      const { numDeletedRows } = await trx
        .deleteFrom('settings')
        .where('key', '=', PAUSED)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async isPaused() {
      const row = await db
        .selectFrom('settings')
        .select('key')
        .where('key', '=', PAUSED)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
