/** The port of the job queue. `embedded.ts` is the one over SQLite. */
import type { Db } from '../db/connect.ts';

export type JobKind = 'evaluate-submission';

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
  readonly runAt?: Date;
  readonly maxAttempts?: number;
}

/** `lost`: the lease lapsed or the job was cancelled; whoever asks must stop and write nothing. */
export type Settlement = 'settled' | 'lost';

export interface QueuePosition {
  /** 1 is next. */
  readonly position: number;
  readonly running: number;
}

export interface JobQueue {
  /** Takes the transaction of the act that the job belongs to. */
  enqueue(trx: Db, kind: JobKind, payload: unknown, options: EnqueueOptions): Promise<void>;
  /** The next due job, leased to `owner`; each job goes to one caller only. */
  claim(kinds: readonly JobKind[], owner: string): Promise<Job | null>;
  /** Renews the lease. */
  heartbeat(id: string, attempt: number): Promise<Settlement>;
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
  /** Takes back jobs whose lease lapsed. @returns the jobs put back and those that had no attempt left. */
  sweepLapsed(trx: Db): Promise<SweptJobs>;
  /** Takes back the jobs of a worker that is known to be dead, without waiting for its leases to lapse. */
  sweepOwner(trx: Db, owner: string): Promise<SweptJobs>;
  /** Null when the job is not waiting. */
  position(id: string): Promise<QueuePosition | null>;
}

export interface SweptJob {
  readonly id: string;
  readonly kind: string;
  readonly attempt: number;
}

export interface SweptJobs {
  readonly retried: readonly SweptJob[];
  readonly dead: readonly SweptJob[];
}
