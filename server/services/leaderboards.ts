import type { Interval } from '../../scoring/metric.ts';
import { chooseEvaluation, rankItems, type Rankable } from '../../scoring/rank.ts';
import { getMetric } from '../../scoring/registry.ts';
import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { newId } from '../lib/ids.ts';
import { selectCompetition } from '../models/competitions.ts';
import { selectOptionalUserEntry } from '../models/entries.ts';
import {
  countBoardEntries,
  listBoardEntries,
  listCandidates,
  listRankedRows,
  updateLeaderboardPlaces,
  upsertLeaderboardEntry,
  type BoardEntry,
  type LeaderboardEntryRow,
} from '../models/leaderboard-entries.ts';
import { selectPhase, updateBoardVersion, type Phase } from '../models/phases.ts';
import {
  listReferenceRows,
  upsertReferenceRow,
  type ReferenceRow,
} from '../models/reference-rows.ts';
import { listScores } from '../models/scores.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { shownSplits } from './competitions.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface BoardScore {
  readonly value: number | null;
  readonly interval: Interval | null;
}

export interface BoardRow {
  /** Null for baselines, references and entries whose primary score is undefined. Ties share a rank. */
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
}

export interface BoardMetric {
  readonly name: string;
  readonly primary: boolean;
  readonly higher_is_better: boolean;
}

export interface Board {
  readonly split: string;
  readonly metrics: readonly BoardMetric[];
  readonly rows: readonly BoardRow[];
  /** Pages of 100, from 1. */
  readonly page: number;
  readonly pages: number;
  /** Ranked entries in all. */
  readonly entries: number;
  readonly version: number;
  /** The viewer's row when it is on another page. */
  readonly own_row: BoardRow | null;
}

export const BOARD_PAGE_SIZE = 100;

/**
 * Brings the boards of a phase up to date after an evaluation of one entry succeeded, or after the
 * references changed (no entry). The display rule chooses by the public split, for the private board
 * too: a choice by private scores would be a choice on the test set.
 */
export async function rebuildBoards(
  trx: Db,
  input: { phase: Phase; spec: TaskSpec; entry_id: string | null },
): Promise<void> {
  const { phase, spec, entry_id } = input;
  // First, because it locks the phase: boards of one phase are rebuilt one at a time.
  await updateBoardVersion(trx, phase.id);
  const metric = primaryMetric(spec);
  const splits = [
    phase.public_split,
    ...(phase.private_split === null ? [] : [phase.private_split]),
  ];
  if (entry_id !== null) await placeEntry(trx, phase, metric, splits, entry_id);
  const references = await listReferenceRows(trx, phase.id);
  for (const split of splits) await rankBoard(trx, phase, metric, split, references);
}

async function placeEntry(
  trx: Db,
  phase: Phase,
  metric: string,
  splits: readonly string[],
  entryId: string,
): Promise<void> {
  const of = { phase_id: phase.id, entry_id: entryId, metric };
  const candidates = await listCandidates(trx, { ...of, split: phase.public_split });
  const chosen = chooseEvaluation(candidates, phase.display_rule, getMetric(metric).higherIsBetter);
  if (chosen === null) return;
  const values = await listScores(trx, { evaluation_ids: [chosen.id], splits });
  for (const split of splits) {
    const score = values.find((row) => row.split === split && row.metric === metric);
    await upsertLeaderboardEntry(trx, {
      phase_id: phase.id,
      split,
      entry_id: entryId,
      evaluation_id: chosen.id,
      rank: null,
      position: -1,
      primary_value: score?.value ?? null,
      submissions: candidates.length,
      submitted_at: chosen.submitted_at,
    });
  }
}

/** References take their places among the positions, so that a page of a board is a range of positions. */
async function rankBoard(
  trx: Db,
  phase: Phase,
  metric: string,
  split: string,
  references: readonly ReferenceRow[],
): Promise<void> {
  const rows = await listRankedRows(trx, { phase_id: phase.id, split });
  const items = [
    ...rows.map(({ row, kind }) => ({
      id: row.entry_id,
      score: row.primary_value,
      submitted_at: row.submitted_at,
      kind: kind === 'baseline' ? ('baseline' as const) : ('entry' as const),
      row,
    })),
    ...references.map((reference) => ({ ...rankable(reference, metric), row: null })),
  ];
  const ranked = rankItems(items, getMetric(metric).higherIsBetter);
  const moved: LeaderboardEntryRow[] = [];
  for (const [position, { item, rank }] of ranked.entries()) {
    const { row } = item;
    if (row === null || (row.rank === rank && row.position === position)) continue;
    moved.push({ ...row, rank, position });
  }
  await updateLeaderboardPlaces(trx, moved);
}

function rankable(reference: ReferenceRow, metric: string): Rankable {
  return {
    id: reference.id,
    kind: 'reference',
    score: reference.scores[metric] ?? null,
    // References with equal scores stand in the order of the task file.
    submitted_at: String(reference.position).padStart(6, '0'),
  };
}

/** Stores the published results of a phase, new ones and changed ones, and puts them in their places. */
export async function storeReferences(
  deps: Deps,
  input: { phase_id: string; references: TaskSpec['references'] },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const phase = await selectPhase(trx, input.phase_id);
    const { spec } = await readTaskSpec({ db: trx }, phase.task_version_id);
    for (const [position, { name, source, scores, note }] of input.references.entries()) {
      await upsertReferenceRow(trx, {
        id: newId(),
        phase_id: phase.id,
        position,
        name,
        source,
        scores,
        note: note ?? null,
      });
    }
    await rebuildBoards(trx, { phase, spec, entry_id: null });
  });
}

/**
 * @param input.split default: the public one.
 * @param input.page from 1; one beyond the end is empty.
 * @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED
 */
export async function readBoard(
  deps: Deps,
  input: {
    phase_id: string;
    split?: string | undefined;
    page?: number | undefined;
    viewer: Viewer | null;
  },
): Promise<Board> {
  const { db } = deps;
  const { viewer } = input;
  const phase = await selectPhase(db, input.phase_id);
  const competition = await selectCompetition(db, phase.competition_id);
  if (competition.state !== 'public' && !isOrganizer(viewer, competition.id)) {
    throw new AppError('PHASE_NOT_FOUND');
  }
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  const split = input.split ?? phase.public_split;
  if (split !== phase.public_split && split !== phase.private_split) {
    throw new AppError('SPLIT_NOT_FOUND');
  }
  if (!shownSplits(phase, spec, viewer, deps.clock.now()).includes(split)) {
    throw new AppError('SPLIT_NOT_REVEALED');
  }

  const board = { phase_id: phase.id, split };
  const page = input.page ?? 1;
  const from = (page - 1) * BOARD_PAGE_SIZE;
  const counts = await countBoardEntries(db, { ...board, before: from });
  const references = inBoardOrder(await listReferenceRows(db, phase.id), spec);
  const total = counts.all + references.length;
  const to = Math.min(from + BOARD_PAGE_SIZE, total);
  const entries = await listBoardEntries(db, board, { from, to });
  const own = viewer === null ? null : await selectOptionalUserEntry(db, competition.id, viewer.id);
  const ownEntries =
    own === null || entries.some(({ entry }) => entry.id === own.id)
      ? []
      : await listBoardEntries(db, board, { entry_id: own.id });
  const scores = await listScores(db, {
    evaluation_ids: [...entries, ...ownEntries].map(({ evaluation_id }) => evaluation_id),
    splits: [split],
  });
  const scoresOf = new Map<string, Record<string, BoardScore>>();
  for (const { evaluation_id, metric, value, low, high } of scores) {
    const ofOne = scoresOf.get(evaluation_id) ?? {};
    ofOne[metric] = { value, interval: low === null || high === null ? null : { low, high } };
    scoresOf.set(evaluation_id, ofOne);
  }
  const present = (row: BoardEntry): BoardRow => toRow(row, scoresOf, own?.id ?? null);

  // Positions that no entry holds are the references', in their order.
  const byPosition = new Map(entries.map((row) => [row.position, row]));
  let reference = from - counts.before;
  const rows: BoardRow[] = [];
  for (let position = from; position < to; position++) {
    const row = byPosition.get(position);
    if (row !== undefined) {
      rows.push(present(row));
      continue;
    }
    const next = references[reference++];
    if (next !== undefined) rows.push(referenceRow(next));
  }
  const [ownEntry] = ownEntries;
  return {
    split,
    metrics: spec.metrics.map(({ name }) => ({
      name,
      primary: name === primaryMetric(spec),
      higher_is_better: getMetric(name).higherIsBetter,
    })),
    rows,
    page,
    pages: Math.max(1, Math.ceil(total / BOARD_PAGE_SIZE)),
    entries: counts.ranked,
    version: phase.board_version,
    own_row: ownEntry === undefined ? null : present(ownEntry),
  };
}

/** Grows whenever a board of the phase changes: the key of a page cache. */
export async function readBoardVersion(deps: Deps, phaseId: string): Promise<number> {
  return (await selectPhase(deps.db, phaseId)).board_version;
}

function inBoardOrder(references: readonly ReferenceRow[], spec: TaskSpec): ReferenceRow[] {
  const metric = primaryMetric(spec);
  const items = references.map((reference) => ({ ...rankable(reference, metric), reference }));
  return rankItems(items, getMetric(metric).higherIsBetter).map(({ item }) => item.reference);
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
  };
}

function referenceRow(reference: ReferenceRow): BoardRow {
  return {
    rank: null,
    kind: 'reference',
    name: { en: reference.name, es: reference.name },
    scores: Object.fromEntries(
      Object.entries(reference.scores).map(([name, value]) => [name, { value, interval: null }]),
    ),
    entry_id: null,
    evaluation_id: null,
    submission_id: null,
    submissions: null,
    submitted_at: null,
    source: reference.source,
    note: reference.note,
    own: false,
  };
}
