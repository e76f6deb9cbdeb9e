import { failureText } from '../../views/failure-text.ts';
import { bytes, calendarDate, clockTime, ordinal, seconds } from '../../views/helpers.ts';
import {
  formatNumber,
  isMessageKey,
  localized,
  translate,
  type Language,
  type MessageKey,
} from '../../views/language.ts';
import type { PhaseView } from '../services/competitions.ts';
import type { ResultView, SplitResult, TrailEvent } from '../services/results.ts';
import { makeAxis, makeWhisker, place, type Whisker } from './axis.ts';
import { intervalText } from './board.ts';
import { presentConfusion, type ConfusionModel } from './confusion.ts';
import {
  countsErrors,
  directionText,
  figure,
  metricHref,
  metricName,
  type Figure,
} from './metrics.ts';

export interface TrailStep {
  readonly text: string;
  /** succeeded, failed, warned, done, current or pending: shape and colour. */
  readonly look: 'done' | 'current' | 'pending' | 'succeeded' | 'failed' | 'warned';
  readonly at: string | null;
  readonly clock: string | null;
  readonly detail: string | null;
}

export interface ScoreRow {
  readonly metric: string;
  readonly href: string | null;
  readonly score: Figure;
  readonly interval_text: string | null;
  readonly split: string;
}

export interface BigScore {
  readonly figure: Figure;
  readonly metric: string;
  readonly metric_href: string | null;
  readonly direction: string;
  readonly split_text: string;
  readonly sentence: string | null;
  readonly errors_text: string | null;
  /** What of the score is shown, where not the score itself. */
  readonly release_text: string | null;
  readonly exact_text: string | null;
  readonly line: {
    readonly whisker: Whisker;
    readonly ticks: readonly { readonly x: string }[];
    readonly low: { readonly x: string; readonly text: string };
    readonly high: { readonly x: string; readonly text: string };
  } | null;
}

export interface FailureModel {
  readonly title: string;
  readonly text: string;
  readonly next: string;
  readonly export_lines: string | null;
  readonly code: string;
  readonly expected: string | null;
  readonly received: string | null;
  readonly cost_text: string;
}

export interface ResultPage {
  readonly id: string;
  readonly title: string;
  readonly competition: {
    readonly title: string;
    readonly href: string;
    readonly board: string;
    readonly submit: string;
  };
  readonly status: ResultView['status'];
  readonly status_text: string;
  readonly sent_at: string;
  readonly is_live: boolean;
  readonly is_cancelled: boolean;
  readonly trail: readonly TrailStep[];
  /** While it waits or runs: where it stands, in a few words. */
  readonly live: { readonly headline: string; readonly detail: string | null } | null;
  readonly progress: { readonly done: number; readonly total: number } | null;
  readonly big: BigScore | null;
  readonly rank: {
    readonly text: string;
    readonly medal: number | null;
    readonly number: number;
  } | null;
  readonly rank_note: string | null;
  /** Where entries choose which submission is ranked. */
  readonly choice: { readonly text: string; readonly can_choose: boolean } | null;
  /** When private scores are shown; null where they are, or where there are none. */
  readonly private_hidden: string | null;
  readonly scores: readonly ScoreRow[];
  readonly confusion: ConfusionModel | null;
  readonly failure: FailureModel | null;
  readonly run: {
    readonly engine: string;
    readonly threads: number;
    readonly isolation: string;
    readonly isolation_meaning: string;
    readonly time: string;
    readonly memory: string | null;
  } | null;
  readonly files: readonly {
    /** Where it can be had back; null for others than its team. */
    readonly href: string | null;
    readonly name: string;
    readonly size: string;
    readonly sha256: string;
  }[];
  /** How the images were fed; null for predictions, and where nothing was stated and nothing ran. */
  readonly feed: string | null;
  readonly artifact_sha256: string;
  readonly task_version: string;
  readonly note: string;
  /** Address of the receipt to download. */
  readonly receipt: string | null;
  readonly log: { readonly text: string; readonly truncated: boolean } | null;
  readonly can_cancel: boolean;
  readonly can_retry: boolean;
  readonly can_submit_again: boolean;
}

/** Of a submission that may be chosen for the board. */
export interface Choice {
  readonly is_chosen: boolean;
  readonly is_open: boolean;
}

export function presentResult(
  language: Language,
  result: ResultView,
  options: {
    phase_query: string;
    phase: Pick<PhaseView, 'private_split' | 'reveal_rule' | 'state'>;
    choice: Choice | null;
  },
): ResultPage {
  const base = `/competitions/${result.competition.slug}`;
  const query = options.phase_query;
  const publicSplit = result.splits.find((split) => split.role === 'public') ?? null;
  const live = result.status === 'queued' || result.status === 'running';
  return {
    id: result.submission_id,
    title: translate(language, 'submission.of', { entry: localized(language, result.entry.name) }),
    competition: {
      title: localized(language, result.competition.title),
      href: base,
      board: `${base}/leaderboard${query}`,
      submit: `${base}/submit${query}`,
    },
    status: result.status,
    status_text: translate(language, `submission.state.${result.status}`),
    sent_at: result.created_at,
    is_live: live,
    is_cancelled: result.status === 'cancelled',
    trail: presentTrail(language, result),
    live: live ? whereItStands(language, result) : null,
    progress: result.progress,
    big:
      result.status === 'succeeded' && publicSplit !== null
        ? bigScore(language, result, publicSplit)
        : null,
    rank:
      // The rank is the entry's: of another submission this page is not about.
      result.status !== 'succeeded' || result.rank === null || !result.is_board_submission
        ? null
        : {
            text: ordinal(language, result.rank),
            number: result.rank,
            medal: result.rank <= 3 ? result.rank : null,
          },
    rank_note: result.status === 'succeeded' ? rankNote(language, result) : null,
    choice: options.choice === null ? null : presentChoice(language, options.choice),
    private_hidden:
      result.status !== 'succeeded' ||
      options.phase.private_split === null ||
      result.splits.some((split) => split.role === 'private')
        ? null
        : translate(language, `board.private_${options.phase.reveal_rule}`),
    scores: result.splits.flatMap((split) =>
      split.scores.map(({ metric, value, interval }) => ({
        metric: metricName(language, metric),
        href: metricHref(metric),
        score: figure(language, metric, value),
        interval_text: intervalText(language, metric, interval),
        split: splitName(language, split),
      })),
    ),
    confusion:
      publicSplit === null || publicSplit.confusion === null
        ? null
        : presentConfusion(language, publicSplit.confusion, result.classes, publicSplit.split),
    failure: result.failure === null ? null : presentFailure(language, result),
    run: result.run === null ? null : presentRun(language, result.run),
    files: result.files.map(({ name, bytes: size, sha256 }, index) => ({
      href: result.can_download
        ? `/submissions/${result.submission_id}/files/${String(index)}`
        : null,
      name,
      size: bytes(language, size),
      sha256,
    })),
    feed: presentFeed(language, result),
    artifact_sha256: result.artifact_sha256,
    task_version: result.task_version,
    note: result.note,
    receipt: result.has_receipt ? `/submissions/${result.submission_id}/receipt` : null,
    log: result.log === null || result.log.text === '' ? null : result.log,
    can_cancel: result.can_cancel,
    can_retry: result.can_retry,
    can_submit_again: result.own && !live && options.phase.state === 'open',
  };
}

function rankNote(language: Language, { entry, rank, is_board_submission }: ResultView): string {
  if (entry.kind === 'baseline') return translate(language, 'submission.baseline_unranked');
  if (is_board_submission) return translate(language, 'submission.rank_shown');
  return rank === null
    ? translate(language, 'submission.rank_not_shown')
    : translate(language, 'submission.rank_of_other', { rank: ordinal(language, rank) });
}

function presentChoice(
  language: Language,
  { is_chosen, is_open }: Choice,
): NonNullable<ResultPage['choice']> {
  const key = is_chosen ? 'chosen' : is_open ? 'not_chosen' : 'choice_over';
  return {
    text: translate(language, `submission.${key}`),
    can_choose: is_open && !is_chosen,
  };
}

function splitName(language: Language, split: SplitResult): string {
  return translate(
    language,
    split.role === 'public' ? 'board.split_public' : 'board.split_private',
  );
}

function bigScore(language: Language, result: ResultView, split: SplitResult): BigScore | null {
  const metric = result.primary_metric;
  const score = split.scores.find((item) => item.metric === metric);
  if (score === undefined) return null;
  const { value, interval } = score;
  // A released score is no count any more.
  const isCount = value !== null && countsErrors(metric) && split.release.rule === 'full';
  const errors = isCount ? value * split.rows : null;
  return {
    figure: figure(language, metric, value),
    metric: metricName(language, metric),
    metric_href: metricHref(metric),
    direction: directionText(language, result.higher_is_better),
    split_text: splitName(language, split),
    sentence:
      interval === null
        ? null
        : translate(language, 'submission.interval_explained', {
            low: figure(language, metric, interval.low).text,
            high: figure(language, metric, interval.high).text,
          }),
    // A rate over rows is a count again; anything else is not said.
    errors_text:
      errors === null || Math.abs(errors - Math.round(errors)) > 1e-6
        ? null
        : translate(language, 'submission.errors_line', {
            errors: Math.round(errors),
            rows: split.rows,
          }),
    release_text: releaseText(language, split),
    exact_text:
      score.exact === null
        ? null
        : translate(language, 'board.exact', {
            score: figure(language, metric, score.exact.value).text,
          }),
    line: value === null || interval === null ? null : scoreLine(language, metric, value, interval),
  };
}

function releaseText(language: Language, { release, improved }: SplitResult): string | null {
  if (release.rule === 'full') return null;
  if (improved === null) return translate(language, `release.${release.rule}`);
  return translate(language, improved ? 'submission.ladder_up' : 'submission.ladder_kept');
}

function scoreLine(
  language: Language,
  metric: string,
  value: number,
  interval: { readonly low: number; readonly high: number },
): NonNullable<BigScore['line']> {
  const mark = { value, interval };
  const axis = makeAxis([mark], false);
  return {
    whisker: makeWhisker(axis, mark),
    ticks: axis.ticks.map((tick) => ({ x: place(axis, tick) })),
    low: { x: place(axis, interval.low), text: figure(language, metric, interval.low).text },
    high: { x: place(axis, interval.high), text: figure(language, metric, interval.high).text },
  };
}

const LOOKS: Readonly<Record<string, TrailStep['look']>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'failed',
  retried: 'warned',
};

/** What happened, then what is still to come. The last thing that happened is where it stands. */
function presentTrail(language: Language, result: ResultView): TrailStep[] {
  const live = result.status === 'queued' || result.status === 'running';
  const { headline, detail } = whereItStands(language, result);
  const standing = detail === null ? headline : `${headline}, ${detail}`;
  const past = result.trail.map((event, index): TrailStep => {
    const isLast = live && index === result.trail.length - 1;
    const text = eventText(language, event, isLast);
    return {
      text,
      look: isLast ? 'current' : (LOOKS[event.event] ?? 'done'),
      at: event.at,
      clock: momentOf(language, event, result.trail[index - 1]),
      detail: !isLast ? eventDetail(language, event) : standing === text ? null : standing,
    };
  });
  const pending = (key: 'running' | 'succeeded'): TrailStep => ({
    text: translate(language, `submission.event.${key}`),
    look: 'pending',
    at: null,
    clock: null,
    detail: null,
  });
  if (result.status === 'queued') return [...past, pending('running'), pending('succeeded')];
  if (result.status === 'running') return [...past, pending('succeeded')];
  return past;
}

/** The time, with the day where that is another than before. */
function momentOf(language: Language, { at }: TrailEvent, before: TrailEvent | undefined): string {
  const day = calendarDate(language, at);
  const time = clockTime(at);
  return before !== undefined && calendarDate(language, before.at) === day
    ? time
    : `${day}, ${time}`;
}

function eventText(language: Language, { event }: TrailEvent, isLast: boolean): string {
  const key = `submission.event.${event === 'running' && !isLast ? 'started' : event}`;
  return translate(language, isMessageKey(key) ? key : 'submission.event.other');
}

function eventDetail(language: Language, { detail }: TrailEvent): string | null {
  const attempt = Number(detail['attempt'] ?? 1);
  return attempt > 1 ? translate(language, 'submission.attempt', { attempt }) : null;
}

function whereItStands(
  language: Language,
  result: ResultView,
): { headline: string; detail: string | null } {
  const { queue, progress } = result;
  if (progress !== null) {
    const { done, total } = progress;
    return { headline: translate(language, 'submission.progress', { done, total }), detail: null };
  }
  if (queue === null) {
    const event = result.status === 'running' ? 'running' : 'queued';
    return { headline: translate(language, `submission.event.${event}`), detail: null };
  }
  const headline =
    queue.position === 1
      ? translate(language, 'submission.next_in_line')
      : translate(language, 'submission.queue_position', {
          position: ordinal(language, queue.position),
        });
  const detail = queue.paused
    ? translate(language, 'submission.queue_paused')
    : queue.estimate_s === null
      ? null
      : translate(language, 'submission.estimate', { seconds: queue.estimate_s });
  return { headline, detail };
}

function presentFailure(language: Language, result: ResultView): FailureModel | null {
  const { failure } = result;
  if (failure === null) return null;
  const { text, next, code } = failureText(failure, language);
  const { expected, received } = failure.params;
  const title = {
    submission: 'submission.failed_title',
    task: 'submission.failed_task_title',
    system: 'submission.failed_system_title',
  } as const;
  const value = (param: string | number | undefined) =>
    param === undefined ? null : typeof param === 'number' ? formatNumber(language, param) : param;
  return {
    title: translate(language, title[failure.kind]),
    text,
    next,
    export_lines: code,
    code: failure.code,
    expected: value(expected),
    received: value(received),
    cost_text: translate(language, result.costs_quota ? 'submission.counted' : 'submission.free'),
  };
}

/** What the entrant stated about the inputs, in the words of the form. */
function presentFeed(language: Language, { options, run }: ResultView): string | null {
  // Predictions are not fed.
  if (run?.engine.provider === 'none') return null;
  const { layout, scale, mean, std } = options;
  const stated: [label: MessageKey, value: string | undefined][] = [
    ['submit.layout', layout && translate(language, `submit.layout_${layout}`)],
    ['submit.scale', scale?.toString()],
    ['submit.mean', mean?.join(', ')],
    ['submit.std', std?.join(', ')],
  ];
  const parts = stated
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => `${translate(language, label)}: ${value}`);
  if (parts.length > 0) return parts.join('; ');
  return run === null ? null : translate(language, 'submission.feed_default');
}

function presentRun(
  language: Language,
  run: NonNullable<ResultView['run']>,
): NonNullable<ResultPage['run']> {
  const { engine, isolation, times, peak_memory_mb } = run;
  return {
    engine:
      engine.provider === 'none'
        ? translate(language, 'lane.predictions')
        : translate(language, 'submission.engine_value', {
            name: engine.name,
            version: engine.version,
            provider: engine.provider,
          }),
    threads: engine.provider === 'none' ? 0 : engine.threads,
    isolation: translate(language, `isolation.${isolation.level}`),
    isolation_meaning: translate(language, `isolation.${isolation.level}.meaning`),
    time:
      times.predict_ms === null
        ? translate(language, 'word.seconds', { seconds: seconds(language, times.total_ms) })
        : translate(language, 'submission.time_value', {
            total: seconds(language, times.total_ms),
            predict: seconds(language, times.predict_ms),
          }),
    memory: peak_memory_mb === null ? null : `${formatNumber(language, peak_memory_mb)} MiB`,
  };
}
