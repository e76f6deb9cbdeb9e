/** Competitions from a folder: `competition.yaml`, texts in Markdown, and task folders. */
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

import { parse } from 'yaml';
import { z } from 'zod';

import { EvaluationFailure } from '../../sandbox/failure.ts';
import { openTaskBundle } from '../../tasks/bundle.ts';
import { DataFormatError } from '../../tasks/data/format-error.ts';
import { readTextFile } from '../../tasks/data/text.ts';
import { lintTask } from '../../tasks/lint.ts';
import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError, type FieldProblem } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { isTimeZone, toInstant } from '../lib/time-zones.ts';
import { selectOptionalCompetitionBySlug, type Competition } from '../models/competitions.ts';
import {
  DEFAULT_RANKING,
  RankingRuleSchema,
  ReleaseRuleSchema,
  listPhases,
  type Phase,
} from '../models/phases.ts';
import { insertRoleGrant, listRoleGrants } from '../models/role-grants.ts';
import { selectOptionalTaskByName } from '../models/tasks.ts';
import { selectOptionalUserByEmail } from '../models/users.ts';
import type { Viewer } from './access.ts';
import { fieldErrors } from './accounts.ts';
import { recordAudit } from './audit.ts';
import { PageSchema, storePage } from './competition-pages.ts';
import {
  checkPhaseEdit,
  choicesOf,
  readPhaseForm,
  savePhase,
  type PhaseForm,
} from './organizing-phases.ts';
import {
  NewCompetitionSchema,
  OVERVIEW,
  createCompetition,
  setCompetitionState,
  updateCompetition,
} from './organizing.ts';
import { checkRules, updatePhaseRules, type PhaseRules } from './phase-rules.ts';
import { COPY_ROOM, TaskNameTaken, registerTaskOf } from './tasks.ts';

export const COMPETITION_FILE = 'competition.yaml';

/** One thing that is wrong, for the command line: a line in English, or what a form would say of a field. */
export type ImportProblem =
  string | { readonly at: string; readonly field: string; readonly problem: FieldProblem };

/** What somebody wrote cannot be imported. */
export class ImportRefused extends Error {
  readonly problems: readonly ImportProblem[];

  constructor(problems: readonly ImportProblem[]) {
    super(`${problems.length} problems`);
    this.name = 'ImportRefused';
    this.problems = problems;
  }
}

export interface ImportResult {
  readonly slug: string;
  readonly created: boolean;
  readonly public: boolean;
  readonly phases: readonly { readonly slug: string; readonly task_version: string }[];
  /** About the tasks: they can be used. */
  readonly warnings: readonly EvaluationFailure[];
}

const LocalizedSchema = z.preprocess(
  (value) => (typeof value === 'string' ? { en: value, es: value } : value),
  z.strictObject({ en: z.string().min(1), es: z.string().min(1) }),
);
const Slug = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,59}$/u,
    'lower-case letters, digits and dashes, starting with a letter',
  );
const LocalTime = z
  .string()
  .refine(
    (text) => toInstant(text, 'UTC') !== null,
    'a date and a time without a zone, such as 2026-09-01T09:00',
  );

const FileSchema = z.strictObject({
  slug: Slug,
  title: LocalizedSchema,
  summary: LocalizedSchema,
  public: z.boolean().default(false),
  organizers: z.array(z.string()).default([]),
  pages: z
    .array(
      z.strictObject({
        slug: Slug,
        title: LocalizedSchema.optional(),
        text: LocalizedSchema,
      }),
    )
    .default([]),
  phases: z
    .array(
      z.strictObject({
        slug: Slug,
        title: LocalizedSchema,
        task: z.string().min(1),
        public_split: z.string().default('public'),
        private_split: z.string().nullable().default(null),
        starts_at: LocalTime,
        ends_at: LocalTime.nullable().default(null),
        time_zone: z.string().refine(isTimeZone, 'an IANA time zone').default('UTC'),
        reveal_rule: z.enum(['at-end', 'by-organizer']).default('at-end'),
        daily_limit: z.int().positive().default(5),
        total_limit: z.int().positive().nullable().default(null),
        concurrent_limit: z.int().positive().nullable().default(null),
        display_rule: z.enum(['best', 'latest', 'chosen']).default('best'),
        ranking: RankingRuleSchema.optional(),
        release: ReleaseRuleSchema.nullable().optional(),
      }),
    )
    .min(1),
});
type CompetitionFile = z.output<typeof FileSchema>;
type PhaseEntry = CompetitionFile['phases'][number];

/**
 * Makes the competition of a folder, or brings it up to date: what the file names is as the file says, and what it
 * does not name stays. Importing the same folder again changes nothing.
 *
 * @param input.email account that this is done as; it becomes an organizer of a competition that is new.
 * @throws ImportRefused
 */
export async function importCompetition(
  deps: Deps,
  input: { folder: string; email: string },
): Promise<ImportResult> {
  const { folder } = input;
  const file = await readCompetitionFile(folder);
  const texts = await readTexts(folder, file);
  const viewer = await actAs(deps, input.email);
  const organizers = await Promise.all(
    file.organizers.map(async (email) => {
      const user = await selectOptionalUserByEmail(deps.db, email.toLowerCase());
      if (user === null) throw new ImportRefused([`organizers: there is no account ${email}`]);
      return user.id;
    }),
  );
  // Before anything is written: what cannot be imported leaves the competition as it was.
  const { specs, warnings } = await checkTasks(folder, file.phases);
  const known = await selectOptionalCompetitionBySlug(deps.db, file.slug);
  await checkForms(deps, { file, texts, specs, known });
  if (known !== null) await checkEdits(deps, { folder, file, specs, known });
  const id = known?.id ?? (await create(deps, viewer, file));
  if (known !== null) await update(deps, viewer, known, file);
  for (const user_id of organizers) await addOrganizer(deps, viewer, id, user_id);
  await deps.db.transaction().execute(async (trx) => {
    for (const [position, page] of texts.entries()) {
      await storePage(deps, trx, {
        ...page,
        position,
        competition_id: id,
        actor_id: viewer.id,
      });
    }
  });
  const phases = [];
  for (const entry of file.phases) {
    const task_version_id = await keepTask(deps, id, resolve(folder, entry.task));
    await storePhase(deps, { viewer, slug: file.slug, competition_id: id, entry, task_version_id });
    phases.push({ slug: entry.slug, task_version: task_version_id });
  }
  if (file.public) await setCompetitionState(deps, { slug: file.slug, viewer, state: 'public' });
  return {
    slug: file.slug,
    created: known === null,
    public: file.public || known?.state === 'public',
    phases,
    warnings,
  };
}

async function readCompetitionFile(folder: string): Promise<CompetitionFile> {
  const text = await readText(join(folder, COMPETITION_FILE), COMPETITION_FILE);
  if (text === null) throw new ImportRefused([`there is no ${COMPETITION_FILE} in ${folder}`]);
  let data: unknown;
  try {
    data = parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : '';
    throw new ImportRefused([`${COMPETITION_FILE}: ${why ?? ''}`]);
  }
  const parsed = FileSchema.safeParse(data);
  if (!parsed.success) {
    throw new ImportRefused(
      parsed.error.issues.map(
        ({ path, message }) =>
          `${COMPETITION_FILE}: ${path.map(String).join('.') || '(top)'}: ${message}`,
      ),
    );
  }
  const slugs = [parsed.data.phases, parsed.data.pages].map((list) => list.map(({ slug }) => slug));
  if (slugs.some((list) => new Set(list).size !== list.length)) {
    throw new ImportRefused([`${COMPETITION_FILE}: a phase or page comes twice`]);
  }
  return parsed.data;
}

/** Null: there is no such file. @throws ImportRefused */
async function readText(path: string, name: string): Promise<string | null> {
  try {
    return await readTextFile(path);
  } catch (error) {
    if (error instanceof DataFormatError) throw new ImportRefused([`${name}: ${error.message}`]);
    return null;
  }
}

/** Texts that end in `.md` are files of the folder. */
async function readTexts(folder: string, file: CompetitionFile) {
  const read = async (text: string): Promise<string> => {
    if (!/^[^\n]+\.md$/u.test(text)) return text;
    const path = resolve(folder, text);
    const inside = !relative(folder, path).startsWith('..');
    const content = inside ? await readText(path, text) : null;
    if (content === null)
      throw new ImportRefused([`${COMPETITION_FILE}: there is no file ${text}`]);
    return content;
  };
  return Promise.all(
    file.pages.map(async ({ slug, title, text }) => {
      if (title === undefined && slug !== OVERVIEW) {
        throw new ImportRefused([`${COMPETITION_FILE}: the page ${slug} has no title`]);
      }
      const body: Localized = { en: await read(text.en), es: await read(text.es) };
      return { slug, title: title ?? file.title, body };
    }),
  );
}

/** The account, with the rights of whoever may read the server's disk; what is done is recorded under its name. */
async function actAs(deps: Deps, email: string): Promise<Viewer> {
  const user = await selectOptionalUserByEmail(deps.db, email.toLowerCase());
  if (user === null) throw new ImportRefused([`there is no account ${email}`]);
  const { id, name, locale } = user;
  const roles = [{ scope: 'site', scope_id: '', role: 'admin' }];
  return { id, email: user.email, name, locale, roles };
}

async function checkTasks(
  folder: string,
  phases: readonly PhaseEntry[],
): Promise<{ specs: ReadonlyMap<string, TaskSpec>; warnings: EvaluationFailure[] }> {
  const problems: string[] = [];
  const specs = new Map<string, TaskSpec>();
  const warnings: EvaluationFailure[] = [];
  for (const source of new Set(phases.map(({ task }) => task))) {
    const path = resolve(folder, source);
    if ((await stat(path).catch(() => null)) === null) {
      problems.push(`there is no task ${source}`);
      continue;
    }
    let bundle;
    try {
      bundle = await openTaskBundle(path);
      const report = await lintTask(bundle.folder);
      warnings.push(...report.warnings);
      problems.push(...report.problems.map((problem) => `${source}/${describe(problem)}`));
      if (report.task !== null) specs.set(source, report.task.spec);
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error;
      problems.push(`${source}: ${describe(error)}`);
    } finally {
      await bundle?.close();
    }
  }
  if (problems.length > 0) throw new ImportRefused(problems);
  return { specs, warnings };
}

function describe({ failure }: EvaluationFailure): string {
  const { file, key, expected, received, detail } = failure.params;
  const wrong = `should be ${String(expected)} and is ${String(received)}`;
  return `${String(file)}: ${detail === undefined ? `${String(key)} ${wrong}` : String(detail)}`;
}

/** What the forms of the site would refuse. @throws ImportRefused with all of it */
async function checkForms(
  deps: Deps,
  input: {
    file: CompetitionFile;
    texts: Awaited<ReturnType<typeof readTexts>>;
    specs: ReadonlyMap<string, TaskSpec>;
    known: Competition | null;
  },
): Promise<void> {
  const { file, texts, specs, known } = input;
  const problems: ImportProblem[] = [];
  const note = (at: string, fields: AppError['fields']) => {
    for (const [field, problem] of Object.entries(fields)) problems.push({ at, field, problem });
  };
  const head = NewCompetitionSchema.safeParse({ slug: file.slug, ...textsOf(file) });
  if (!head.success) note('', fieldErrors(head.error));
  for (const { slug, title, body } of texts) {
    const page = { title_en: title.en, title_es: title.es, body_en: body.en, body_es: body.es };
    const parsed = PageSchema.safeParse(page);
    if (!parsed.success) note(`pages.${slug}.`, fieldErrors(parsed.error));
  }
  const before = known === null ? [] : await listPhases(deps.db, known.id);
  for (const entry of file.phases) {
    const spec = specs.get(entry.task);
    if (spec === undefined) throw new Error(`the task ${entry.task} was not looked at`);
    const rules = rulesOf(
      entry,
      before.find(({ slug }) => slug === entry.slug),
    );
    for (const check of [
      () => readPhaseForm(formOf(entry, rules, 'new'), choicesOf(spec)),
      () => checkRules(rules, spec),
    ]) {
      try {
        check();
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'INVALID_FORM')) throw error;
        note(`phases.${entry.slug}.`, error.fields);
      }
    }
  }
  for (const name of new Set([...specs.values()].map((spec) => spec.name))) {
    const task = await selectOptionalTaskByName(deps.db, name);
    if (task !== null && task.competition_id !== (known?.id ?? '')) problems.push(nameTaken(name));
  }
  if (problems.length > 0) throw new ImportRefused(problems);
}

/** What phases do not allow any more, once somebody has submitted to them. @throws ImportRefused */
async function checkEdits(
  deps: Deps,
  input: {
    folder: string;
    file: CompetitionFile;
    specs: ReadonlyMap<string, TaskSpec>;
    known: Competition;
  },
): Promise<void> {
  const { folder, file, specs, known } = input;
  const before = await listPhases(deps.db, known.id);
  const problems: ImportProblem[] = [];
  for (const entry of file.phases) {
    const spec = specs.get(entry.task);
    const phase = before.find(({ slug }) => slug === entry.slug);
    if (spec === undefined || phase === undefined) continue;
    const task_version_id = await keepTask(deps, known.id, resolve(folder, entry.task));
    const { columns } = readPhaseForm(
      formOf(entry, rulesOf(entry, phase), task_version_id),
      choicesOf(spec),
    );
    try {
      await checkPhaseEdit(deps, { competition_id: known.id, slug: entry.slug, columns });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'INVALID_FORM')) throw error;
      for (const [field, problem] of Object.entries(error.fields)) {
        problems.push({ at: `phases.${entry.slug}.`, field, problem });
      }
    }
  }
  if (problems.length > 0) throw new ImportRefused(problems);
}

function nameTaken(name: string): string {
  return `another competition, or the site, has a task called ${name}: rename yours`;
}

async function create(deps: Deps, viewer: Viewer, file: CompetitionFile): Promise<string> {
  const form = { slug: file.slug, ...textsOf(file) };
  return (await createCompetition(deps, { viewer, form })).id;
}

async function update(
  deps: Deps,
  viewer: Viewer,
  known: Competition,
  file: CompetitionFile,
): Promise<void> {
  const texts = ({ title, summary }: Pick<Competition, 'title' | 'summary'>) =>
    JSON.stringify([title.en, title.es, summary.en, summary.es]);
  if (texts(known) === texts(file)) return;
  await updateCompetition(deps, { slug: file.slug, viewer, form: textsOf(file) });
}

function textsOf({ title, summary }: CompetitionFile) {
  return {
    title_en: title.en,
    title_es: title.es,
    summary_en: summary.en,
    summary_es: summary.es,
  };
}

async function addOrganizer(
  deps: Deps,
  viewer: Viewer,
  competition_id: string,
  user_id: string,
): Promise<void> {
  const grant = { scope: 'competition', scope_id: competition_id, role: 'organizer' };
  await deps.db.transaction().execute(async (trx) => {
    const has = (await listRoleGrants(trx, user_id)).some(
      ({ scope_id, role }) => scope_id === competition_id && role === grant.role,
    );
    if (has) return;
    const created_at = timestamp(deps.clock);
    await insertRoleGrant(trx, { ...grant, id: newId(), user_id, created_at });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'role.granted',
      subject: 'user',
      subject_id: user_id,
      detail: { ...grant },
    });
  });
}

/** Copies the task into the data folder, so that whoever edits theirs does not change what is scored. */
async function keepTask(deps: Deps, competition_id: string, source: string): Promise<string> {
  const tasks = join(deps.config.DATA_DIR, 'tasks');
  await mkdir(tasks, { recursive: true });
  const room = await mkdtemp(join(tasks, COPY_ROOM));
  const bundle = await openTaskBundle(source);
  try {
    const copy = join(room, basename(source));
    await cp(bundle.folder, copy, { recursive: true, dereference: true });
    const { task_version_id } = await registerTaskOf(deps, {
      folder: copy,
      competition_id,
      async place(name, version) {
        const place = join(tasks, name, version);
        await mkdir(join(tasks, name), { recursive: true });
        if (!existsSync(place)) await rename(copy, place);
        return `data:tasks/${name}/${version}`;
      },
    });
    return task_version_id;
  } catch (error) {
    if (!(error instanceof TaskNameTaken)) throw error;
    throw new ImportRefused([nameTaken(error.taskName)]);
  } finally {
    await bundle.close();
    await rm(room, { recursive: true, force: true });
  }
}

async function storePhase(
  deps: Deps,
  input: {
    viewer: Viewer;
    slug: string;
    competition_id: string;
    entry: PhaseEntry;
    task_version_id: string;
  },
): Promise<void> {
  const { viewer, slug, competition_id, entry, task_version_id } = input;
  const find = async (): Promise<Phase | undefined> =>
    (await listPhases(deps.db, competition_id)).find((phase) => phase.slug === entry.slug);
  const known = await find();
  const rules = rulesOf(entry, known);
  const form = formOf(entry, rules, task_version_id);
  await savePhase(deps, { slug, phase: known?.slug ?? null, viewer, form });
  const phase = await find();
  if (phase === undefined) throw new Error('the phase was not stored');
  await updatePhaseRules(deps, { phase_id: phase.id, viewer, rules });
}

/** What the file does not name stays as it is. */
function rulesOf(entry: PhaseEntry, known: Phase | undefined): PhaseRules {
  return {
    display_rule: entry.display_rule,
    ranking: entry.ranking ?? known?.ranking ?? DEFAULT_RANKING,
    release: entry.release === undefined ? (known?.release ?? null) : entry.release,
  };
}

/** The phase as the form of the site sends it. */
function formOf(
  entry: PhaseEntry,
  { ranking, release }: PhaseRules,
  task_version_id: string,
): PhaseForm {
  return {
    slug: entry.slug,
    title_en: entry.title.en,
    title_es: entry.title.es,
    task_version_id,
    public_split: entry.public_split,
    private_split: entry.private_split ?? '',
    starts: entry.starts_at,
    ends: entry.ends_at ?? '',
    time_zone: entry.time_zone,
    daily_limit: String(entry.daily_limit),
    total_limit: entry.total_limit === null ? '' : String(entry.total_limit),
    concurrent_limit: entry.concurrent_limit === null ? '' : String(entry.concurrent_limit),
    display_rule: entry.display_rule,
    reveal_rule: entry.reveal_rule,
    ranking: ranking.method,
    tie_breaker: ranking.tie_breakers[0] ?? '',
    earlier_first: ranking.earlier_first ? 'on' : '',
    release: release?.rule ?? 'default',
  };
}
