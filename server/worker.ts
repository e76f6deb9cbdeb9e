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
import { newId } from './lib/ids.ts';
import { checkIsolation, testEngine, testIsolation } from './services/setup.ts';
import { registerWorker, reportWorkerAlive, retireWorker } from './services/workers.ts';

const ALIVE_EVERY_MS = 5_000;
/** After its grace time. */
const EXIT_AFTER_MS = 4_000;
/** No upload takes this long: what is older was cut off by a crash. */
const STALE_UPLOAD_MS = 24 * 60 * 60 * 1000;

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

  await deps.storage.removeStaleUploads(Date.now() - STALE_UPLOAD_MS);
  // The supervisor may have gone while we started.
  if (supervised && !process.connected) {
    await retireWorker(deps, workerId);
    return;
  }
  const loop = startJobLoop(deps, workerId);
  const alive = setInterval(() => {
    reportWorkerAlive(deps, workerId).catch((error: unknown) => {
      deps.logger.error({ err: error }, 'the sign of life was not stored');
    });
  }, ALIVE_EVERY_MS);
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
    process.removeListener('disconnect', stop);
    if (process.connected) process.disconnect();
  }
}

try {
  await main();
} catch (error) {
  const explained = error instanceof ConfigError || error instanceof StartError;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${explained ? error.message : text}\n`);
  process.exitCode = 1;
}
