/** How a board came to be, and what its places cost: what the charts below it show. */
import { getMetric } from '../../scoring/registry.ts';
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { listBoardLeads } from '../models/board-days.ts';
import { listEntries, selectOptionalUserEntry } from '../models/entries.ts';
import { listBoardSizes } from '../models/leaderboard-entries.ts';
import { listEntryScores } from '../models/scores.ts';
import type { Viewer } from './access.ts';
import { hasFullDetail } from './disclosure.ts';
import { selectShownBoard } from './leaderboards.ts';
import { shownScore } from './releases.ts';
import { primaryMetric } from './tasks.ts';

export interface HistoryStep {
  /** ISO-8601. */
  readonly at: string;
  readonly name: Localized;
  readonly value: number;
}

export interface BoardHistory {
  readonly metric: string;
  readonly higher_is_better: boolean;
  /** Who stood first from when on, with the score that everybody saw then. Oldest first. */
  readonly leads: readonly HistoryStep[];
  /** The viewer's own best so far, a step each time it got better; empty for who has none. */
  readonly own: readonly HistoryStep[];
  /** Where the chart ends. */
  readonly until: string;
}

/** Steps that a chart can still show apart. */
const MOST_STEPS = 200;

/** @throws AppError as `selectShownBoard`. */
export async function readBoardHistory(
  deps: Deps,
  input: { phase_id: string; split: string; viewer: Viewer | null },
): Promise<BoardHistory> {
  const { db, clock } = deps;
  const { viewer } = input;
  const { phase, competition, spec, split } = await selectShownBoard(deps, input);
  const metric = primaryMetric(spec);
  const { higherIsBetter: higher_is_better } = getMetric(metric);
  const of = { phase_id: phase.id, split };
  const leads = await listBoardLeads(db, { ...of, limit: MOST_STEPS });
  const ids = [...new Set(leads.map(({ entry_id }) => entry_id))];
  const entries = new Map((await listEntries(db, ids)).map((entry) => [entry.id, entry]));
  const own = viewer === null ? null : await selectOptionalUserEntry(db, competition.id, viewer.id);
  const ownSteps: HistoryStep[] = [];
  if (own !== null) {
    for (const row of await listEntryScores(db, { ...of, entry_id: own.id, metric })) {
      const { value } = shownScore(phase, spec, row);
      const best = ownSteps.at(-1)?.value;
      if (value === null) continue;
      if (best !== undefined && (higher_is_better ? value <= best : value >= best)) continue;
      ownSteps.push({ at: row.submitted_at, name: own.name, value });
    }
  }
  const now = clock.now().toISOString();
  return {
    metric,
    higher_is_better,
    leads: leads.flatMap(({ at, entry_id, value }) => {
      const entry = entries.get(entry_id);
      if (value === null || entry === undefined || entry.disqualified_at !== null) return [];
      return { at, name: entry.name, value };
    }),
    own: ownSteps,
    until: phase.ends_at !== null && phase.ends_at < now ? phase.ends_at : now,
  };
}

export interface CostPoint {
  readonly name: Localized;
  readonly kind: 'entry' | 'baseline';
  readonly own: boolean;
  readonly value: number;
  /** Of the files as they were sent. */
  readonly bytes: number;
  /** Nothing else is both smaller and better. */
  readonly front: boolean;
}

export interface BoardCosts {
  readonly metric: string;
  readonly higher_is_better: boolean;
  /** Smallest first. */
  readonly points: readonly CostPoint[];
}

/** Places from the top that are drawn: more are a cloud. */
const MOST_POINTS = 200;

/**
 * Score against size. The size is exact and the same on every machine, which the time of a run is not; files
 * of predictions have no model whose size would mean anything and are left out. Null where participants do
 * not see every detail of the scored splits.
 *
 * @throws AppError as `selectShownBoard`.
 */
export async function readBoardCosts(
  deps: Deps,
  input: { phase_id: string; split: string; viewer: Viewer | null },
): Promise<BoardCosts | null> {
  const { db } = deps;
  const { viewer } = input;
  const { phase, competition, spec, split } = await selectShownBoard(deps, input);
  if (!hasFullDetail(phase, spec)) return null;
  const metric = primaryMetric(spec);
  const { higherIsBetter: higher_is_better } = getMetric(metric);
  const own = viewer === null ? null : await selectOptionalUserEntry(db, competition.id, viewer.id);
  const rows = await listBoardSizes(db, { phase_id: phase.id, split, limit: MOST_POINTS });
  const points = rows.flatMap(({ entry, value, artifact_bytes: bytes, engine }) => {
    if (value === null || bytes === 0 || engine === null || engine === 'predictions') return [];
    return { name: entry.name, kind: entry.kind, own: entry.id === own?.id, value, bytes };
  });
  const sign = higher_is_better ? -1 : 1;
  points.sort((a, b) => a.bytes - b.bytes || sign * (a.value - b.value));
  let best = Infinity;
  return {
    metric,
    higher_is_better,
    points: points.map((point) => {
      const front = sign * point.value < best;
      if (front) best = sign * point.value;
      return { ...point, front };
    }),
  };
}
