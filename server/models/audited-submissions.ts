/** Submissions of a competition with all that belongs to them, for those who audit it. */
import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { containing } from '../db/text-search.ts';
import { parseJson } from '../lib/json.ts';
import { parseStatus, type Evaluation } from './evaluations.ts';

const Failure = z.object({ kind: z.string(), code: z.string() });

export interface AuditedSubmission {
  readonly id: string;
  readonly phase_slug: string;
  readonly entry_id: string;
  readonly entry_name: string;
  /** Null for baselines. */
  readonly user_name: string | null;
  readonly user_email: string | null;
  readonly artifact_sha256: string;
  readonly artifact_bytes: number;
  readonly note: string;
  readonly created_at: string;
  readonly evaluation_id: string;
  readonly status: Evaluation['status'];
  readonly attempt: number;
  readonly failure_kind: string | null;
  readonly failure_code: string | null;
  readonly counts_quota: boolean;
  readonly finished_at: string | null;
}

export interface AuditFilter {
  readonly competition_id: string;
  readonly status?: Evaluation['status'] | undefined;
  readonly entry_id?: string | undefined;
  /** Part of the name of an entry, or of the name or address of who sent it; empty for everybody. */
  readonly search?: string | undefined;
}

function select(db: Db, filter: AuditFilter) {
  let query = db
    .selectFrom('submissions')
    .innerJoin('phases', 'phases.id', 'submissions.phase_id')
    .innerJoin('entries', 'entries.id', 'submissions.entry_id')
    .innerJoin('evaluations', 'evaluations.submission_id', 'submissions.id')
    .leftJoin('users', 'users.id', 'submissions.user_id')
    // The newest, where it was evaluated again.
    .where('evaluations.id', '=', (eb) =>
      eb
        .selectFrom('evaluations as newest')
        .select((inner) => inner.fn.max('newest.id').as('id'))
        .whereRef('newest.submission_id', '=', 'submissions.id'),
    )
    .where('phases.competition_id', '=', filter.competition_id);
  if (filter.status !== undefined) query = query.where('evaluations.status', '=', filter.status);
  if (filter.entry_id !== undefined) query = query.where('entries.id', '=', filter.entry_id);
  const { search = '' } = filter;
  if (search !== '') {
    const columns = ['entries.name', 'users.name', 'users.email'];
    query = query.where((eb) => eb.or(containing(columns, search)));
  }
  return query;
}

/** Newest first. @param page.before id of a submission that all of them are older than. */
export async function listAuditedSubmissions(
  db: Db,
  filter: AuditFilter,
  page: { offset: number; limit: number; before?: string | undefined },
): Promise<AuditedSubmission[]> {
  const { before } = page;
  const matching = select(db, filter);
  const rows = await (
    before === undefined ? matching : matching.where('submissions.id', '<', before)
  )
    .select([
      'submissions.id as id',
      'phases.slug as phase_slug',
      'entries.id as entry_id',
      'entries.name as entry_name',
      'users.name as user_name',
      'users.email as user_email',
      'submissions.artifact_sha256 as artifact_sha256',
      'submissions.artifact_bytes as artifact_bytes',
      'submissions.note as note',
      'submissions.created_at as created_at',
      'evaluations.id as evaluation_id',
      'evaluations.status as status',
      'evaluations.attempt as attempt',
      'evaluations.failure_json as failure_json',
      'evaluations.counts_quota as counts_quota',
      'evaluations.finished_at as finished_at',
    ])
    .orderBy('submissions.id', 'desc')
    .offset(page.offset)
    .limit(page.limit)
    .execute();
  return rows.map(({ failure_json, status, counts_quota, ...row }) => {
    const failure = failure_json === null ? null : parseJson(Failure, failure_json);
    return {
      ...row,
      status: parseStatus(status),
      counts_quota: counts_quota === 1,
      failure_kind: failure?.kind ?? null,
      failure_code: failure?.code ?? null,
    };
  });
}

export async function countAuditedSubmissions(db: Db, filter: AuditFilter): Promise<number> {
  const { n } = await select(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return n;
}
