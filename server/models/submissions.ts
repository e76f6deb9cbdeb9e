import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { parseJson } from '../lib/json.ts';
import { parseStatus, type Evaluation } from './evaluations.ts';

const Files = z.array(
  z.object({ name: z.string(), storage_key: z.string(), bytes: z.number(), sha256: z.string() }),
);
const Options = z.object({
  layout: z.enum(['nchw', 'nhwc']).optional(),
  scale: z.number().optional(),
  mean: z.array(z.number()).optional(),
  std: z.array(z.number()).optional(),
});

export interface Submission {
  readonly id: string;
  readonly phase_id: string;
  readonly entry_id: string;
  /** Null for a baseline. */
  readonly user_id: string | null;
  readonly files: z.output<typeof Files>;
  /** Hex SHA-256 over the names and hashes of the files. */
  readonly artifact_sha256: string;
  readonly artifact_bytes: number;
  /** How raw rows are fed. */
  readonly options: z.output<typeof Options>;
  readonly note: string;
  readonly created_at: string;
}

function parse({ files_json, options_json, ...row }: Database['submissions']): Submission {
  return {
    ...row,
    files: parseFiles(files_json),
    options: parseJson(Options, options_json),
  };
}

export async function insertSubmission(db: Db, submission: Submission): Promise<void> {
  const { files, options, ...columns } = submission;
  await db
    .insertInto('submissions')
    .values({
      ...columns,
      files_json: JSON.stringify(files),
      options_json: JSON.stringify(options),
    })
    .execute();
}

/** @throws AppError SUBMISSION_NOT_FOUND */
export async function selectSubmission(db: Db, id: string): Promise<Submission> {
  const row = await db
    .selectFrom('submissions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('SUBMISSION_NOT_FOUND', { detail: id });
  return parse(row);
}

export function parseFiles(files_json: string): Submission['files'] {
  return parseJson(Files, files_json);
}

export interface SubmissionWithEvaluation extends Submission {
  readonly evaluation_id: string;
  readonly status: Evaluation['status'];
  readonly failure_json: string | null;
}

/** How many submissions there are, and the bytes of their files. */
export async function sumSubmittedFiles(db: Db): Promise<{ submissions: number; bytes: number }> {
  const { submissions, bytes } = await db
    .selectFrom('submissions')
    .select((eb) => [
      eb.fn.countAll<number>().as('submissions'),
      eb.fn.sum<number | string | null>('artifact_bytes').as('bytes'),
    ])
    .executeTakeFirstOrThrow();
  return { submissions, bytes: Number(bytes ?? 0) };
}

/** How many an entry has sent, in all phases. */
export async function countEntrySubmissions(db: Db, entryId: string): Promise<number> {
  const { n } = await db
    .selectFrom('submissions')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('entry_id', '=', entryId)
    .executeTakeFirstOrThrow();
  return n;
}

/** Of one entry, newest first. */
export async function listEntrySubmissions(
  db: Db,
  filter: { entry_id: string; limit: number },
): Promise<SubmissionWithEvaluation[]> {
  const rows = await db
    .selectFrom('submissions')
    .innerJoin('evaluations', 'evaluations.submission_id', 'submissions.id')
    .selectAll('submissions')
    .select([
      'evaluations.id as evaluation_id',
      'evaluations.status as status',
      'evaluations.failure_json as failure_json',
    ])
    .where('submissions.entry_id', '=', filter.entry_id)
    // The newest, where it was evaluated again.
    .where('evaluations.id', '=', (eb) =>
      eb
        .selectFrom('evaluations as newest')
        .select((inner) => inner.fn.max('newest.id').as('id'))
        .whereRef('newest.submission_id', '=', 'submissions.id'),
    )
    .orderBy('submissions.id', 'desc')
    .limit(filter.limit)
    .execute();
  return rows.map(({ evaluation_id, status, failure_json, ...row }) => ({
    ...parse(row),
    evaluation_id,
    status: parseStatus(status),
    failure_json,
  }));
}

/**
 * Submissions of an entry to a phase since a time: those that cost quota, and those that cost nothing because
 * they failed before they saw a row or were cancelled while they waited. Faults of task and platform are neither.
 */
export async function countSubmissionsSince(
  db: Db,
  filter: { phase_id: string; entry_id: string; since: string },
): Promise<{ counted: number; free: number }> {
  return db
    .selectFrom('submissions')
    .innerJoin('evaluations', 'evaluations.submission_id', 'submissions.id')
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>('evaluations.counts_quota'), eb.lit(0)).as('counted'),
      eb.fn
        .countAll<number>()
        .filterWhere('evaluations.counts_quota', '=', 0)
        .filterWhere((free) =>
          free.or([
            free('evaluations.status', '=', 'cancelled'),
            // Written by JSON.stringify, whose spelling does not vary.
            free('evaluations.failure_json', 'like', '%"kind":"submission"%'),
          ]),
        )
        .as('free'),
    ])
    .where('submissions.phase_id', '=', filter.phase_id)
    .where('submissions.entry_id', '=', filter.entry_id)
    .where('submissions.created_at', '>=', filter.since)
    .executeTakeFirstOrThrow();
}

/** Of an entry in a phase, whenever they came: those that cost quota, and evaluations that wait or run. */
export async function countSubmissionsEver(
  db: Db,
  filter: { phase_id: string; entry_id: string },
): Promise<{ counted: number; unfinished: number }> {
  return db
    .selectFrom('evaluations')
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>('evaluations.counts_quota'), eb.lit(0)).as('counted'),
      eb.fn
        .countAll<number>()
        .filterWhere('evaluations.status', 'in', ['queued', 'running'])
        .as('unfinished'),
    ])
    .where('evaluations.phase_id', '=', filter.phase_id)
    .where('evaluations.entry_id', '=', filter.entry_id)
    .executeTakeFirstOrThrow();
}
