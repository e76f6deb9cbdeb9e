/** The port of the job queue. `embedded.ts` is the one over SQLite. */
import type { Db } from '../db/connect.ts';

export type JobKind = 'evaluate-submission' | 'import-task';

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly payload: unknown;
  /** 1 on the first attempt. With the id it is the fence: only the holder of the current attempt may settle the job. */
  readonly attempt: number;
  readonly max_attempts: number;
}

export interface EnqueueOptions {
  readonly id: string;
  readonly priority?: number;
  readonly maxAttempts?: number;
}

/** `lost`: the lease lapsed or the job was cancelled; whoever asks must stop and write nothing. */
export type Settlement = 'settled' | 'lost';

export interface QueuePosition {
  /** 1 is next. */
  readonly position: number;
  readonly running: number;
}

/** For a worker that will be deaf for a while, as when it computes scores. */
export const LONGEST_LEASE_MS = 10 * 60_000;

/** A job that is leased to a worker. */
export interface HeldJob {
  readonly id: string;
  readonly kind: string;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly lease_until: string;
}

export interface JobQueue {
  /** Takes the transaction of the act that the job belongs to. */
  enqueue(trx: Db, kind: JobKind, payload: unknown, options: EnqueueOptions): Promise<void>;
  /** The next due job, leased to `owner`; each job goes to one caller only, and none while the queue is paused. */
  claim(kinds: readonly JobKind[], owner: string): Promise<Job | null>;
  /** Renews the lease, never to less than it has: by so many ms from now, by default the configured ones. */
  heartbeat(id: string, attempt: number, lease_ms?: number): Promise<Settlement>;
  /** Whether the attempt still holds the job; reads only. */
  check(id: string, attempt: number): Promise<Settlement>;
  /** Marks the job done in the transaction that stores its result. */
  complete(trx: Db, id: string, attempt: number): Promise<Settlement>;
  /** Puts the job back with backoff, or makes it `dead` after the last attempt or when not retryable. */
  fail(
    trx: Db,
    id: string,
    attempt: number,
    options: { retryable: boolean; error: string },
  ): Promise<'retry' | 'dead' | 'lost'>;
  /** Graceful stop: back to the queue at once, and one attempt more is allowed. */
  release(trx: Db, id: string, attempt: number): Promise<Settlement>;
  /** @returns whether it was still queued or running. */
  cancel(trx: Db, id: string): Promise<boolean>;
  /** Jobs whose lease lapsed. */
  listLapsed(): Promise<HeldJob[]>;
  /** Jobs of one worker. */
  listOwned(owner: string): Promise<HeldJob[]>;
  /**
   * Takes a job back from a worker that is gone: to the queue, or `dead` after the last attempt. `lost` when
   * its lease was renewed or its attempt ended since the job was listed.
   */
  takeBack(trx: Db, job: HeldJob): Promise<'retry' | 'dead' | 'lost'>;
  /**
   * Brings times that lie further ahead than any wait or lease of ours down to the longest that it may be: so
   * do jobs look after the clock of the machine was set back. @returns how many jobs were changed.
   */
  mendTimes(): Promise<number>;
  /** Null when the job is not waiting. */
  position(id: string): Promise<QueuePosition | null>;
  /** While it is paused nothing is claimed; what runs goes on. @returns false when it was so already. */
  setPaused(trx: Db, paused: boolean): Promise<boolean>;
  isPaused(): Promise<boolean>;
}
