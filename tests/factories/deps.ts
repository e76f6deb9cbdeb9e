/** Real dependencies on a fresh data folder: a SQLite file, a storage folder, a clock that tests move. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import { loadConfig, type Environment } from '../../server/config.ts';
import { migrate } from '../../server/db/migrations/index.ts';
import { closeDeps, createDeps, type Deps } from '../../server/deps.ts';
import type { Clock } from '../../server/lib/clock.ts';

export interface MovableClock extends Clock {
  /** Moves the clock on. */
  advance(ms: number): void;
  set(iso: string): void;
}

/** Stands still until it is moved. */
export function makeClock(start = '2026-03-02T12:00:00.000Z'): MovableClock {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    advance: (ms) => void (now += ms),
    set: (iso) => void (now = Date.parse(iso)),
  };
}

export interface TestDeps extends Deps {
  readonly clock: MovableClock;
  /** What another process needs to open the same data folder. */
  readonly env: Environment;
}

/** Removed when the test ends. */
export async function makeDataDir(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Migrated and empty. Closed and removed when the test ends. */
export async function makeDeps(env: Environment = {}): Promise<TestDeps> {
  const full = {
    DATA_DIR: await makeDataDir(),
    LOG_LEVEL: 'silent',
    CERTAMEN_MODE: 'demo',
    // Pages are as the database is, at once.
    BOARD_CACHE_MS: '0',
    QUEUE_POLL_MS: '10',
    ...env,
  };
  const clock = makeClock();
  const deps = await createDeps(loadConfig(full), { clock });
  onTestFinished(() => closeDeps(deps));
  await migrate(deps.db);
  return { ...deps, clock, env: full };
}

/** The same data folder under the real clock, as another process would see it. */
export async function makeRealDeps(env: Environment = {}): Promise<Deps & { env: Environment }> {
  const full = {
    DATA_DIR: await makeDataDir(),
    LOG_LEVEL: 'silent',
    CERTAMEN_MODE: 'demo',
    QUEUE_POLL_MS: '20',
    ...env,
  };
  const deps = await createDeps(loadConfig(full));
  onTestFinished(() => closeDeps(deps));
  await migrate(deps.db);
  return { ...deps, env: full };
}
