/**
 * The hostile suite by itself:
 *
 *   npm run test:hostile [-- --rounds 2] [--json FILE]
 *
 * Every hostile program runs alone, then with three others beside it, each in two rounds, while a web
 * server with a worker of its own answers requests and evaluates an honest model. Ends with 0 when every
 * verdict was the expected one in every round, each answer came within a second, and the honest model
 * got its usual score every time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../server/config.ts';
import { closeDeps, createDeps } from '../server/deps.ts';
import { startServer } from '../server/main.ts';
import { createApiToken } from '../server/services/api-tokens.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '2' }, json: { type: 'string' } },
});
const rounds = Number(values.rounds);
const ROOT = path.resolve(import.meta.dirname, '..');
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
const MODEL = path.join(ROOT, 'tasks/digits/baselines/lenet5.onnx');
const folder = mkdtempSync(path.join(tmpdir(), 'certamen-hostile-'));
const ASK_EVERY_MS = 200;
const SLOWEST_MS = 1000;
const LONGEST_MESSAGE = 1000;

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** By name of the test: `passed`, which is the verdict of the program's header, or what came instead. */
async function runSuite(atOnce: number, name: string): Promise<Map<string, string>> {
  const file = path.join(folder, `${name}.json`);
  const child = spawn(
    process.execPath,
    [
      ...[VITEST, 'run', '--project', 'hostile', '--reporter=json', `--outputFile=${file}`],
      ...[`--maxWorkers=${atOnce}`, '--maxConcurrency=1'],
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  await once(child, 'exit');
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const found = new Map<string, string>();
  for (const { assertionResults } of report.testResults)
    for (const { fullName, status, failureMessages } of assertionResults)
      found.set(fullName, status === 'passed' ? status : `${status}: ${whatCame(failureMessages)}`);
  return found;
}

/** The verdict that the test saw is in its message; the rest of it is its stack. */
function whatCame(messages: readonly string[] = []): string {
  const text = messages.join(' ').replace(/\n\s*at .*$/su, '');
  return text.replace(/\s+/gu, ' ').slice(0, LONGEST_MESSAGE);
}

interface Honest {
  readonly status: string;
  readonly splits: readonly { readonly scores: Readonly<Record<string, number>> }[];
}

/** A server with its worker, and a user who may submit. */
async function startPlatform() {
  const env = {
    ...process.env,
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
  };
  const server = await startServer(env);
  const deps = await createDeps(loadConfig(env));
  const user = await deps.db.selectFrom('users').selectAll().executeTakeFirstOrThrow();
  const { token } = await createApiToken(deps, { user: { ...user, roles: [] }, name: 'hostile' });
  await closeDeps(deps);
  const headers = { authorization: `Bearer ${token}` };
  return {
    url: server.url,
    stop: () => server.stop(),
    /** Sends the honest model and waits for its scores. */
    async evaluate(): Promise<string> {
      const form = new FormData();
      form.append('files', new Blob([readFileSync(MODEL)]), 'lenet5.onnx');
      const address = `${server.url}/api/v1/competitions/digits/submissions`;
      const sent = await fetch(address, { method: 'POST', headers, body: form });
      const { id, error } = (await sent.json()) as { id?: string; error?: { code: string } };
      if (id === undefined) throw new Error(`it was not taken: ${error?.code ?? sent.status}`);
      for (;;) {
        const answer = await fetch(`${server.url}/api/v1/submissions/${id}`, { headers });
        const { status, splits } = (await answer.json()) as Honest;
        if (status !== 'queued' && status !== 'running')
          return `${status} ${JSON.stringify(splits.map(({ scores }) => scores))}`;
        await sleep(500);
      }
    },
  };
}

/** Asks for pages until it is stopped; the longest answer in ms and the number of answers. */
function askAllTheTime(url: string) {
  const state = { stopped: false };
  const times: number[] = [];
  const pages = ['/', '/competitions/digits', '/api/v1/competitions/digits/leaderboard'];
  const asking = (async () => {
    for (let turn = 0; !state.stopped; turn++) {
      const started = performance.now();
      const answer = await fetch(`${url}${pages[turn % pages.length] ?? ''}`);
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
      times.push(performance.now() - started);
      await sleep(ASK_EVERY_MS);
    }
  })();
  asking.catch(() => undefined);
  return async () => {
    state.stopped = true;
    await asking;
    times.sort((a, b) => a - b);
    return {
      answers: times.length,
      median: times[times.length >> 1] ?? NaN,
      slowest: times.at(-1) ?? NaN,
    };
  };
}

const platform = await startPlatform();
let failed = false;
try {
  const usual = await platform.evaluate();
  const stopAsking = askAllTheTime(platform.url);
  const honest: string[] = [];
  const results: { name: string; outcomes: Map<string, string>; seconds: number }[] = [];
  for (const [how, atOnce] of [
    ['alone', 1],
    ['four at once', 4],
  ] as const)
    for (let round = 1; round <= rounds; round++) {
      const name = `${how}, round ${round}`;
      const started = performance.now();
      const suite = { running: true };
      const beside = (async () => {
        while (suite.running) {
          if (honest.length < 18) honest.push(await platform.evaluate());
          await sleep(5000);
        }
      })();
      const outcomes = await runSuite(atOnce, `${atOnce}-${round}`);
      suite.running = false;
      await beside;
      results.push({ name, outcomes, seconds: (performance.now() - started) / 1000 });
      const passed = [...outcomes.values()].filter((outcome) => outcome === 'passed').length;
      process.stdout.write(`${name}: ${passed} of ${outcomes.size} as expected\n`);
      for (const [test, outcome] of outcomes)
        if (outcome !== 'passed') process.stdout.write(`  ${test}: ${outcome}\n`);
    }
  const answers = await stopAsking();

  const [first] = results;
  const differing = [...(first?.outcomes.keys() ?? [])].filter(
    (test) => new Set(results.map(({ outcomes }) => outcomes.get(test))).size > 1,
  );
  for (const test of differing) {
    const seen = results.map(({ outcomes }) => outcomes.get(test) ?? 'missing').join(', ');
    process.stdout.write(`differs: ${test}: ${seen}\n`);
  }
  const odd = honest.filter((each) => each !== usual);
  failed =
    differing.length > 0 ||
    odd.length > 0 ||
    answers.slowest >= SLOWEST_MS ||
    results.some(
      ({ outcomes }) =>
        outcomes.size === 0 || [...outcomes.values()].some((each) => each !== 'passed'),
    );
  const lines = [
    `${first?.outcomes.size ?? 0} hostile tests, ${results.length} times: ${differing.length} differ`,
    `web server: ${answers.answers} answers, median ${answers.median.toFixed(0)} ms, slowest ${answers.slowest.toFixed(0)} ms`,
    `honest model: ${honest.length} evaluations beside them, ${odd.length} with another result than ${usual}`,
    failed ? 'NOT held' : 'held',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ lines, failed }));
} finally {
  await platform.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = failed ? 1 : 0;
