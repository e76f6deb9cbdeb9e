/** A real server, started as a user starts it, on an empty data folder and a free port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const LAUNCHER = path.resolve(import.meta.dirname, '../../bin/certamen.js');
const START_MS = 60_000;

export interface RunningServer {
  readonly url: string;
  /** Everything that it has written to its output so far. */
  printed(): string;
  stop(): Promise<void>;
}

export async function startServer(env: NodeJS.ProcessEnv = {}): Promise<RunningServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-browser-'));
  const server = spawn(process.execPath, [LAUNCHER, 'start'], {
    env: {
      ...process.env,
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'error',
      NODE_ENV: 'development',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the server is not ready: ${printed}`)),
      START_MS,
    );
    server.once('exit', (code) =>
      reject(new Error(`the server ended with ${String(code)}: ${printed}`)),
    );
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const address = /ready at (http:\S+)/u.exec(printed)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
  return {
    url,
    printed: () => printed,
    async stop() {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
