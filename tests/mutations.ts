/**
 * Removes defences one at a time, each in a copy of the last commit, and runs the tests that hold it:
 *
 *   npm run test:mutations [-- --only TEXT] [--markdown]
 *
 * The same tests run first on the untouched copy, where all of them must pass. Ends with 0 when every
 * removal made a test fail.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

interface Mutation {
  readonly defence: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly from: string;
  readonly to: string;
  readonly project: 'main' | 'isolation';
  readonly test: string;
  /** Names of the tests to run, as a regular expression; default all of the file. */
  readonly only?: string;
}

const MUTATIONS: readonly Mutation[] = [
  {
    defence: 'seccomp refuses sockets',
    file: 'sandbox/isolation/seccomp.ts',
    from: '  socket: call(41, 198),\n',
    to: '',
    project: 'isolation',
    test: 'tests/isolation/hostile-python.test.ts',
    only: ': network$',
  },
  {
    defence: 'a filter of system calls',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "    ...['--seccomp', String(SECCOMP_FD)],\n",
    to: '',
    project: 'isolation',
    test: 'tests/isolation/hostile-python.test.ts',
    only: ': kernel-calls$',
  },
  {
    defence: 'a network namespace of its own',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "    '--unshare-net',\n",
    to: '',
    project: 'isolation',
    test: 'tests/isolation/surroundings.test.ts',
    only: 'as the kernel sees it',
  },
  {
    defence: 'no nested user namespaces',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "command.disableUserns ? ['--disable-userns'] : []",
    to: '[]',
    project: 'isolation',
    test: 'tests/isolation/system-calls.test.ts',
    only: 'cannot make namespaces',
  },
  {
    defence: 'a root that cannot be written',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "...['--remount-ro', '/', '--chdir'",
    to: "...['--chdir'",
    project: 'isolation',
    test: 'tests/isolation/surroundings.test.ts',
    only: 'writes nowhere',
  },
  {
    defence: 'no /proc inside',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "...['--ro-bind', '/proc/cpuinfo', '/proc/cpuinfo']",
    to: "...['--proc', '/proc']",
    project: 'isolation',
    test: 'tests/isolation/surroundings.test.ts',
    only: 'sees the runtime',
  },
  {
    defence: 'targets of the host are not mounted',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "...['--ro-bind', '/proc/cpuinfo', '/proc/cpuinfo']",
    to: "...['--ro-bind', '/proc/cpuinfo', '/proc/cpuinfo', '--ro-bind', '/tmp', '/srv']",
    project: 'isolation',
    test: 'tests/isolation/hidden-targets.test.ts',
    only: 'partial.*onnx',
  },
  {
    defence: 'a sized /tmp',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: "['--size', String(TMP_BYTES), '--tmpfs', '/tmp']",
    to: "['--tmpfs', '/tmp']",
    project: 'isolation',
    test: 'tests/isolation/limits.test.ts',
    only: 'bound what can be written',
  },
  {
    defence: 'descriptors of the host are covered',
    file: 'sandbox/isolation/spawn.ts',
    from: 'if (stray.length === 0) return',
    to: 'if (stray.length >= 0) return',
    project: 'isolation',
    test: 'tests/isolation/surroundings.test.ts',
    only: 'inherits no descriptor',
  },
  {
    defence: 'an empty environment',
    file: 'sandbox/isolation/process-level.ts',
    from: 'env: { ...CHILD_ENVIRONMENT, ',
    to: 'env: { ...process.env, ...CHILD_ENVIRONMENT, ',
    project: 'main',
    test: 'tests/sandbox/run.test.ts',
    only: 'starts with no environment',
  },
  {
    defence: 'the wall deadline',
    file: 'sandbox/host.ts',
    from: 'setTimeout(() => this.#stop(this.#timeFailure()), wall_ms)',
    to: 'setTimeout(() => undefined, wall_ms)',
    project: 'main',
    test: 'tests/sandbox/endless-loop.test.ts',
    only: 'process.*sleep',
  },
  {
    defence: 'the watchdog on memory',
    file: 'sandbox/isolation/memory-watch.ts',
    from: 'if (sum > limit && !exceeded)',
    to: 'if (sum > limit && exceeded)',
    project: 'isolation',
    test: 'tests/isolation/limits.test.ts',
    only: 'partial.*for its memory: buffer-bomb',
  },
  {
    defence: 'the whole tree is killed',
    file: 'sandbox/isolation/spawn.ts',
    from: 'await killAll(() => [...new Set([...(account?.pids() ?? []), ...stillAlive(tree)])]);',
    to: '',
    project: 'main',
    test: 'tests/sandbox/left-behind.test.ts',
    only: 'process',
  },
  {
    defence: 'a nonce in every frame',
    file: 'sandbox/frames.ts',
    from: "  if (prefix.compare(nonce, 0, NONCE_BYTES, 0, NONCE_BYTES) !== 0) throw new FrameError('nonce');\n",
    to: '',
    project: 'main',
    test: 'tests/sandbox/protocol-abuse.test.ts',
    only: 'wrong-nonce',
  },
  {
    defence: 'a cap on answers',
    file: 'sandbox/host.ts',
    from: 'this.#caps.body = this.#outputBytes();',
    to: 'this.#caps.body = MAX_BODY_BYTES;',
    project: 'main',
    test: 'tests/sandbox/protocol-abuse.test.ts',
    only: 'above the cap',
  },
  {
    defence: 'a child names only the entrant’s failures',
    file: 'sandbox/host.ts',
    from: "|| FAILURE_CODES[FAILURE_REASONS[reason]] !== 'submission'",
    to: '',
    project: 'main',
    test: 'tests/sandbox/protocol-abuse.test.ts',
    only: 'cannot blame the platform',
  },
  {
    defence: 'no code without walls',
    file: 'sandbox/host.ts',
    from: "const CODE_LANES: readonly string[] = ['javascript', 'python'];",
    to: 'const CODE_LANES: readonly string[] = [];',
    project: 'main',
    test: 'tests/sandbox/javascript-lane.test.ts',
  },
  {
    defence: 'rows are shuffled',
    file: 'tasks/image-classification.ts',
    from: 'const position = positions[next] ?? 0;',
    to: 'const position = positions.length > 0 ? next : 0;',
    project: 'isolation',
    test: 'tests/isolation/cheats.test.ts',
    only: 'position',
  },
  {
    defence: 'scores are finite',
    file: 'tasks/image-classification.ts',
    from: 'if (!Number.isFinite(scores[index])) throw',
    to: 'if (Number.isNaN(0)) throw',
    project: 'main',
    test: 'tests/stories/refused-submissions.test.ts',
    only: 'NaN',
  },
  {
    defence: 'no folders above in an archive',
    file: 'sandbox/artifacts/archive.ts',
    from: "part !== '' && part !== '.' && part !== '..'",
    to: "part !== ''",
    project: 'main',
    test: 'tests/sandbox/runners/archive.test.ts',
    only: 'name of an entry',
  },
  {
    defence: 'regular files only in an archive',
    file: 'sandbox/artifacts/archive.ts',
    from: '  checkKind(name, entry);\n',
    to: '',
    project: 'main',
    test: 'tests/sandbox/runners/archive.test.ts',
    only: 'kind of an entry',
  },
  {
    defence: 'entries of an archive do not overlap',
    file: 'sandbox/artifacts/archive.ts',
    from: '  checkOverlaps(file, bodies);\n',
    to: '',
    project: 'main',
    test: 'tests/sandbox/runners/archive.test.ts',
    only: 'share a body|inside another',
  },
  {
    defence: 'a ratio for archives',
    file: 'sandbox/artifacts/archive.ts',
    from: ' || (inflated > RATIO_FLOOR && inflated > packed * MAX_RATIO)',
    to: '',
    project: 'main',
    test: 'tests/sandbox/runners/archive.test.ts',
    only: 'for its ratio',
  },
  {
    defence: 'external data of ONNX by flat names of the upload',
    file: 'sandbox/artifacts/onnx-check.ts',
    from: '    if (!isFlatName(file)) throw locationFailure(location);\n',
    to: '',
    project: 'main',
    test: 'tests/sandbox/hostile-weights.test.ts',
    only: 'memory-address|host-file',
  },
  {
    defence: 'a list of ONNX operators',
    file: 'sandbox/artifacts/onnx-check.ts',
    from: 'if (ONNX_OPERATORS.get(domain)?.has(operator) !== true) {',
    to: 'if (ONNX_OPERATORS.size === 0) {',
    project: 'main',
    test: 'tests/sandbox/hostile-weights.test.ts',
    only: 'random-scores|engine-context',
  },
  {
    defence: 'a limit on nested ONNX graphs',
    file: 'sandbox/artifacts/onnx-check.ts',
    from: 'if (scope.depth > this.#limits.depth) throw',
    to: 'if (scope.depth > 1e9) throw',
    project: 'main',
    test: 'tests/sandbox/runners/onnx-hostile.test.ts',
    only: 'nested too deep',
  },
  {
    defence: 'a list of TensorFlow.js layers',
    file: 'sandbox/artifacts/tfjs-check.ts',
    from: "if (typeof name !== 'string' || !TFJS_CLASSES.has(name)) {",
    to: "if (typeof name !== 'string') {",
    project: 'main',
    test: 'tests/sandbox/hostile-weights.test.ts',
    only: 'lambda-layer',
  },
  {
    defence: 'weight files of TensorFlow.js by flat names of the upload',
    file: 'sandbox/artifacts/tfjs-check.ts',
    from: 'name === null || !isFlatName(name) || seen.has(name)',
    to: 'name === null || seen.has(name)',
    project: 'main',
    test: 'tests/sandbox/hostile-weights.test.ts',
    only: 'weights-from-a-file-url',
  },
  {
    defence: 'clocks of JavaScript stand still',
    file: 'sandbox/runners/javascript/guest.ts',
    from: "  defineProperty(globalThis, 'Date', hidden(FrozenDate));\n",
    to: '',
    project: 'main',
    test: 'tests/sandbox/hostile-javascript.test.ts',
    only: 'process.*: clock$',
  },
  {
    defence: 'seeded random numbers in JavaScript',
    file: 'sandbox/runners/javascript/guest.ts',
    from: "  defineProperty(Math, 'random', hidden(random));\n",
    to: '  void random;\n',
    project: 'main',
    test: 'tests/sandbox/hostile-javascript.test.ts',
    only: 'process.*: random-scores$',
  },
  {
    defence: 'no WebAssembly in JavaScript',
    file: 'sandbox/runners/javascript/guest.ts',
    from: "    'WebAssembly',\n",
    to: '',
    project: 'main',
    test: 'tests/sandbox/hostile-javascript.test.ts',
    only: 'process.*: wasm-loop$',
  },
  {
    defence: 'results are shown to their team and to those who audit',
    file: 'server/services/submissions.ts',
    from: '!(isExample || is_member || isAuditor)',
    to: 'false',
    project: 'main',
    test: 'tests/stories/private-split.test.ts',
    only: 'as if it did not exist',
  },
  {
    defence: 'a child beside the processor cannot be distrusted',
    file: 'sandbox/host.ts',
    from: "      if (this.#provider === 'cpu') throw new FrameError('header-json');\n",
    to: '',
    project: 'main',
    test: 'tests/sandbox/protocol-abuse.test.ts',
    only: 'invented-distrust',
  },
  {
    defence: 'large pages of the operator are not for runs',
    file: 'sandbox/isolation/seccomp.ts',
    from: '  op(JSET_K, MAP_HUGETLB, 2, 0);\n',
    to: '  op(JSET_K, 0, 2, 0);\n',
    project: 'isolation',
    test: 'tests/isolation/system-calls.test.ts',
    only: 'are refused with their error',
  },
  {
    defence: 'page tables count as memory',
    file: 'sandbox/isolation/process-tree.ts',
    from: " + (bytes('VmPTE') ?? 0)",
    to: '',
    project: 'isolation',
    test: 'tests/isolation/hostile-python.test.ts',
    only: 'partial.*: page-tables$',
  },
  {
    defence: 'no shared pages where no cgroup counts them',
    file: 'sandbox/isolation/bubblewrap.ts',
    from: 'counted: cgroups !== null,',
    to: 'counted: true,',
    project: 'isolation',
    test: 'tests/isolation/hostile-python.test.ts',
    only: 'partial.*: shared-pages$',
  },
  {
    defence: 'runs do not watch the files that they share',
    file: 'sandbox/isolation/seccomp.ts',
    from: '  inotify_init1: call(294, 26),\n',
    to: '',
    project: 'isolation',
    test: 'tests/isolation/hostile-python.test.ts',
    only: ': watch-others$',
  },
  {
    defence: 'one grammar for numbers',
    file: 'sandbox/artifacts/predictions-csv.ts',
    from: 'DECIMAL.test(cell) ? Number(cell) : NaN',
    to: 'Number(cell)',
    project: 'main',
    test: 'tests/unit/sandbox/predictions-csv.test.ts',
  },
  {
    defence: 'finite predictions only',
    file: 'sandbox/artifacts/predictions-csv.ts',
    from: '      if (!Number.isFinite(value)) {',
    to: '      if (Number.isNaN(value)) {',
    project: 'main',
    test: 'tests/unit/sandbox/predictions-csv.test.ts',
  },
  {
    defence: 'predictions are UTF-8',
    file: 'sandbox/artifacts/predictions-csv.ts',
    from: "new TextDecoder('utf-8', { fatal: true })",
    to: 'new TextDecoder()',
    project: 'main',
    test: 'tests/unit/sandbox/predictions-csv.test.ts',
  },
  {
    defence: 'a cap on the cells of a table',
    file: 'sandbox/artifacts/predictions-csv.ts',
    from: "    if ((ids.length + 1) * columns.length > CSV_LIMITS.cells) throw tooLarge('cells');\n",
    to: '',
    project: 'main',
    test: 'tests/unit/sandbox/predictions-csv.test.ts',
  },
  {
    defence: 'an id once',
    file: 'tasks/predictions.ts',
    from: "    if (seen.has(id)) throw new EvaluationFailure('csv-id-duplicate', { row, id });\n",
    to: '',
    project: 'main',
    test: 'tests/unit/tasks/predictions.test.ts',
  },
  {
    defence: 'every id',
    file: 'tasks/predictions.ts',
    from: '  if (seen.size < expected.size) {',
    to: '  if (seen.size === 0) {',
    project: 'main',
    test: 'tests/unit/tasks/predictions.test.ts',
  },
  {
    defence: 'no more rows are unpacked than the task has',
    file: 'sandbox/host.ts',
    from: '(this.#request.rows ?? Infinity) + 1',
    to: 'Infinity',
    project: 'main',
    test: 'tests/sandbox/run.test.ts',
    only: 'reads tables',
  },
  {
    defence: 'what a failure quotes is cleaned',
    file: 'sandbox/failure.ts',
    from: "typeof value === 'string' ? sanitizeText(value) : value,",
    to: 'value,',
    project: 'main',
    test: 'tests/unit/sandbox/predictions-csv.test.ts',
  },
  {
    defence: 'a token in every form',
    file: 'server/middleware/csrf.ts',
    from: 'if (!SAFE_METHODS.has(req.method)) verifyFormToken(req, res);',
    to: 'void verifyFormToken;',
    project: 'main',
    test: 'tests/routes/csrf.test.ts',
  },
  {
    defence: 'forms come from this site',
    file: 'server/middleware/csrf.ts',
    from: '!SAFE_METHODS.has(req.method) && foreign',
    to: '!SAFE_METHODS.has(req.method) && foreign && req.body === null',
    project: 'main',
    test: 'tests/routes/csrf.test.ts',
  },
  {
    defence: 'no formulas in tables',
    file: 'server/lib/csv.ts',
    from: "FORMULA.test(value) ? `'${value}` : value",
    to: 'FORMULA.test(value) ? value : value',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'starts no formula',
  },
  {
    defence: 'ways back stay on this site',
    file: 'server/lib/local-url.ts',
    from: "pathname.replace(/^\\/+/u, '')",
    to: 'pathname.slice(1)',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'to come back to',
  },
  {
    defence: 'a limit on guesses at an account',
    file: 'server/routes/accounts.ts',
    from: "router.post('/login', slowGuessing, slowGuessingAtOne, async",
    to: "router.post('/login', slowGuessing, async",
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'from many addresses',
  },
  {
    defence: 'no address keeps others out',
    file: 'server/routes/accounts.ts',
    from: 'limit: ADDRESSES_PER_ACCOUNT * LOGINS_PER_HOUR',
    to: 'limit: LOGINS_PER_HOUR',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'keeps nobody out',
  },
  {
    defence: 'a logout ends the session in the database',
    file: 'server/routes/accounts.ts',
    from: '    if (sessionToken !== null) await logOut(deps, sessionToken);\n',
    to: '    void [sessionToken, logOut];\n',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'dead after logout',
  },
  {
    defence: 'a new password ends the sessions of before',
    file: 'server/services/accounts.ts',
    from: '  await deleteUserSessions(trx, user_id);\n',
    to: '',
    project: 'main',
    test: 'tests/stories/passwords.test.ts',
  },
  {
    defence: 'a link for a new password lapses',
    file: 'server/services/accounts.ts',
    from: 'timestamp(deps.clock, RESET_LINK_HOURS * 60 * 60 * 1000)',
    to: 'timestamp(deps.clock, RESET_LINK_HOURS * 60 * 60 * 60 * 1000)',
    project: 'main',
    test: 'tests/stories/passwords.test.ts',
    only: 'lapses after a day',
  },
  {
    defence: 'no form is inflated',
    file: 'server/app.ts',
    from: 'parameterLimit: 50, inflate: false',
    to: 'parameterLimit: 50, inflate: true',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'packed',
  },
  {
    defence: 'uploads at a time',
    file: 'server/middleware/rate-limit.ts',
    from: '    if (count >= most) {',
    to: '    if (count < 0) {',
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'as many as one person may need',
  },
  {
    defence: 'a session cookie that scripts do not see',
    file: 'server/middleware/context.ts',
    from: "{ httpOnly: true, sameSite: 'lax'",
    to: "{ httpOnly: false, sameSite: 'lax'",
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'is in a cookie',
  },
  {
    defence: 'no scripts in pages',
    file: 'server/app.ts',
    from: "'default-src': [\"'none'\"],",
    to: "'default-src': [\"'self'\"],",
    project: 'main',
    test: 'tests/access/payloads.test.ts',
    only: 'is never markup',
  },
  {
    defence: 'how far a run is, where inputs are open',
    file: 'server/services/live.ts',
    from: 'audits || hasOpenProgress(phase, spec)',
    to: 'audits || hasOpenProgress(phase, spec) || true',
    project: 'main',
    test: 'tests/routes/events.test.ts',
    only: 'is told where inputs are open',
  },
  {
    defence: 'times in whole seconds where detail is coarse',
    file: 'server/services/results.ts',
    from: 'fullDetail ? at : wholeSecond(at)',
    to: 'fullDetail || wholeSecond(at) ? at : at',
    project: 'main',
    test: 'tests/access/hidden-splits.test.ts',
    only: 'rounded score',
  },
  {
    defence: 'few comparisons wait',
    file: 'server/services/comparer.ts',
    from: 'waiting.size >= MOST_COMPARISONS_WAITING',
    to: 'waiting.size < 0 * MOST_COMPARISONS_WAITING',
    project: 'main',
    test: 'tests/unit/server/comparer.test.ts',
    only: 'too many wait',
  },
];

const { values } = parseArgs({
  options: { only: { type: 'string' }, markdown: { type: 'boolean', default: false } },
});
const ROOT = path.resolve(import.meta.dirname, '..');
const copy = mkdtempSync(path.join(tmpdir(), 'certamen-mutations-'));
const PATIENCE_MS = 180_000;

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/** Tests passed and failed; both 0 when the file did not load. */
async function run(mutation: Mutation): Promise<Report> {
  const report = path.join(copy, 'report.json');
  rmSync(report, { force: true });
  const only = mutation.only === undefined ? [] : ['-t', mutation.only];
  const child = spawn(
    process.execPath,
    [
      ...['node_modules/vitest/vitest.mjs', 'run', '--project', mutation.project, mutation.test],
      ...[...only, '--testTimeout=30000', '--reporter=json', `--outputFile=${report}`],
    ],
    { cwd: copy, stdio: 'ignore', env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await once(child, 'exit');
  clearTimeout(timer);
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as Report;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}

let bad = 0;
const rows: string[] = [];
try {
  // The child of a run is another user and has to read what it runs.
  chmodSync(copy, 0o755);
  const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', copy], { input: archive });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));

  for (const mutation of MUTATIONS) {
    const { defence, file, from, to, test } = mutation;
    if (values.only !== undefined && !`${defence} ${file}`.includes(values.only)) continue;
    const target = path.join(copy, file);
    const source = readFileSync(target, 'utf8');
    if (source.split(from).length !== 2) {
      process.stdout.write(`${file} has not exactly one: ${from}\n`);
      rows.push('');
      bad += 1;
      continue;
    }
    const whole = await run(mutation);
    writeFileSync(
      target,
      source.replace(from, () => to),
    );
    const removed = await run(mutation);
    writeFileSync(target, source);
    const holds = whole.numPassedTests > 0 && whole.numFailedTests === 0;
    const noticed = removed.numFailedTests > 0;
    if (!holds || !noticed) bad += 1;
    const verdict = !holds
      ? `NOT TESTED: ${whole.numPassedTests} passed, ${whole.numFailedTests} failed before`
      : noticed
        ? `noticed: ${removed.numFailedTests} failed`
        : 'NOT NOTICED';
    process.stdout.write(`${verdict.padEnd(22)} ${defence}\n`);
    rows.push(
      `| ${defence} | \`${file}\` | \`${test}\`${mutation.only === undefined ? '' : `, ${mutation.only.replaceAll('|', '\\|')}`} | ${removed.numFailedTests} |`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
if (values.markdown) process.stdout.write(`\n${rows.join('\n')}\n`);
process.stdout.write(`${rows.length - bad} of ${rows.length} removals were noticed\n`);
process.exitCode = bad === 0 && rows.length > 0 ? 0 : 1;
