/** The web process: database, instance, demo data, worker, server; and all of it down again in order. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { seedDigits } from '../seeds/digits.ts';
import type { SeedResult } from '../seeds/seed.ts';
import { createApp } from './app.ts';
import { describeConfig, loadConfig, type Config, type Environment } from './config.ts';
import { migrate } from './db/migrations/index.ts';
import { closeDeps, createDeps, type Deps } from './deps.ts';
import { prepareInstance } from './services/setup.ts';
import { superviseWorker, type Supervisor } from './supervisor.ts';

export interface RunningServer {
  /** Where people reach it. */
  readonly url: string;
  /** Address it listens on. */
  readonly address: AddressInfo;
  /** Accounts made on this start, with the only copy of their passwords. */
  readonly accounts: SeedResult['accounts'];
  /** One-time link for the first administrator of a production site. */
  readonly setup_url: string | null;
  /** Process id of the worker; null while there is none. */
  workerPid(): number | null;
  /** Answers what is being asked, drains the worker, closes the database. Safe to call twice. */
  stop(): Promise<void>;
}

interface StartOptions {
  /** One line of English text at a time, for whoever watches the start. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

const HEADERS_MS = 30 * 1000;

/** @throws ConfigError, StartError; whatever the port says when it is taken. */
export async function startServer(
  env: Environment,
  { onProgress = () => undefined }: StartOptions = {},
): Promise<RunningServer> {
  const config = loadConfig(env);
  const deps = await createDeps(config, { name: 'web' });
  deps.logger.debug(describeConfig(config), 'configuration');
  let supervisor: Supervisor | null = null;
  try {
    await migrate(deps.db);
    const { mode, setup_url } = await prepareInstance(deps);
    const seeded = mode === 'demo' ? await seedDigits(deps, { onProgress }) : null;
    const server = await listen(config);
    const address = server.address() as AddressInfo;
    // Only now is the port known that PORT=0 left open; pages and answers name it.
    const url = withPort(config.PUBLIC_URL, address.port);
    const stopping = new AbortController();
    const app = createApp({ ...deps, config: { ...config, PUBLIC_URL: url } }, stopping.signal);
    server.on('request', app);
    supervisor = config.SUPERVISE_WORKER ? superviseWorker(deps, env) : null;
    let stopped: Promise<void> | null = null;
    return {
      url,
      address,
      accounts: seeded?.accounts ?? [],
      setup_url: setup_url === null ? null : withPort(setup_url, address.port),
      workerPid: () => supervisor?.pid() ?? null,
      stop: () => {
        stopping.abort();
        return (stopped ??= stopServer(server, supervisor, deps));
      },
    };
  } catch (error) {
    await supervisor?.stop();
    await closeDeps(deps);
    throw error;
  }
}

/** The address with the port that was taken where it says port 0. */
function withPort(address: string, port: number): string {
  const url = new URL(address);
  if (url.port !== '0') return address;
  url.port = String(port);
  return url.href.replace(/\/+$/u, '');
}

/** Slow clients may take their time over a large model, but not for ever. */
async function listen(config: Config): Promise<Server> {
  const { REQUEST_MS } = config;
  const server = createServer({
    requestTimeout: REQUEST_MS,
    headersTimeout: Math.min(HEADERS_MS, REQUEST_MS),
    connectionsCheckingInterval: Math.min(HEADERS_MS, REQUEST_MS) / 4,
  });
  server.listen(config.PORT, config.HOST);
  await once(server, 'listening');
  return server;
}

async function stopServer(
  server: Server,
  supervisor: Supervisor | null,
  deps: Deps,
): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), deps.config.SHUTDOWN_GRACE_MS);
  await Promise.all([supervisor?.stop(), closed]);
  clearTimeout(cut);
  await closeDeps(deps);
}
