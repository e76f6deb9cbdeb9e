/** What every service receives first. Built once per process, by hand; tests build their own. */
import type { Kysely } from 'kysely';

import type { IsolationProbe } from '../sandbox/isolation/probe.ts';
import type { Task } from '../tasks/task.ts';
import type { Config } from './config.ts';
import { openDatabase } from './db/connect.ts';
import type { Database } from './db/schema.ts';
import { createEmbeddedQueue } from './jobs/embedded.ts';
import type { JobQueue } from './jobs/queue.ts';
import { systemClock, type Clock } from './lib/clock.ts';
import { createLogger, type Logger } from './lib/logger.ts';
import { openSigningKey, type SigningKey } from './lib/signing-key.ts';
import { openFolderStorage } from './storage/folder.ts';
import type { Storage } from './storage/storage.ts';

export interface Deps {
  readonly config: Config;
  readonly db: Kysely<Database>;
  readonly storage: Storage;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Opened task folders by task version id, so that a worker reads a data set once. */
  readonly tasks: Map<string, Promise<Task>>;
  /** Signs receipts. */
  readonly signingKey: SigningKey;
  /** What the isolation self-test of this process found; null where none was made. */
  readonly selfTest: IsolationProbe | null;
}

/** Opens database and storage. Close with `closeDeps`. Migrations are a separate step: `migrate` in db/migrations/index.ts. */
export async function createDeps(
  config: Config,
  overrides: { clock?: Clock; logger?: Logger; name?: string } = {},
): Promise<Deps> {
  const clock = overrides.clock ?? systemClock;
  const logger =
    overrides.logger ??
    createLogger({ level: config.LOG_LEVEL, name: overrides.name ?? 'certamen' });
  const db = await openDatabase(config.DATABASE_URL);
  const storage = await openFolderStorage(config.STORAGE_URL);
  const queue = createEmbeddedQueue({
    db,
    clock,
    leaseMs: config.JOB_LEASE_MS,
    maxAttempts: config.JOB_MAX_ATTEMPTS,
    backoffMs: config.JOB_BACKOFF_MS,
  });
  const signingKey = await openSigningKey(config.DATA_DIR);
  return {
    config,
    db,
    storage,
    queue,
    clock,
    logger,
    tasks: new Map(),
    signingKey,
    selfTest: null,
  };
}

export async function closeDeps(deps: Deps): Promise<void> {
  await deps.db.destroy();
}
