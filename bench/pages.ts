/**
 * Requests per second of the leaderboard with 10,000 entries, 100 a page, beside a bare Express route in the
 * same process and run, and its memory under load.
 *
 *   node bench/pages.ts [--entries 10000] [--seconds 3] [--rounds 3]
 *
 * The server is a process of its own with its SQLite file in a temporary folder; this one asks, over plain
 * sockets that are kept open, the next request when the answer to the last is complete. Routes take turns,
 * round after round, and medians are printed. The time on the processor that a request costs the server is
 * printed too: it hardly moves when the machine has other work, which requests per second do.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import express from 'express';

import { createApp } from '../server/app.ts';
import { loadConfig } from '../server/config.ts';
import { migrate } from '../server/db/migrations/index.ts';
import { closeDeps, createDeps, type Deps } from '../server/deps.ts';
import { newId } from '../server/lib/ids.ts';
import { signUp } from '../server/services/accounts.ts';
import { rebuildBoards } from '../server/services/leaderboards.ts';
import { readTaskSpec } from '../server/services/tasks.ts';
import { makeCompetition } from '../tests/factories/records.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    fill: { type: 'string' },
    serve: { type: 'string' },
  },
});
const ENTRIES = Number(values.entries);
const CONNECTIONS = 20;
const MEMORY_REQUESTS = 20_000;
const ROWS_PER_INSERT = 500;
const SLUG = 'bench';

/* The server */

interface Ready {
  readonly ports: { readonly app: number; readonly uncached: number; readonly bare: number };
  readonly session: string;
}
interface Usage {
  readonly cpu_us: number;
  readonly rss: number;
  readonly heap: number;
}

async function serve(folder: string): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const env = { DATA_DIR: folder, LOG_LEVEL: 'error', REQUESTS_PER_MINUTE: '1000000' };
  const deps = await createDeps(loadConfig(env));
  const { token } = await signUp(deps, {
    name: 'Reader',
    email: 'reader@certamen.example',
    password: 'a long enough password',
    locale: 'en',
  });
  const bare = express();
  bare.get('/', (_req, res) => res.send('hello'));
  const uncached = { ...deps, config: { ...deps.config, BOARD_CACHE_MS: 0 } };
  const servers = [createApp(deps), createApp(uncached), bare].map((app) => createServer(app));
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  const [app = 0, plain = 0, hello = 0] = ports;
  process.send?.({
    ports: { app, uncached: plain, bare: hello },
    session: `certamen_session=${token}`,
  } satisfies Ready);
  process.on('message', (message) => {
    if (message === 'stop') {
      for (const server of servers) server.close();
      void closeDeps(deps).then(() => process.exit(0));
      return;
    }
    if (message === 'collect') collect();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed: heap } = process.memoryUsage();
    process.send?.({ cpu_us: user + system, rss, heap } satisfies Usage);
  });
}

/** In a process of its own, so that the server's memory is the server's. */
async function prepare(folder: string): Promise<void> {
  const deps = await createDeps(loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'error' }));
  await migrate(deps.db);
  await fill(deps);
  await closeDeps(deps);
}

/** Entries with one scored submission each, straight into the tables, and the board by the product's own way. */
async function fill(deps: Deps): Promise<void> {
  const { competition_id, phase_id, task_version_id } = await makeCompetition(deps, { slug: SLUG });
  const now = deps.clock.now().toISOString();
  const { spec } = await readTaskSpec(deps, task_version_id);
  const run_json = JSON.stringify({
    engine: { name: 'onnxruntime', version: '1', provider: 'cpu', threads: 1 },
    isolation: { level: 'full', notes: [] },
    seed: 1,
    times: { ready_ms: 1, loaded_ms: 1, predict_ms: 1, score_ms: 1, total_ms: 1 },
    peak_memory_bytes: null,
  });
  await deps.db.transaction().execute(async (trx) => {
    for (let start = 0; start < ENTRIES; start += ROWS_PER_INSERT) {
      const rows = Array.from({ length: Math.min(ROWS_PER_INSERT, ENTRIES - start) }, (_, k) => ({
        n: start + k,
        user: newId(),
        entry: newId(),
        submission: newId(),
        evaluation: newId(),
      }));
      await trx
        .insertInto('users')
        .values(
          rows.map(({ n, user }) => ({
            id: user,
            email: `user${n}@certamen.example`,
            name: `Contestant number ${n}`,
            password_hash: '',
            locale: 'en',
            created_at: now,
          })),
        )
        .execute();
      await trx
        .insertInto('entries')
        .values(
          rows.map(({ n, user, entry }) => ({
            ...{ id: entry, competition_id, kind: 'entry', user_id: user, source: null },
            ...{ name: `Contestant number ${n}`, names_json: null, created_at: now },
          })),
        )
        .execute();
      await trx
        .insertInto('team_members')
        .values(
          rows.map(({ user, entry }) => ({
            ...{ entry_id: entry, competition_id, user_id: user, joined_at: now },
          })),
        )
        .execute();
      await trx
        .insertInto('submissions')
        .values(
          rows.map(({ n, user, entry, submission }) => ({
            ...{ id: submission, phase_id, entry_id: entry, user_id: user, files_json: '[]' },
            ...{ artifact_sha256: '', artifact_bytes: 1000 + 37 * n, options_json: '{}', note: '' },
            created_at: now,
          })),
        )
        .execute();
      await trx
        .insertInto('evaluations')
        .values(
          rows.map(({ entry, submission, evaluation }) => ({
            ...{ id: evaluation, submission_id: submission, phase_id, entry_id: entry },
            ...{ task_version_id, status: 'succeeded', attempt: 1, failure_json: null, run_json },
            ...{ progress_done: 0, progress_total: 0, counts_quota: 1 as const },
            ...{ queued_at: now, started_at: now, finished_at: now },
          })),
        )
        .execute();
      const scores = rows.flatMap(({ n, evaluation }) =>
        ['public', 'private'].flatMap((split) =>
          spec.metrics.map(({ name: metric }) => {
            // Spread over the range, and in no order that the tables have.
            const value = ((n * 7919) % ENTRIES) / ENTRIES;
            return {
              ...{ evaluation_id: evaluation, split, metric, value },
              ...{ low: Math.max(0, value - 0.01), high: Math.min(1, value + 0.01) },
            };
          }),
        ),
      );
      for (let at = 0; at < scores.length; at += ROWS_PER_INSERT) {
        await trx
          .insertInto('scores')
          .values(scores.slice(at, at + ROWS_PER_INSERT))
          .execute();
      }
    }
    await rebuildBoards(trx, { phase_id, changed: 'all', now: deps.clock.now() });
  });
}

/* The readers */

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: (n: number) => string;
  readonly headers?: string;
}

interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds, ascending. */
  readonly times: Float64Array;
  readonly cpu_us: number;
}

async function measure(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-bench-'));
  const of = ['--entries', String(ENTRIES)];
  await once(fork(import.meta.filename, ['--fill', folder, ...of]), 'exit');
  const child = fork(import.meta.filename, ['--serve', folder, ...of]);
  try {
    const [ready] = (await once(child, 'message')) as [Ready];
    const { ports, session } = ready;
    const board = `/competitions/${SLUG}/leaderboard`;
    const page = (n: number) => `${board}?page=${1 + (n % 100)}`;
    const targets: Target[] = [
      { name: "bare Express, `res.send('hello')`", port: ports.bare, path: () => '/' },
      { name: 'leaderboard, first page', port: ports.app, path: () => board },
      { name: 'leaderboard, 100 pages in turn', port: ports.app, path: page },
      {
        name: 'leaderboard, logged in',
        port: ports.app,
        path: page,
        headers: `Cookie: ${session}\r\n`,
      },
      { name: 'leaderboard, nothing kept', port: ports.uncached, path: page },
    ];
    const loads = new Map<string, Load[]>();
    for (const target of targets) await load(child, target, { requests: 200 });
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const target of targets) {
        const done = await load(child, target, { seconds: Number(values.seconds) });
        loads.set(target.name, [...(loads.get(target.name) ?? []), done]);
      }
    }
    const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`;
    console.log(
      `${machine}, Node ${process.versions.node}; ${ENTRIES} entries; load average ${loadavg()[0]?.toFixed(1)}`,
    );
    console.log('| route | requests/s | of bare | p50, ms | p99, ms | processor, µs | of bare |');
    console.log('| --- | --- | --- | --- | --- | --- | --- |');
    const bare = summarize(loads.get(targets[0]?.name ?? '') ?? []);
    for (const { name } of targets) {
      const of = summarize(loads.get(name) ?? []);
      const cells = [
        ...[name, of.rate.toFixed(0), (of.rate / bare.rate).toFixed(2), of.p50.toFixed(2)],
        ...[of.p99.toFixed(2), of.cpu.toFixed(0), (of.cpu / bare.cpu).toFixed(2)],
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
    // More addresses than are kept, in both languages, so that pages come and go.
    const various: Target = {
      name: 'memory',
      port: ports.app,
      path: (n) => `${page(n)}${n % 3 === 0 ? '&rows=entries' : ''}`,
      headers: 'Accept-Language: es\r\n',
    };
    await load(child, various, { requests: 2_000 });
    const before = await ask(child, 'collect');
    await load(child, various, { requests: MEMORY_REQUESTS });
    const after = await ask(child, 'collect');
    const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
    console.log(
      `Memory over ${MEMORY_REQUESTS} requests, MiB: resident ${mib(before.rss)} to ${mib(after.rss)}, heap ${mib(before.heap)} to ${mib(after.heap)}`,
    );
  } finally {
    child.send('stop');
    await once(child, 'exit');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function ask(child: ChildProcess, question: 'usage' | 'collect'): Promise<Usage> {
  const answer = once(child, 'message');
  child.send(question);
  return ((await answer) as [Usage])[0];
}

/** Twenty readers, each with one request under way, for a time or for a number of requests. */
async function load(
  child: ChildProcess,
  target: Target,
  until: { readonly seconds: number } | { readonly requests: number },
): Promise<Load> {
  const times: number[] = [];
  let asked = 0;
  const before = await ask(child, 'usage');
  const start = performance.now();
  const isOver = () =>
    'seconds' in until
      ? performance.now() - start >= until.seconds * 1000
      : asked >= until.requests;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const socket = connect(target.port, '127.0.0.1').setNoDelay();
      // What goes wrong is thrown where it is waited for; a second error of the same socket is not.
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      const reader = new AnswerReader();
      await new Promise<void>((resolve, reject) => {
        let sent = 0;
        const next = () => {
          if (isOver()) {
            socket.destroy();
            resolve();
            return;
          }
          sent = performance.now();
          const line = `GET ${target.path(asked++)} HTTP/1.1\r\nHost: bench\r\n`;
          socket.write(`${line}Accept-Encoding: gzip\r\n${target.headers ?? ''}\r\n`);
        };
        socket.on('error', reject);
        socket.on('data', (chunk: Buffer) => {
          try {
            if (!reader.read(chunk)) return;
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
            return;
          }
          times.push(performance.now() - sent);
          next();
        });
        next();
      });
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const after = await ask(child, 'usage');
  return {
    requests: times.length,
    seconds,
    times: Float64Array.from(times).sort(),
    cpu_us: after.cpu_us - before.cpu_us,
  };
}

/** Finds the end of an answer that states its length. */
class AnswerReader {
  #head: Buffer = Buffer.alloc(0);
  #left = -1;

  /** @returns whether the answer is complete. @throws Error for another status than 200. */
  read(chunk: Buffer): boolean {
    if (this.#left < 0) {
      const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#head = bytes;
        return false;
      }
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200')) throw new Error(head.slice(0, 200));
      const length = /\r\ncontent-length: (\d+)/iu.exec(head)?.[1];
      if (length === undefined) throw new Error('an answer without a length');
      this.#left = Number(length) - (bytes.length - end - 4);
      this.#head = Buffer.alloc(0);
    } else this.#left -= chunk.length;
    if (this.#left > 0) return false;
    this.#left = -1;
    return true;
  }
}

function summarize(loads: readonly Load[]) {
  const median = (of: (one: Load) => number) => {
    const sorted = loads.map(of).sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? NaN;
  };
  const at = (share: number) =>
    median(({ times }) => times[Math.floor(share * times.length)] ?? NaN);
  return {
    rate: median(({ requests, seconds }) => requests / seconds),
    p50: at(0.5),
    p99: at(0.99),
    cpu: median(({ cpu_us, requests }) => cpu_us / requests),
  };
}

if (values.fill !== undefined) await prepare(values.fill);
else if (values.serve !== undefined) await serve(values.serve);
else await measure();
