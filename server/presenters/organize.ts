/** What organizers see of their competitions. */
import { failureText } from '../../views/failure-text.ts';
import { bytes, exactTime, zonedTime } from '../../views/helpers.ts';
import {
  formatNumber,
  localized,
  translate,
  translateCount,
  type Language,
  type MessageKey,
} from '../../views/language.ts';
import { FAILURE_CODES, FAILURE_REASONS, isFailureReason } from '../../sandbox/failure.ts';
import type { FieldProblem } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { TIME_ZONES, toLocal } from '../lib/time-zones.ts';
import type { CompetitionPageRow } from '../models/competition-pages.ts';
import type { ListedEvaluation } from '../models/evaluations.ts';
import type { TaskImport } from '../models/task-imports.ts';
import { revealsAtEnd } from '../services/access.ts';
import type { UsableTask } from '../services/organizing-phases.ts';
import {
  OVERVIEW,
  type OrganizedCompetition,
  type OrganizedPhase,
} from '../services/organizing.ts';
import type { ConfirmPage } from './confirm.ts';
import { presentFields } from './fields.ts';
import { createFields, type FormPage } from './forms.ts';
import { phaseState } from './head.ts';

type Values = Readonly<Record<string, string>>;
type Problems = Readonly<Record<string, FieldProblem>>;

const look = (state: string) => (state === 'public' ? 'succeeded' : 'queued');

/** Named kinds of text whose limits the fields repeat. */
const { title_en, summary_en } = FIELD_LIMITS;

export function presentOrganized(
  language: Language,
  items: readonly OrganizedCompetition[],
  now: Date,
) {
  return {
    competitions: items.map(({ competition, phases }) => ({
      href: baseOf(competition.slug),
      title: localized(language, competition.title),
      summary: localized(language, competition.summary),
      look: look(competition.state),
      state_text: stateText(language, competition.state),
      phases: phases.map((item) => ({
        title: localized(language, item.phase.title),
        state_text: phaseState(language, { ...item.phase, state: item.state }, now).text,
        counts_text: countsText(language, item),
      })),
    })),
  };
}

function baseOf(slug: string): string {
  return `/organize/${slug}`;
}

function stateText(language: Language, state: string): string {
  return translate(language, state === 'public' ? 'organize.public' : 'organize.draft');
}

function countsText(language: Language, { counts }: OrganizedPhase): string {
  const entries = translateCount(language, 'organize.entries', counts.entries);
  const waiting = translate(language, 'organize.counts', {
    queued: counts.queued,
    running: counts.running,
    succeeded: counts.succeeded,
    failed: counts.failed,
  });
  return `${entries}; ${waiting}`;
}

export function presentOrganizedCompetition(
  language: Language,
  organized: OrganizedCompetition,
  more: {
    readonly now: Date;
    readonly pages: readonly CompetitionPageRow[];
    readonly imports: readonly TaskImport[];
    readonly tasks: readonly UsableTask[];
    readonly unfinished: readonly ListedEvaluation[];
    readonly limit_mb: number;
    readonly queue_paused: boolean;
  },
) {
  const { competition, phases } = organized;
  const base = baseOf(competition.slug);
  const isPublic = competition.state === 'public';
  const hasTasks = more.tasks.length > 0;
  const live = more.imports.some(({ finished_at }) => finished_at === null);
  const steps = [
    { done: hasTasks, href: '#tasks', text: translate(language, 'organize.step_task') },
    {
      done: phases.length > 0,
      href: `${base}/phases/new`,
      text: translate(language, 'organize.step_phase'),
    },
    { done: isPublic, href: `${base}/publish`, text: translate(language, 'organize.step_publish') },
  ];
  const next = steps.findIndex(({ done }) => !done);
  return {
    base,
    title: localized(language, competition.title),
    summary: localized(language, competition.summary),
    look: look(competition.state),
    state_text: stateText(language, competition.state),
    state_meaning: translate(
      language,
      isPublic ? 'organize.public_meaning' : 'organize.draft_meaning',
    ),
    can_publish: !isPublic && phases.length > 0,
    can_withdraw: isPublic,
    // A competition without a phase has no page yet.
    public_href: phases.length > 0 ? `/competitions/${competition.slug}` : null,
    // The next one leads to where it is done.
    steps:
      next < 0
        ? null
        : steps.map((step, index) => ({ ...step, href: index === next ? step.href : null })),
    unfinished: more.unfinished.map((row) => ({
      entry: row.entry_name,
      href: `/submissions/${row.submission_id}`,
      look: row.status,
      status_text: translate(language, `submission.state.${row.status}`),
      queued_at: row.queued_at,
    })),
    phases: phases.map((item) => presentPhase(language, competition.slug, item, more.now)),
    has_tasks: hasTasks,
    live,
    live_status: live ? 'running' : 'ended',
    // Said where somebody waits for it.
    queue_paused: more.queue_paused && (live || more.unfinished.length > 0),
    imports: more.imports.map((row) => presentImport(language, row, more.tasks)),
    limit_mb: more.limit_mb,
    pages: presentPages(language, base, more.pages),
  };
}

function presentPhase(language: Language, slug: string, item: OrganizedPhase, now: Date) {
  const { phase, state, revealed, late_public, task_title, task_name, task_version } = item;
  const reveal = translate(
    language,
    revealed
      ? 'organize.revealed'
      : revealsAtEnd(phase)
        ? 'organize.reveal_at_end'
        : 'organize.reveal_by_organizer',
  );
  const times = { starts: zonedTime(language, phase.starts_at, phase.time_zone) };
  return {
    title: localized(language, phase.title),
    state,
    state_text: phaseState(language, { ...phase, state }, now).text,
    href: `${baseOf(slug)}/phases/${phase.slug}`,
    board_href: `/competitions/${slug}/leaderboard?phase=${phase.slug}`,
    task: taskText(localized(language, task_title), task_name),
    task_version: shortVersion(task_version),
    dates:
      phase.ends_at === null
        ? translate(language, 'organize.from', times)
        : translate(language, 'organize.from_to', {
            ...times,
            ends: zonedTime(language, phase.ends_at, phase.time_zone),
          }),
    splits:
      phase.private_split === null
        ? translate(language, 'organize.split_public', {
            split: phase.public_split,
            when: late_public ? reveal : translate(language, 'organize.at_once'),
          })
        : translate(language, 'organize.split_both', {
            split: phase.public_split,
            when: late_public ? reveal : translate(language, 'organize.at_once'),
            private: phase.private_split,
            reveal,
          }),
    quota: quotaText(language, phase),
    board: translate(language, `organize.display_${phase.display_rule}`),
    counts: countsText(language, item),
    can_close: state === 'open',
    can_reveal: state === 'closed' && !revealed && phase.private_split !== null,
  };
}

/** As a list, a phase and a form name it, so that one finds the other. */
function shortVersion(version: string): string {
  return version.slice(0, 8);
}

function taskText(title: string, name: string): string {
  return title === name ? name : `${title} (${name})`;
}

/** `5 a day, 50 in all, 2 at a time`. */
export function quotaText(
  language: Language,
  phase: {
    readonly daily_limit: number;
    readonly total_limit: number | null;
    readonly concurrent_limit: number | null;
  },
): string {
  const limits = ['daily', 'total', 'concurrent'] as const;
  return limits
    .flatMap((name) => {
      const limit = phase[`${name}_limit`];
      if (limit === null) return [];
      return [translate(language, `organize.quota_${name}`, { limit })];
    })
    .join(', ');
}

const IMPORT_LOOKS = {
  waiting: 'queued',
  checking: 'running',
  imported: 'succeeded',
  refused: 'failed',
  failed: 'failed',
} as const satisfies Record<TaskImport['status'], string>;

function presentImport(language: Language, row: TaskImport, tasks: readonly UsableTask[]) {
  const made = tasks.find(({ task_version_id }) => task_version_id === row.task_version_id);
  return {
    file_name: row.file_name,
    size: bytes(language, row.bytes),
    created_at: row.created_at,
    look: IMPORT_LOOKS[row.status],
    status_text: translate(language, `organize.import_${row.status}`),
    version:
      made === undefined
        ? null
        : translate(language, 'organize.import_version', {
            task: made.name,
            version: shortVersion(made.version),
          }),
    detail:
      row.status === 'refused'
        ? translateCount(language, 'organize.import_reasons', row.problems.length)
        : row.status === 'failed'
          ? translate(language, 'organize.import_failed_detail')
          : row.status === 'imported' && row.problems.length > 0
            ? translate(language, 'organize.import_warnings')
            : null,
    problems: row.problems.map((problem) => problemText(language, problem)),
  };
}

/** What the check names in place of a key of task.yaml. */
const ABOUT_ZIPS: Readonly<Record<string, MessageKey>> = {
  '(file)': 'organize.import_not_a_zip',
  '(size)': 'organize.import_too_large',
  '(entries)': 'organize.import_bad_entries',
  '(name)': 'organize.import_name_taken',
};

function problemText(
  language: Language,
  { reason, params }: TaskImport['problems'][number],
): string {
  if (reason === 'task-invalid') {
    return translate(language, ABOUT_ZIPS[String(params['key'])] ?? 'organize.import_key', params);
  }
  if (!isFailureReason(reason)) return reason;
  const code = FAILURE_REASONS[reason];
  return failureText({ kind: FAILURE_CODES[code], code, reason, params }, language).text;
}

function presentPages(language: Language, base: string, pages: readonly CompetitionPageRow[]) {
  const overview = pages.find(({ slug }) => slug === OVERVIEW);
  const title = translate(language, 'organize.overview');
  const item = (slug: string, name: string, page: CompetitionPageRow | undefined) => ({
    title: name,
    detail: translate(language, 'organize.lengths', {
      en: formatNumber(language, page?.body.en.length ?? 0),
      es: formatNumber(language, page?.body.es.length ?? 0),
    }),
    href: `${base}/pages/${slug}`,
    edit_label: translate(language, 'organize.edit_named', { name }),
    remove_href: slug === OVERVIEW ? null : `${base}/pages/${slug}/remove`,
    remove_label: translate(language, 'organize.remove_named', { name }),
  });
  return [
    item(OVERVIEW, title, overview),
    ...pages
      .filter(({ slug }) => slug !== OVERVIEW)
      .map((page) => item(page.slug, localized(language, page.title), page)),
  ];
}

const COMPETITION_FIELDS = [
  'slug',
  'title_en',
  'title_es',
  'summary_en',
  'summary_es',
  'body_en',
  'body_es',
] as const;

interface FormState {
  readonly values: Values;
  readonly problems: Problems;
}

/** @param slug of the competition that is edited; null makes one. */
export function presentCompetitionForm(
  language: Language,
  slug: string | null,
  state: FormState,
): FormPage {
  const problems = presentFields(language, COMPETITION_FIELDS, state.problems);
  const field = createFields(language, state.values, problems);
  const texts = [
    field.text('title_en', 'organize.title_en', { lang: 'en', max: title_en.max }),
    field.text('title_es', 'organize.title_es', { lang: 'es', max: title_en.max }),
    field.text('summary_en', 'organize.summary_en', {
      hint: 'organize.summary_hint',
      lang: 'en',
      max: summary_en.max,
    }),
    field.text('summary_es', 'organize.summary_es', { lang: 'es', max: summary_en.max }),
  ];
  const base = slug === null ? '/organize' : baseOf(slug);
  return {
    crumbs: crumbs(language, slug, state.values),
    title: translate(language, slug === null ? 'organize.create' : 'organize.edit_texts'),
    lead: slug === null ? translate(language, 'organize.create_lead') : null,
    has_problem: Object.keys(state.problems).length > 0,
    action: slug === null ? '/organize/new' : `${base}/edit`,
    groups: [
      { title: null, hint: null, fields: texts },
      ...(slug === null
        ? [
            {
              title: translate(language, 'organize.overview'),
              hint: translate(language, 'organize.markdown_hint'),
              fields: [
                field.area('body_en', 'organize.body_en', { lang: 'en', optional: true }),
                field.area('body_es', 'organize.body_es', { lang: 'es', optional: true }),
              ],
            },
            {
              title: translate(language, 'organize.address'),
              hint: null,
              fields: [
                field.text('slug', 'organize.slug', { hint: 'organize.slug_hint', max: 60 }),
              ],
            },
          ]
        : []),
    ],
    button: translate(language, slug === null ? 'organize.create_button' : 'organize.save'),
    back_href: base,
  };
}

function crumbs(language: Language, slug: string | null, values: Values) {
  const top = { label: translate(language, 'organize.title'), href: '/organize' };
  if (slug === null) return [top];
  return [top, { label: values['competition_title'] ?? slug, href: baseOf(slug) }];
}

const PAGE_FIELDS = ['slug', 'title_en', 'title_es', 'body_en', 'body_es'] as const;

/** @param page slug of the page that is edited; null makes one. */
export function presentPageForm(
  language: Language,
  at: { readonly slug: string; readonly page: string | null },
  state: FormState,
): FormPage {
  const problems = presentFields(language, PAGE_FIELDS, state.problems);
  const field = createFields(language, state.values, problems);
  const base = baseOf(at.slug);
  const titles = [
    field.text('title_en', 'organize.title_en', { lang: 'en', max: title_en.max }),
    field.text('title_es', 'organize.title_es', { lang: 'es', max: title_en.max }),
  ];
  return {
    crumbs: crumbs(language, at.slug, state.values),
    title:
      at.page === OVERVIEW
        ? translate(language, 'organize.overview')
        : translate(language, at.page === null ? 'organize.add_page' : 'organize.edit_page'),
    lead: null,
    has_problem: Object.keys(state.problems).length > 0,
    action: at.page === null ? `${base}/pages/new` : `${base}/pages/${at.page}`,
    groups: [
      ...(at.page === OVERVIEW ? [] : [{ title: null, hint: null, fields: titles }]),
      {
        title: translate(language, 'organize.text'),
        hint: translate(language, 'organize.markdown_hint'),
        fields: [
          field.area('body_en', 'organize.body_en', { lang: 'en', optional: true }),
          field.area('body_es', 'organize.body_es', { lang: 'es', optional: true }),
        ],
      },
      ...(at.page === null
        ? [
            {
              title: translate(language, 'organize.address'),
              hint: null,
              fields: [
                field.text('slug', 'organize.page_slug', { hint: 'organize.slug_hint', max: 60 }),
              ],
            },
          ]
        : []),
    ],
    button: translate(language, 'organize.save'),
    back_href: `${base}#pages`,
  };
}

const PHASE_FIELDS = [
  'slug',
  'title_en',
  'title_es',
  'task_version_id',
  'public_split',
  'private_split',
  'starts',
  'ends',
  'time_zone',
  'daily_limit',
  'total_limit',
  'concurrent_limit',
  'display_rule',
  'reveal_rule',
  'ranking',
  'tie_breaker',
  'release',
] as const;

/** @param phase slug of the phase that is edited; null makes one. */
export function presentPhaseForm(
  language: Language,
  at: { readonly slug: string; readonly phase: string | null },
  tasks: readonly UsableTask[],
  state: FormState,
): FormPage {
  const t = (key: Parameters<typeof translate>[1]) => translate(language, key);
  const problems = presentFields(language, PHASE_FIELDS, state.problems);
  const field = createFields(language, state.values, problems);
  const plain = (values: Iterable<string>) => [...values].map((value) => ({ value, label: value }));
  const splits = [...new Set(tasks.flatMap((task) => task.splits))];
  const choices = (remarks: Readonly<Record<string, MessageKey>>) =>
    splits.map((split) => {
      const remark = remarks[split];
      return {
        value: split,
        label: remark === undefined ? split : translate(language, remark, { split }),
      };
    });
  const remarksOf = (of: 'open_splits' | 'late_splits', key: MessageKey) =>
    Object.fromEntries(tasks.flatMap((task) => task[of].map((split) => [split, key])));
  const open = remarksOf('open_splits', 'organize.open_split');
  const metrics = plain(new Set(tasks.flatMap((task) => task.metrics)));
  const base = baseOf(at.slug);
  const number = { type: 'number' } as const;
  return {
    crumbs: crumbs(language, at.slug, state.values),
    title: t(at.phase === null ? 'organize.add_phase' : 'organize.edit_phase'),
    lead: null,
    has_problem: Object.keys(state.problems).length > 0,
    action: at.phase === null ? `${base}/phases/new` : `${base}/phases/${at.phase}/edit`,
    groups: [
      {
        title: null,
        hint: null,
        fields: [
          field.text('title_en', 'organize.title_en', { lang: 'en', max: title_en.max }),
          field.text('title_es', 'organize.title_es', { lang: 'es', max: title_en.max }),
          field.text('slug', 'organize.phase_slug', { hint: 'organize.slug_hint', max: 60 }),
        ],
      },
      {
        title: t('organize.task'),
        hint: null,
        fields: [
          field.select(
            'task_version_id',
            'organize.task_version',
            tasks.map((task) => ({
              value: task.task_version_id,
              label: `${taskText(localized(language, task.title), task.name)} · ${exactTime(language, task.created_at)} · ${shortVersion(task.version)}`,
            })),
          ),
          field.select(
            'public_split',
            'organize.public_split',
            choices({ ...remarksOf('late_splits', 'organize.late_split'), ...open }),
            'organize.public_hint',
          ),
          field.select(
            'private_split',
            'organize.private_split',
            [{ value: '', label: t('organize.no_private') }, ...choices(open)],
            'organize.private_hint',
          ),
          field.select('reveal_rule', 'organize.reveal_rule', [
            { value: 'at-end', label: t('organize.reveal_at_end') },
            { value: 'by-organizer', label: t('organize.reveal_by_organizer') },
          ]),
        ],
      },
      {
        title: t('organize.dates'),
        hint: null,
        fields: [
          field.text('starts', 'organize.starts', { type: 'datetime-local' }),
          field.text('ends', 'organize.ends', {
            type: 'datetime-local',
            optional: true,
            hint: 'organize.ends_hint',
          }),
          field.select('time_zone', 'organize.time_zone', plain(TIME_ZONES)),
        ],
      },
      {
        title: t('competition.quota'),
        hint: t('organize.quota_hint'),
        fields: [
          field.text('daily_limit', 'organize.daily_limit', number),
          field.text('total_limit', 'organize.total_limit', { ...number, optional: true }),
          field.text('concurrent_limit', 'organize.concurrent_limit', {
            ...number,
            optional: true,
          }),
        ],
      },
      {
        title: t('organize.board'),
        hint: t('organize.board_hint'),
        fields: [
          field.select(
            'display_rule',
            'organize.display_rule',
            (['best', 'latest', 'chosen'] as const).map((value) => ({
              value,
              label: t(`organize.display_${value}`),
            })),
          ),
          field.select(
            'ranking',
            'organize.ranking',
            (['primary', 'mean-of-ranks'] as const).map((value) => ({
              value,
              label: t(`organize.ranking_${value}`),
            })),
          ),
          field.select('tie_breaker', 'organize.tie_breaker', [
            { value: '', label: t('organize.no_tie_breaker') },
            ...metrics,
          ]),
          field.select(
            'release',
            'organize.release',
            (['default', 'full', 'rounded', 'ladder', 'ladder-free'] as const).map((value) => ({
              value,
              label: t(`organize.release_${value}`),
            })),
          ),
          field.check('earlier_first', 'organize.earlier_first'),
        ],
      },
    ],
    button: t('organize.save'),
    back_href: `${base}#phases`,
  };
}

/** What the form of a phase holds before anybody has typed: that of the phase, or defaults. */
export function phaseValues(
  organized: OrganizedCompetition,
  item: OrganizedPhase | null,
  tasks: readonly UsableTask[],
  now: Date,
): Values {
  if (item === null) {
    const [newest] = tasks.toSorted((a, b) => b.created_at.localeCompare(a.created_at));
    const time_zone = organized.phases.at(-1)?.phase.time_zone ?? 'UTC';
    const has = (name: string) => newest?.splits.includes(name) ?? false;
    return {
      slug: '',
      title_en: '',
      title_es: '',
      task_version_id: newest?.task_version_id ?? '',
      public_split: has('public') ? 'public' : '',
      private_split: has('private') ? 'private' : '',
      reveal_rule: 'at-end',
      starts: toLocal(now.toISOString(), time_zone),
      ends: '',
      time_zone,
      daily_limit: '5',
      total_limit: '',
      concurrent_limit: '',
      display_rule: 'best',
      ranking: 'primary',
      tie_breaker: '',
      release: 'default',
      earlier_first: '',
    };
  }
  const { phase } = item;
  const local = (iso: string | null) => (iso === null ? '' : toLocal(iso, phase.time_zone));
  return {
    slug: phase.slug,
    title_en: phase.title.en,
    title_es: phase.title.es,
    task_version_id: phase.task_version_id,
    public_split: phase.public_split,
    private_split: phase.private_split ?? '',
    reveal_rule: phase.reveal_rule,
    starts: local(phase.starts_at),
    ends: local(phase.ends_at),
    time_zone: phase.time_zone,
    daily_limit: String(phase.daily_limit),
    total_limit: phase.total_limit === null ? '' : String(phase.total_limit),
    concurrent_limit: phase.concurrent_limit === null ? '' : String(phase.concurrent_limit),
    display_rule: phase.display_rule,
    ranking: phase.ranking.method,
    tie_breaker: phase.ranking.tie_breakers[0] ?? '',
    release: phase.release?.rule ?? 'default',
    earlier_first: phase.ranking.earlier_first ? 'on' : '',
  };
}

type Question = 'publish' | 'withdraw';

export function presentStateQuestion(
  language: Language,
  slug: string,
  question: Question,
): ConfirmPage {
  return {
    title: translate(language, `organize.${question}_title`),
    lines: [translate(language, `organize.${question}_what`)],
    action: `${baseOf(slug)}/${question}`,
    fields: [],
    button: translate(language, `organize.${question}`),
    back_href: baseOf(slug),
    back: translate(language, 'confirm.back'),
  };
}

export function presentClose(language: Language, slug: string, item: OrganizedPhase): ConfirmPage {
  const { phase, counts } = item;
  const waiting = counts.queued + counts.running;
  return {
    title: translate(language, 'organize.close_title', { phase: localized(language, phase.title) }),
    lines: [
      translate(language, 'organize.close_what'),
      ...(waiting === 0 ? [] : [translateCount(language, 'organize.close_waiting', waiting)]),
      ...(phase.private_split === null
        ? []
        : [
            translate(
              language,
              phase.reveal_rule === 'at-end' ? 'organize.close_reveals' : 'organize.close_keeps',
            ),
          ]),
    ],
    action: `${baseOf(slug)}/phases/${phase.slug}/close`,
    fields: [],
    button: translate(language, 'organize.close'),
    back_href: baseOf(slug),
    back: translate(language, 'confirm.back'),
  };
}

export function presentReveal(language: Language, slug: string, item: OrganizedPhase): ConfirmPage {
  const { phase, counts } = item;
  const waiting = counts.queued + counts.running;
  return {
    title: translate(language, 'organize.reveal_title', {
      phase: localized(language, phase.title),
    }),
    lines: [
      translate(language, 'organize.reveal_what', {
        entries: formatNumber(language, counts.entries),
      }),
      ...(waiting === 0 ? [] : [translateCount(language, 'organize.reveal_waiting', waiting)]),
      translate(language, 'organize.reveal_forever'),
    ],
    action: `${baseOf(slug)}/phases/${phase.slug}/reveal`,
    fields: [],
    button: translate(language, 'organize.reveal'),
    back_href: baseOf(slug),
    back: translate(language, 'confirm.back'),
  };
}

export function presentRemovePage(
  language: Language,
  slug: string,
  page: CompetitionPageRow,
): ConfirmPage {
  return {
    title: translate(language, 'organize.remove_title', { name: localized(language, page.title) }),
    lines: [translate(language, 'organize.remove_what')],
    action: `${baseOf(slug)}/pages/${page.slug}/remove`,
    fields: [],
    button: translate(language, 'organize.remove'),
    back_href: `${baseOf(slug)}#pages`,
    back: translate(language, 'confirm.back'),
  };
}
