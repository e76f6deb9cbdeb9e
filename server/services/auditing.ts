/**
 * What instructors and organizers see of a competition, and change nothing of: every submission with its
 * artifact, state, log and audit rows, and the results as a table.
 */
import type { Readable } from 'node:stream';

import type { TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import {
  countAuditedSubmissions,
  listAuditedSubmissions,
  type AuditFilter,
  type AuditedSubmission,
} from '../models/audited-submissions.ts';
import { listAuditEvents, type AuditEvent } from '../models/audit-events.ts';
import { selectOptionalCompetitionBySlug, type Competition } from '../models/competitions.ts';
import { listPhases, type Phase } from '../models/phases.ts';
import { listScores } from '../models/scores.ts';
import { selectOptionalUser } from '../models/users.ts';
import { audits, isOrganizer, type Viewer } from './access.ts';
import { shownSplits } from './competitions.ts';
import { scoreFor } from './releases.ts';
import { selectVisibleSubmission } from './submissions.ts';
import { readTaskSpec } from './tasks.ts';

export const AUDIT_PAGE_SIZE = 50;
/** Rows that are read at once for the table of results. */
const EXPORT_BATCH = 500;

export interface AuditPage {
  readonly competition: Pick<Competition, 'id' | 'slug' | 'title'>;
  readonly submissions: readonly AuditedSubmission[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  /** The viewer may do more than look. */
  readonly organizes: boolean;
}

export interface AuditRow extends AuditEvent {
  /** Null: the platform itself. */
  readonly actor_name: string | null;
}

/** @throws AppError COMPETITION_NOT_FOUND for everybody who does not audit it */
export async function readAuditPage(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null; page: number } & Omit<
    AuditFilter,
    'competition_id'
  >,
): Promise<AuditPage> {
  const competition = await selectAudited(deps, input);
  const { id, slug, title } = competition;
  const { status, entry_id, search } = input;
  const filter = { competition_id: id, status, entry_id, search };
  const total = await countAuditedSubmissions(deps.db, filter);
  return {
    competition: { id, slug, title },
    submissions: await listAuditedSubmissions(deps.db, filter, {
      offset: (input.page - 1) * AUDIT_PAGE_SIZE,
      limit: AUDIT_PAGE_SIZE,
    }),
    total,
    organizes: isOrganizer(input.viewer, id),
    page: input.page,
    pages: Math.max(1, Math.ceil(total / AUDIT_PAGE_SIZE)),
  };
}

/** Acts on one submission, oldest first. @throws AppError SUBMISSION_NOT_FOUND */
export async function readAuditTrail(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer | null },
): Promise<AuditRow[]> {
  const { competition, submission } = await selectVisibleSubmission(deps, input);
  if (!audits(input.viewer, competition.id)) throw new AppError('SUBMISSION_NOT_FOUND');
  const events = await listAuditEvents(deps.db, {
    subject: 'submission',
    subject_id: submission.id,
  });
  const names = new Map<string, string>();
  for (const { actor_id } of events) {
    if (actor_id === null || names.has(actor_id)) continue;
    const user = await selectOptionalUser(deps.db, actor_id);
    if (user !== null) names.set(actor_id, user.name);
  }
  return events.map((event) => ({
    ...event,
    actor_name: event.actor_id === null ? null : (names.get(event.actor_id) ?? null),
  }));
}

export interface ExportedResult {
  readonly submission: AuditedSubmission;
  /** By `split.metric`; null where it is undefined or there is none. */
  readonly scores: Readonly<Record<string, number | null>>;
}

/**
 * Every submission with the scores that the viewer may see, newest first.
 *
 * @returns the names of the score columns and the rows, made in batches as they are asked for.
 * @throws AppError COMPETITION_NOT_FOUND
 */
export async function exportResults(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null; batch?: number },
): Promise<{ columns: string[]; rows: AsyncIterable<ExportedResult> }> {
  const { db, clock } = deps;
  const limit = input.batch ?? EXPORT_BATCH;
  const { id: competition_id } = await selectAudited(deps, input);
  const columns = new Set<string>();
  const shown = new Map<string, { phase: Phase; spec: TaskSpec }>();
  for (const phase of await listPhases(db, competition_id)) {
    const { spec } = await readTaskSpec(deps, phase.task_version_id);
    for (const split of shownSplits(phase, spec, input.viewer, clock.now())) {
      for (const { name } of spec.metrics) {
        columns.add(`${split}.${name}`);
        shown.set(`${phase.slug}/${split}`, { phase, spec });
      }
    }
  }
  async function* rows(): AsyncIterable<ExportedResult> {
    // By id: what is submitted meanwhile does not push a row into the next batch again.
    let before: string | undefined;
    for (;;) {
      const page = { offset: 0, limit, before };
      const batch = await listAuditedSubmissions(db, { competition_id }, page);
      const splits = [...shown.keys()].map((key) => key.slice(key.indexOf('/') + 1));
      const scores = await listScores(db, {
        evaluation_ids: batch.map(({ evaluation_id }) => evaluation_id),
        splits: [...new Set(splits)],
      });
      const byEvaluation = Map.groupBy(scores, ({ evaluation_id }) => evaluation_id);
      for (const submission of batch) {
        const own = (byEvaluation.get(submission.evaluation_id) ?? []).flatMap((row) => {
          const at = shown.get(`${submission.phase_slug}/${row.split}`);
          if (at === undefined) return [];
          const { value, exact } = scoreFor(at.phase, at.spec, row, input.viewer);
          return [[`${row.split}.${row.metric}`, (exact ?? { value }).value]];
        });
        yield { submission, scores: Object.fromEntries(own) as ExportedResult['scores'] };
      }
      if (batch.length < limit) return;
      before = batch.at(-1)?.id;
    }
  }
  return { columns: [...columns], rows: rows() };
}

/**
 * A file of a submission, for its team and for those who audit.
 *
 * @throws AppError SUBMISSION_NOT_FOUND, NOT_FOUND when it has no file of that place
 */
export async function openSubmittedFile(
  deps: Deps,
  input: { submission_id: string; index: number; viewer: Viewer | null },
): Promise<{ name: string; bytes: number; stream: Readable }> {
  const visible = await selectVisibleSubmission(deps, input);
  const { submission, is_member, audits: isAuditor } = visible;
  // The results of baselines are for everybody; what they are made of is the organizer's to share.
  if (!is_member && !isAuditor) throw new AppError('NOT_FOUND');
  const file = submission.files[input.index];
  if (file === undefined) throw new AppError('NOT_FOUND');
  return {
    name: file.name,
    bytes: file.bytes,
    stream: await deps.storage.open(file.storage_key),
  };
}

async function selectAudited(
  deps: Deps,
  { slug, viewer }: { slug: string; viewer: Viewer | null },
): Promise<Competition> {
  const competition = await selectOptionalCompetitionBySlug(deps.db, slug);
  if (competition === null || !audits(viewer, competition.id)) {
    throw new AppError('COMPETITION_NOT_FOUND');
  }
  return competition;
}
