/**
 * Breaks a real site again and again, each time at another point of a submission's way, and looks from outside
 * whether anything is stuck, lost, counted wrongly, done twice or left behind.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startTime } from '../../sandbox/isolation/process-tree.ts';
import { loadConfig } from '../../server/config.ts';
import { migrate } from '../../server/db/migrations/index.ts';
import { closeDeps, createDeps, type Deps } from '../../server/deps.ts';
import { createApiToken } from '../../server/services/api-tokens.ts';
import { collectOrphans } from '../../server/services/storage.ts';
import { makeLoopModel } from '../factories/loop-model.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { OutsideView, holdLock, type EvaluationRow } from './database.ts';
import { Site } from './site.ts';

/** Where on its way a submission is when the fault comes, first to last. */
export const POINTS = [
  'upload-started',
  'file-stored',
  'submission-stored',
  'queued',
  'claimed',
  'running',
  'child-started',
  'predicting',
  'scoring',
  'stored',
] as const;
type Point = (typeof POINTS)[number];

export interface Fault {
  readonly kind:
    | 'kill -9 of the worker'
    | 'kill -9 of the server'
    | 'kill -9 of both'
    | 'disk full while uploading'
    | 'disk full while evaluating'
    | 'database locked'
    | 'clock set forward'
    | 'clock set back'
    | 'cancelled';
  readonly point: Point;
  /** How long it lasts, or how far the clock jumps. */
  readonly ms: number;
}

export interface FaultReport {
  readonly seed: number;
  readonly runs: readonly {
    readonly fault: Fault;
    /** What the evaluations of the run were doing when it came. */
    readonly hit: string;
    /** From the end of the fault to the end of the last evaluation. */
    readonly recovery_ms: number;
  }[];
  /** What does not hold, with the number of its run; empty: everything holds. */
  readonly violations: readonly string[];
  readonly submissions: number;
  readonly attempts: number;
  /** Files of dead uploads that had to be collected. */
  readonly orphans: number;
  /** From the answer to a cancellation to the end of the run's last process. */
  readonly cancel_ms: readonly number[];
  readonly disk: boolean;
}

const DAILY_LIMIT = 2;
const UPLOADS_AT_ONCE = 3;
/** The API takes sixty from an address, and a run makes eight or so. */
const UPLOADS_A_MINUTE = 48;
const STUCK_MS = 120_000;
const POINT_MS = 60_000;
const HOUR_MS = 3_600_000;
const DISK_MB = 192;
/** Rounds of the model: long enough to be caught at, short enough to be repeated. */
const TURNS = 2_500;
const ENV = {
  LOG_LEVEL: 'warn',
  NODE_ENV: 'test',
  CERTAMEN_MODE: 'production',
  ACCEPT_WEAK_ISOLATION: 'true',
  ORT_DISABLE_TELEMETRY: '1',
  QUEUE_POLL_MS: '50',
  JOB_LEASE_MS: '3000',
  JOB_BACKOFF_MS: '100',
  SHUTDOWN_GRACE_MS: '3000',
  REQUESTS_PER_MINUTE: '1000000',
};

/** Seeded numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every fault once in each hand of cards, in an order of the seed's. */
export function deal(runs: number, random: () => number, disk: boolean): Fault[] {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random() * items.length)] as Item;
  const cards: Fault[] = [];
  while (cards.length < runs) {
    const inQueue = POINTS.slice(POINTS.indexOf('queued'));
    const hand: Fault[] = [
      ...POINTS.map((point): Fault => ({ kind: 'kill -9 of the worker', point, ms: 0 })),
      ...POINTS.map((point): Fault => ({ kind: 'kill -9 of the server', point, ms: 0 })),
      { kind: 'kill -9 of both', point: pick(POINTS), ms: 0 },
      { kind: 'kill -9 of both', point: pick(inQueue), ms: 0 },
      // Longer than a process waits for the lock, now and then.
      { kind: 'database locked', point: pick(POINTS), ms: pick([300, 1000, 3000, 11_000]) },
      { kind: 'clock set forward', point: pick(inQueue), ms: pick([40_000, 2 * HOUR_MS]) },
      { kind: 'clock set back', point: pick(inQueue), ms: -pick([40_000, 2 * HOUR_MS]) },
      { kind: 'cancelled', point: 'queued', ms: 0 },
      { kind: 'cancelled', point: pick(['child-started', 'predicting'] as const), ms: 0 },
      ...(disk
        ? ([
            { kind: 'disk full while uploading', point: 'upload-started', ms: 0 },
            {
              kind: 'disk full while evaluating',
              point: pick(['queued', 'claimed', 'running', 'predicting', 'scoring'] as const),
              ms: pick([300, 1000, 3000]),
            },
          ] satisfies Fault[])
        : []),
    ];
    for (let last = hand.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [hand[last], hand[other]] = [hand[other] as Fault, hand[last] as Fault];
    }
    cards.push(...hand);
  }
  return cards.slice(0, runs);
}

interface Entrant {
  readonly id: string;
  readonly token: string;
}

type Answer =
  | { readonly kind: 'accepted'; readonly id: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** No answer came. */
  | { readonly kind: 'cut' };

interface SuiteOptions {
  readonly runs: number;
  readonly seed: number;
  readonly disk: boolean;
  readonly onRun?: (line: string) => void;
}

/**
 * @param options.disk puts the data folder on a small disk of its own, which has to be mounted.
 * @param options.onRun hears one line for each run.
 */
export async function runFaults(options: SuiteOptions): Promise<FaultReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'certamen-faults-'));
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (options.disk) mountDisk(data);
  try {
    const deps = await createDeps(loadConfig({ ...ENV, DATA_DIR: data, LOG_LEVEL: 'silent' }));
    try {
      await migrate(deps.db);
      const suite = new Suite(deps, new Site({ data, folder, env: ENV }), options);
      return await suite.run();
    } finally {
      await closeDeps(deps);
    }
  } finally {
    if (options.disk) execFileSync('umount', ['-l', data]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** @throws where this process may not mount. */
export function mountDisk(folder: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=700`, 'tmpfs', folder], {
    stdio: 'pipe',
  });
}

class Suite {
  readonly #deps: Deps;
  readonly #site: Site;
  readonly #options: SuiteOptions;
  readonly #view: OutsideView;
  readonly #data: string;
  readonly #model = makeLoopModel(TURNS);
  readonly #violations: string[] = [];
  readonly #runs: FaultReport['runs'][number][] = [];
  readonly #cancel_ms: number[] = [];
  readonly #uploads: number[] = [];
  #slug = '';
  #orphans = 0;
  /** Scores of the model, of which every evaluation has to find the same. */
  #scores: string | null = null;
  #number = 0;

  constructor(deps: Deps, site: Site, options: SuiteOptions) {
    this.#deps = deps;
    this.#site = site;
    this.#options = options;
    this.#data = deps.config.DATA_DIR;
    this.#view = new OutsideView(path.join(this.#data, 'certamen.db'));
  }

  async run(): Promise<FaultReport> {
    const { runs, seed, disk, onRun } = this.#options;
    const { slug } = await makeCompetition(this.#deps, {
      phase: { daily_limit: DAILY_LIMIT, starts_at: '2000-01-01T00:00:00.000Z' },
    });
    this.#slug = slug;
    await this.#site.start();
    try {
      for (const fault of deal(runs, seeded(seed), disk)) {
        this.#number += 1;
        const before = this.#violations.length;
        await this.#one(fault).catch((error: unknown) => {
          this.#note(error instanceof Error ? error.message : String(error));
        });
        const { hit, recovery_ms } = this.#runs.at(-1) ?? { hit: '', recovery_ms: 0 };
        const held = this.#violations.length === before ? 'held' : 'NOT held';
        onRun?.(
          `${this.#number}: ${fault.kind} at ${fault.point} (${hit}), recovered in ${recovery_ms} ms: ${held}`,
        );
        if (this.#violations.length > before) {
          for (const line of this.#violations.slice(before)) onRun?.(`  ${line}`);
          onRun?.(this.#site.log);
        }
      }
    } finally {
      await this.#end();
    }
    const count = (sql: string) => this.#view.all<{ n: number }>(sql)[0]?.n ?? 0;
    const report = {
      seed,
      runs: this.#runs,
      violations: this.#violations,
      submissions: count('select count(*) n from submissions'),
      attempts: count('select sum(attempt) n from evaluations'),
      orphans: this.#orphans,
      cancel_ms: this.#cancel_ms,
      disk,
    };
    this.#view.close();
    return report;
  }

  #note(what: string): void {
    this.#violations.push(`run ${this.#number}: ${what}`);
  }

  async #one(fault: Fault): Promise<void> {
    await this.#ready();
    const entrant = await this.#enter();
    if (fault.kind === 'disk full while uploading') this.#fillDisk();
    const gate = Promise.withResolvers<undefined>();
    const uploads = Array.from({ length: UPLOADS_AT_ONCE }, (_, n) =>
      this.#upload(entrant, n === 0 && fault.point === 'upload-started' ? gate.promise : null),
    );
    const hit = await this.#reach(fault, entrant);
    await this.#strike(fault, entrant, () => gate.resolve(undefined));
    const answers = await Promise.all(uploads);
    if (fault.kind === 'disk full while uploading') {
      this.#checkRefusals(answers);
      rmSync(path.join(this.#data, 'filler'));
    }
    const struck = performance.now();
    if (this.#site.url === '') await this.#site.start();
    // A day that changes with the clock has a quota of its own.
    const moved = fault.kind.startsWith('clock');
    if (!moved) answers.push(...(await this.#useUpQuota(entrant)));
    const evaluations = await this.#settled(entrant);
    const recovery_ms = Math.round(performance.now() - struck);
    this.#runs.push({ fault, hit, recovery_ms });
    if (moved) this.#site.setClock(0);
    this.#check(entrant, answers, evaluations);
    await this.#checkFiles();
    await this.#checkProcesses();
  }

  /** The server answers, its worker has announced itself, and the limit on requests lets a run through. */
  async #ready(): Promise<void> {
    await this.#until('room for uploads', () => {
      const since = performance.now() - 60_000;
      return Promise.resolve(this.#uploads.filter((at) => at > since).length <= UPLOADS_A_MINUTE);
    });
    await this.#until('a server and a worker', async () => {
      const answer = await fetch(`${this.#site.url}/healthz`).catch(() => null);
      const pid = this.#site.workerPid();
      if (answer?.ok !== true || pid === null) return false;
      const sql = 'select 1 from workers where pid = ? and stopped_at is null';
      return this.#view.all(sql, pid).length > 0;
    });
  }

  async #enter(): Promise<Entrant> {
    const user = await makeUser(this.#deps, { email: `${randomUUID()}@certamen.example` });
    const { token } = await createApiToken(this.#deps, { user, name: 'faults' });
    return { id: user.id, token };
  }

  /** @param gate half of the file is sent before it opens. */
  async #upload({ token }: Entrant, gate: Promise<undefined> | null): Promise<Answer> {
    this.#uploads.push(performance.now());
    const boundary = 'certamen-faults';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="model.onnx"\r\n\r\n`;
    const half = this.#model.length >> 1;
    const model = this.#model;
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.concat([Buffer.from(head), model.subarray(0, half)]));
        await gate;
        controller.enqueue(model.subarray(half));
        controller.enqueue(Buffer.from(`\r\n--${boundary}--\r\n`));
        controller.close();
      },
    });
    try {
      const address = `${this.#site.url}/api/v1/competitions/${this.#slug}/submissions`;
      const answer = await fetch(address, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': `multipart/form-data; boundary=${boundary}`,
        },
        body,
        duplex: 'half',
      });
      const told = (await answer.json()) as { id?: string; error?: { code: string } };
      return told.id !== undefined && answer.status === 202
        ? { kind: 'accepted', id: told.id }
        : { kind: 'refused', status: answer.status, code: told.error?.code ?? '' };
    } catch {
      return { kind: 'cut' };
    }
  }

  /** Waits until a submission of the entrant is at the point. @returns what is seen then. */
  async #reach({ kind, point }: Fault, { id }: Entrant): Promise<string> {
    if (kind === 'disk full while uploading') return 'before the upload';
    let sawUpload = false;
    let sawRun = false;
    const incoming = path.join(this.#data, 'storage/incoming');
    const isThere: Record<Point, () => boolean> = {
      'upload-started': () => readdirSync(incoming).length > 0,
      'file-stored': () => {
        const arriving = readdirSync(incoming).length;
        const stored = sawUpload && arriving === 0;
        sawUpload ||= arriving > 0;
        // Faster than we look.
        return stored || this.#view.evaluations(id).length > 0;
      },
      'submission-stored': () => this.#view.evaluations(id).length > 0,
      queued: () => this.#view.evaluations(id).length === DAILY_LIMIT,
      claimed: () => {
        const sql = `select 1 from jobs where state <> 'queued' and id in (select v.id from evaluations v join submissions s on s.id = v.submission_id where s.user_id = ?)`;
        return this.#view.all(sql, id).length > 0;
      },
      running: () => this.#view.evaluations(id).some(({ status }) => status !== 'queued'),
      'child-started': () => this.#isPast(id) || this.#site.runPids().length > 0,
      predicting: () => this.#isPast(id),
      scoring: () => {
        const runs = this.#site.runPids().length > 0;
        sawRun ||= runs && this.#isPast(id);
        return (sawRun && !runs) || this.#hasEnded(id);
      },
      stored: () => this.#hasEnded(id),
    };
    await this.#until(`the point ${point}`, () => Promise.resolve(isThere[point]()), {
      every_ms: 1,
      longest_ms: POINT_MS,
    });
    const seen = this.#view.evaluations(id).map(({ status }) => status);
    return seen.length === 0 ? 'nothing stored' : seen.join(', ');
  }

  #isPast(id: string): boolean {
    return (
      this.#hasEnded(id) ||
      this.#view.evaluations(id).some(({ progress_done }) => progress_done > 0)
    );
  }

  #hasEnded(id: string): boolean {
    return this.#view.evaluations(id).some(({ status }) => !isOpen(status));
  }

  async #strike(fault: Fault, entrant: Entrant, openGate: () => void): Promise<void> {
    switch (fault.kind) {
      case 'kill -9 of the worker':
        if (!this.#site.killWorker()) this.#note('there was no worker to kill');
        break;
      case 'kill -9 of the server':
        await this.#site.killServer();
        break;
      case 'kill -9 of both':
        this.#site.killWorker();
        await this.#site.killServer();
        break;
      case 'database locked': {
        const lock = holdLock(path.join(this.#data, 'certamen.db'), fault.ms);
        openGate();
        await lock;
        break;
      }
      case 'disk full while evaluating':
        this.#fillDisk();
        await sleep(fault.ms);
        rmSync(path.join(this.#data, 'filler'));
        break;
      case 'clock set forward':
      case 'clock set back':
        this.#site.setClock(fault.ms);
        break;
      case 'cancelled':
        await this.#cancel(fault.point, entrant);
        break;
      case 'disk full while uploading':
        break;
    }
    openGate();
  }

  async #cancel(point: Point, { id, token }: Entrant): Promise<void> {
    const wanted = point === 'queued' ? 'queued' : 'running';
    const target = this.#view.evaluations(id).find(({ status }) => status === wanted);
    if (target === undefined) return;
    const pids = this.#site.runPids();
    const run = wanted === 'running' ? pids.map((pid) => [pid, startTime(pid)] as const) : [];
    const address = `${this.#site.url}/api/v1/submissions/${target.submission_id}/cancel`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(address, { method: 'POST', headers });
    const answered = performance.now();
    if (answer.status === 409) return;
    if (!answer.ok) {
      this.#note(`a cancellation was answered ${answer.status}`);
      return;
    }
    await this.#until('the end of a cancelled run', () =>
      Promise.resolve(
        run.every(([pid, started]) => started === null || startTime(pid) !== started),
      ),
    );
    if (run.length > 0) this.#cancel_ms.push(Math.round(performance.now() - answered));
  }

  /** What a full disk answers. */
  #checkRefusals(answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (answer.kind !== 'refused' || answer.status !== 507 || answer.code !== 'STORAGE_FULL') {
        this.#note(`a full disk answered ${JSON.stringify(answer)}`);
      }
    }
  }

  /** Submits until the quota refuses. */
  async #useUpQuota(entrant: Entrant): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let tries = 0; tries < 20; tries++) {
      const answer = await this.#upload(entrant, null);
      answers.push(answer);
      if (answer.kind === 'accepted') continue;
      if (answer.kind === 'refused' && answer.code === 'SUBMISSION_LIMIT_REACHED') return answers;
      // Of the machine's limit on requests, or a database that is still busy.
      await sleep(500);
    }
    this.#note(`the quota never refused: ${JSON.stringify(answers.at(-1))}`);
    return answers;
  }

  async #settled({ id }: Entrant): Promise<EvaluationRow[]> {
    await this.#until(
      'the end of every evaluation',
      () => Promise.resolve(this.#view.evaluations(id).every(({ status }) => !isOpen(status))),
      { longest_ms: STUCK_MS },
    );
    return this.#view.evaluations(id);
  }

  #check({ id }: Entrant, answers: readonly Answer[], evaluations: readonly EvaluationRow[]): void {
    const ids = new Set(evaluations.map(({ submission_id }) => submission_id));
    for (const answer of answers) {
      if (answer.kind === 'accepted' && !ids.has(answer.id)) this.#note(`${answer.id} was lost`);
    }
    if (ids.size !== evaluations.length) this.#note('a submission has two evaluations');
    const counted = evaluations.reduce((sum, { counts_quota }) => sum + counts_quota, 0);
    if (counted !== DAILY_LIMIT) this.#note(`the quota of ${DAILY_LIMIT} counts ${counted}`);
    for (const evaluation of evaluations) this.#checkEvaluation(evaluation);
    const boards = this.#view.all<{ split: string; n: number }>(
      `select l.split, count(*) n from leaderboard_entries l join evaluations v on v.id = l.evaluation_id
       join submissions s on s.id = v.submission_id where s.user_id = ? and v.status = 'succeeded' group by l.split`,
      id,
    );
    const scored = evaluations.some(({ status }) => status === 'succeeded');
    if (boards.length !== (scored ? 2 : 0) || boards.some(({ n }) => n !== 1)) {
      this.#note(`the boards hold ${JSON.stringify(boards)}`);
    }
  }

  #checkEvaluation({ id, status, counts_quota, failure_json }: EvaluationRow): void {
    const trail = this.#view
      .all<{ event: string }>(
        'select event from evaluation_events where evaluation_id = ? order by id',
        id,
      )
      .map(({ event }) => event)
      .join(' ');
    const count = (sql: string) => this.#view.all<{ n: number }>(sql, id)[0]?.n;
    if (status !== 'succeeded' && status !== 'cancelled') {
      this.#note(`${id} ended as ${status}: ${failure_json ?? ''} after ${trail}`);
      return;
    }
    if (!new RegExp(`^received queued( running| retried)* ${status}$`, 'u').test(trail)) {
      this.#note(`${id} has the trail ${trail}`);
    }
    const [job] = this.#view.all<{ state: string }>('select state from jobs where id = ?', id);
    const state = status === 'succeeded' ? 'done' : 'cancelled';
    if (job?.state !== state) this.#note(`${id} is ${status} and its job ${job?.state ?? 'gone'}`);
    const receipts = count('select count(*) n from receipts where evaluation_id = ?');
    if (receipts !== (status === 'succeeded' ? 1 : 0)) this.#note(`${id} has ${receipts} receipts`);
    const scores = JSON.stringify(
      this.#view.all(
        'select split, metric, value, low, high from scores where evaluation_id = ? order by 1, 2',
        id,
      ),
    );
    if (status === 'succeeded') {
      this.#scores ??= scores;
      if (scores !== this.#scores || scores === '[]') this.#note(`${id} has the scores ${scores}`);
      if (counts_quota !== 1) this.#note(`${id} succeeded and does not count`);
      return;
    }
    if (scores !== '[]') this.#note(`${id} was cancelled and has scores`);
    const [audit] = this.#view.all<{ detail_json: string }>(
      `select detail_json from audit_events where action = 'evaluation.cancelled' and detail_json like '%' || ? || '%'`,
      id,
    );
    const was = audit?.detail_json.includes('"was":"running"') ? 1 : 0;
    if (counts_quota !== was) this.#note(`${id} was cancelled and counts ${counts_quota}`);
  }

  /** Nobody uploads now: what no submission names is an orphan, and after a collection there is none. */
  async #checkFiles(): Promise<void> {
    const collected = await collectOrphans(this.#deps, Date.now() + HOUR_MS);
    this.#orphans += collected.uploads + collected.files;
    const stored = readdirSync(path.join(this.#data, 'storage'), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
    const named = this.#view
      .all<{ files_json: string }>('select files_json from submissions')
      .flatMap(({ files_json }) =>
        (JSON.parse(files_json) as { storage_key: string }[]).map(({ storage_key }) => storage_key),
      )
      .sort();
    if (JSON.stringify(stored) !== JSON.stringify(named)) {
      this.#note(`${stored.length} files are stored and ${named.length} are named`);
    }
  }

  async #checkProcesses(): Promise<void> {
    await this.#until('the end of what was killed', () =>
      Promise.resolve(this.#site.leftBehind().length === 0),
    );
  }

  async #end(): Promise<void> {
    this.#number += 1;
    const code = await this.#site.stop();
    if (code !== 0) this.#note(`the server ended with ${code}`);
    await this.#checkProcesses().catch((error: unknown) => this.#note(String(error)));
    const left = processesOf(this.#data);
    if (left.length > 0) this.#note(`processes are left: ${left.join(', ')}`);
    const [integrity] = this.#view.all<{ integrity_check: string }>('pragma integrity_check');
    if (integrity?.integrity_check !== 'ok') this.#note('the database is damaged');
    if (this.#view.all('pragma foreign_key_check').length > 0)
      this.#note('a row refers to nothing');
    const open = this.#view.all(`select id from jobs where state in ('queued', 'running')`);
    if (open.length > 0) this.#note(`${open.length} jobs are left`);
  }

  #fillDisk(): void {
    const file = openSync(path.join(this.#data, 'filler'), 'w');
    const block = Buffer.alloc(1024 * 1024, 1);
    try {
      for (;;) {
        const { bavail, bsize } = statfsSync(this.#data);
        if (bavail === 0) return;
        writeSync(file, block.subarray(0, Math.min(block.length, bavail * bsize)));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  async #until(
    what: string,
    ask: () => Promise<boolean>,
    { every_ms = 10, longest_ms = STUCK_MS } = {},
  ): Promise<void> {
    const deadline = performance.now() + longest_ms;
    while (!(await ask())) {
      if (performance.now() > deadline) throw new Error(`it never came: ${what}`);
      await sleep(every_ms);
    }
  }
}

function isOpen(status: string): boolean {
  return status === 'queued' || status === 'running';
}

/** Processes that work on a data folder, ours left out. */
function processesOf(data: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8')
          .split('\0')
          .includes(`DATA_DIR=${data}`);
      } catch {
        return false;
      }
    });
}
