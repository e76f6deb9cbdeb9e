/** Scores to leaderboard order: pure. */

/** Which submission of an entry the board shows. */
export type DisplayRule = 'best' | 'latest' | 'chosen';

/** A metric that decides places, and which end of it is better. */
export interface Criterion {
  readonly name: string;
  readonly higherIsBetter: boolean;
}

export interface RankingRule {
  /**
   * `primary`: by the first of the metrics. `mean-of-ranks`: by the mean of the ranks in every one of
   * them; the place of an entry then depends on who else takes part.
   */
  readonly method: 'primary' | 'mean-of-ranks';
  /** One or more. */
  readonly metrics: readonly Criterion[];
  /** Decide, in their order, where the method leaves entries equal. */
  readonly tie_breakers: readonly Criterion[];
  /** Last of all the earlier submission stands before the later one; otherwise they share a rank. */
  readonly earlier_first: boolean;
}

/** An evaluation that could stand for its entry on the board. */
export interface Candidate {
  readonly id: string;
  /** By name of the metric; null, NaN and what is absent are undefined. */
  readonly scores: Readonly<Record<string, number | null>>;
  /** When the submission arrived: ISO 8601 UTC, so that text order is time order. */
  readonly submitted_at: string;
}

/**
 * The evaluation that a leaderboard shows for one entry. `best`: the best score in the first metric of
 * the rule, then in its tie-breakers, then the earlier submission. `latest`: the submission that arrived
 * last, whatever it scored. `chosen`: the one with `chosenId`, and the best while there is none.
 *
 * @returns null for no candidates.
 */
export function chooseEvaluation<T extends Candidate>(
  candidates: readonly T[],
  display: DisplayRule,
  rule: Pick<RankingRule, 'metrics' | 'tie_breakers'>,
  chosenId: string | null = null,
): T | null {
  if (display === 'chosen') {
    const chosen = candidates.find(({ id }) => id === chosenId);
    if (chosen !== undefined) return chosen;
  }
  const criteria = [...rule.metrics.slice(0, 1), ...rule.tie_breakers];
  const order = (left: T, right: T) =>
    display === 'latest'
      ? -compareArrival(left, right)
      : compareByAll(left, right, criteria) || compareArrival(left, right);
  return candidates.toSorted(order)[0] ?? null;
}

export interface Rankable extends Candidate {
  /** Only entries are ranked; baselines and references stand among them without a rank. */
  readonly kind: 'entry' | 'baseline' | 'reference';
  /** Kept, but out: after everybody else, without a rank, and nobody's rank counts them. */
  readonly disqualified?: boolean;
}

export interface Ranked<T> {
  readonly item: T;
  /** From 1; equals share a rank and the next one skips (1, 2, 2, 4). Null: not ranked. */
  readonly rank: number | null;
  /**
   * By `mean-of-ranks`: mean over the metrics of the place among the ranked entries, equals sharing the
   * mean of their places. An item that is not ranked stands half a place before whom it beats. Null by
   * `primary`, and where every score is undefined.
   */
  readonly mean_rank: number | null;
}

/**
 * All rows of a board, best first. A row whose deciding score is undefined comes last and has no rank;
 * by `mean-of-ranks` that is one with every score undefined, and one undefined score takes the last
 * place in its metric. Equals stand in the order of arrival, entries before baselines before references.
 */
export function rankItems<T extends Rankable>(items: readonly T[], rule: RankingRule): Ranked<T>[] {
  const values = decidingValues(items, rule);
  const value = (item: T) => values.get(item) ?? null;
  const equalUntilArrival = (left: T, right: T) =>
    compareScores(value(left), value(right), decidesUp(rule)) ||
    compareByAll(left, right, rule.tie_breakers) ||
    (rule.earlier_first ? compareTexts(left.submitted_at, right.submitted_at) : 0);
  const ordered = items.toSorted(
    (left, right) =>
      Number(isOut(left)) - Number(isOut(right)) ||
      equalUntilArrival(left, right) ||
      KIND_ORDER[left.kind] - KIND_ORDER[right.kind] ||
      compareArrival(left, right),
  );
  let entriesBefore = 0;
  let shared: { readonly item: T; readonly rank: number } | null = null;
  return ordered.map((item) => {
    const mean_rank = rule.method === 'mean-of-ranks' ? value(item) : null;
    if (item.kind !== 'entry' || isOut(item) || value(item) === null) {
      return { item, rank: null, mean_rank };
    }
    entriesBefore++;
    if (shared === null || equalUntilArrival(shared.item, item) !== 0) {
      shared = { item, rank: entriesBefore };
    }
    return { item, rank: shared.rank, mean_rank };
  });
}

const KIND_ORDER = { entry: 0, baseline: 1, reference: 2 } as const;

function isOut(item: Rankable): boolean {
  return item.disqualified === true;
}

/** A mean of ranks is better where it is lower. */
function decidesUp({ method, metrics }: RankingRule): boolean {
  return method === 'primary' && (metrics[0]?.higherIsBetter ?? false);
}

/** What the method compares, by item; an item that is missing is undefined. */
function decidingValues<T extends Rankable>(
  items: readonly T[],
  { method, metrics }: RankingRule,
): ReadonlyMap<T, number> {
  const values = new Map<T, number>();
  if (method === 'primary') {
    const [criterion] = metrics;
    if (criterion === undefined) throw new RangeError('a ranking needs a metric');
    for (const item of items) {
      const score = scoreOf(item, criterion.name);
      if (score !== null) values.set(item, score);
    }
    return values;
  }
  const places = metrics.map((criterion) => placesIn(items, criterion));
  for (const [index, item] of items.entries()) {
    if (metrics.every(({ name }) => scoreOf(item, name) === null)) continue;
    // Places are halves, whose sum is exact: equal means are equal in whatever order the metrics come.
    const sum = places.reduce((total, ofMetric) => total + (ofMetric[index] ?? 0), 0);
    values.set(item, sum / metrics.length);
  }
  return values;
}

/** Place of each item among the ranked entries in one metric, from 1, equals sharing the mean of theirs. */
function placesIn(items: readonly Rankable[], { name, higherIsBetter }: Criterion): number[] {
  const better = (left: number | null, right: number | null) =>
    compareScores(left, right, higherIsBetter);
  const ranked = items
    .filter((item) => item.kind === 'entry' && !isOut(item))
    .map((item) => scoreOf(item, name))
    .sort(better);
  return items.map((item) => {
    const score = scoreOf(item, name);
    const before = countWhere(ranked, (other) => better(other, score) < 0);
    const upTo = countWhere(ranked, (other) => better(other, score) <= 0);
    // Its own place is one of those that the equals share.
    return before + (upTo - before) / 2 + 0.5;
  });
}

/** How many of a sorted list hold, where all that hold come first. */
function countWhere<T>(sorted: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** NaN never wins: it is treated as undefined. */
function scoreOf({ scores }: Candidate, name: string): number | null {
  const score = scores[name] ?? null;
  return score === null || Number.isNaN(score) ? null : score;
}

function compareByAll(left: Candidate, right: Candidate, criteria: readonly Criterion[]): number {
  for (const { name, higherIsBetter } of criteria) {
    const order = compareScores(scoreOf(left, name), scoreOf(right, name), higherIsBetter);
    if (order !== 0) return order;
  }
  return 0;
}

function compareScores(left: number | null, right: number | null, higherIsBetter: boolean): number {
  if (left === null) return right === null ? 0 : 1;
  if (right === null) return -1;
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
