import { list, zonedTime } from '../../views/helpers.ts';
import {
  formatNumber,
  localized,
  translate,
  translateCount,
  type Language,
} from '../../views/language.ts';
import type { Download } from '../../tasks/downloads.ts';
import type { SplitSpec, TaskSpec } from '../../tasks/task.ts';
import type { CompetitionPageRow } from '../models/competition-pages.ts';
import type { CompetitionView, PhaseView } from '../services/competitions.ts';
import { OVERVIEW } from '../services/organizing.ts';
import type { StarterFile } from '../services/task-pages.ts';
import { phaseQuery } from './head.ts';
import { markdownToSafeHtml } from './markdown.ts';
import { metricHref, metricName, metricSentence } from './metrics.ts';

export interface Lane {
  readonly name: string;
  readonly detail: string;
}

export interface DownloadFile {
  readonly name: string;
  readonly href: string;
  readonly text: string;
}

export interface Starter {
  readonly name: string;
  /** What it starts from and what it writes; null for a file that we do not know. */
  readonly title: string | null;
  readonly href: string;
  readonly text: string;
  readonly open: boolean;
}

export interface CompetitionPage {
  /** By the organizers; null where they have written nothing. */
  readonly overview: { readonly safe_html: string } | null;
  readonly sections: readonly {
    readonly slug: string;
    readonly title: string;
    readonly text: { readonly safe_html: string };
  }[];
  /** Whether the task says anything of itself. */
  readonly has_task_text: boolean;
  readonly description: { readonly safe_html: string };
  readonly samples: {
    readonly src: string;
    readonly width: number;
    readonly height: number;
  } | null;
  readonly input_text: string;
  readonly output_text: string;
  readonly metrics: readonly {
    readonly name: string;
    readonly href: string | null;
    readonly sentence: string;
    readonly primary: boolean;
  }[];
  readonly splits: readonly {
    readonly name: string;
    readonly rows: string;
    readonly share: string;
    readonly use: string;
  }[];
  readonly downloads: readonly DownloadFile[];
  readonly licence: string;
  readonly credit: { readonly safe_html: string };
  readonly notice: { readonly safe_html: string } | null;
  readonly lanes: readonly Lane[];
  readonly limits_text: string;
  readonly quota_text: string;
  readonly display_text: string;
  readonly release_text: string;
  readonly starts_text: string;
  readonly ends_text: string;
  readonly reveal_text: string | null;
  readonly starters: readonly Starter[];
  readonly submit_href: string;
  readonly open: boolean;
}

export function presentCompetition(
  language: Language,
  competition: CompetitionView,
  phase: PhaseView,
  material: {
    readonly rows: Readonly<Record<string, number>>;
    readonly starters: readonly StarterFile[];
    readonly downloads: readonly Download[];
    readonly samples: boolean;
    readonly pages: readonly CompetitionPageRow[];
  },
): CompetitionPage {
  const { task } = phase;
  const base = `/competitions/${competition.slug}`;
  const query = phaseQuery(competition, phase);
  const written = material.pages.flatMap(({ slug, title, body }) => {
    // One of the two languages may be empty.
    const markdown = body[language].trim() === '' ? body.en.trim() || body.es : body[language];
    if (markdown.trim() === '') return [];
    return [
      {
        slug,
        title: localized(language, title),
        text: { safe_html: markdownToSafeHtml(markdown) },
      },
    ];
  });
  return {
    overview: written.find(({ slug }) => slug === OVERVIEW)?.text ?? null,
    sections: written.filter(({ slug }) => slug !== OVERVIEW),
    has_task_text: task.notice !== undefined || localized(language, task.description) !== '',
    description: { safe_html: markdownToSafeHtml(localized(language, task.description)) },
    samples: material.samples
      ? { src: `${base}/samples.png${query}`, width: 1120, height: 84 }
      : null,
    input_text: translate(language, 'competition.input_value', {
      dtype: task.input.dtype,
      shape: task.input.shape.join(' × '),
      scale: scaleText(task.input.scale),
    }),
    output_text: translate(language, 'competition.output_value', {
      classes: task.output.classes.length,
      names: classNames(language, task.output.classes),
    }),
    metrics: task.metrics.map(({ name, primary }) => ({
      name: metricName(language, name),
      href: metricHref(name),
      sentence: metricSentence(language, name),
      primary,
    })),
    splits: Object.entries(task.splits).map(([name, split]) => ({
      name,
      rows: formatNumber(language, material.rows[name] ?? 0),
      share: translate(language, `competition.share_${split.share}`),
      use: splitUse(language, name, split, phase),
    })),
    downloads: material.downloads.map((file) => ({
      name: file.name,
      href: `${base}/data/${file.name}${query}`,
      text: translate(language, `competition.holds_${file.holds}`, {
        splits: list(language, file.splits),
      }),
    })),
    licence: task.licence,
    credit: { safe_html: markdownToSafeHtml(localized(language, task.credit)) },
    notice:
      task.notice === undefined
        ? null
        : { safe_html: markdownToSafeHtml(localized(language, task.notice)) },
    lanes: presentLanes(language, task),
    limits_text: translate(language, 'competition.limits_value', {
      seconds: task.limits.wall_ms / 1000,
      memory_mb: task.limits.memory_mb,
      artifact_mb: task.limits.artifact_mb,
    }),
    quota_text: quotaSentence(language, phase),
    display_text: translate(language, `competition.display_${phase.display_rule}`),
    release_text: translate(language, `release.${phase.release.rule}`),
    starts_text: zonedTime(language, phase.starts_at, phase.time_zone),
    ends_text:
      phase.ends_at === null
        ? translate(language, 'competition.no_end')
        : zonedTime(language, phase.ends_at, phase.time_zone),
    reveal_text:
      phase.private_split === null
        ? null
        : phase.revealed && phase.reveals_at !== null
          ? translate(language, 'competition.private_revealed', {
              date: zonedTime(language, phase.reveals_at, phase.time_zone),
            })
          : translate(
              language,
              phase.reveal_rule === 'at-end'
                ? 'competition.private_reveal_after'
                : 'competition.private_reveal_by_organizer',
            ),
    starters: orderStarters(material.starters).map(({ name, text }, index) => ({
      name,
      title: Object.hasOwn(STARTER_TITLES, name) ? (STARTER_TITLES[name] ?? null) : null,
      href: `${base}/starter/${name}${query}`,
      text,
      open: index === 0,
    })),
    submit_href: `${base}/submit${query}`,
    open: phase.state === 'open',
  };
}

function quotaSentence(language: Language, phase: PhaseView): string {
  const { total_limit, concurrent_limit } = phase;
  return [
    translateCount(language, 'competition.quota_value', phase.daily_limit),
    ...(total_limit === null
      ? []
      : [translate(language, 'competition.quota_total', { limit: total_limit })]),
    ...(concurrent_limit === null
      ? []
      : [translate(language, 'competition.quota_concurrent', { limit: concurrent_limit })]),
  ].join(' ');
}

/** Names of frameworks and formats, in the order in which people ask for them. */
const STARTER_TITLES: Readonly<Record<string, string>> = {
  'pytorch.py': 'PyTorch → ONNX',
  'keras_onnx.py': 'Keras → ONNX',
  'tfjs.mjs': 'TensorFlow.js',
  'model.js': 'JavaScript',
  'model.py': 'Python',
  'predictions.py': 'NumPy → CSV',
};

function orderStarters(files: readonly StarterFile[]): StarterFile[] {
  const order = Object.keys(STARTER_TITLES);
  const place = ({ name }: StarterFile) =>
    order.includes(name) ? order.indexOf(name) : order.length;
  return files.toSorted((a, b) => place(a) - place(b));
}

/** Formats that the task takes, as people know them. */
export function presentLanes(language: Language, task: Pick<TaskSpec, 'accepts'>): Lane[] {
  return task.accepts.map((lane) => ({
    name: translate(language, `lane.${lane}`),
    detail: translate(language, `lane.${lane}.detail`),
  }));
}

/** `1/255` where the scale is the inverse of a whole number, else the number. Not localized: it goes into code. */
export function scaleText(scale: number): string {
  const inverse = 1 / scale;
  return Math.abs(inverse - Math.round(inverse)) < 1e-9 && scale !== 1
    ? `1/${Math.round(inverse)}`
    : String(scale);
}

const MOST_NAMED_CLASSES = 12;

function classNames(language: Language, classes: readonly string[]): string {
  return classes.length <= MOST_NAMED_CLASSES
    ? list(language, classes)
    : `${classes.slice(0, 3).join(', ')}, … ${classes.at(-1) ?? ''}`;
}

function splitUse(language: Language, name: string, split: SplitSpec, phase: PhaseView): string {
  const use =
    name === phase.public_split
      ? 'public'
      : name === phase.private_split
        ? 'private'
        : split.share === 'download'
          ? 'train'
          : 'other';
  return translate(language, `competition.use_${use}`);
}
