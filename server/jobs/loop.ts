import { setTimeout as sleep } from 'node:timers/promises';

import type { Deps } from '../deps.ts';
import { RunStopped, recoverLapsed, type AttemptOutcome } from '../services/evaluations.ts';
import { evaluateSubmission } from './handlers/evaluate-submission.ts';
import type { Job, JobKind } from './queue.ts';

type Handler = (deps: Deps, job: Job, signal: AbortSignal) => Promise<AttemptOutcome>;

const HANDLERS: Readonly<Record<JobKind, Handler>> = {
  'evaluate-submission': evaluateSubmission,
};
const KINDS = Object.keys(HANDLERS) as JobKind[];

export interface JobLoop {
  /** Settles when every running job has ended, or was put back after the grace time. Safe to call twice. */
  stop(): Promise<void>;
  /** Rejects when the loop cannot go on; resolves after `stop`. */
  readonly ended: Promise<void>;
}

/** Claims jobs for `owner` and runs up to WORKER_CONCURRENCY of them at a time. */
export function startJobLoop(deps: Deps, owner: string): JobLoop {
  const { config, logger, queue } = deps;
  const stopping = new AbortController();
  const running = new Set<AbortController>();
  let grace: NodeJS.Timeout | undefined;

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function slot(): Promise<void> {
    let errors = 0;
    while (!stopping.signal.aborted) {
      let job: Job | null;
      try {
        job = await queue.claim(KINDS, owner);
        errors = 0;
      } catch (error) {
        errors++;
        logger.error({ err: error, errors }, 'no job could be claimed');
        await pause(Math.min(config.QUEUE_POLL_MS * 2 ** errors, 30_000));
        continue;
      }
      if (job === null) await pause(config.QUEUE_POLL_MS);
      else await run(job);
    }
  }

  async function run(job: Job): Promise<void> {
    const stopRun = new AbortController();
    running.add(stopRun);
    const started = performance.now();
    const beat = setInterval(() => {
      queue.heartbeat(job.id, job.attempt).then(
        (state) => {
          if (state === 'lost') stopRun.abort(new RunStopped('lost'));
        },
        (error: unknown) => logger.error({ err: error, job_id: job.id }, 'a lease was not renewed'),
      );
    }, heartbeatMs(config.JOB_LEASE_MS));
    const line = { job_id: job.id, kind: job.kind, attempt: job.attempt };
    try {
      const handler = HANDLERS[job.kind as JobKind];
      const outcome = await handler(deps, job, stopRun.signal);
      logger.info({ ...line, outcome, ms: Math.round(performance.now() - started) }, 'job ended');
    } catch (error) {
      // The handler settles its job itself; what escapes could not be stored. The lease lapses and the job returns.
      logger.error({ ...line, err: error }, 'a job could not be settled');
      await pause(config.QUEUE_POLL_MS);
    } finally {
      clearInterval(beat);
      running.delete(stopRun);
    }
  }

  async function sweep(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await recoverLapsed(deps);
      } catch (error) {
        logger.error({ err: error }, 'lapsed leases were not taken back');
      }
      await pause(config.JOB_LEASE_MS / 2);
    }
  }

  const slots = Array.from({ length: config.WORKER_CONCURRENCY }, slot);
  const ended = Promise.all([...slots, sweep()]).then(() => {
    clearTimeout(grace);
  });

  return {
    ended,
    async stop() {
      if (!stopping.signal.aborted) {
        stopping.abort();
        grace = setTimeout(() => {
          for (const stopRun of running) stopRun.abort(new RunStopped('shutdown'));
        }, config.SHUTDOWN_GRACE_MS);
      }
      await ended;
    },
  };
}

/** Three tries before the lease lapses, and soon enough to notice a cancellation. */
function heartbeatMs(leaseMs: number): number {
  return Math.min(leaseMs / 3, 2_000);
}
