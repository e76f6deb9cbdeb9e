import { setTimeout as sleep } from 'node:timers/promises';

import type { Deps } from '../deps.ts';
import { watchClock } from '../lib/clock-watch.ts';
import { RunStopped, recoverLapsed, type AttemptOutcome } from '../services/evaluations.ts';
import { evaluateSubmission } from './handlers/evaluate-submission.ts';
import { importTask } from './handlers/import-task.ts';
import type { Job, JobKind, Settlement } from './queue.ts';

type Handler = (deps: Deps, job: Job, signal: AbortSignal) => Promise<AttemptOutcome>;

const HANDLERS: Readonly<Record<JobKind, Handler>> = {
  'evaluate-submission': evaluateSubmission,
  'import-task': importTask,
};
const KINDS = Object.keys(HANDLERS) as JobKind[];

export interface JobLoop {
  /** Settles when every running job has ended, or was put back after the grace time. Safe to call twice. */
  stop(): Promise<void>;
  /** Rejects when the loop cannot go on; resolves after `stop`. */
  readonly ended: Promise<void>;
}

/** How soon a cancelled run is stopped. */
const CHECK_EVERY_MS = 250;
const LONGEST_BEAT_MS = 2_000;
const LONGEST_SWEEP_MS = 10_000;

/** A job that runs here. */
interface Running {
  readonly stop: AbortController;
  readonly beat: () => Promise<void>;
}

/** Claims jobs for `owner` and runs up to WORKER_CONCURRENCY of them at a time. */
export function startJobLoop(deps: Deps, owner: string): JobLoop {
  const { config, logger, queue } = deps;
  const stopping = new AbortController();
  const running = new Set<Running>();
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
    const line = { job_id: job.id, kind: job.kind, attempt: job.attempt };
    const ask = async (question: () => Promise<Settlement>) => {
      try {
        if ((await question()) === 'lost') stopRun.abort(new RunStopped('lost'));
      } catch (error) {
        logger.error({ ...line, err: error }, 'a lease was not renewed or looked at');
      }
    };
    const beat = () => ask(() => queue.heartbeat(job.id, job.attempt));
    const check = () => ask(() => queue.check(job.id, job.attempt));
    const entry: Running = { stop: stopRun, beat };
    running.add(entry);
    const started = performance.now();
    const beats = setInterval(() => void beat(), beatMs(config.JOB_LEASE_MS));
    const checks = setInterval(() => void check(), CHECK_EVERY_MS);
    try {
      const handler = HANDLERS[job.kind as JobKind];
      const outcome = await handler(deps, job, stopRun.signal);
      logger.info({ ...line, outcome, ms: Math.round(performance.now() - started) }, 'job ended');
    } catch (error) {
      // The handler settles its job itself; what escapes could not be stored. The lease lapses and the job returns.
      logger.error({ ...line, err: error }, 'a job could not be settled');
      await pause(config.QUEUE_POLL_MS);
    } finally {
      clearInterval(beats);
      clearInterval(checks);
      running.delete(entry);
    }
  }

  async function sweep(): Promise<void> {
    const every = sweepMs(config.JOB_LEASE_MS);
    const clockDrift = watchClock(deps.clock);
    while (!stopping.signal.aborted) {
      try {
        await turn(clockDrift);
      } catch (error) {
        logger.error({ err: error }, 'lapsed leases were not taken back');
      }
      await pause(every);
    }
  }

  async function turn(clockDrift: () => number): Promise<void> {
    // Whatever held this process up, what it runs is alive.
    await Promise.all([...running].map(({ beat }) => beat()));
    const mended = await queue.mendTimes();
    if (mended > 0) logger.warn({ jobs: mended }, 'the clock was set back; jobs were due too late');
    // In one go with the look at the leases.
    const drift_ms = clockDrift();
    if (drift_ms > config.JOB_LEASE_MS / 3) {
      // Leases only look lapsed. The workers that live renew theirs before the next turn.
      logger.warn({ drift_ms: Math.round(drift_ms) }, 'the clock was set forward');
      return;
    }
    await recoverLapsed(deps);
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
          for (const { stop } of running) stop.abort(new RunStopped('shutdown'));
        }, config.SHUTDOWN_GRACE_MS);
      }
      await ended;
    },
  };
}

/** Three tries before the lease lapses. */
function beatMs(leaseMs: number): number {
  return Math.min(leaseMs / 3, LONGEST_BEAT_MS);
}

/** Longer than between two signs of life. */
function sweepMs(leaseMs: number): number {
  return Math.min(leaseMs / 2, LONGEST_SWEEP_MS);
}
