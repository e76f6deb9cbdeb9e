import { hash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { EvaluationFailure, type Failure, type FailureReason } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { LONGEST_LEASE_MS, type HeldJob } from '../jobs/queue.ts';
import { timestamp } from '../lib/clock.ts';
import { isDatabaseBusy, isDiskBroken, isDiskFull } from '../lib/system-errors.ts';
import { insertEvaluationEvent, type EvaluationEvent } from '../models/evaluation-events.ts';
import {
  selectEvaluation,
  updateEvaluationEnded,
  updateEvaluationProgress,
  updateEvaluationQueued,
  updateEvaluationRunning,
  type Evaluation,
} from '../models/evaluations.ts';
import { insertItemResults } from '../models/item-results.ts';
import { selectPhase, type Phase } from '../models/phases.ts';
import { insertRunLog } from '../models/run-logs.ts';
import { insertSplitDetail } from '../models/split-details.ts';
import { selectSubmission, type Submission } from '../models/submissions.ts';
import { recordAudit } from './audit.ts';
import { isSampleOnly, scoredSplits, withoutRunText } from './disclosure.ts';
import { encodeItems, seedOf } from './item-results.ts';
import { rebuildBoards } from './leaderboards.ts';
import { loseImport } from './lost-imports.ts';
import { storeReceipt } from './receipts.ts';
import { storeScores } from './releases.ts';
import { evaluateArtifact, type EvaluationResult, type RunFacts } from './run-evaluation.ts';
import { openTask, readTaskSpec } from './tasks.ts';

/** Why a run is stopped from outside. */
export class RunStopped extends Error {
  /** `lost`: cancelled, or given to another worker. `shutdown`: this worker stops. */
  readonly why: 'lost' | 'shutdown';

  constructor(why: 'lost' | 'shutdown') {
    super(`the run was stopped: ${why}`);
    this.name = 'RunStopped';
    this.why = why;
  }
}

/** How an attempt ended: `lost` wrote nothing, for the evaluation was not this worker's any more. */
export type AttemptOutcome = 'succeeded' | 'failed' | 'retry' | 'released' | 'lost';

const PROGRESS_EVERY_MS = 250;
/** Waits between tries to write how an attempt ended. */
const SETTLE_WAITS_MS = [250, 1_000, 4_000];

/**
 * One attempt at an evaluation. Everything that it writes at its end is one transaction, fenced by
 * the attempt of its job: an attempt that was given up writes nothing.
 *
 * @param input.signal aborted with a `RunStopped`.
 * @throws what kept its end from being written; its lease then lapses and the job returns.
 */
export async function runEvaluation(
  deps: Deps,
  input: { evaluation_id: string; attempt: number; signal: AbortSignal },
): Promise<AttemptOutcome> {
  const { evaluation_id: id, attempt, signal } = input;
  const progress = watchProgress(deps, id, attempt);
  let run: RunFacts | null = null;
  try {
    if (!(await start(deps, id, attempt))) return 'lost';
    const evaluation = await selectEvaluation(deps.db, id);
    const context = await readContext(deps, evaluation);
    const { spec } = await readTaskSpec(deps, evaluation.task_version_id);
    signal.throwIfAborted();
    const result = await withinTime(deps, spec.limits.wall_ms, signal, async (ownSignal) =>
      evaluateArtifact({
        task: await openTask(deps, evaluation.task_version_id),
        splits: scoredSplits(context.phase),
        async onRun(facts) {
          run = facts;
          // Scores are computed in one go, which no sign of life interrupts.
          await deps.queue.heartbeat(id, attempt, LONGEST_LEASE_MS).catch((error: unknown) => {
            deps.logger.warn({ err: error, evaluation_id: id }, 'a lease was not made longer');
          });
        },
        files: await readFiles(deps, context.submission),
        options: context.submission.options,
        signal: ownSignal,
        onProgress: progress.report,
        intervalSeed: seedOf(id),
        threads: deps.config.ENGINE_THREADS,
        python: deps.config.PYTHON_ENV,
        provider: deps.config.ENGINE_PROVIDER,
      }),
    );
    await progress.settle();
    return await settle(deps, id, () =>
      storeResult(deps, evaluation, context, { attempt, run, result }),
    );
  } catch (error) {
    await progress.settle();
    if (signal.aborted && signal.reason instanceof RunStopped) {
      if (signal.reason.why === 'lost') return 'lost';
      return settle(deps, id, () => release(deps, id, attempt));
    }
    const failure = toFailure(deps, id, error);
    const failed = { attempt, run, failure, saw_rows: progress.sawRows() };
    const store = failure.kind === 'system' ? retryOrFail : storeFailure;
    return settle(deps, id, () => store(deps, id, failed));
  }
}

/** @returns false when the evaluation has ended, or a later attempt at it has begun. */
async function start(deps: Deps, id: string, attempt: number): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const started_at = timestamp(deps.clock);
    if (!(await updateEvaluationRunning(trx, { id, attempt, started_at }))) return false;
    await addEvent(deps, trx, id, 'running', { attempt });
    return true;
  });
}

/**
 * The sandbox ends a run that takes too long; this ends whatever else could: a disk that does not answer,
 * a driver that hangs.
 *
 * @param wall_ms limit of the task; a run that an accelerator spoilt is made twice.
 * @throws EvaluationFailure `worker-stalled`
 */
async function withinTime<Result>(
  { config }: Deps,
  wall_ms: number,
  signal: AbortSignal,
  evaluate: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit_ms = Math.min(2 * wall_ms + config.JOB_OVERTIME_MS, LONGEST_TIMER_MS);
  const overdue = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = new EvaluationFailure('worker-stalled', {
      limit_s: Math.round(limit_ms / 1000),
    });
    reject(failure);
    overdue.abort(failure);
  }, limit_ms);
  try {
    return await Promise.race([evaluate(AbortSignal.any([signal, overdue.signal])), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `setTimeout` can count. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Writes an end, patiently: a full disk or a busy database may pass, and the run need not be repeated for it. */
async function settle(
  deps: Deps,
  evaluation_id: string,
  write: () => Promise<AttemptOutcome>,
): Promise<AttemptOutcome> {
  for (const wait of SETTLE_WAITS_MS) {
    try {
      return await write();
    } catch (error) {
      if (!isDiskFull(error) && !isDatabaseBusy(error)) throw error;
      deps.logger.warn({ err: error, evaluation_id }, 'an end is not stored yet');
      await sleep(wait);
    }
  }
  return write();
}

/** Takes back jobs whose workers have not been heard of. */
export async function recoverLapsed(deps: Deps): Promise<number> {
  return takeBack(deps, await deps.queue.listLapsed());
}

/** Takes back the jobs of a worker that is known to be dead. */
export async function recoverWorker(deps: Deps, workerId: string): Promise<number> {
  return takeBack(deps, await deps.queue.listOwned(workerId));
}

/** One by one, so that no job keeps another from coming back. @returns how many were taken. */
async function takeBack(deps: Deps, jobs: readonly HeldJob[]): Promise<number> {
  let taken = 0;
  for (const job of jobs) {
    try {
      taken += Number(await takeBackOne(deps, job, endWithFailure));
    } catch (error) {
      deps.logger.error({ err: error, evaluation_id: job.id }, 'a job was not taken back');
      if (isDiskFull(error) || isDatabaseBusy(error)) continue;
      taken += Number(await takeBackOne(deps, job, endBarely));
    }
  }
  return taken;
}

async function takeBackOne(deps: Deps, job: HeldJob, end: typeof endBarely): Promise<boolean> {
  const { id, attempt } = job;
  return deps.db.transaction().execute(async (trx) => {
    const outcome = await deps.queue.takeBack(trx, job);
    if (job.kind === 'import-task' && outcome !== 'lost') {
      await loseImport(deps, trx, id, outcome);
      deps.logger.warn({ import_id: id, attempt, outcome }, 'a worker was lost at a task bundle');
      return true;
    }
    switch (outcome) {
      case 'lost':
        return false;
      case 'retry':
        if (await updateEvaluationQueued(trx, id)) {
          await addEvent(deps, trx, id, 'retried', { attempt, reason: 'worker-lost' });
        }
        deps.logger.warn({ evaluation_id: id, attempt }, 'a worker was lost; its job goes back');
        return true;
      case 'dead': {
        const { failure } = new EvaluationFailure('worker-lost', { attempts: attempt });
        await end(deps, trx, id, { failure, run: null, saw_rows: true, counts_quota: false });
        deps.logger.error({ evaluation_id: id, attempt }, 'a job lost its worker too often');
        return true;
      }
    }
  });
}

interface Context {
  readonly submission: Submission;
  readonly phase: Phase;
}

async function readContext(deps: Deps, evaluation: Evaluation): Promise<Context> {
  return {
    submission: await selectSubmission(deps.db, evaluation.submission_id),
    phase: await selectPhase(deps.db, evaluation.phase_id),
  };
}

/** @throws EvaluationFailure when a file cannot be read, or is not what was sent. */
async function readFiles(deps: Deps, submission: Submission): Promise<ArtifactFile[]> {
  return Promise.all(
    submission.files.map(async ({ name, storage_key, sha256 }) => {
      let bytes: Uint8Array;
      try {
        bytes = await deps.storage.read(storage_key);
      } catch (error) {
        throw new EvaluationFailure('storage-error', {}, { cause: error });
      }
      if (hash('sha256', bytes) !== sha256) throw new EvaluationFailure('storage-corrupt');
      return { name, bytes };
    }),
  );
}

/** Writes progress now and then, never two writes at once, none after `settle`. */
function watchProgress(deps: Deps, evaluationId: string, attempt: number) {
  let calls = 0;
  let lastWrite = -Infinity;
  let writing: Promise<void> | null = null;
  return {
    report: (done: number, total: number): void => {
      calls++;
      const now = performance.now();
      if (writing !== null || now - lastWrite < PROGRESS_EVERY_MS) return;
      lastWrite = now;
      const row = { id: evaluationId, attempt, progress_done: done, progress_total: total };
      writing = updateEvaluationProgress(deps.db, row)
        .catch((error: unknown) => {
          deps.logger.warn({ err: error, evaluation_id: evaluationId }, 'progress was not stored');
        })
        .finally(() => (writing = null));
    },
    settle: async (): Promise<void> => {
      await writing;
    },
    sawRows: () => calls > 0,
  };
}

async function storeResult(
  deps: Deps,
  evaluation: Evaluation,
  { submission }: Context,
  ended: { attempt: number; run: RunFacts | null; result: EvaluationResult },
): Promise<AttemptOutcome> {
  const { id } = evaluation;
  const { attempt, run, result } = ended;
  const task = await openTask(deps, evaluation.task_version_id);
  const { splits, engine, isolation, seed, times, peak_memory_bytes } = result;
  // Before the transaction, which holds up every other one.
  const itemRows = splits.flatMap(({ split, items }) =>
    Object.entries(items).map(([metric, statistics]) => ({
      ...encodeItems(statistics),
      evaluation_id: id,
      split,
      metric,
    })),
  );
  return deps.db.transaction().execute(async (trx) => {
    if ((await deps.queue.complete(trx, id, attempt)) === 'lost') return 'lost';
    const finished_at = timestamp(deps.clock);
    await updateEvaluationEnded(trx, {
      id,
      status: 'succeeded',
      failure: null,
      run: {
        engine,
        isolation: { level: isolation.level, notes: [...isolation.notes] },
        seed,
        times,
        peak_memory_bytes,
      },
      counts_quota: evaluation.counts_quota,
      finished_at,
    });
    const { phase_id, entry_id } = evaluation;
    await storeScores(trx, { phase_id, evaluation_id: id, entry_id, splits });
    for (const { split, rows, detail } of splits) {
      await insertSplitDetail(trx, { evaluation_id: id, split, rows, detail });
    }
    for (const row of itemRows) await insertItemResults(trx, row);
    await storeRunLog(trx, id, run, null);
    const ending = { result, failure: null };
    await storeReceipt(deps, trx, { evaluation_id: id, finished_at, run, ending });
    await addEvent(deps, trx, id, 'succeeded', { attempt });
    await rebuildBoards(trx, { phase_id, changed: { entry_id }, now: deps.clock.now() });
    await recordAudit(deps, trx, {
      actor_id: null,
      action: 'evaluation.succeeded',
      subject: 'submission',
      subject_id: submission.id,
      detail: {
        evaluation_id: id,
        attempt,
        task_version: task.version,
        isolation: isolation.level,
      },
    });
    return 'succeeded';
  });
}

interface Failed {
  readonly failure: Failure;
  /** Null when nothing was run. */
  readonly run: RunFacts | null;
  /** Whether the submission may have seen a row. */
  readonly saw_rows: boolean;
}

async function storeFailure(
  deps: Deps,
  id: string,
  failed: Failed & { readonly attempt: number },
): Promise<AttemptOutcome> {
  const { attempt, failure, saw_rows } = failed;
  return deps.db.transaction().execute(async (trx) => {
    if ((await deps.queue.complete(trx, id, attempt)) === 'lost') return 'lost';
    const evaluation = await selectEvaluation(trx, id);
    // Whatever the reason says: a child that has seen rows could give any.
    const counts_quota = evaluation.counts_quota && failure.kind === 'submission' && saw_rows;
    await endWithFailure(deps, trx, id, { ...failed, counts_quota });
    return 'failed';
  });
}

async function retryOrFail(
  deps: Deps,
  id: string,
  failed: Failed & { readonly attempt: number },
): Promise<AttemptOutcome> {
  const { attempt, failure } = failed;
  return deps.db.transaction().execute(async (trx) => {
    const outcome = await deps.queue.fail(trx, id, attempt, {
      retryable: true,
      error: `${failure.code} (${failure.reason})`,
    });
    switch (outcome) {
      case 'lost':
        return 'lost';
      case 'retry':
        await updateEvaluationQueued(trx, id);
        await addEvent(deps, trx, id, 'retried', { attempt, reason: failure.reason });
        return 'retry';
      case 'dead':
        await endWithFailure(deps, trx, id, { ...failed, counts_quota: false });
        return 'failed';
    }
  });
}

/** Nothing is kept of a run that said nothing. */
async function storeRunLog(
  trx: Db,
  evaluation_id: string,
  run: RunFacts | null,
  failed: { readonly failure: Failure; readonly shown: Failure } | null,
): Promise<void> {
  const { text: log, truncated } = run?.log ?? { text: '', truncated: false };
  const failure_params = {
    ...failed?.failure.params,
    ...(failed !== null && failed.failure.reason !== failed.shown.reason
      ? { reported: failed.failure.reason }
      : {}),
  };
  if (log === '' && Object.keys(failure_params).length === 0) return;
  await insertRunLog(trx, { evaluation_id, log, truncated, failure_params });
}

async function release(deps: Deps, id: string, attempt: number): Promise<AttemptOutcome> {
  return deps.db.transaction().execute(async (trx) => {
    if ((await deps.queue.release(trx, id, attempt)) === 'lost') return 'lost';
    await updateEvaluationQueued(trx, id);
    await addEvent(deps, trx, id, 'retried', { attempt, reason: 'worker-stopped' });
    return 'released';
  });
}

async function endWithFailure(
  deps: Deps,
  trx: Db,
  id: string,
  { failure, run, saw_rows, counts_quota }: Failed & { readonly counts_quota: boolean },
): Promise<void> {
  const finished_at = timestamp(deps.clock);
  const { submission_id, phase_id, task_version_id } = await selectEvaluation(trx, id);
  const { spec } = await readTaskSpec({ db: trx }, task_version_id);
  const isOpen = isSampleOnly(await selectPhase(trx, phase_id), spec);
  const shown = isOpen ? failure : withoutRunText(failure, saw_rows);
  const ended = await updateEvaluationEnded(trx, {
    id,
    status: 'failed',
    failure: shown,
    run: null,
    counts_quota,
    finished_at,
  });
  if (!ended) return;
  await storeRunLog(trx, id, run, { failure, shown });
  const ending = { result: null, failure, shown };
  await storeReceipt(deps, trx, { evaluation_id: id, finished_at, run, ending });
  await addEvent(deps, trx, id, 'failed', { code: shown.code, reason: shown.reason });
  await recordAudit(deps, trx, {
    actor_id: null,
    action: 'evaluation.failed',
    subject: 'submission',
    subject_id: submission_id,
    detail: { evaluation_id: id, kind: failure.kind, code: failure.code, reason: failure.reason },
  });
}

/** An end without receipt and log, where those are what cannot be made: an evaluation always ends. */
async function endBarely(
  deps: Deps,
  trx: Db,
  id: string,
  { failure, counts_quota }: Failed & { readonly counts_quota: boolean },
): Promise<void> {
  const finished_at = timestamp(deps.clock);
  const end = { id, status: 'failed' as const, failure, run: null, counts_quota, finished_at };
  if (!(await updateEvaluationEnded(trx, end))) return;
  const { code, reason } = failure;
  await addEvent(deps, trx, id, 'failed', { code, reason });
}

async function addEvent(
  deps: Deps,
  trx: Db,
  evaluation_id: string,
  event: EvaluationEvent['event'],
  detail: EvaluationEvent['detail'],
): Promise<void> {
  await insertEvaluationEvent(trx, {
    evaluation_id,
    at: timestamp(deps.clock),
    event,
    detail,
  });
}

/** What is not a known failure is ours: it is logged under an id, and only the id is shown. */
function toFailure(deps: Deps, evaluation_id: string, error: unknown): Failure {
  if (error instanceof EvaluationFailure) {
    if (error.failure.kind !== 'submission') {
      deps.logger.error(
        { err: error, evaluation_id },
        'an evaluation failed through no fault of its entrant',
      );
    }
    return error.failure;
  }
  const machine = ofMachine(error);
  if (machine !== null) {
    deps.logger.error({ err: error, evaluation_id }, 'the machine failed an evaluation');
    return new EvaluationFailure(machine).failure;
  }
  const error_id = randomUUID();
  deps.logger.error({ err: error, evaluation_id, error_id }, 'an evaluation failed unexpectedly');
  return new EvaluationFailure('internal', { error_id }).failure;
}

function ofMachine(error: unknown): FailureReason | null {
  if (isDiskFull(error)) return 'storage-full';
  if (isDatabaseBusy(error)) return 'storage-busy';
  if (isDiskBroken(error)) return 'storage-broken';
  return null;
}
