import { createHash } from 'node:crypto';

import { z } from 'zod';

import { sanitizeText } from '../../sandbox/failure.ts';
import type { FeedOptions, Localized } from '../../tasks/task.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError, type FieldProblem } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { newId, newIdAfter } from '../lib/ids.ts';
import { selectCompetition, type Competition } from '../models/competitions.ts';
import {
  insertBaselineEntry,
  listBaselineEntries,
  listPhaseBaselines,
  selectEntry,
  selectOptionalUserEntry,
  upsertUserEntry,
  type Entry,
} from '../models/entries.ts';
import { insertEvaluationEvent } from '../models/evaluation-events.ts';
import {
  insertEvaluation,
  parseFailure,
  selectEvaluationOfSubmission,
  updateEvaluationEnded,
  type Evaluation,
} from '../models/evaluations.ts';
import { selectPhase, type Phase } from '../models/phases.ts';
import { listScores } from '../models/scores.ts';
import {
  countSubmissionsEver,
  countSubmissionsSince,
  insertSubmission,
  listEntrySubmissions,
  selectSubmission,
  type Submission,
} from '../models/submissions.ts';
import { isTeamMember } from '../models/team-members.ts';
import { audits, isOrganizer, seesCompetition, type Viewer } from './access.ts';
import { fieldErrors } from './accounts.ts';
import { recordAudit } from './audit.ts';
import { phaseState, shownSplits } from './competitions.ts';
import { shownScore } from './releases.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface SubmittedFile {
  /** As the entrant named it; checked here. */
  readonly name: string;
  readonly storage_key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface SubmitInput {
  readonly phase_id: string;
  readonly user: Viewer;
  /** Stored already; removed from the storage when the submission is refused. */
  readonly files: readonly SubmittedFile[];
  readonly options: FeedOptions;
  readonly note: string;
}

export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly left: number;
  /** Next midnight UTC, ISO-8601. */
  readonly resets_at: string;
  /** Of the whole phase; null where it has no such limit. */
  readonly total: { readonly limit: number; readonly used: number } | null;
  /** Evaluations that wait or run at a time; null where the phase has no such limit. */
  readonly concurrent: { readonly limit: number; readonly used: number } | null;
}

export interface SubmissionItem {
  readonly id: string;
  readonly phase_id: string;
  readonly created_at: string;
  readonly note: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly status: Evaluation['status'];
  /** Primary score on the public split. */
  readonly primary_value: number | null;
  readonly failure_reason: string | null;
}

export interface VisibleSubmission {
  readonly submission: Submission;
  readonly phase: Phase;
  readonly entry: Entry;
  readonly competition: Competition;
  readonly organizes: boolean;
  /** Organizers and instructors. */
  readonly audits: boolean;
  /** The viewer is in the entry's team. */
  readonly is_member: boolean;
}

const MIB = 1024 * 1024;
const LONGEST_FILE_NAME = 128;
/** Flat, visible, and the same under every file system: no folders, no leading dot, no control or bidirectional marks. */
const FILE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M} ._+()@=,-]*$/u;
export const LISTED_SUBMISSIONS = 50;

const factor = (problem: FieldProblem) =>
  z.number({ error: problem }).min(-1e6, problem).max(1e6, problem);
const perChannel = z
  .array(factor('numbers'), { error: 'numbers' })
  .min(1, 'numbers')
  .max(64, 'numbers');

/** Each message is a FieldProblem. */
const OptionsSchema = z.object({
  layout: z.enum(['nchw', 'nhwc'], { error: 'layout' }).optional(),
  scale: factor('number').optional(),
  mean: perChannel.optional(),
  std: perChannel.refine((std) => !std.includes(0), 'std_zero').optional(),
  note: z.string().trim().max(FIELD_LIMITS.note.max, 'too_long'),
});

/** Cheap checks before an upload is read. @throws AppError as `submit` does for phase and quota. */
export async function checkCanSubmit(
  deps: Deps,
  input: { phase_id: string; user: Viewer },
): Promise<void> {
  const phase = await selectOpenPhase(deps, deps.db, input.phase_id, input.user);
  const entry = await selectOptionalUserEntry(deps.db, phase.competition_id, input.user.id);
  if (entry !== null) await checkQuota(deps, deps.db, phase, entry.id);
}

/**
 * Stores submission, evaluation, job and audit row in one transaction, within the daily limit.
 *
 * @throws AppError PHASE_NOT_FOUND, PHASE_NOT_STARTED, PHASE_CLOSED, SUBMISSION_LIMIT_REACHED,
 *   TOTAL_LIMIT_REACHED, CONCURRENT_LIMIT_REACHED, FREE_FAILURE_LIMIT_REACHED, NO_FILES, TOO_MANY_FILES, BAD_FILE_NAME, DUPLICATE_FILE_NAME, UPLOAD_TOO_LARGE,
 *   INVALID_FORM (fields layout, scale, mean, std, note)
 */
export async function submit(
  deps: Deps,
  input: SubmitInput,
): Promise<{ submission_id: string; evaluation_id: string }> {
  try {
    checkFiles(deps, input.files);
    const { note, ...options } = parseOptions(input);
    return await deps.db.transaction().execute(async (trx) => {
      const phase = await selectOpenPhase(deps, trx, input.phase_id, input.user);
      const entry_id = await upsertUserEntry(trx, {
        id: newId(),
        competition_id: phase.competition_id,
        user_id: input.user.id,
        name: input.user.name,
        created_at: timestamp(deps.clock),
      });
      await checkQuota(deps, trx, phase, entry_id);
      return insertWithJob(deps, trx, {
        phase,
        entry_id,
        user_id: input.user.id,
        files: input.files,
        options,
        note,
        priority: 0,
      });
    });
  } catch (error) {
    await discardFiles(deps, input.files);
    throw error;
  }
}

/**
 * A submission by the organizer that is shown on the board and not ranked: no quota, and after all others
 * in the queue. `files` are stored already and removed when the baseline cannot be stored.
 */
export async function submitBaseline(
  deps: Deps,
  input: {
    phase_id: string;
    name: Localized;
    source: string;
    files: readonly SubmittedFile[];
  },
): Promise<{ submission_id: string; evaluation_id: string }> {
  try {
    checkFiles(deps, input.files);
    return await deps.db.transaction().execute(async (trx) => {
      const phase = await selectPhase(trx, input.phase_id);
      const { competition_id } = phase;
      // Of another phase of the competition, where it has the same task.
      const known = (await listBaselineEntries(trx, competition_id)).find(
        ({ name }) => name.en === input.name.en,
      );
      const entry_id = known?.id ?? newId();
      if (known === undefined) {
        await insertBaselineEntry(trx, {
          id: entry_id,
          competition_id,
          name: input.name,
          source: input.source,
          created_at: timestamp(deps.clock),
        });
      }
      return insertWithJob(deps, trx, {
        phase,
        entry_id,
        user_id: null,
        files: input.files,
        options: {},
        note: '',
        priority: -1,
      });
    });
  } catch (error) {
    await discardFiles(deps, input.files);
    throw error;
  }
}

/** Whether the phase has a baseline of that English name. */
export async function hasBaseline(
  deps: Deps,
  input: { phase_id: string; name: string },
): Promise<boolean> {
  const baselines = await listPhaseBaselines(deps.db, input.phase_id);
  return baselines.some((entry) => entry.name.en === input.name);
}

export async function readQuota(
  deps: Deps,
  input: { phase_id: string; user: Viewer },
): Promise<Quota> {
  const phase = await selectPhase(deps.db, input.phase_id);
  const entry = await selectOptionalUserEntry(deps.db, phase.competition_id, input.user.id);
  const { since, resets_at } = utcDay(deps.clock.now());
  const { counted } =
    entry === null
      ? { counted: 0 }
      : await countSubmissionsSince(deps.db, { phase_id: phase.id, entry_id: entry.id, since });
  const ever =
    entry === null
      ? { counted: 0, unfinished: 0 }
      : await countSubmissionsEver(deps.db, { phase_id: phase.id, entry_id: entry.id });
  const { daily_limit: limit, total_limit, concurrent_limit } = phase;
  const leftOfDay = limit - counted;
  const leftOfAll = total_limit === null ? leftOfDay : total_limit - ever.counted;
  return {
    limit,
    used: counted,
    left: Math.max(0, Math.min(leftOfDay, leftOfAll)),
    resets_at,
    total: total_limit === null ? null : { limit: total_limit, used: ever.counted },
    concurrent:
      concurrent_limit === null ? null : { limit: concurrent_limit, used: ever.unfinished },
  };
}

/** Those of the user's entry, newest first, 50 at most. */
export async function listOwnSubmissions(
  deps: Deps,
  input: { user: Viewer; competition_id: string },
): Promise<SubmissionItem[]> {
  const entry = await selectOptionalUserEntry(deps.db, input.competition_id, input.user.id);
  if (entry === null) return [];
  const rows = await listEntrySubmissions(deps.db, {
    entry_id: entry.id,
    limit: LISTED_SUBMISSIONS,
  });
  const byPhase = Map.groupBy(rows, ({ phase_id }) => phase_id);
  const primary = new Map<string, number | null>();
  for (const [phaseId, ofPhase] of byPhase) {
    const phase = await selectPhase(deps.db, phaseId);
    const { spec } = await readTaskSpec(deps, phase.task_version_id);
    const shown = shownSplits(phase, spec, input.user, deps.clock.now());
    const scores = await listScores(deps.db, {
      evaluation_ids: ofPhase.map(({ evaluation_id }) => evaluation_id),
      splits: shown.filter((split) => split === phase.public_split),
    });
    for (const row of scores) {
      if (row.metric !== primaryMetric(spec)) continue;
      primary.set(row.evaluation_id, shownScore(phase, spec, row).value);
    }
  }
  return rows.map((row) => ({
    id: row.id,
    phase_id: row.phase_id,
    created_at: row.created_at,
    note: row.note,
    files: row.files.map(({ name, bytes }) => ({ name, bytes })),
    status: row.status,
    primary_value: primary.get(row.evaluation_id) ?? null,
    failure_reason: parseFailure(row.failure_json)?.reason ?? null,
  }));
}

/**
 * While queued or running; the worker ends a run that is cancelled within a second.
 *
 * An entrant's own cancellation of a run costs quota, for its end could have told something; one of a waiting
 * evaluation does not, and neither does one by an organizer.
 *
 * @param input.seen_status what the viewer was told: nothing is cancelled when it has changed since, for the
 *   price may have.
 * @returns whether it was cancelled.
 * @throws AppError SUBMISSION_NOT_FOUND, EVALUATION_NOT_CANCELLABLE
 */
export async function cancelSubmission(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer; seen_status?: string | undefined },
): Promise<boolean> {
  const { viewer, seen_status } = input;
  return deps.db.transaction().execute(async (trx) => {
    const visible = await selectVisibleSubmission({ ...deps, db: trx }, input);
    const { submission, organizes, is_member } = visible;
    if (!organizes && !is_member) throw new AppError('SUBMISSION_NOT_FOUND');
    const evaluation = await selectEvaluationOfSubmission(trx, submission.id);
    const { id, status } = evaluation;
    if (status !== 'queued' && status !== 'running') {
      throw new AppError('EVALUATION_NOT_CANCELLABLE');
    }
    if (seen_status !== undefined && seen_status !== status) return false;
    const finished_at = timestamp(deps.clock);
    const ended =
      (await deps.queue.cancel(trx, id)) &&
      (await updateEvaluationEnded(trx, {
        id,
        status: 'cancelled',
        failure: null,
        run: null,
        counts_quota: evaluation.counts_quota && status === 'running' && is_member,
        finished_at,
      }));
    if (!ended) throw new AppError('EVALUATION_NOT_CANCELLABLE');
    await insertEvaluationEvent(trx, {
      evaluation_id: id,
      at: finished_at,
      event: 'cancelled',
      detail: {},
    });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'evaluation.cancelled',
      subject: 'submission',
      subject_id: submission.id,
      detail: { evaluation_id: id, was: status },
    });
    return true;
  });
}

/**
 * Evaluates a submission again whose evaluation failed, on the task's current version. It costs no quota.
 *
 * @throws AppError SUBMISSION_NOT_FOUND for everybody but organizers, EVALUATION_NOT_RETRYABLE
 */
export async function retrySubmission(
  deps: Deps,
  { submission_id, viewer }: { submission_id: string; viewer: Viewer },
): Promise<{ evaluation_id: string }> {
  return deps.db.transaction().execute(async (trx) => {
    const submission = await selectSubmission(trx, submission_id);
    const phase = await selectPhase(trx, submission.phase_id);
    if (!isOrganizer(viewer, phase.competition_id)) throw new AppError('SUBMISSION_NOT_FOUND');
    const failed = await selectEvaluationOfSubmission(trx, submission_id);
    if (failed.status !== 'failed') throw new AppError('EVALUATION_NOT_RETRYABLE');
    // The newest evaluation of a submission is the one with the greatest id.
    const evaluation_id = newIdAfter(failed.id);
    await queueEvaluation(deps, trx, {
      evaluation_id,
      submission,
      phase,
      counts_quota: false,
      priority: 0,
      events: ['queued'],
    });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'evaluation.retried',
      subject: 'submission',
      subject_id: submission_id,
      detail: { evaluation_id, failed_evaluation_id: failed.id },
    });
    return { evaluation_id };
  });
}

/**
 * A submission and where it stands, for those who may see its result.
 *
 * @throws AppError SUBMISSION_NOT_FOUND also when the viewer may not see it.
 */
export async function selectVisibleSubmission(
  { db }: Deps,
  { submission_id, viewer }: { submission_id: string; viewer: Viewer | null },
): Promise<VisibleSubmission> {
  const submission = await selectSubmission(db, submission_id);
  const phase = await selectPhase(db, submission.phase_id);
  const entry = await selectEntry(db, submission.entry_id);
  const competition = await selectCompetition(db, phase.competition_id);
  // Baselines are the organizer's examples: whoever sees the board may look at them.
  const isExample = entry.kind === 'baseline';
  const isAuditor = audits(viewer, competition.id);
  const is_member = viewer !== null && (await isTeamMember(db, entry.id, viewer.id));
  // What was withdrawn is withdrawn from its entrants, too.
  if (!seesCompetition(viewer, competition) || !(isExample || is_member || isAuditor)) {
    throw new AppError('SUBMISSION_NOT_FOUND');
  }
  return {
    submission,
    phase,
    entry,
    competition,
    organizes: isOrganizer(viewer, competition.id),
    audits: isAuditor,
    is_member,
  };
}

/** @throws AppError PHASE_NOT_FOUND, PHASE_NOT_STARTED, PHASE_CLOSED */
async function selectOpenPhase(
  deps: Deps,
  db: Db,
  phaseId: string,
  viewer: Viewer,
): Promise<Phase> {
  const phase = await selectPhase(db, phaseId);
  const competition = await selectCompetition(db, phase.competition_id);
  if (!seesCompetition(viewer, competition)) throw new AppError('PHASE_NOT_FOUND');
  const state = phaseState(phase, deps.clock.now());
  if (state === 'upcoming') {
    throw new AppError('PHASE_NOT_STARTED', { params: { starts_at: phase.starts_at } });
  }
  if (state === 'closed') {
    throw new AppError('PHASE_CLOSED', { params: { ends_at: phase.ends_at ?? '' } });
  }
  return phase;
}

/** @throws AppError SUBMISSION_LIMIT_REACHED, TOTAL_LIMIT_REACHED, CONCURRENT_LIMIT_REACHED, FREE_FAILURE_LIMIT_REACHED */
async function checkQuota(deps: Deps, db: Db, phase: Phase, entryId: string): Promise<void> {
  const { since, resets_at } = utcDay(deps.clock.now());
  const { counted, free } = await countSubmissionsSince(db, {
    phase_id: phase.id,
    entry_id: entryId,
    since,
  });
  const limit = phase.daily_limit;
  if (counted >= limit) {
    throw new AppError('SUBMISSION_LIMIT_REACHED', { params: { limit, resets_at } });
  }
  const mostFree = deps.config.FREE_FAILURES_PER_DAY;
  if (free >= mostFree) {
    throw new AppError('FREE_FAILURE_LIMIT_REACHED', { params: { limit: mostFree, resets_at } });
  }
  const { total_limit, concurrent_limit } = phase;
  if (total_limit === null && concurrent_limit === null) return;
  const ever = await countSubmissionsEver(db, { phase_id: phase.id, entry_id: entryId });
  if (total_limit !== null && ever.counted >= total_limit) {
    throw new AppError('TOTAL_LIMIT_REACHED', { params: { limit: total_limit } });
  }
  if (concurrent_limit !== null && ever.unfinished >= concurrent_limit) {
    throw new AppError('CONCURRENT_LIMIT_REACHED', { params: { limit: concurrent_limit } });
  }
}

/** Quotas are per calendar day in UTC. */
function utcDay(now: Date): { since: string; resets_at: string } {
  const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return {
    since: new Date(midnight).toISOString(),
    resets_at: new Date(midnight + 24 * 60 * 60 * 1000).toISOString(),
  };
}

function checkFiles(deps: Deps, files: readonly SubmittedFile[]): void {
  const { UPLOAD_MAX_FILES, UPLOAD_MAX_MB } = deps.config;
  if (files.length === 0) throw new AppError('NO_FILES');
  if (files.length > UPLOAD_MAX_FILES) {
    throw new AppError('TOO_MANY_FILES', { params: { limit: UPLOAD_MAX_FILES } });
  }
  const names = new Set<string>();
  for (const { name } of files) {
    if (name.length > LONGEST_FILE_NAME || !FILE_NAME.test(name)) {
      throw new AppError('BAD_FILE_NAME', { params: { file: visible(name) } });
    }
    // Names that a file system or a reader would take for the same.
    const folded = name.normalize('NFKC').toLowerCase();
    if (names.has(folded)) {
      throw new AppError('DUPLICATE_FILE_NAME', { params: { file: visible(name) } });
    }
    names.add(folded);
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > UPLOAD_MAX_MB * MIB) {
    throw new AppError('UPLOAD_TOO_LARGE', { params: { limit_mb: UPLOAD_MAX_MB } });
  }
}

function visible(name: string): string {
  return sanitizeText(name, 80);
}

function parseOptions(input: SubmitInput): z.output<typeof OptionsSchema> {
  const parsed = OptionsSchema.safeParse({ ...input.options, note: input.note });
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  // One line: what is left of a line break would be a mark of something unreadable.
  const note = sanitizeText(parsed.data.note.replace(/\s+/gu, ' '), FIELD_LIMITS.note.max);
  return { ...parsed.data, note };
}

async function insertWithJob(
  deps: Deps,
  trx: Db,
  submission: {
    phase: Phase;
    entry_id: string;
    user_id: string | null;
    files: readonly SubmittedFile[];
    options: FeedOptions;
    note: string;
    priority: number;
  },
): Promise<{ submission_id: string; evaluation_id: string }> {
  const { phase, entry_id, user_id, files } = submission;
  const submission_id = newId();
  const evaluation_id = newId();
  const at = timestamp(deps.clock);
  const artifact_sha256 = hashArtifact(files);
  await insertSubmission(trx, {
    id: submission_id,
    phase_id: phase.id,
    entry_id,
    user_id,
    files: files.map(({ name, storage_key, bytes, sha256 }) => ({
      name,
      storage_key,
      bytes,
      sha256,
    })),
    artifact_sha256,
    artifact_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    options: {
      layout: submission.options.layout,
      scale: submission.options.scale,
      mean: submission.options.mean?.slice(),
      std: submission.options.std?.slice(),
    },
    note: submission.note,
    created_at: at,
  });
  await queueEvaluation(deps, trx, {
    evaluation_id,
    submission: { id: submission_id, entry_id },
    phase,
    counts_quota: user_id !== null,
    priority: submission.priority,
    events: ['received', 'queued'],
  });
  await recordAudit(deps, trx, {
    actor_id: user_id,
    action: 'submission.received',
    subject: 'submission',
    subject_id: submission_id,
    detail: { artifact_sha256, phase: phase.slug },
  });
  return { submission_id, evaluation_id };
}

async function queueEvaluation(
  deps: Deps,
  trx: Db,
  input: {
    evaluation_id: string;
    submission: Pick<Submission, 'id' | 'entry_id'>;
    phase: Phase;
    counts_quota: boolean;
    priority: number;
    events: readonly ('received' | 'queued')[];
  },
): Promise<void> {
  const { evaluation_id, submission, phase, counts_quota, priority } = input;
  const at = timestamp(deps.clock);
  await insertEvaluation(trx, {
    id: evaluation_id,
    submission_id: submission.id,
    phase_id: phase.id,
    entry_id: submission.entry_id,
    task_version_id: phase.task_version_id,
    queued_at: at,
    counts_quota,
  });
  for (const event of input.events) {
    await insertEvaluationEvent(trx, { evaluation_id, at, event, detail: {} });
  }
  const payload = { evaluation_id };
  await deps.queue.enqueue(trx, 'evaluate-submission', payload, { id: evaluation_id, priority });
}

/** Hex SHA-256 over the files' names and hashes in the order of their names. */
function hashArtifact(files: readonly SubmittedFile[]): string {
  const hash = createHash('sha256');
  const lines = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).sort();
  for (const line of lines) hash.update(line, 'utf8');
  return hash.digest('hex');
}

async function discardFiles(deps: Deps, files: readonly SubmittedFile[]): Promise<void> {
  for (const { storage_key } of files) {
    try {
      await deps.storage.remove(storage_key);
    } catch (error) {
      deps.logger.error({ err: error, storage_key }, 'a refused file could not be removed');
    }
  }
}
