import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Environment } from './config.ts';
import type { Deps } from './deps.ts';
import { newId } from './lib/ids.ts';
import { retireWorker, watchWorker } from './services/workers.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
/** A worker that lived this long was not failing at its start. */
const HEALTHY_AFTER_MS = 30_000;
/** After the worker's own grace time it is killed. */
const KILL_AFTER_MS = 5_000;
const LONGEST_WATCH_MS = 10_000;

export interface Supervisor {
  /** Of the worker that runs now; null between two. */
  pid(): number | null;
  /** Drains the worker and waits until it is gone. Safe to call twice. */
  stop(): Promise<void>;
}

interface SupervisorOptions {
  /** A worker that says nothing for this long is killed; tests do not wait for minutes. */
  readonly patienceMs?: number | undefined;
}

/**
 * Keeps one worker process running. When it dies, its jobs go back to the queue at once, and another
 * is started, after a wait that grows while workers keep dying young.
 *
 * @param env of the worker: the same that this process was configured from.
 */
export function superviseWorker(
  deps: Deps,
  env: Environment,
  { patienceMs }: SupervisorOptions = {},
): Supervisor {
  const { logger, config } = deps;
  const stopping = new AbortController();
  let child: ChildProcess | null = null;
  let wait = FIRST_WAIT_MS;
  let restart: NodeJS.Timeout | undefined;
  let cleaned: Promise<void> = Promise.resolve();
  let watch: NodeJS.Timeout | undefined;

  function start(): void {
    const workerId = newId();
    const started = performance.now();
    const worker = spawn(process.execPath, [WORKER, '--id', workerId], {
      env: { ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = worker;
    const isSilent = watchWorker(deps, workerId, patienceMs);
    watch = setInterval(
      () => void killIfSilent(workerId, worker, isSilent),
      Math.min(config.JOB_LEASE_MS / 2, LONGEST_WATCH_MS),
    );
    worker.once('error', (error) => {
      logger.error({ err: error }, 'no worker could be started');
      // A process that never was does not close either, where the machine has no room for it.
      if (worker.pid === undefined) ended(null, null);
    });
    worker.once('close', ended);
    function ended(code: number | null, signal: NodeJS.Signals | null): void {
      if (child !== worker) return;
      child = null;
      clearInterval(watch);
      cleaned = retire(workerId);
      if (stopping.signal.aborted) return;
      logger.error({ worker_id: workerId, code, signal, restart_ms: wait }, 'the worker died');
      restart = setTimeout(start, wait);
      const healthy = performance.now() - started > HEALTHY_AFTER_MS;
      wait = healthy ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** A process that lives and does nothing is dead to its jobs. */
  async function killIfSilent(
    workerId: string,
    worker: ChildProcess,
    isSilent: () => Promise<boolean>,
  ): Promise<void> {
    try {
      if (!(await isSilent())) return;
      logger.error({ worker_id: workerId }, 'the worker is silent; it is killed');
      worker.kill('SIGKILL');
    } catch (error) {
      logger.error({ err: error, worker_id: workerId }, 'the worker could not be watched');
    }
  }

  /** A job that cannot be taken back now comes back when its lease lapses. */
  async function retire(workerId: string): Promise<void> {
    try {
      await retireWorker(deps, workerId);
    } catch (error) {
      logger.error(
        { err: error, worker_id: workerId },
        'jobs of a dead worker were not taken back',
      );
    }
  }

  start();
  return {
    pid: () => child?.pid ?? null,
    async stop() {
      stopping.abort();
      clearTimeout(restart);
      const worker = child;
      if (worker !== null) {
        const closed = once(worker, 'close');
        worker.kill('SIGTERM');
        const kill = setTimeout(
          () => worker.kill('SIGKILL'),
          config.SHUTDOWN_GRACE_MS + KILL_AFTER_MS,
        );
        await closed;
        clearTimeout(kill);
      }
      await cleaned;
    },
  };
}
