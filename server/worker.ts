/**
 * The worker process: claims jobs and evaluates until SIGTERM, then drains and exits 0.
 *
 *   node server/worker.ts [--id ID]
 *
 * The id is given by a supervisor, so that it knows whose jobs to take back.
 */
import { parseArgs } from 'node:util';

import { ConfigError, loadConfig } from './config.ts';
import { migrate } from './db/migrations/index.ts';
import { closeDeps, createDeps, type Deps } from './deps.ts';
import { startJobLoop } from './jobs/loop.ts';
import { StartError } from './errors.ts';
import { systemClock } from './lib/clock.ts';
import { watchClock } from './lib/clock-watch.ts';
import { newId } from './lib/ids.ts';
import { checkIsolation, testEngine, testIsolation } from './services/setup.ts';
import { ORPHAN_AGE_MS, collectOrphans } from './services/storage.ts';
import { sweepImports } from './services/task-imports.ts';
import { registerWorker, reportWorkerAlive, retireWorker } from './services/workers.ts';

const ALIVE_EVERY_MS = 5_000;
/** After its grace time. */
const EXIT_AFTER_MS = 4_000;
const COLLECT_EVERY_MS = 30 * 60_000;
/** What the file system and we may disagree on. */
const CLOCK_TOLERANCE_MS = 60_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { id: { type: 'string' } } });
  const workerId = values.id ?? newId();
  const deps = await createDeps(loadConfig(process.env), { name: 'worker' });
  try {
    await work(deps, workerId);
  } finally {
    await closeDeps(deps);
  }
}

/** Not undefined in a process that was started with a channel, also once that is closed. */
const supervised = (process.connected as boolean | undefined) !== undefined;

async function work(opened: Deps, workerId: string): Promise<void> {
  await migrate(opened.db);
  const isolation = await checkIsolation(opened);
  const deps: Deps = { ...opened, selfTest: await testIsolation(opened) };
  await testEngine(deps);
  await registerWorker(deps, { id: workerId, pid: process.pid, isolation });
  deps.logger.info({ worker_id: workerId, isolation: isolation.level }, 'worker started');

  // The supervisor may have gone while we started.
  if (supervised && !process.connected) {
    await retireWorker(deps, workerId);
    return;
  }
  await sweepImports(deps).catch((error: unknown) => {
    deps.logger.error({ err: error }, 'what lost imports left was not removed');
  });
  const loop = startJobLoop(deps, workerId);
  const alive = setInterval(() => {
    reportWorkerAlive(deps, workerId).catch((error: unknown) => {
      deps.logger.error({ err: error }, 'the sign of life was not stored');
    });
  }, ALIVE_EVERY_MS);
  const collect = collector(deps);
  void collect();
  const collecting = setInterval(() => void collect(), COLLECT_EVERY_MS);
  const stop = () => {
    void loop.stop();
    // Whatever does not let go: its lease lapses.
    setTimeout(() => process.exit(1), deps.config.SHUTDOWN_GRACE_MS + EXIT_AFTER_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The channel to the supervisor closes when the supervisor is gone, however it went.
  process.on('disconnect', stop);
  try {
    await loop.ended;
    await retireWorker(deps, workerId);
    deps.logger.info({ worker_id: workerId }, 'worker stopped');
  } finally {
    clearInterval(alive);
    clearInterval(collecting);
    process.removeListener('disconnect', stop);
    if (process.connected) process.disconnect();
  }
}

/** Files of dead processes go at the start, and again and again after. */
function collector(deps: Deps): () => Promise<void> {
  const clockDrift = watchClock(systemClock);
  return async () => {
    // Right after the clock was set forward, what has just been uploaded looks old.
    if (clockDrift() > CLOCK_TOLERANCE_MS) return;
    try {
      await collectOrphans(deps, Date.now() - ORPHAN_AGE_MS);
    } catch (error) {
      deps.logger.error({ err: error }, 'files of dead uploads were not removed');
    }
  };
}

try {
  await main();
} catch (error) {
  const explained = error instanceof ConfigError || error instanceof StartError;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${explained ? error.message : text}\n`);
  process.exitCode = 1;
}
