import type { NotNull } from 'kysely';
import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { parseJson } from '../lib/json.ts';

const Status = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);
const FailureJson = z.object({
  kind: z.enum(['submission', 'task', 'system']),
  code: z.string(),
  reason: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
const Run = z.object({
  engine: z.object({
    name: z.enum(['onnxruntime', 'tfjs', 'predictions', 'javascript', 'python']),
    version: z.string(),
    provider: z.string(),
    threads: z.number(),
    fallback_reason: z.string().optional(),
  }),
  isolation: z.object({
    level: z.enum(['full', 'partial', 'process']),
    notes: z.array(z.string()),
  }),
  seed: z.number(),
  times: z.object({
    ready_ms: z.number(),
    loaded_ms: z.number(),
    predict_ms: z.number(),
    score_ms: z.number(),
    total_ms: z.number(),
  }),
  peak_memory_bytes: z.number().nullable(),
});

/** Engine, isolation, seed, times and memory of the run that gave the scores. */
export type RunRecord = z.output<typeof Run>;
export type FailureRecord = z.output<typeof FailureJson>;

export interface Evaluation {
  readonly id: string;
  readonly submission_id: string;
  readonly phase_id: string;
  readonly entry_id: string;
  readonly task_version_id: string;
  readonly status: z.output<typeof Status>;
  /** Which attempt of its job it is in; 0 before the first. */
  readonly attempt: number;
  readonly failure: FailureRecord | null;
  readonly progress_done: number;
  readonly progress_total: number;
  readonly run: RunRecord | null;
  readonly counts_quota: boolean;
  readonly queued_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export function parseStatus(text: string): Evaluation['status'] {
  return Status.parse(text);
}

export function parseFailure(text: string | null): FailureRecord | null {
  return text === null ? null : parseJson(FailureJson, text);
}

function parse({ failure_json, run_json, ...row }: Database['evaluations']): Evaluation {
  return {
    ...row,
    status: parseStatus(row.status),
    failure: parseFailure(failure_json),
    run: run_json === null ? null : parseJson(Run, run_json),
    counts_quota: row.counts_quota === 1,
  };
}

export async function insertEvaluation(
  db: Db,
  evaluation: Pick<
    Evaluation,
    'id' | 'submission_id' | 'phase_id' | 'entry_id' | 'task_version_id' | 'queued_at'
  > & { readonly counts_quota: boolean },
): Promise<void> {
  await db
    .insertInto('evaluations')
    .values({
      ...evaluation,
      counts_quota: evaluation.counts_quota ? 1 : 0,
      status: 'queued',
      attempt: 0,
      failure_json: null,
      progress_done: 0,
      progress_total: 0,
      run_json: null,
      started_at: null,
      finished_at: null,
    })
    .execute();
}

/** @throws AppError NOT_FOUND */
export async function selectEvaluation(db: Db, id: string): Promise<Evaluation> {
  const row = await db
    .selectFrom('evaluations')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('NOT_FOUND', { detail: `evaluation ${id}` });
  return parse(row);
}

/** The newest evaluation of a submission. @throws AppError SUBMISSION_NOT_FOUND */
export async function selectEvaluationOfSubmission(
  db: Db,
  submissionId: string,
): Promise<Evaluation> {
  const row = await db
    .selectFrom('evaluations')
    .selectAll()
    .where('submission_id', '=', submissionId)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (row === undefined) throw new AppError('SUBMISSION_NOT_FOUND', { detail: submissionId });
  return parse(row);
}

/** @returns false when it has ended, or a later attempt at it has begun. */
export async function updateEvaluationRunning(
  db: Db,
  evaluation: { id: string; attempt: number; started_at: string },
): Promise<boolean> {
  const { id, ...columns } = evaluation;
  const { numUpdatedRows } = await db
    .updateTable('evaluations')
    .set({ ...columns, status: 'running', progress_done: 0, progress_total: 0, failure_json: null })
    .where('id', '=', id)
    .where('attempt', '<', evaluation.attempt)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function updateEvaluationProgress(
  db: Db,
  evaluation: { id: string; attempt: number; progress_done: number; progress_total: number },
): Promise<void> {
  const { id, attempt, ...columns } = evaluation;
  await db
    .updateTable('evaluations')
    .set(columns)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .execute();
}

/** Waits for its next attempt. */
export async function updateEvaluationQueued(db: Db, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('evaluations')
    .set({ status: 'queued', progress_done: 0, progress_total: 0 })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns false when it has ended already: an evaluation ends once. */
export async function updateEvaluationEnded(
  db: Db,
  evaluation: {
    id: string;
    status: 'succeeded' | 'failed' | 'cancelled';
    failure: object | null;
    run: RunRecord | null;
    counts_quota: boolean;
    finished_at: string;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('evaluations')
    .set({
      status: evaluation.status,
      failure_json: evaluation.failure === null ? null : JSON.stringify(evaluation.failure),
      run_json: evaluation.run === null ? null : JSON.stringify(evaluation.run),
      counts_quota: evaluation.counts_quota ? 1 : 0,
      finished_at: evaluation.finished_at,
    })
    .where('id', '=', evaluation.id)
    .where('status', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Start and end of the evaluations that ended last, newest first; of one version of a task or of all. */
export async function listRecentDurations(
  db: Db,
  filter: { task_version_id?: string; limit: number },
): Promise<{ started_at: string; finished_at: string }[]> {
  const { task_version_id } = filter;
  return db
    .selectFrom('evaluations')
    .select(['started_at', 'finished_at'])
    .where('status', 'in', ['succeeded', 'failed'])
    .where('started_at', 'is not', null)
    .where('finished_at', 'is not', null)
    .$narrowType<{ started_at: NotNull; finished_at: NotNull }>()
    .$if(task_version_id !== undefined, (query) =>
      query.where('task_version_id', '=', task_version_id ?? ''),
    )
    .orderBy('finished_at', 'desc')
    .limit(filter.limit)
    .execute();
}

/** An evaluation with the names that tell people which one it is. */
export interface ListedEvaluation extends Pick<
  Evaluation,
  'id' | 'submission_id' | 'status' | 'attempt' | 'queued_at' | 'finished_at' | 'failure'
> {
  readonly entry_name: string;
  readonly competition_slug: string;
}

function listEvaluations(db: Db) {
  return db
    .selectFrom('evaluations as v')
    .innerJoin('entries as e', 'e.id', 'v.entry_id')
    .innerJoin('competitions as c', 'c.id', 'e.competition_id')
    .select([
      ...(['v.id', 'v.submission_id', 'v.status', 'v.attempt', 'v.queued_at'] as const),
      ...(['v.finished_at', 'v.failure_json', 'e.name as entry_name'] as const),
      'c.slug as competition_slug',
    ]);
}

async function parseListed(
  query: ReturnType<typeof listEvaluations>,
  limit: number,
): Promise<ListedEvaluation[]> {
  const rows = await query.limit(limit).execute();
  return rows.map(({ status, failure_json, ...row }) => ({
    ...row,
    status: parseStatus(status),
    failure: parseFailure(failure_json),
  }));
}

/** Running ones first, then those that wait, oldest first. */
export async function listUnfinished(
  db: Db,
  limit: number,
  competitionId?: string,
): Promise<ListedEvaluation[]> {
  const all = listEvaluations(db);
  const query = (competitionId === undefined ? all : all.where('c.id', '=', competitionId))
    .where('v.status', 'in', ['queued', 'running'])
    // 'running' after 'queued'
    .orderBy('v.status', 'desc')
    .orderBy('v.queued_at')
    .orderBy('v.id');
  return parseListed(query, limit);
}

/** Newest first. Those whose submission has been evaluated again since are left out. */
export async function listFailuresByUs(db: Db, limit: number): Promise<ListedEvaluation[]> {
  const query = listEvaluations(db)
    .where('v.status', '=', 'failed')
    .where('v.failure_json', 'like', OURS)
    .where('v.id', '=', (eb) =>
      eb
        .selectFrom('evaluations as newest')
        .select((inner) => inner.fn.max('newest.id').as('id'))
        .whereRef('newest.submission_id', '=', 'v.submission_id'),
    )
    .orderBy('v.finished_at', 'desc')
    .orderBy('v.id', 'desc');
  return parseListed(query, limit);
}

/** Failures through the platform. Written by JSON.stringify, whose spelling does not vary. */
const OURS = '%"kind":"system"%';

/** How many wait and run, and how many ended since a time; `failed_by_us` is a part of `failed`. */
export async function countEvaluations(
  db: Db,
  { ended_since }: { ended_since: string },
): Promise<Record<'queued' | 'running' | 'succeeded' | 'failed' | 'failed_by_us', number>> {
  const rows = await db
    .selectFrom('evaluations')
    .select(['status', (eb) => eb.fn.countAll<number>().as('n')])
    .where((eb) => eb.or([eb('finished_at', 'is', null), eb('finished_at', '>=', ended_since)]))
    .groupBy('status')
    .execute();
  const { n: failed_by_us } = await db
    .selectFrom('evaluations')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('status', '=', 'failed')
    .where('finished_at', '>=', ended_since)
    .where('failure_json', 'like', OURS)
    .executeTakeFirstOrThrow();
  const count = (status: string) => rows.find((row) => row.status === status)?.n ?? 0;
  return {
    queued: count('queued'),
    running: count('running'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    failed_by_us,
  };
}

/** For evaluations of a phase that still wait. */
export async function updateWaitingTaskVersion(
  db: Db,
  phaseId: string,
  taskVersionId: string,
): Promise<void> {
  await db
    .updateTable('evaluations')
    .set({ task_version_id: taskVersionId })
    .where('phase_id', '=', phaseId)
    .where('status', '=', 'queued')
    .execute();
}

/** Evaluations and entries of each phase of a competition; phases without any are left out. */
export async function countEvaluationsByPhase(
  db: Db,
  competitionId: string,
): Promise<
  Map<
    string,
    { queued: number; running: number; succeeded: number; failed: number; entries: number }
  >
> {
  const states = ['queued', 'running', 'succeeded', 'failed'] as const;
  const rows = await db
    .selectFrom('evaluations')
    .innerJoin('phases', 'phases.id', 'evaluations.phase_id')
    .innerJoin('entries', 'entries.id', 'evaluations.entry_id')
    .select('evaluations.phase_id as phase_id')
    .select((eb) => [
      ...states.map((state) =>
        eb.fn.countAll<number>().filterWhere('evaluations.status', '=', state).as(state),
      ),
      eb.fn
        .count<number>('evaluations.entry_id')
        .distinct()
        .filterWhere('entries.kind', '!=', 'baseline')
        .as('entries'),
    ])
    .where('phases.competition_id', '=', competitionId)
    .groupBy('evaluations.phase_id')
    .execute();
  return new Map(
    rows.map(({ phase_id, queued, running, succeeded, failed, entries }) => [
      phase_id,
      { queued, running, succeeded, failed, entries },
    ]),
  );
}
