import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';

export async function upsertChosenSubmission(
  db: Db,
  row: Database['chosen_submissions'],
): Promise<void> {
  await db
    .insertInto('chosen_submissions')
    .values(row)
    .onConflict((oc) =>
      oc
        .columns(['phase_id', 'entry_id'])
        .doUpdateSet({ submission_id: row.submission_id, chosen_at: row.chosen_at }),
    )
    .execute();
}

/** Submission by entry, of a phase or of one entry in it. */
export async function listChosenSubmissions(
  db: Db,
  of: { phase_id: string; entry_id?: string | undefined },
): Promise<ReadonlyMap<string, string>> {
  const query = db
    .selectFrom('chosen_submissions')
    .select(['entry_id', 'submission_id'])
    .where('phase_id', '=', of.phase_id);
  const rows = await (
    of.entry_id === undefined ? query : query.where('entry_id', '=', of.entry_id)
  ).execute();
  return new Map(rows.map(({ entry_id, submission_id }) => [entry_id, submission_id]));
}
