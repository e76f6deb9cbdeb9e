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
import { adoptTaskVersion, updatePhaseRules } from './phase-rules.ts';
import { addTaskExtras } from './task-extras.ts';

/** A version of a task that a phase of the viewer's may use. */
export interface UsableTask {
  readonly task_version_id: string;
  readonly name: string;
  readonly title: Localized;
  readonly version: string;
  readonly splits: readonly string[];
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
      // Written by registerTask from a spec that the task loader had checked.
      const { title, splits, metrics } = spec as TaskSpec;
      return {
        task_version_id: id,
        name: task_name,
        title,
        version,
        splits: Object.keys(splits),
        metrics: metrics.map(({ name }) => name),
        created_at,
      };
    });
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
  const parsed = PhaseSchema.safeParse(input.form);
  const fields: Record<string, FieldProblem> = parsed.success ? {} : fieldErrors(parsed.error);
  const zone = input.form['time_zone'] ?? '';
  const [starts_at, ends_at] = ['starts', 'ends'].map((name) => {
    const local = input.form[name] ?? '';
    const at = isTimeZone(zone) ? toInstant(local, zone) : null;
    if (at === null && !(name === 'ends' && local === '')) fields[name] = 'time';
    return at;
  });
  if (starts_at && ends_at && ends_at <= starts_at) fields['ends'] = 'end_before_start';
  const tasks = await listUsableTasks(deps, input);
  const form = parsed.success ? parsed.data : null;
  const chosen = input.form['task_version_id'];
  const task = tasks.find(({ task_version_id }) => task_version_id === chosen);
  Object.assign(fields, checkSplits(input.form, task));
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
  const at = { competition_id: competition.id, viewer };
  if (input.phase === null) {
    const rules = rulesOf(form, { ranking: DEFAULT_RANKING, release: null });
    await createPhase(deps, { ...at, columns: { ...columns, ...rules } });
  } else {
    await editPhase(deps, { ...at, slug: input.phase, columns, form });
  }
  return { slug: form.slug };
}

function checkSplits(
  { public_split = '', private_split = '', tie_breaker = '' }: PhaseForm,
  task: UsableTask | undefined,
): Record<string, FieldProblem> {
  if (task === undefined) return { task_version_id: 'invalid' };
  const { splits, metrics } = task;
  return {
    ...(splits.includes(public_split) ? {} : { public_split: 'split_unknown' }),
    ...(private_split === '' || splits.includes(private_split)
      ? {}
      : { private_split: 'split_unknown' }),
    ...(private_split !== '' && private_split === public_split
      ? { private_split: 'split_twice' }
      : {}),
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
  const before = (await listPhases(deps.db, competition_id)).find(
    ({ slug }) => slug === input.slug,
  );
  if (before === undefined) throw new AppError('PHASE_NOT_FOUND');
  await changeTask(deps, before, columns);
  await deps.db.transaction().execute(async (trx) => {
    const phases = await listPhases(trx, competition_id);
    const phase = phases.find(({ id }) => id === before.id) ?? before;
    const refuse = (name: string, problem: FieldProblem) =>
      new AppError('INVALID_FORM', { fields: { [name]: problem } });
    if (phases.some(({ id, slug }) => id !== phase.id && slug === columns.slug)) {
      throw refuse('slug', 'slug_taken');
    }
    const now = deps.clock.now();
    const next = { ...phase, ...columns };
    if (isRevealed(phase, now) && phase.private_split !== null) {
      const ended = next.ends_at !== null && Date.parse(next.ends_at) <= now.getTime();
      if (!ended && phase.ends_at !== null) throw refuse('ends', 'already_revealed');
      if (!isRevealed(next, now)) throw refuse('reveal_rule', 'already_revealed');
    }
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
  await updatePhaseRules(deps, { phase_id: before.id, viewer, rules: rulesOf(form, before) });
  await addTaskExtras(deps, before.id);
}

/**
 * Another task or other splits are free as long as nothing was submitted; then only a version whose scores mean
 * the same may take the place of the task.
 */
async function changeTask(deps: Deps, phase: Phase, columns: Columns): Promise<void> {
  const used = (await countEvaluationsByPhase(deps.db, phase.competition_id)).has(phase.id);
  if (!used) return;
  for (const name of ['public_split', 'private_split'] as const) {
    if (phase[name] !== columns[name]) {
      throw new AppError('INVALID_FORM', { fields: { [name]: 'task_in_use' } });
    }
  }
  const { task_version_id } = columns;
  if (!(await adoptTaskVersion(deps, { phase_id: phase.id, task_version_id }))) {
    throw new AppError('INVALID_FORM', { fields: { task_version_id: 'task_in_use' } });
  }
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
