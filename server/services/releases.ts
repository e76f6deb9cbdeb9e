/**
 * What participants see of the scores of a public split. Where its detail is coarse they see released
 * scores, kept beside the scores themselves; those serve the private ranking and the organizers alone.
 */
import type { Interval, ItemStatistics, Score } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import {
  answerStream,
  informationBits,
  intervalStream,
  overfittingBound,
  targetBits,
  type AnswerStream,
} from '../../scoring/statistics/information.ts';
import { proportionOf } from '../../scoring/statistics/interval.ts';
import {
  errorOfDifference,
  ladderStep,
  releaseError,
  releasedInterval,
  releasedProportion,
  releaseScore,
  roundingStep,
  type ReleaseRule as MetricRule,
} from '../../scoring/statistics/release.ts';
import type { Finish } from '../../scoring/statistics/resample.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { selectOptionalEntry } from '../models/entries.ts';
import { lockPhase, selectPhase, type Phase, type ReleaseRule } from '../models/phases.ts';
import {
  insertRelease,
  listReleases,
  selectOptionalLastRelease,
  updateReleaseLeader,
} from '../models/releases.ts';
import {
  insertScores,
  listPhaseScores,
  listScores,
  NOTHING_RELEASED,
  updateReleasedScores,
  type ReleasedColumns,
  type ScoreRow,
} from '../models/scores.ts';
import { listSplitRows } from '../models/split-details.ts';
import { isTeamMember } from '../models/team-members.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { isReleasedByRule, releaseRule } from './disclosure.ts';
import { readItems } from './item-results.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface ShownScore {
  readonly value: number | null;
  readonly interval: Interval | null;
}

/** A score as participants see it. */
export function shownScore(
  phase: Pick<Phase, 'public_split' | 'release'>,
  spec: TaskSpec,
  row: ScoreRow,
): ShownScore {
  return isReleasedByRule(phase, spec, row.split)
    ? { value: row.released_value, interval: toInterval(row.released_low, row.released_high) }
    : { value: row.value, interval: toInterval(row.low, row.high) };
}

/** A score as a viewer sees it, with what stands behind a released one for those who organize. */
export function scoreFor(
  phase: Phase,
  spec: TaskSpec,
  row: ScoreRow,
  viewer: Viewer | null,
): ShownScore & { readonly exact: ShownScore | null } {
  const sees =
    isReleasedByRule(phase, spec, row.split) && isOrganizer(viewer, phase.competition_id);
  const exact = sees ? { value: row.value, interval: toInterval(row.low, row.high) } : null;
  return { ...shownScore(phase, spec, row), exact };
}

function toInterval(low: number | null, high: number | null): Interval | null {
  return low === null || high === null ? null : { low, high };
}

interface Scored {
  readonly phase_id: string;
  readonly evaluation_id: string;
  readonly entry_id: string;
  readonly splits: readonly {
    readonly split: string;
    readonly rows: number;
    readonly scores: readonly Score[];
    readonly items: Readonly<Record<string, ItemStatistics>>;
  }[];
}

/**
 * Stores the scores of an evaluation, and its turn at the public split with what is released of it by the
 * rules of now, which may not be those of when it began. Results of one entry take their turns one at a time.
 */
export async function storeScores(
  trx: Db,
  { phase_id, evaluation_id, entry_id, splits }: Scored,
): Promise<void> {
  const phase = await lockPhase(trx, phase_id);
  const { spec } = await readTaskSpec({ db: trx }, phase.task_version_id);
  const last = await selectOptionalLastRelease(trx, { phase_id: phase.id, entry_id });
  let leader_evaluation_id = evaluation_id;
  for (const { split, rows, scores, items } of splits) {
    const own = scores.map(({ metric, value, interval }) => ({
      evaluation_id,
      split,
      metric,
      value,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      ...NOTHING_RELEASED,
    }));
    const before =
      last === null || !isReleasedByRule(phase, spec, split)
        ? null
        : await readBefore(trx, { phase, spec, leader: last.leader_evaluation_id });
    const released = release({ phase, spec, split, rows, own, items, before });
    if (split === phase.public_split && last !== null && !released.improved) {
      ({ leader_evaluation_id } = last);
    }
    await insertScores(trx, released.scores);
  }
  const turn = (last?.turn ?? 0) + 1;
  await insertRelease(trx, {
    evaluation_id,
    phase_id: phase.id,
    entry_id,
    turn,
    leader_evaluation_id,
  });
}

/** What an entry was shown last: the released scores of its leader, and that one's results by item. */
interface Before {
  readonly scores: readonly ScoreRow[];
  /** In the primary metric. */
  readonly items: ItemStatistics | null;
}

async function readBefore(
  db: Db,
  { phase, spec, leader }: { phase: Phase; spec: TaskSpec; leader: string },
): Promise<Before> {
  const split = phase.public_split;
  const of = { evaluation_ids: [leader], split, metric: primaryMetric(spec) };
  return {
    scores: await listScores(db, { evaluation_ids: [leader], splits: [split] }),
    items: (await readItems(db, of)).get(leader) ?? null,
  };
}

interface Turn {
  readonly phase: Phase;
  readonly spec: TaskSpec;
  readonly split: string;
  readonly rows: number;
  readonly own: readonly ScoreRow[];
  readonly items: Readonly<Record<string, ItemStatistics>>;
  /** Null before the first turn. */
  readonly before: Before | null;
}

/**
 * The scores with what is released of them. With a Ladder everything that is shown is of one submission, the
 * last that improved the primary metric, and of its other metrics no more than rounded scores.
 */
function release(turn: Turn): { scores: ScoreRow[]; improved: boolean } {
  const { phase, spec, split, rows, own, items, before } = turn;
  if (!isReleasedByRule(phase, spec, split)) {
    return { scores: own.map((row) => ({ ...row, ...NOTHING_RELEASED })), improved: true };
  }
  const rule = releaseRule(phase, spec);
  const primary = primaryMetric(spec);
  const shownOf = (row: ScoreRow, as: MetricRule): ReleasedColumns => {
    const { higherIsBetter, range } = getMetric(row.metric);
    const answer = releaseScore(as, higherIsBetter, null, { score: row.value, items: rows });
    // The multiple of a step that does not divide the range may lie beyond its end.
    const shown =
      answer.shown === null ? null : Math.min(range[1], Math.max(range[0], answer.shown));
    const interval = shownInterval(row, shown, { as, rows, items: items[row.metric] ?? null });
    return {
      released_value: shown,
      released_low: interval?.low ?? null,
      released_high: interval?.high ?? null,
    };
  };
  const rounded = (metric: string) => roundedRule(rule, metric, rows);
  const deciding = own.find(({ metric }) => metric === primary);
  if ((rule.rule !== 'ladder' && rule.rule !== 'ladder-free') || deciding === undefined) {
    const scores = own.map((row) => ({ ...row, ...shownOf(row, rounded(row.metric)) }));
    return { scores, improved: true };
  }
  const ladder = ladderRule(rule, primary, rows, items[primary] ?? null);
  if (before !== null && !climbs(deciding, ladder, turn, before)) {
    const shown = (name: string) => before.scores.find(({ metric }) => metric === name);
    const scores = own.map((row) => ({ ...row, ...releasedColumns(shown(row.metric)) }));
    return { scores, improved: false };
  }
  const scores = own.map((row) => ({
    ...row,
    ...shownOf(row, row.metric === primary ? ladder : rounded(row.metric)),
  }));
  return { scores, improved: true };
}

/** Whether a submission improves on what its entry was shown before, as the Ladder judges. */
function climbs(own: ScoreRow, rule: MetricRule, { rows, items }: Turn, before: Before): boolean {
  const { higherIsBetter } = getMetric(own.metric);
  const shown = before.scores.find(({ metric }) => metric === own.metric)?.released_value ?? null;
  const itemsOfOwn = items[own.metric] ?? null;
  const error =
    rule.rule === 'ladder-free' && itemsOfOwn !== null && before.items !== null
      ? errorOfDifference(finishOf(own.metric), itemsOfOwn, before.items)
      : null;
  return releaseScore(rule, higherIsBetter, shown, { score: own.value, items: rows, error })
    .improved;
}

function releasedColumns(row: ScoreRow | undefined): ReleasedColumns {
  if (row === undefined) return NOTHING_RELEASED;
  const { released_value, released_low, released_high } = row;
  return { released_value, released_low, released_high };
}

function roundedRule(rule: ReleaseRule, metric: string, rows: number): MetricRule {
  const chosen = rule.rule === 'rounded' ? rule.steps[metric] : undefined;
  return { rule: 'rounded', step: chosen ?? defaultStep(metric, rows) };
}

function defaultStep(metric: string, rows: number): number {
  return roundingStep({ range: getMetric(metric).range, unit: 'number' }, rows);
}

/** The parameter-free Ladder asks for results by item; without them it is the Ladder with its default step. */
function ladderRule(
  rule: ReleaseRule,
  metric: string,
  rows: number,
  items: ItemStatistics | null,
): MetricRule {
  if (rule.rule === 'ladder-free' && items !== null) return { rule: 'ladder-free' };
  const [low, high] = getMetric(metric).range;
  // The spread of scores on a range is at most half of it.
  const error = Number.isFinite(high - low)
    ? (high - low) / 2 / Math.sqrt(Math.max(1, rows))
    : defaultStep(metric, rows);
  const eta = rule.rule === 'ladder' ? rule.eta : undefined;
  return { rule: 'ladder', eta: eta ?? ladderStep(rows, error) };
}

/** From the released number alone for proportions; else around it, with arms of whole steps. */
function shownInterval(
  row: ScoreRow,
  shown: number | null,
  { as, rows, items }: { as: MetricRule; rows: number; items: ItemStatistics | null },
): Interval | null {
  if (shown === null || row.value === null) return null;
  const proportion = items === null ? null : proportionOf(finishOf(row.metric), items);
  if (proportion !== null) {
    const { total } = proportion;
    return releasedProportion(shown, releaseError(as, total), total);
  }
  const interval = toInterval(row.low, row.high);
  if (interval === null) return null;
  const step = stepOfArms(as, row.metric, rows);
  return releasedInterval(shown, row.value, interval, step, getMetric(row.metric).range);
}

function stepOfArms(as: MetricRule, metric: string, rows: number): number {
  if (as.rule === 'rounded') return as.step;
  return as.rule === 'ladder' ? as.eta : defaultStep(metric, rows);
}

function finishOf(name: string): Finish {
  const metric = getMetric(name);
  return (sums, items, width) => metric.finish(sums, items, width);
}

/** What the rule of the phase, which has changed, would have released of every evaluation in its turn. */
export async function releaseAgain(
  trx: Db,
  { phase, spec }: { phase: Phase; spec: TaskSpec },
): Promise<void> {
  const split = phase.public_split;
  const of = { phase_id: phase.id, splits: [split] };
  const scores = Map.groupBy(await listPhaseScores(trx, of), (row) => row.evaluation_id);
  const rows = await listSplitRows(trx, { phase_id: phase.id, split });
  const primary = primaryMetric(spec);
  const changed: ScoreRow[] = [];
  const turns = Map.groupBy(
    await listReleases(trx, { phase_id: phase.id }),
    ({ entry_id }) => entry_id,
  );
  for (const ofEntry of turns.values()) {
    let before: Before | null = null;
    let leader: string | null = null;
    for (const { evaluation_id, leader_evaluation_id } of ofEntry) {
      const own = scores.get(evaluation_id) ?? [];
      const items: Record<string, ItemStatistics> = {};
      for (const { metric } of own) {
        const read = await readItems(trx, { evaluation_ids: [evaluation_id], split, metric });
        const statistics = read.get(evaluation_id);
        if (statistics !== undefined) items[metric] = statistics;
      }
      const released = release({
        ...{ phase, spec, split, own, items, before },
        rows: rows.get(evaluation_id) ?? 0,
      });
      changed.push(...released.scores);
      if (released.improved || leader === null) {
        leader = evaluation_id;
        before = { scores: released.scores, items: items[primary] ?? null };
      }
      if (leader !== leader_evaluation_id) {
        await updateReleaseLeader(trx, { evaluation_id, leader_evaluation_id: leader });
      }
    }
  }
  await updateReleasedScores(trx, changed);
}

export interface InformationSpent {
  readonly rule: ReleaseRule;
  /** Submissions whose public scores the entry was shown, and those that were shown as an improvement. */
  readonly answers: number;
  readonly improvements: number;
  /** How much those answers can have told of the public targets, at most. */
  readonly bits: number;
  /** Bits that would name every target of the public split. */
  readonly target_bits: number;
  /** Confusion matrices and other tables are shown beside the scores, and are not counted. */
  readonly tables_shown: boolean;
  /**
   * With probability 95 % no public score of the entry lies further from the truth than this, for metrics
   * that are means of items in [0, 1]. 1 and more says nothing.
   */
  readonly bound: number;
}

/**
 * What an entry has been told about the public split of a phase, for itself and the organizers.
 *
 * @throws AppError PHASE_NOT_FOUND, ENTRY_NOT_FOUND
 */
export async function readInformationSpent(
  deps: Pick<Deps, 'db'>,
  input: { phase_id: string; entry_id: string; viewer: Viewer | null },
): Promise<InformationSpent> {
  const { db } = deps;
  const { viewer } = input;
  const phase = await selectPhase(db, input.phase_id);
  const entry = await selectOptionalEntry(db, input.entry_id);
  if (
    entry?.competition_id !== phase.competition_id ||
    viewer === null ||
    !(isOrganizer(viewer, phase.competition_id) || (await isTeamMember(db, entry.id, viewer.id)))
  ) {
    throw new AppError('ENTRY_NOT_FOUND');
  }
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  const split = phase.public_split;
  const turns = await listReleases(db, { phase_id: phase.id, entry_id: entry.id });
  const answers = turns.length;
  const improvements = turns.filter(
    ({ evaluation_id, leader_evaluation_id }) => evaluation_id === leader_evaluation_id,
  ).length;
  const [first] = turns;
  const items =
    first === undefined
      ? 0
      : ((await listSplitRows(db, { phase_id: phase.id, split })).get(first.evaluation_id) ?? 0);
  const rule = releaseRule(phase, spec);
  const streams =
    first === undefined
      ? []
      : await answerStreams(
          db,
          { phase, spec, evaluation_id: first.evaluation_id },
          {
            ...{ rule, answers, improvements, items },
          },
        );
  const bits = informationBits(streams);
  return {
    rule,
    answers,
    improvements,
    bits,
    target_bits: targetBits(items, spec.output.classes.length),
    tables_shown: spec.splits[split]?.detail === 'full' && rule.rule === 'full',
    bound: items === 0 ? Infinity : overfittingBound(bits, items),
  };
}

/**
 * One for each metric, and one for its intervals where these are not computed from the released score. With
 * a Ladder the metrics beside the primary one are answered when it improves.
 */
async function answerStreams(
  db: Db,
  { phase, spec, evaluation_id }: { phase: Phase; spec: TaskSpec; evaluation_id: string },
  told: { rule: ReleaseRule; answers: number; improvements: number; items: number },
): Promise<AnswerStream[]> {
  const { rule, items } = told;
  const split = phase.public_split;
  const primary = primaryMetric(spec);
  const isLadder = rule.rule === 'ladder' || rule.rule === 'ladder-free';
  const streams: AnswerStream[] = [];
  for (const { name: metric } of spec.metrics) {
    const read = await readItems(db, { evaluation_ids: [evaluation_id], split, metric });
    const statistics = read.get(evaluation_id) ?? null;
    const hasIntervals = statistics !== null;
    const isCount = hasIntervals && proportionOf(finishOf(metric), statistics) !== null;
    const space = { range: getMetric(metric).range, items, isCount };
    const asLadder = isLadder && metric === primary;
    const metricRule: MetricRule =
      rule.rule === 'full'
        ? { rule: 'full' }
        : asLadder
          ? ladderRule(rule, metric, items, statistics)
          : roundedRule(rule, metric, items);
    const answers = isLadder && !asLadder ? told.improvements : told.answers;
    const { improvements } = told;
    streams.push(answerStream(metricRule, space, answers, improvements));
    if (hasIntervals && !isCount) {
      const step = stepOfArms(metricRule, metric, items);
      streams.push(intervalStream(metricRule, space, step, { answers, improvements }));
    }
  }
  return streams;
}
