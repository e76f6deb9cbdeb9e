/** A real server with its worker in processes of their own, to be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { membersOf, startTime, type Members } from '../../sandbox/isolation/process-tree.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CLOCK = path.join(import.meta.dirname, 'moving-clock.ts');
const READY_MS = 60_000;

export interface SiteOptions {
  readonly data: string;
  /** For the file that moves the clock. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Site {
  readonly env: NodeJS.ProcessEnv;
  readonly #clock: string;
  #server: ChildProcess | null = null;
  #url = '';
  #log = '';
  /** Of processes that were killed: nobody of their families may stay. */
  readonly #doomed: Members = new Map();

  constructor({ data, folder, env }: SiteOptions) {
    this.#clock = path.join(folder, 'clock');
    this.setClock(0);
    this.env = {
      ...process.env,
      ...env,
      DATA_DIR: data,
      PORT: '0',
      CERTAMEN_TEST_CLOCK: this.#clock,
      NODE_OPTIONS: `--import ${CLOCK} --disable-warning=ExperimentalWarning`,
    };
  }

  /** Empty while no server runs. */
  get url(): string {
    return this.#url;
  }

  /** The last that the server and its workers wrote. */
  get log(): string {
    return this.#log.slice(-20_000);
  }

  async start(): Promise<void> {
    const server = spawn(process.execPath, [path.join(ROOT, 'bin/certamen.js'), 'start'], {
      cwd: ROOT,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#server = server;
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const deadline = Date.now() + READY_MS;
    for (;;) {
      const url = /ready at (\S+)/u.exec(said)?.[1];
      if (url !== undefined) {
        this.#url = url;
        return;
      }
      if (server.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the server did not start: ${said}${this.log}`);
      }
      await sleep(20);
    }
  }

  /** Ms that the clocks of server and worker run beside the machine's. */
  setClock(offset_ms: number): void {
    writeFileSync(`${this.#clock}.new`, String(offset_ms));
    renameSync(`${this.#clock}.new`, this.#clock);
  }

  /** Null while there is none. */
  workerPid(): number | null {
    const server = this.#server?.pid;
    if (server === undefined) return null;
    for (const pid of membersOf(server).keys()) {
      if (pid !== server && commandOf(pid).includes('server/worker.ts')) return pid;
    }
    return null;
  }

  /** Processes of the run that the worker has open, if any. */
  runPids(): number[] {
    const worker = this.workerPid();
    return worker === null ? [] : [...membersOf(worker).keys()].filter((pid) => pid !== worker);
  }

  /** @returns whether there was one. */
  killWorker(): boolean {
    const worker = this.workerPid();
    if (worker === null) return false;
    membersOf(worker, this.#doomed);
    process.kill(worker, 'SIGKILL');
    return true;
  }

  /** The worker notices, ends what it runs, and goes. */
  async killServer(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined) throw new Error('there is no server');
    membersOf(server.pid, this.#doomed);
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
    this.#server = null;
    this.#url = '';
  }

  /** Members of dead families that still live. */
  leftBehind(): number[] {
    for (const [pid, started] of this.#doomed) {
      if (startTime(pid) !== started) this.#doomed.delete(pid);
    }
    return [...this.#doomed.keys()];
  }

  /** Gracefully. @returns its exit code. */
  async stop(): Promise<number | null> {
    const server = this.#server;
    if (server?.pid === undefined) return null;
    membersOf(server.pid, this.#doomed);
    const gone = once(server, 'exit') as Promise<[number | null]>;
    server.kill('SIGTERM');
    const [code] = await gone;
    this.#server = null;
    return code;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
