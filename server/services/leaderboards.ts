import type { Interval } from '../../scoring/metric.ts';
import {
  chooseEvaluation,
  rankItems,
  type Criterion,
  type Rankable,
  type RankingRule,
} from '../../scoring/rank.ts';
import { getMetric } from '../../scoring/registry.ts';
import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { newId } from '../lib/ids.ts';
import {
  hasBoardDayRanks,
  insertBoardLead,
  listBoardDayRanks,
  listBoardLeads,
  replaceBoardDay,
  selectOptionalBoardDay,
} from '../models/board-days.ts';
import { listChosenSubmissions } from '../models/chosen-submissions.ts';
import { selectCompetition, type Competition } from '../models/competitions.ts';
import { selectOptionalUserEntry } from '../models/entries.ts';
import {
  countBoardEntries,
  listBoardEntries,
  listBoardValues,
  listCandidates,
  listOffBoardEntries,
  listRankedRows,
  OFF_BOARD,
  RANKING_COLUMNS,
  updateLeaderboardPlaces,
  upsertShownEvaluations,
  type BoardEntry,
  type LeaderboardEntryRow,
  type ShownEvaluation,
} from '../models/leaderboard-entries.ts';
import {
  selectPhase,
  lockPhase,
  updateBoardVersion,
  type Phase,
  type PhaseRanking,
  type ReleaseRule,
} from '../models/phases.ts';
import {
  listReferenceRows,
  updateReferencePlaces,
  upsertReferenceRow,
  type ReferenceRow,
} from '../models/reference-rows.ts';
import { listReleases } from '../models/releases.ts';
import { listBoardScores, listPhaseScores, listScores, type ScoreRow } from '../models/scores.ts';
import { seesCompetition, type Viewer } from './access.ts';
import { NO_TIES, tiesOf, type Ties } from './board-ties.ts';
import { shownSplits } from './competitions.ts';
import { isReleasedByRule, releaseRule, scoredSplits } from './disclosure.ts';
import { scoreFor, shownScore } from './releases.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface BoardScore {
  /** What everybody sees: the released score where the split's scores are released by a rule. */
  readonly value: number | null;
  /** Around `value`. */
  readonly interval: Interval | null;
  /** For organizers, where `value` is a released score: the score itself. */
  readonly exact: { readonly value: number | null; readonly interval: Interval | null } | null;
}

export interface BoardRow {
  /** Null for baselines, references, disqualified entries and those whose deciding score is undefined. Ties share a rank. */
  readonly rank: number | null;
  readonly kind: 'entry' | 'baseline' | 'reference';
  readonly name: Localized;
  readonly scores: Readonly<Record<string, BoardScore>>;
  /** Null for references, as are the fields below. */
  readonly entry_id: string | null;
  readonly evaluation_id: string | null;
  readonly submission_id: string | null;
  readonly submissions: number | null;
  /** When the shown submission was sent, ISO-8601. */
  readonly submitted_at: string | null;
  /** For references and baselines. */
  readonly source: string | null;
  readonly note: Localized | null;
  /** The viewer's own entry. */
  readonly own: boolean;
  /** What decides the order where the method is `mean-of-ranks`, else null. */
  readonly mean_rank: number | null;
  /**
   * From 1, best first: rows of one group stand together, and their scores cannot be told apart. Null
   * where no groups are made: references, disqualified entries, undefined scores, boards by mean of ranks.
   */
  readonly tie_group: number | null;
  /** Best and worst rank that the scores are consistent with, at 95 % for the whole board. Ranked entries only. */
  readonly rank_interval: { readonly best: number; readonly worst: number } | null;
  /** Places gained since the UTC day began, `new` without a rank then; null: the board has not changed today, or began today. */
  readonly change: number | 'new' | null;
  /** Why and since when the entry is out of the ranking. */
  readonly disqualified: { readonly at: string; readonly reason: string } | null;
}

export interface BoardMetric {
  readonly name: string;
  readonly primary: boolean;
  readonly higher_is_better: boolean;
}

export interface Board {
  readonly split: string;
  readonly metrics: readonly BoardMetric[];
  readonly ranking: PhaseRanking;
  /** How the scores of this split are released; `full`: as they are. */
  readonly release: ReleaseRule;
  /** The metric by whose scores the rows stand, best first; null: by rank. Ranks are the same either way. */
  readonly sort: string | null;
  readonly rows: readonly BoardRow[];
  /** Pages of 100, from 1. */
  readonly page: number;
  readonly pages: number;
  /** Ranked entries in all. */
  readonly entries: number;
  readonly version: number;
  /** The viewer's row when it is on another page, or out of the ranking. */
  readonly own_row: BoardRow | null;
  /** That other page. */
  readonly own_page: number | null;
  /** Entries that are out of the ranking, 100 at most: with every page the same. */
  readonly disqualified: readonly BoardRow[];
}

export const BOARD_PAGE_SIZE = 100;

/** One entry after an evaluation of it, none where only references changed, all where a rule changed. */
export type ChangedEntries = { readonly entry_id: string } | 'none' | 'all';

/**
 * Brings the boards of a phase up to date, from what is stored and by the rules of now. The display rule
 * chooses by the public split as its participants see it, for the private board too: a choice by private
 * scores would be a choice on the test set.
 *
 * @throws AppError PHASE_NOT_FOUND
 */
export async function rebuildBoards(
  trx: Db,
  input: { phase_id: string; changed: ChangedEntries; now: Date },
): Promise<void> {
  const { changed, now } = input;
  // Boards of one phase are rebuilt one at a time.
  const phase = await lockPhase(trx, input.phase_id);
  const { spec } = await readTaskSpec({ db: trx }, phase.task_version_id);
  await updateBoardVersion(trx, phase.id);
  const day = utcDay(now);
  for (const split of scoredSplits(phase)) {
    const board = { phase_id: phase.id, split };
    if ((await selectOptionalBoardDay(trx, board)) === day) continue;
    await replaceBoardDay(trx, { ...board, day });
  }
  if (changed !== 'none') {
    await placeEntries(trx, {
      phase,
      spec,
      entry_id: changed === 'all' ? undefined : changed.entry_id,
    });
  }
  const references = await listReferenceRows(trx, phase.id);
  const places = new Map<string, Record<string, number>>();
  for (const split of scoredSplits(phase)) {
    for (const [id, position] of await rankBoard(trx, { phase, spec, split, references, now })) {
      places.set(id, { ...places.get(id), [split]: position });
    }
  }
  for (const reference of references) {
    const found = places.get(reference.id) ?? {};
    if (JSON.stringify(found) === JSON.stringify(reference.places)) continue;
    await updateReferencePlaces(trx, { id: reference.id, places: found });
  }
}

/** Chooses the evaluation that stands for an entry, or for every entry. */
async function placeEntries(
  trx: Db,
  { phase, spec, entry_id }: { phase: Phase; spec: TaskSpec; entry_id: string | undefined },
): Promise<void> {
  const of = { phase_id: phase.id, entry_id };
  const splits = scoredSplits(phase);
  const metric = primaryMetric(spec);
  // Whatever ranks the entries: the primary metric is what a Ladder answers to.
  const rule = { ...rankingRule(phase, spec), metrics: [criterionOf(metric)] };
  const scores = new Map<string, ScoreRow[]>();
  for (const row of await listPhaseScores(trx, { ...of, splits })) {
    const known = scores.get(row.evaluation_id);
    if (known === undefined) scores.set(row.evaluation_id, [row]);
    else known.push(row);
  }
  const seen = (evaluationId: string, split: string): Record<string, number | null> =>
    Object.fromEntries(
      (scores.get(evaluationId) ?? [])
        .filter((row) => row.split === split)
        .map((row) => [row.metric, shownScore(phase, spec, row).value]),
    );
  const leaders = await listLeaders(trx, { phase, spec, entry_id });
  const choices = await listChosenSubmissions(trx, of);
  const byEntry = Map.groupBy(await listCandidates(trx, of), (candidate) => candidate.entry_id);
  const rows: ShownEvaluation[] = [];
  for (const [entryId, ofEntry] of byEntry) {
    const candidates = ofEntry.map((candidate) => ({
      ...candidate,
      scores:
        (leaders.get(candidate.id) ?? candidate.id) === candidate.id
          ? seen(candidate.id, phase.public_split)
          : {},
    }));
    // The newest evaluation of the chosen submission.
    const choice = choices.get(entryId);
    const chosen = candidates.findLast(({ submission_id }) => submission_id === choice);
    const shown = chooseEvaluation(candidates, phase.display_rule, rule, chosen?.id ?? null);
    if (shown === null) continue;
    for (const split of splits) {
      rows.push({
        phase_id: phase.id,
        split,
        entry_id: entryId,
        evaluation_id: shown.id,
        primary_value: seen(shown.id, split)[metric] ?? null,
        submissions: candidates.length,
        submitted_at: shown.submitted_at,
      });
    }
  }
  await upsertShownEvaluations(trx, rows);
}

/**
 * With a Ladder, whose scores each submission shows: one that did not improve shows those of another, which
 * say nothing for it.
 *
 * @returns evaluation by evaluation; empty where each shows its own.
 */
async function listLeaders(
  trx: Db,
  { phase, spec, entry_id }: { phase: Phase; spec: TaskSpec; entry_id: string | undefined },
): Promise<Map<string, string>> {
  const { rule } = releaseRule(phase, spec);
  if (rule !== 'ladder' && rule !== 'ladder-free') return new Map();
  const releases = await listReleases(trx, { phase_id: phase.id, entry_id });
  return new Map(releases.map((row) => [row.evaluation_id, row.leader_evaluation_id]));
}

type BoardItem = Rankable &
  (
    | { readonly row: LeaderboardEntryRow; readonly reference: null }
    | { readonly row: null; readonly reference: ReferenceRow }
  );

/**
 * References take their places among the positions, so that a page of a board is a range of positions.
 *
 * @returns position by reference.
 */
async function rankBoard(
  trx: Db,
  board: {
    phase: Phase;
    spec: TaskSpec;
    split: string;
    references: readonly ReferenceRow[];
    now: Date;
  },
): Promise<Map<string, number>> {
  const { phase, spec, split, references } = board;
  const at = { phase_id: phase.id, split };
  const metric = primaryMetric(spec);
  const rule = rankingRule(phase, spec);
  const rows = await listRankedRows(trx, at);
  const scores = new Map<string, Record<string, number | null>>();
  const intervals = new Map<string, Interval | null>();
  for (const row of await listBoardScores(trx, { ...at, metrics: decidingMetrics(rule, metric) })) {
    const { value, interval } = shownScore(phase, spec, row);
    const ofOne = scores.get(row.evaluation_id) ?? {};
    ofOne[row.metric] = value;
    scores.set(row.evaluation_id, ofOne);
    if (row.metric === metric) intervals.set(row.evaluation_id, interval);
  }
  const items: BoardItem[] = [
    ...rows.map(({ row, kind, disqualified }) => ({
      id: row.entry_id,
      scores: scores.get(row.evaluation_id) ?? {},
      submitted_at: row.submitted_at,
      kind: kind === 'baseline' ? ('baseline' as const) : ('entry' as const),
      disqualified,
      row,
      reference: null,
    })),
    ...references.map((reference) => ({
      id: reference.id,
      scores: reference.scores,
      // Equal ones stand in the order of the task file.
      submitted_at: String(reference.position).padStart(6, '0'),
      kind: 'reference' as const,
      row: null,
      reference,
    })),
  ];
  const ranked = rankItems(items, rule);
  const comparable = ranked.flatMap(({ item: { row, disqualified }, rank }) => {
    if (row === null || disqualified === true || row.primary_value === null) return [];
    const interval = intervals.get(row.evaluation_id) ?? null;
    return [{ row, rank, value: row.primary_value, interval }];
  });
  const ties =
    rule.method === 'primary'
      ? await tiesOf(trx, {
          ...at,
          metric,
          paired: !isReleasedByRule(phase, spec, split),
          rows: comparable,
        })
      : new Map<string, Ties>();
  const moved: LeaderboardEntryRow[] = [];
  const places = new Map<string, number>();
  for (const [index, { item, rank, mean_rank }] of ranked.entries()) {
    const { row } = item;
    if (row === null) {
      places.set(item.reference.id, index);
      continue;
    }
    const position = item.disqualified === true ? OFF_BOARD : index;
    const next = { ...row, rank, position, mean_rank, ...(ties.get(row.entry_id) ?? NO_TIES) };
    if (RANKING_COLUMNS.some((column) => next[column] !== row[column])) moved.push(next);
  }
  await updateLeaderboardPlaces(trx, moved);
  const first = ranked.find(({ rank }) => rank !== null)?.item.row ?? null;
  if (first !== null) await storeLead(trx, { ...first, ...at, now: board.now });
  return places;
}

/** Remembers who stands first where that, or the score, is new. */
async function storeLead(
  trx: Db,
  lead: Pick<LeaderboardEntryRow, 'phase_id' | 'split' | 'entry_id' | 'primary_value'> & {
    now: Date;
  },
): Promise<void> {
  const { phase_id, split, entry_id, primary_value: value, now } = lead;
  const [last] = await listBoardLeads(trx, { phase_id, split, limit: 1 });
  if (last?.entry_id === entry_id && last.value === value) return;
  // No closer than the day and minute that pages show: how long a run took is not for everybody.
  const at = `${now.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length)}:00.000Z`;
  await insertBoardLead(trx, { id: newId(), phase_id, split, entry_id, value, at });
}

/** `yyyy-mm-dd`. */
function utcDay(now: Date): string {
  return now.toISOString().slice(0, 'yyyy-mm-dd'.length);
}

/** Metrics whose scores the order of a board depends on, and the primary one. */
function decidingMetrics({ metrics, tie_breakers }: RankingRule, primary: string): string[] {
  return [...new Set([primary, ...[...metrics, ...tie_breakers].map(({ name }) => name)])];
}

/** The phase's rule with the directions of its metrics. */
function rankingRule({ ranking }: Phase, spec: TaskSpec): RankingRule {
  const metrics =
    ranking.method === 'primary'
      ? [primaryMetric(spec)]
      : (ranking.metrics ?? spec.metrics.map(({ name }) => name));
  return {
    method: ranking.method,
    metrics: metrics.map(criterionOf),
    tie_breakers: ranking.tie_breakers.map(criterionOf),
    earlier_first: ranking.earlier_first,
  };
}

function criterionOf(name: string): Criterion {
  return { name, higherIsBetter: getMetric(name).higherIsBetter };
}

/** Stores the published results of a phase, new ones and changed ones, and puts them in their places. */
export async function storeReferences(
  deps: Deps,
  input: { phase_id: string; references: TaskSpec['references'] },
): Promise<void> {
  const { phase_id } = input;
  await deps.db.transaction().execute(async (trx) => {
    await lockPhase(trx, phase_id);
    for (const [position, { name, source, scores, note }] of input.references.entries()) {
      await upsertReferenceRow(trx, {
        id: newId(),
        phase_id,
        position,
        name,
        source,
        scores,
        note: note ?? null,
      });
    }
    await rebuildBoards(trx, { phase_id, changed: 'none', now: deps.clock.now() });
  });
}

export interface ShownBoard {
  readonly competition: Competition;
  readonly phase: Phase;
  readonly spec: TaskSpec;
  readonly split: string;
}

/**
 * A board that the viewer may read.
 *
 * @param input.split default: the public one.
 * @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED
 */
export async function selectShownBoard(
  deps: Deps,
  input: { phase_id: string; split?: string | undefined; viewer: Viewer | null },
): Promise<ShownBoard> {
  const { db } = deps;
  const { viewer } = input;
  const phase = await selectPhase(db, input.phase_id);
  const competition = await selectCompetition(db, phase.competition_id);
  if (!seesCompetition(viewer, competition)) throw new AppError('PHASE_NOT_FOUND');
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  const split = input.split ?? phase.public_split;
  if (split !== phase.public_split && split !== phase.private_split) {
    throw new AppError('SPLIT_NOT_FOUND');
  }
  if (!shownSplits(phase, spec, viewer, deps.clock.now()).includes(split)) {
    throw new AppError('SPLIT_NOT_REVEALED');
  }
  return { competition, phase, spec, split };
}

/**
 * @param input.split default: the public one.
 * @param input.page from 1; one beyond the end is empty. `all`: every row on one page.
 * @param input.sort a metric of the task; another name is no order.
 * @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED
 */
export async function readBoard(
  deps: Deps,
  input: {
    phase_id: string;
    split?: string | undefined;
    page?: number | 'all' | undefined;
    sort?: string | undefined;
    viewer: Viewer | null;
  },
): Promise<Board> {
  const { db } = deps;
  const { viewer } = input;
  const { phase, competition, spec, split } = await selectShownBoard(deps, input);
  const board = { phase_id: phase.id, split };
  const counts = await countBoardEntries(db, board);
  const references = await listReferenceRows(db, phase.id);
  const total = counts.all + references.length;
  const isWhole = input.page === 'all';
  const page = isWhole ? 1 : Number(input.page ?? 1);
  const from = (page - 1) * BOARD_PAGE_SIZE;
  const to = isWhole ? total : Math.min(from + BOARD_PAGE_SIZE, total);
  const sort = spec.metrics.find(({ name }) => name === input.sort)?.name ?? null;
  const order =
    sort === null
      ? null
      : await orderByMetric(db, { phase, spec, split, metric: sort, references });
  const shown = order?.slice(from, to) ?? null;
  const entries = await listBoardEntries(
    db,
    board,
    shown === null ? { from, to } : { entry_ids: shown },
  );
  const disqualified = await listOffBoardEntries(db, board, BOARD_PAGE_SIZE);
  const own = viewer === null ? null : await selectOptionalUserEntry(db, competition.id, viewer.id);
  const ownEntries =
    own === null || entries.some(({ entry }) => entry.id === own.id)
      ? []
      : await listBoardEntries(db, board, { entry_id: own.id });
  const scores = isWhole
    ? await listBoardScores(db, { ...board, metrics: spec.metrics.map(({ name }) => name) })
    : await listScores(db, {
        evaluation_ids: [...entries, ...ownEntries, ...disqualified].map(
          (row) => row.evaluation_id,
        ),
        splits: [split],
      });
  const scoresOf = new Map<string, Record<string, BoardScore>>();
  for (const row of scores) {
    const ofOne = scoresOf.get(row.evaluation_id) ?? {};
    ofOne[row.metric] = scoreFor(phase, spec, row, viewer);
    scoresOf.set(row.evaluation_id, ofOne);
  }
  // On the first day of a board everything is new, which tells nothing.
  const changed =
    (await selectOptionalBoardDay(db, board)) === utcDay(deps.clock.now()) &&
    (await hasBoardDayRanks(db, board));
  const dayRanks =
    changed && !isWhole
      ? await listBoardDayRanks(db, {
          ...board,
          entry_ids: [...entries, ...ownEntries].map(({ entry }) => entry.id),
        })
      : null;
  const present = (row: BoardEntry): BoardRow => ({
    ...toRow(row, scoresOf, own?.id ?? null),
    change: changeOf(row, dayRanks),
  });

  // A reference holds the position that no entry holds.
  const byPosition = new Map(entries.map((row) => [row.position, present(row)]));
  for (const reference of references) {
    const position = reference.places[split];
    if (position !== undefined) byPosition.set(position, referenceRow(reference));
  }
  const rows: BoardRow[] = [];
  if (shown === null) {
    for (let position = from; position < to; position++) {
      const row = byPosition.get(position);
      if (row !== undefined) rows.push(row);
    }
  } else {
    const byId = new Map<string, BoardRow>([
      ...entries.map((row) => [row.entry.id, present(row)] as const),
      ...references.map((reference) => [reference.id, referenceRow(reference)] as const),
    ]);
    rows.push(...shown.flatMap((id) => byId.get(id) ?? []));
  }
  const [ownEntry] = ownEntries;
  return {
    split,
    metrics: spec.metrics.map(({ name }) => ({
      name,
      primary: name === primaryMetric(spec),
      higher_is_better: getMetric(name).higherIsBetter,
    })),
    ranking: phase.ranking,
    release: isReleasedByRule(phase, spec, split) ? releaseRule(phase, spec) : { rule: 'full' },
    sort,
    rows,
    page,
    pages: isWhole ? 1 : Math.max(1, Math.ceil(total / BOARD_PAGE_SIZE)),
    entries: counts.ranked,
    version: phase.board_version,
    own_row: ownEntry === undefined ? null : present(ownEntry),
    own_page:
      ownEntry === undefined
        ? null
        : pageOf(order?.indexOf(ownEntry.entry.id) ?? ownEntry.position),
    disqualified: disqualified.map(present),
  };
}

/** Null for what is on no page: out of the ranking, or without a place in the order. */
function pageOf(position: number): number | null {
  return position < 0 ? null : Math.floor(position / BOARD_PAGE_SIZE) + 1;
}

function changeOf(
  { rank, entry }: BoardEntry,
  dayRanks: ReadonlyMap<string, number> | null,
): BoardRow['change'] {
  if (rank === null || dayRanks === null) return null;
  const before = dayRanks.get(entry.id);
  return before === undefined ? 'new' : before - rank;
}

/**
 * Entries, baselines and references by their scores in one metric as everybody sees them, best first, equals
 * in the order of the board.
 *
 * @returns their ids.
 */
async function orderByMetric(
  db: Db,
  board: {
    phase: Phase;
    spec: TaskSpec;
    split: string;
    metric: string;
    references: readonly ReferenceRow[];
  },
): Promise<string[]> {
  const { phase, spec, split, metric, references } = board;
  const released = isReleasedByRule(phase, spec, split);
  const values = await listBoardValues(db, { phase_id: phase.id, split }, { metric, released });
  const items = [
    ...values.map(({ entry_id, position, value }) => ({ id: entry_id, position, value })),
    ...references.map(({ id, places, scores }) => ({
      id,
      position: places[split] ?? Infinity,
      value: scores[metric] ?? null,
    })),
  ];
  const sign = getMetric(metric).higherIsBetter ? -1 : 1;
  items.sort((a, b) => {
    if (a.value !== null && b.value !== null && a.value !== b.value) {
      return sign * (a.value - b.value);
    }
    return Number(a.value === null) - Number(b.value === null) || a.position - b.position;
  });
  return items.map(({ id }) => id);
}

function toRow(
  row: BoardEntry,
  scoresOf: ReadonlyMap<string, Record<string, BoardScore>>,
  ownEntryId: string | null,
): BoardRow {
  return {
    rank: row.rank,
    kind: row.entry.kind,
    name: row.entry.name,
    scores: scoresOf.get(row.evaluation_id) ?? {},
    entry_id: row.entry.id,
    evaluation_id: row.evaluation_id,
    submission_id: row.submission_id,
    submissions: row.submissions,
    submitted_at: row.submitted_at,
    source: row.entry.source,
    note: null,
    own: row.entry.id === ownEntryId,
    mean_rank: row.mean_rank,
    tie_group: row.tie_group,
    rank_interval:
      row.rank_low === null || row.rank_high === null
        ? null
        : { best: row.rank_low, worst: row.rank_high },
    change: null,
    disqualified:
      row.entry.disqualified_at === null
        ? null
        : { at: row.entry.disqualified_at, reason: row.entry.disqualified_reason ?? '' },
  };
}

function referenceRow(reference: ReferenceRow): BoardRow {
  return {
    rank: null,
    kind: 'reference',
    name: { en: reference.name, es: reference.name },
    scores: Object.fromEntries(
      Object.entries(reference.scores).map(([name, value]) => [
        name,
        { value, interval: null, exact: null },
      ]),
    ),
    entry_id: null,
    evaluation_id: null,
    submission_id: null,
    submissions: null,
    submitted_at: null,
    source: reference.source,
    note: reference.note,
    own: false,
    mean_rank: null,
    tie_group: null,
    rank_interval: null,
    change: null,
    disqualified: null,
  };
}
