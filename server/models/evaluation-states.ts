import type { Db } from '../db/connect.ts';

/** Of the newest evaluation of each submission: as little as tells that it has moved. */
export async function listEvaluationStates(
  db: Db,
  submissionIds: readonly string[],
): Promise<{ submission_id: string; status: string; attempt: number; progress_done: number }[]> {
  if (submissionIds.length === 0) return [];
  return db
    .selectFrom('evaluations as v')
    .select(['v.submission_id', 'v.status', 'v.attempt', 'v.progress_done'])
    .where('v.submission_id', 'in', submissionIds)
    .where('v.id', '=', (eb) =>
      eb
        .selectFrom('evaluations as newest')
        .select((inner) => inner.fn.max('newest.id').as('id'))
        .whereRef('newest.submission_id', '=', 'v.submission_id'),
    )
    .execute();
}
