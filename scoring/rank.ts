/** Scores to leaderboard order: pure. */

export type DisplayRule = 'best' | 'latest';

/** An evaluation that could stand for its entry on the board. */
export interface Candidate {
  readonly id: string;
  /** The primary metric; null where it is undefined. */
  readonly score: number | null;
  /** When the submission arrived: ISO 8601 UTC, so that text order is time order. */
  readonly submitted_at: string;
}

/**
 * The evaluation that a leaderboard shows for one entry. `best`: the best score, the earlier
 * submission where scores are equal. `latest`: the submission that arrived last, whatever it scored.
 *
 * @returns null for no candidates.
 */
export function chooseEvaluation<T extends Candidate>(
  candidates: readonly T[],
  rule: DisplayRule,
  higherIsBetter: boolean,
): T | null {
  const order = (left: T, right: T) =>
    rule === 'latest'
      ? -compareArrival(left, right)
      : compareScores(left.score, right.score, higherIsBetter) || compareArrival(left, right);
  return candidates.toSorted(order)[0] ?? null;
}

export interface Rankable extends Candidate {
  /** Only entries are ranked; baselines and references stand among them without a rank. */
  readonly kind: 'entry' | 'baseline' | 'reference';
}

export interface Ranked<T> {
  readonly item: T;
  /** From 1; equal scores share a rank and the next one skips (1, 2, 2, 4). Null: not ranked. */
  readonly rank: number | null;
}

/**
 * All rows of a board, best first. An undefined score comes last and has no rank. Rows with equal
 * scores stand in the order of arrival, entries before baselines before references.
 */
export function rankItems<T extends Rankable>(
  items: readonly T[],
  higherIsBetter: boolean,
): Ranked<T>[] {
  const ordered = items.toSorted(
    (left, right) =>
      compareScores(left.score, right.score, higherIsBetter) ||
      KIND_ORDER[left.kind] - KIND_ORDER[right.kind] ||
      compareArrival(left, right),
  );
  let entriesBefore = 0;
  let shared: { readonly score: number; readonly rank: number } | null = null;
  return ordered.map((item) => {
    if (item.kind !== 'entry' || !isDefined(item.score)) return { item, rank: null };
    entriesBefore++;
    if (shared?.score !== item.score) shared = { score: item.score, rank: entriesBefore };
    return { item, rank: shared.rank };
  });
}

const KIND_ORDER = { entry: 0, baseline: 1, reference: 2 } as const;

/** NaN never wins: it is treated as undefined. */
function isDefined(score: number | null): score is number {
  return score !== null && !Number.isNaN(score);
}

function compareScores(left: number | null, right: number | null, higherIsBetter: boolean): number {
  if (!isDefined(left)) return isDefined(right) ? 1 : 0;
  if (!isDefined(right)) return -1;
  if (left === right) return 0;
  return left > right === higherIsBetter ? -1 : 1;
}

function compareArrival(left: Candidate, right: Candidate): number {
  return compareTexts(left.submitted_at, right.submitted_at) || compareTexts(left.id, right.id);
}

function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
