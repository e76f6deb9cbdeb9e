/** Phases as their organizers make and edit them. */
import { z } from 'zod';

import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError, type FieldProblem } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { newId } from '../lib/ids.ts';
import { isTimeZone, toInstant } from '../lib/time-zones.ts';
import { countEvaluationsByPhase } from '../models/evaluations.ts';
import {
  DEFAULT_RANKING,
  insertPhase,
  listPhases,
  updateBoardVersion,
  updatePhase,
  type Phase,
  type PhaseRanking,
  type ReleaseRule,
} from '../models/phases.ts';
import { listTaskVersions } from '../models/task-versions.ts';
import { isAdmin, isOrganizer, isRevealed, type Viewer } from './access.ts';
import { fieldErrors } from './accounts.ts';
import { recordAudit } from './audit.ts';
import { SlugSchema, selectOwn } from './organizing.ts';
import { adoptTaskVersion, meansTheSame, updatePhaseRules } from './phase-rules.ts';
import { addTaskExtras } from './task-extras.ts';

/** A version of a task that a phase of the viewer's may use. */
export interface UsableTask {
  readonly task_version_id: string;
  readonly name: string;
  readonly title: Localized;
  readonly version: string;
  readonly splits: readonly string[];
  /** Splits whose answers participants may download. */
  readonly open_splits: readonly string[];
  /** Splits whose scores the task shows after the close alone, whatever a phase makes of them. */
  readonly late_splits: readonly string[];
  readonly metrics: readonly string[];
  readonly created_at: string;
}

/** As the form sends them: texts, empty where a field is. */
export type PhaseForm = Readonly<Record<string, string>>;

const title = z
  .string({ error: 'required' })
  .trim()
  .min(1, 'required')
  .max(FIELD_LIMITS.title_en.max, 'too_long');
const count = (name: 'daily_limit' | 'total_limit' | 'concurrent_limit') => {
  const { min, max } = FIELD_LIMITS[name];
  return z
    .string({ error: 'whole' })
    .trim()
    .regex(/^\d{1,9}$/u, 'whole')
    .transform(Number)
    .refine((value) => value >= min && value <= max, 'whole');
};
const orNone = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([z.literal('').transform(() => null), schema], { error: 'whole' });

const PhaseSchema = z.object({
  slug: SlugSchema,
  title_en: title,
  title_es: title,
  task_version_id: z.string({ error: 'required' }).min(1, 'required'),
  public_split: z.string({ error: 'required' }).min(1, 'required'),
  private_split: z.string().default(''),
  starts: z.string({ error: 'time' }),
  ends: z.string().default(''),
  time_zone: z.string({ error: 'time_zone' }).refine(isTimeZone, 'time_zone'),
  daily_limit: count('daily_limit'),
  total_limit: orNone(count('total_limit')),
  concurrent_limit: orNone(count('concurrent_limit')),
  display_rule: z.enum(['best', 'latest', 'chosen'], { error: 'invalid' }),
  reveal_rule: z.enum(['at-end', 'by-organizer'], { error: 'invalid' }),
  ranking: z.enum(['primary', 'mean-of-ranks'], { error: 'invalid' }),
  tie_breaker: z.string().default(''),
  earlier_first: z.enum(['', 'on']).default(''),
  release: z.enum(['default', 'full', 'rounded', 'ladder', 'ladder-free'], { error: 'invalid' }),
});
type ParsedPhase = z.output<typeof PhaseSchema>;

/**
 * Tasks of the competitions that the viewer organizes, by name and from new to old. A task of others is not for
 * use: under other rules it would tell what its own competition hides.
 *
 * @throws AppError NOT_FOUND
 */
export async function listUsableTasks(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<UsableTask[]> {
  const { competition, viewer } = await selectOwn(deps, input);
  const used = new Set(
    (await listPhases(deps.db, competition.id)).map(({ task_version_id }) => task_version_id),
  );
  const versions = await listTaskVersions(deps.db);
  const usedTasks = new Set(
    versions.filter(({ id }) => used.has(id)).map(({ task_name }) => task_name),
  );
  return versions
    .filter(
      ({ competition_id, task_name }) =>
        isAdmin(viewer) ||
        usedTasks.has(task_name) ||
        (competition_id !== null && isOrganizer(viewer, competition_id)),
    )
    .map(({ id, task_name, version, spec, created_at }) => {
      return {
        task_version_id: id,
        name: task_name,
        version,
        created_at,
        // Written by registerTask from a spec that the task loader had checked.
        ...choicesOf(spec as TaskSpec),
      };
    });
}

/** What the form of a phase lets choose of a task. */
export function choicesOf({ title, splits, metrics }: TaskSpec) {
  const names = Object.keys(splits);
  return {
    title,
    splits: names,
    open_splits: names.filter((name) => splits[name]?.share === 'download'),
    late_splits: names.filter((name) => splits[name]?.shown === 'after-close'),
    metrics: metrics.map(({ name }) => name),
  };
}

/**
 * Makes a phase, or edits one.
 *
 * @param input.phase slug of the phase that is edited; null makes one.
 * @returns its slug.
 * @throws AppError NOT_FOUND, PHASE_NOT_FOUND, INVALID_FORM
 */
export async function savePhase(
  deps: Deps,
  input: { slug: string; phase: string | null; viewer: Viewer | null; form: PhaseForm },
): Promise<{ slug: string }> {
  const { competition, viewer } = await selectOwn(deps, input);
  const tasks = await listUsableTasks(deps, input);
  const chosen = input.form['task_version_id'];
  const task = tasks.find(({ task_version_id }) => task_version_id === chosen);
  const { form, columns } = readPhaseForm(input.form, task);
  const at = { competition_id: competition.id, viewer };
  if (input.phase === null) {
    const rules = rulesOf(form, { ranking: DEFAULT_RANKING, release: null });
    await createPhase(deps, { ...at, columns: { ...columns, ...rules } });
  } else {
    await editPhase(deps, { ...at, slug: input.phase, columns, form });
  }
  return { slug: form.slug };
}

/** @throws AppError INVALID_FORM for what cannot hold, whatever there is already. */
export function readPhaseForm(
  values: PhaseForm,
  task: Pick<UsableTask, 'splits' | 'open_splits' | 'metrics'> | undefined,
): { form: ParsedPhase; columns: Columns } {
  const parsed = PhaseSchema.safeParse(values);
  const fields: Record<string, FieldProblem> = parsed.success ? {} : fieldErrors(parsed.error);
  const zone = values['time_zone'] ?? '';
  const [starts_at, ends_at] = ['starts', 'ends'].map((name) => {
    const local = values[name] ?? '';
    const at = isTimeZone(zone) ? toInstant(local, zone) : null;
    if (at === null && !(name === 'ends' && local === '')) fields[name] = 'time';
    return at;
  });
  if (starts_at && ends_at && ends_at <= starts_at) fields['ends'] = 'end_before_start';
  Object.assign(fields, checkSplits(values, task));
  const form = parsed.success ? parsed.data : null;
  if (form === null || starts_at == null || Object.keys(fields).length > 0) {
    throw new AppError('INVALID_FORM', { fields });
  }
  const columns = {
    slug: form.slug,
    title: { en: form.title_en, es: form.title_es },
    task_version_id: form.task_version_id,
    public_split: form.public_split,
    private_split: form.private_split === '' ? null : form.private_split,
    daily_limit: form.daily_limit,
    total_limit: form.total_limit,
    concurrent_limit: form.concurrent_limit,
    starts_at,
    ends_at: ends_at ?? null,
    time_zone: form.time_zone,
    reveal_rule: form.reveal_rule,
  };
  return { form, columns };
}

function checkSplits(
  { public_split = '', private_split = '', tie_breaker = '' }: PhaseForm,
  task: Parameters<typeof readPhaseForm>[1],
): Record<string, FieldProblem> {
  if (task === undefined) return { task_version_id: 'invalid' };
  const { splits, open_splits, metrics } = task;
  return {
    ...(splits.includes(public_split) ? {} : { public_split: 'split_unknown' }),
    ...(private_split === '' || splits.includes(private_split)
      ? {}
      : { private_split: 'split_unknown' }),
    ...(private_split !== '' && private_split === public_split
      ? { private_split: 'split_twice' }
      : {}),
    ...(open_splits.includes(private_split) ? { private_split: 'split_answers_known' } : {}),
    ...(tie_breaker === '' || metrics.includes(tie_breaker) ? {} : { tie_breaker: 'invalid' }),
  };
}

/** What the form says of the rules; what it does not speak of (steps, several tie-breakers) stays as it was. */
function rulesOf(
  form: ParsedPhase,
  before: { readonly ranking: PhaseRanking; readonly release: ReleaseRule | null },
): Pick<Phase, 'display_rule' | 'ranking' | 'release'> {
  const { ranking, release } = before;
  const breakers =
    (ranking.tie_breakers[0] ?? '') === form.tie_breaker
      ? ranking.tie_breakers
      : [form.tie_breaker].filter((name) => name !== '');
  return {
    display_rule: form.display_rule,
    ranking: {
      ...ranking,
      method: form.ranking,
      tie_breakers: breakers,
      earlier_first: form.earlier_first === 'on',
    },
    release: form.release === (release?.rule ?? 'default') ? release : newRelease(form.release),
  };
}

function newRelease(rule: ParsedPhase['release']): ReleaseRule | null {
  switch (rule) {
    case 'default':
      return null;
    case 'rounded':
      return { rule, steps: {} };
    case 'full':
    case 'ladder':
    case 'ladder-free':
      return { rule };
  }
}

type Columns = Omit<
  Phase,
  | 'id'
  | 'competition_id'
  | 'position'
  | 'revealed_at'
  | 'board_version'
  | 'display_rule'
  | 'ranking'
  | 'release'
>;

async function createPhase(
  deps: Deps,
  input: {
    competition_id: string;
    viewer: Viewer;
    columns: Columns & Pick<Phase, 'display_rule' | 'ranking' | 'release'>;
  },
): Promise<void> {
  const { competition_id, viewer, columns } = input;
  const id = newId();
  await deps.db.transaction().execute(async (trx) => {
    const phases = await listPhases(trx, competition_id);
    if (phases.some(({ slug }) => slug === columns.slug)) {
      throw new AppError('INVALID_FORM', { fields: { slug: 'slug_taken' } });
    }
    await insertPhase(trx, {
      ...columns,
      id,
      competition_id,
      position: Math.max(-1, ...phases.map(({ position }) => position)) + 1,
      revealed_at: null,
      board_version: 0,
    });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'phase.created',
      subject: 'phase',
      subject_id: id,
      detail: { slug: columns.slug, settings: JSON.stringify(columns) },
    });
  });
  await addTaskExtras(deps, id);
}

async function editPhase(
  deps: Deps,
  input: {
    competition_id: string;
    viewer: Viewer;
    slug: string;
    columns: Columns;
    form: ParsedPhase;
  },
): Promise<void> {
  const { competition_id, viewer, columns, form } = input;
  const at = { competition_id, slug: input.slug, columns };
  // Before the task is changed, which is a step of its own.
  const before = await checkPhaseEdit(deps, at);
  if (before.used && !(await adoptTaskVersion(deps, { ...columns, phase_id: before.phase.id }))) {
    throw new AppError('INVALID_FORM', { fields: { task_version_id: 'task_in_use' } });
  }
  await deps.db.transaction().execute(async (trx) => {
    const { phase } = await checkPhaseEdit({ ...deps, db: trx }, at);
    const next = { ...phase, ...columns };
    const [from, to] = [JSON.stringify(settingsOf(phase)), JSON.stringify(settingsOf(next))];
    if (from === to) return;
    await updatePhase(trx, { ...columns, id: phase.id, position: phase.position });
    await updateBoardVersion(trx, phase.id);
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'phase.edited',
      subject: 'phase',
      subject_id: phase.id,
      detail: { from, to },
    });
  });
  const { phase } = before;
  await updatePhaseRules(deps, { phase_id: phase.id, viewer, rules: rulesOf(form, phase) });
  await addTaskExtras(deps, phase.id);
}

/**
 * Another task or other splits are free as long as nothing was submitted; then only a version whose scores mean
 * the same may take the place of the task. Private scores that somebody could have read stay public.
 *
 * @returns the phase as it is, and whether something was submitted to it, baselines included.
 * @throws AppError PHASE_NOT_FOUND, INVALID_FORM for what its state does not allow
 */
export async function checkPhaseEdit(
  deps: Pick<Deps, 'db' | 'clock'>,
  input: { competition_id: string; slug: string; columns: Columns },
): Promise<{ phase: Phase; used: boolean }> {
  const { competition_id, slug, columns } = input;
  const phases = await listPhases(deps.db, competition_id);
  const phase = phases.find((row) => row.slug === slug);
  if (phase === undefined) throw new AppError('PHASE_NOT_FOUND');
  const counts = (await countEvaluationsByPhase(deps.db, competition_id)).get(phase.id);
  const used = counts !== undefined;
  const fields: Record<string, FieldProblem> = {};
  if (phases.some((row) => row.id !== phase.id && row.slug === columns.slug)) {
    fields['slug'] = 'slug_taken';
  }
  for (const name of ['public_split', 'private_split'] as const) {
    if (used && phase[name] !== columns[name]) fields[name] = 'task_in_use';
  }
  if (used && !(await meansTheSame(deps.db, phase, columns.task_version_id))) {
    fields['task_version_id'] = 'task_in_use';
  }
  const now = deps.clock.now();
  // Where nobody took part its end revealed nothing: a phase with a wrong year can be put right.
  const isKnown = phase.revealed_at !== null || (counts !== undefined && counts.entries > 0);
  if (isKnown && isRevealed(phase, now) && phase.private_split !== null) {
    const ended = columns.ends_at !== null && Date.parse(columns.ends_at) <= now.getTime();
    if (!ended && phase.ends_at !== null) fields['ends'] = 'already_revealed';
    else if (!isRevealed({ ...phase, ...columns }, now)) fields['reveal_rule'] = 'already_revealed';
  }
  if (Object.keys(fields).length > 0) throw new AppError('INVALID_FORM', { fields });
  return { phase, used };
}

function settingsOf(phase: Columns): Columns {
  const { slug, title, task_version_id, public_split, private_split } = phase;
  const { daily_limit, total_limit, concurrent_limit } = phase;
  const { starts_at, ends_at, time_zone, reveal_rule } = phase;
  return {
    ...{ slug, title, task_version_id, public_split, private_split },
    ...{ daily_limit, total_limit, concurrent_limit },
    ...{ starts_at, ends_at, time_zone, reveal_rule },
  };
}
