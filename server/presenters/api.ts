/** JSON of the public API. Every field that leaves the site by this door is named here. */
import type { CompetitionItem, CompetitionView, PhaseView } from '../services/competitions.ts';
import type { Board, BoardRow } from '../services/leaderboards.ts';
import type { ResultView } from '../services/results.ts';
import { failureMessage, failureText } from '../../views/failure-text.ts';
import type { Language } from '../../views/language.ts';

export function apiCompetitionItem(item: CompetitionItem, publicUrl: string): object {
  return {
    slug: item.slug,
    title: item.title,
    summary: item.summary,
    url: `${publicUrl}/competitions/${item.slug}`,
  };
}

export function apiCompetition(competition: CompetitionView, publicUrl: string): object {
  return {
    ...apiCompetitionItem(competition, publicUrl),
    phases: competition.phases.map(apiPhase),
  };
}

function apiPhase(phase: PhaseView): object {
  const { task } = phase;
  return {
    slug: phase.slug,
    title: phase.title,
    state: phase.state,
    starts_at: phase.starts_at,
    ends_at: phase.ends_at,
    daily_limit: phase.daily_limit,
    display_rule: phase.display_rule,
    ranking: phase.ranking,
    release: phase.release,
    splits: phase.shown_splits,
    primary_metric: phase.primary_metric,
    task: {
      name: task.name,
      version: phase.task_version,
      kind: task.kind,
      input: task.input,
      output: task.output,
      metrics: task.metrics.map(({ name }) => name),
      accepts: task.accepts,
      limits: task.limits,
      licence: task.licence,
    },
  };
}

export function apiBoard(board: Board, language: Language, next: string | null): object {
  return {
    split: board.split,
    metrics: board.metrics,
    ranking: board.ranking,
    release: board.release,
    entries: board.entries,
    page: board.page,
    pages: board.pages,
    items: board.rows.map((row) => apiRow(row, language)),
    disqualified: board.disqualified.map((row) => apiRow(row, language)),
    next,
  };
}

function apiRow(row: BoardRow, language: Language): object {
  return {
    rank: row.rank,
    name: row.name[language],
    kind: row.kind,
    scores: Object.fromEntries(
      Object.entries(row.scores).map(([metric, score]) => [metric, score.value]),
    ),
    intervals: Object.fromEntries(
      Object.entries(row.scores).map(([metric, { interval }]) => [
        metric,
        interval === null ? null : [interval.low, interval.high],
      ]),
    ),
    mean_rank: row.mean_rank,
    tie_group: row.tie_group,
    rank_interval:
      row.rank_interval === null ? null : [row.rank_interval.best, row.rank_interval.worst],
    submissions: row.submissions,
    submitted_at: row.submitted_at,
    source: row.source,
    disqualified: row.disqualified,
  };
}

export function apiResult(result: ResultView, language: Language, publicUrl: string): object {
  const { failure } = result;
  return {
    id: result.submission_id,
    url: `${publicUrl}/submissions/${result.submission_id}`,
    competition: result.competition.slug,
    phase: result.phase.slug,
    status: result.status,
    attempt: result.attempt,
    created_at: result.created_at,
    started_at: result.started_at,
    finished_at: result.finished_at,
    queue: result.queue,
    progress: result.progress,
    rank: result.rank,
    is_board_submission: result.is_board_submission,
    splits: result.splits.map(({ split, rows, scores, release, improved }) => ({
      split,
      rows,
      release,
      improved,
      scores: Object.fromEntries(scores.map(({ metric, value }) => [metric, value])),
      intervals: Object.fromEntries(
        scores.map(({ metric, interval }) => [
          metric,
          interval === null ? null : [interval.low, interval.high],
        ]),
      ),
    })),
    failure: failure === null ? null : apiFailure(failure, language),
    log: result.log,
    receipt: result.has_receipt
      ? `${publicUrl}/api/v1/submissions/${result.submission_id}/receipt`
      : null,
    costs_quota: result.costs_quota,
    isolation: result.run?.isolation.level ?? null,
    engine: result.run?.engine ?? null,
    times: result.run?.times ?? null,
    files: result.files,
    artifact_sha256: result.artifact_sha256,
    task_version: result.task_version,
    options: result.options,
    note: result.note,
  };
}

function apiFailure(failure: NonNullable<ResultView['failure']>, language: Language): object {
  const { next, code } = failureText(failure, language);
  return {
    kind: failure.kind,
    code: failure.code,
    reason: failure.reason,
    message: failureMessage(failure, language),
    next_step: next,
    next_lines: code,
    params: failure.params,
  };
}
