/** What organizers do with their competitions: make, edit, publish, close, reveal. For all others as if it did not exist. */
import { z } from 'zod';

import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { newId } from '../lib/ids.ts';
import { upsertCompetitionPage } from '../models/competition-pages.ts';
import {
  insertCompetition,
  listCompetitionRows,
  selectOptionalCompetitionBySlug,
  updateCompetition as updateCompetitionRow,
  updateCompetitionState,
  type Competition,
} from '../models/competitions.ts';
import {
  countEvaluationsByPhase,
  listUnfinished,
  type ListedEvaluation,
} from '../models/evaluations.ts';
import {
  listPhases,
  updateBoardVersion,
  updatePhaseEnd,
  updatePhaseRevealed,
  type Phase,
} from '../models/phases.ts';
import { insertRoleGrant } from '../models/role-grants.ts';
import { isOrganizer, isRevealed, organizesAny, type Viewer } from './access.ts';
import { fieldErrors } from './accounts.ts';
import { recordAudit } from './audit.ts';
import { phaseState, type PhaseView } from './competitions.ts';
import { readTaskSpec } from './tasks.ts';

/** Evaluations of a phase by their state, and its entries without the baselines. */
export interface PhaseCounts {
  readonly queued: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly entries: number;
}

export interface OrganizedPhase {
  readonly phase: Phase;
  readonly state: PhaseView['state'];
  readonly revealed: boolean;
  /** Scores of the public split are shown with the private ones, not at once. */
  readonly late_public: boolean;
  readonly task_name: string;
  readonly task_title: Localized;
  readonly task_version: string;
  readonly counts: PhaseCounts;
}

export interface OrganizedCompetition {
  readonly competition: Competition;
  readonly phases: readonly OrganizedPhase[];
}

/** What the form of a competition sends. */
export type CompetitionForm = Readonly<Record<string, string>>;

/** The page that leads, without its title. It can be empty and not be removed. */
export const OVERVIEW = 'overview';

const LISTED_LIVE = 20;
const SLUG = /^[a-z][a-z0-9-]{0,59}$/u;
/** Addresses below `/organize` that no competition can have. */
const RESERVED = new Set(['new']);

const required = (name: 'title_en' | 'title_es' | 'summary_en' | 'summary_es') =>
  z.string({ error: 'required' }).trim().min(1, 'required').max(FIELD_LIMITS[name].max, 'too_long');
export const SlugSchema = z
  .string({ error: 'required' })
  .trim()
  .regex(SLUG, 'slug')
  .refine((slug) => !RESERVED.has(slug), 'slug_taken');

const TextsSchema = z.object({
  title_en: required('title_en'),
  title_es: required('title_es'),
  summary_en: required('summary_en'),
  summary_es: required('summary_es'),
});
export const BodySchema = z.object({
  body_en: z.string().max(FIELD_LIMITS.body_en.max, 'too_long').default(''),
  body_es: z.string().max(FIELD_LIMITS.body_es.max, 'too_long').default(''),
});
export const NewCompetitionSchema = TextsSchema.extend({ slug: SlugSchema, ...BodySchema.shape });

/** Those that the viewer organizes, newest first. @throws AppError NOT_FOUND */
export async function listOrganized(
  deps: Deps,
  viewer: Viewer | null,
): Promise<OrganizedCompetition[]> {
  const organizer = requireOrganizing(viewer);
  const own = (await listCompetitionRows(deps.db)).filter(({ id }) => isOrganizer(organizer, id));
  return Promise.all(own.toReversed().map((competition) => describe(deps, competition)));
}

/** @throws AppError NOT_FOUND, also for a competition of others. */
export async function findOrganized(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<OrganizedCompetition> {
  const { competition } = await selectOwn(deps, input);
  return describe(deps, competition);
}

/** Evaluations that wait or run, in their order; 20 at most. @throws AppError NOT_FOUND */
export async function listLive(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<ListedEvaluation[]> {
  const { competition } = await selectOwn(deps, input);
  return listUnfinished(deps.db, LISTED_LIVE, competition.id);
}

/** The competition as its organizer may change it. @throws AppError NOT_FOUND */
export async function selectOwn(
  deps: Pick<Deps, 'db'>,
  input: { slug: string; viewer: Viewer | null },
): Promise<{ competition: Competition; viewer: Viewer }> {
  const viewer = requireOrganizing(input.viewer);
  const competition = await selectOptionalCompetitionBySlug(deps.db, input.slug);
  if (competition === null || !isOrganizer(viewer, competition.id)) throw new AppError('NOT_FOUND');
  return { competition, viewer };
}

/** Administrators and whoever organizes a competition already. @throws AppError NOT_FOUND */
export function requireOrganizing(viewer: Viewer | null): Viewer {
  if (!organizesAny(viewer)) throw new AppError('NOT_FOUND');
  return viewer;
}

async function describe(deps: Deps, competition: Competition): Promise<OrganizedCompetition> {
  const now = deps.clock.now();
  const counts = await countEvaluationsByPhase(deps.db, competition.id);
  const phases: OrganizedPhase[] = [];
  for (const phase of await listPhases(deps.db, competition.id)) {
    const { spec, version } = await readTaskSpec(deps, phase.task_version_id);
    phases.push({
      phase,
      state: phaseState(phase, now),
      revealed: isRevealed(phase, now),
      late_public: spec.splits[phase.public_split]?.shown !== 'at-once',
      task_name: spec.name,
      task_title: spec.title,
      task_version: version,
      counts: counts.get(phase.id) ?? NO_COUNTS,
    });
  }
  return { competition, phases };
}

const NO_COUNTS: PhaseCounts = { queued: 0, running: 0, succeeded: 0, failed: 0, entries: 0 };

/**
 * A draft, which only its organizers see. Whoever makes it organizes it.
 *
 * @throws AppError NOT_FOUND, INVALID_FORM
 */
export async function createCompetition(
  deps: Deps,
  input: { viewer: Viewer | null; form: CompetitionForm },
): Promise<{ id: string; slug: string }> {
  const viewer = requireOrganizing(input.viewer);
  const parsed = NewCompetitionSchema.safeParse(input.form);
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  const { slug, ...form } = parsed.data;
  return deps.db.transaction().execute(async (trx) => {
    if ((await selectOptionalCompetitionBySlug(trx, slug)) !== null) {
      throw new AppError('INVALID_FORM', { fields: { slug: 'slug_taken' } });
    }
    const id = newId();
    const created_at = timestamp(deps.clock);
    await insertCompetition(trx, { id, slug, ...textsOf(form), state: 'draft', created_at });
    await insertRoleGrant(trx, {
      id: newId(),
      user_id: viewer.id,
      scope: 'competition',
      scope_id: id,
      role: 'organizer',
      created_at,
    });
    if (form.body_en.trim() !== '' || form.body_es.trim() !== '') {
      await upsertCompetitionPage(trx, {
        id: newId(),
        competition_id: id,
        slug: OVERVIEW,
        position: 0,
        title: textsOf(form).title,
        body: { en: form.body_en, es: form.body_es },
        updated_at: created_at,
      });
    }
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'competition.created',
      subject: 'competition',
      subject_id: id,
      detail: { slug },
    });
    return { id, slug };
  });
}

/** Title and summary; the address stays, for it is out in the world. @throws AppError NOT_FOUND, INVALID_FORM */
export async function updateCompetition(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null; form: CompetitionForm },
): Promise<void> {
  const { competition, viewer } = await selectOwn(deps, input);
  const parsed = TextsSchema.safeParse(input.form);
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  const texts = textsOf(parsed.data);
  await deps.db.transaction().execute(async (trx) => {
    await updateCompetitionRow(trx, { id: competition.id, ...texts });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'competition.edited',
      subject: 'competition',
      subject_id: competition.id,
      detail: {
        from: JSON.stringify({ title: competition.title, summary: competition.summary }),
        to: JSON.stringify(texts),
      },
    });
  });
}

function textsOf(form: z.output<typeof TextsSchema>): Pick<Competition, 'title' | 'summary'> {
  return {
    title: { en: form.title_en, es: form.title_es },
    summary: { en: form.summary_en, es: form.summary_es },
  };
}

/**
 * Shows the competition to everybody, or to its organizers only. Harmless to repeat.
 *
 * @throws AppError NOT_FOUND, NOT_PUBLISHABLE without a phase
 */
export async function setCompetitionState(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null; state: 'public' | 'draft' },
): Promise<void> {
  const { competition, viewer } = await selectOwn(deps, input);
  await deps.db.transaction().execute(async (trx) => {
    const phases = await listPhases(trx, competition.id);
    if (input.state === 'public' && phases.length === 0) throw new AppError('NOT_PUBLISHABLE');
    if (!(await updateCompetitionState(trx, competition.id, input.state))) return;
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: input.state === 'public' ? 'competition.published' : 'competition.withdrawn',
      subject: 'competition',
      subject_id: competition.id,
    });
  });
}

/** @throws AppError NOT_FOUND, PHASE_NOT_FOUND */
export async function findOrganizedPhase(
  deps: Deps,
  input: { slug: string; phase: string; viewer: Viewer | null },
): Promise<{ organized: OrganizedCompetition; item: OrganizedPhase; viewer: Viewer }> {
  const { competition, viewer } = await selectOwn(deps, input);
  const organized = await describe(deps, competition);
  const item = organized.phases.find(({ phase }) => phase.slug === input.phase);
  if (item === undefined) throw new AppError('PHASE_NOT_FOUND');
  return { organized, item, viewer };
}

/** Ends an open phase now; what is queued is still scored. Does nothing to a phase that is not open. */
export async function closePhase(
  deps: Deps,
  input: { slug: string; phase: string; viewer: Viewer | null },
): Promise<void> {
  const { viewer } = await selectOwn(deps, input);
  await deps.db.transaction().execute(async (trx) => {
    const { competition } = await selectOwn({ db: trx }, input);
    const phase = await selectBySlug(trx, competition.id, input.phase);
    if (phaseState(phase, deps.clock.now()) !== 'open') return;
    const ends_at = timestamp(deps.clock);
    await updatePhaseEnd(trx, phase.id, ends_at);
    await updateBoardVersion(trx, phase.id);
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'phase.closed',
      subject: 'phase',
      subject_id: phase.id,
      detail: { ends_at, before: phase.ends_at },
    });
  });
}

/**
 * Shows the private scores of a phase that has ended to everybody, for good. Harmless to repeat.
 *
 * @throws AppError NOT_FOUND, PHASE_NOT_FOUND, SPLIT_NOT_FOUND, PHASE_NOT_ENDED
 */
export async function revealPrivateSplit(
  deps: Deps,
  input: { slug: string; phase: string; viewer: Viewer | null },
): Promise<void> {
  const { viewer } = await selectOwn(deps, input);
  await deps.db.transaction().execute(async (trx) => {
    const { competition } = await selectOwn({ db: trx }, input);
    const phase = await selectBySlug(trx, competition.id, input.phase);
    if (phase.private_split === null) throw new AppError('SPLIT_NOT_FOUND');
    const now = deps.clock.now();
    if (isRevealed(phase, now)) return;
    if (phaseState(phase, now) !== 'closed') throw new AppError('PHASE_NOT_ENDED');
    await updatePhaseRevealed(trx, phase.id, timestamp(deps.clock));
    await updateBoardVersion(trx, phase.id);
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'phase.private_revealed',
      subject: 'phase',
      subject_id: phase.id,
      detail: { split: phase.private_split },
    });
  });
}

/** @throws AppError PHASE_NOT_FOUND */
async function selectBySlug(db: Deps['db'], competitionId: string, slug: string): Promise<Phase> {
  const phase = (await listPhases(db, competitionId)).find((row) => row.slug === slug);
  if (phase === undefined) throw new AppError('PHASE_NOT_FOUND');
  return phase;
}
