/** Is one entry of a board better than another, or is it chance? */
import type { Interval } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import { BOOTSTRAP_DEFAULTS } from '../../scoring/statistics/bootstrap.ts';
import type { PairedTest } from '../../scoring/statistics/compare.ts';
import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { selectCompetition } from '../models/competitions.ts';
import { selectOptionalUserEntry } from '../models/entries.ts';
import { listBoardEntries, type BoardEntry } from '../models/leaderboard-entries.ts';
import { selectPhase, type Phase } from '../models/phases.ts';
import { listScores } from '../models/scores.ts';
import { isOrganizer, isRevealed, seesCompetition, type Viewer } from './access.ts';
import { compareInThread } from './comparer.ts';
import { shownSplits } from './competitions.ts';
import { isReleasedByRule } from './disclosure.ts';
import { readItems, seedOf } from './item-results.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface ComparedEntry {
  readonly entry_id: string;
  readonly kind: 'entry' | 'baseline';
  readonly name: Localized;
  readonly own: boolean;
  readonly rank: number | null;
  /** The score itself, not a released one. */
  readonly value: number;
  readonly interval: Interval | null;
}

/**
 * `a-better`, `b-better`: the test tells them apart at 5 %. `no-difference`: it does not.
 * `identical`: they answered every item alike.
 */
export type ComparisonVerdict = 'a-better' | 'b-better' | 'no-difference' | 'identical';

export interface Comparison {
  readonly split: string;
  readonly metric: string;
  readonly higher_is_better: boolean;
  readonly items: number;
  readonly a: ComparedEntry;
  readonly b: ComparedEntry;
  /** Score of `a` minus score of `b`, in the metric's own unit. */
  readonly difference: number;
  /** 95 %, paired bootstrap over the items; the difference alone where no resample gives another. */
  readonly interval: Interval;
  readonly p_value: number;
  /** `exact-randomisation`: so few items differ that every exchange was tried. */
  readonly test: Exclude<PairedTest['method'], 'jackknife-z'>;
  /** For items that are right or wrong: how many only one of the two got right. */
  readonly discordant: { readonly only_a: number; readonly only_b: number } | null;
  readonly verdict: ComparisonVerdict;
  /** Of the bootstrap. */
  readonly replicates: number;
}

/** Draws of items that a comparison may cost: about half a second. */
const MOST_DRAWS = 5e7;
const FEWEST_REPLICATES = 500;

/**
 * Two entries or baselines of one board, by the evaluations that it shows. Not before the final scores are
 * shown where public scores are released by a rule: what two of one's own submissions differ in would give
 * the answers of the split away, item by item.
 *
 * @param input.split default: the public one.
 * @param input.metric default: the primary one.
 * @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED, ENTRY_NOT_FOUND, TOO_MANY_REQUESTS,
 *   COMPARISON_CLOSED, COMPARISON_NOT_POSSIBLE where results by item are missing or scores undefined.
 */
export async function compareEntries(
  deps: Deps,
  input: {
    phase_id: string;
    split?: string | undefined;
    metric?: string | undefined;
    a: string;
    b: string;
    viewer: Viewer | null;
  },
): Promise<Comparison> {
  const { db } = deps;
  const { phase, spec, split } = await selectComparable(deps, input);
  const metric = input.metric ?? primaryMetric(spec);
  const names: readonly string[] = spec.metrics.map(({ name }) => name);
  if (!names.includes(metric)) throw new AppError('COMPARISON_NOT_POSSIBLE');
  const [a] = await listBoardEntries(db, { phase_id: phase.id, split }, { entry_id: input.a });
  const [b] = await listBoardEntries(db, { phase_id: phase.id, split }, { entry_id: input.b });
  if (a === undefined || b === undefined) throw new AppError('ENTRY_NOT_FOUND');

  const evaluation_ids = [a.evaluation_id, b.evaluation_id];
  const items = await readItems(db, { evaluation_ids, split, metric });
  const [itemsOfA, itemsOfB] = [items.get(a.evaluation_id), items.get(b.evaluation_id)];
  if (
    itemsOfA === undefined ||
    itemsOfB === undefined ||
    itemsOfA.items !== itemsOfB.items ||
    itemsOfA.width !== itemsOfB.width
  ) {
    throw new AppError('COMPARISON_NOT_POSSIBLE');
  }
  const { higherIsBetter } = getMetric(metric);
  const compared = await compareInThread([...evaluation_ids, split, metric].join(' '), {
    metric,
    a: itemsOfA,
    b: itemsOfB,
    // Whichever comes first, they are compared by the same draws and found alike.
    seed: seedOf(...evaluation_ids.toSorted()),
    replicates: replicatesFor(itemsOfA.items),
  });
  const scores = await listScores(db, { evaluation_ids, splits: [split] });
  const own = await selectOwn(deps, phase, input.viewer);
  const describe = (row: BoardEntry, value: number): ComparedEntry => {
    const score = scores.find(
      (item) => item.evaluation_id === row.evaluation_id && item.metric === metric,
    );
    const { low = null, high = null } = score ?? {};
    return {
      entry_id: row.entry.id,
      kind: row.entry.kind,
      name: row.entry.name,
      own: row.entry.id === own,
      rank: row.rank,
      value,
      interval: low === null || high === null ? null : { low, high },
    };
  };
  const { test, difference, discordance } = compared;
  if (
    test === null ||
    // Boards use it; a comparison does not.
    test.method === 'jackknife-z' ||
    difference === null ||
    compared.a === null ||
    compared.b === null
  ) {
    throw new AppError('COMPARISON_NOT_POSSIBLE');
  }
  const isSame = itemsOfA.values.every((value, at) => value === itemsOfB.values[at]);
  return {
    split,
    metric,
    higher_is_better: higherIsBetter,
    items: compared.items,
    a: describe(a, compared.a),
    b: describe(b, compared.b),
    difference,
    interval: compared.interval ?? { low: difference, high: difference },
    p_value: test.p,
    test: test.method,
    discordant: discordance === null ? null : rightOnly(discordance, higherIsBetter),
    verdict: isSame
      ? 'identical'
      : compared.better === null
        ? 'no-difference'
        : `${compared.better}-better`,
    replicates: compared.replicates,
  };
}

/** The statistic of an item is 1 where it is right, or where it is wrong, as the metric's direction says. */
function rightOnly(
  { onlyA, onlyB }: { readonly onlyA: number; readonly onlyB: number },
  higherIsBetter: boolean,
): NonNullable<Comparison['discordant']> {
  return higherIsBetter ? { only_a: onlyA, only_b: onlyB } : { only_a: onlyB, only_b: onlyA };
}

/** @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED, COMPARISON_CLOSED */
async function selectComparable(
  deps: Deps,
  input: { phase_id: string; split?: string | undefined; viewer: Viewer | null },
): Promise<{ phase: Phase; spec: TaskSpec; split: string }> {
  const { viewer } = input;
  const phase = await selectPhase(deps.db, input.phase_id);
  const competition = await selectCompetition(deps.db, phase.competition_id);
  const organizes = isOrganizer(viewer, competition.id);
  if (!seesCompetition(viewer, competition)) throw new AppError('PHASE_NOT_FOUND');
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  const split = input.split ?? phase.public_split;
  if (split !== phase.public_split && split !== phase.private_split) {
    throw new AppError('SPLIT_NOT_FOUND');
  }
  const now = deps.clock.now();
  if (!shownSplits(phase, spec, viewer, now).includes(split)) {
    throw new AppError('SPLIT_NOT_REVEALED');
  }
  if (isReleasedByRule(phase, spec, split) && !organizes && !isRevealed(phase, now)) {
    throw new AppError('COMPARISON_CLOSED');
  }
  return { phase, spec, split };
}

async function selectOwn(deps: Deps, phase: Phase, viewer: Viewer | null): Promise<string | null> {
  if (viewer === null) return null;
  const entry = await selectOptionalUserEntry(deps.db, phase.competition_id, viewer.id);
  return entry?.id ?? null;
}

function replicatesFor(items: number): number {
  const affordable = Math.floor(MOST_DRAWS / Math.max(1, items));
  return Math.max(FEWEST_REPLICATES, Math.min(BOOTSTRAP_DEFAULTS.replicates, affordable));
}
