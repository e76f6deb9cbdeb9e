import type { ItemStatistics, Report } from '../metric.ts';
import type { ErrorCounts } from './unit-alignment.ts';

/** Rates of a corpus. All are in [0, 1] but `wer`, which insertions take beyond 1. */
export interface ErrorRates {
  /** Errors for each token of the reference. */
  readonly wer: number;
  /** Match error rate: errors for each token of the alignment. */
  readonly mer: number;
  /** Word information lost: 1 - wip. */
  readonly wil: number;
  /** Word information preserved: the share of the reference that is hit times that of the hypothesis. */
  readonly wip: number;
}

/**
 * With H hits, S substitutions, D deletions and I insertions, N = H + S + D and P = H + S + I:
 * wer = (S + D + I) / N, mer = (S + D + I) / (N + I), wip = (H / N)(H / P). Without a reference wer is
 * the count of insertions, and an empty hypothesis is then right.
 *
 * Source: Morris, Maier and Green, "From WER and RIL to MER and WIL" (2004); jiwer 4 for the edges.
 */
export function errorRates({
  hits,
  substitutions,
  deletions,
  insertions,
}: ErrorCounts): ErrorRates {
  const errors = substitutions + deletions + insertions;
  const reference = hits + substitutions + deletions;
  const hypothesis = hits + substitutions + insertions;
  if (reference === 0) {
    return hypothesis === 0
      ? { wer: 0, mer: 0, wil: 0, wip: 1 }
      : { wer: insertions, mer: 1, wil: 1, wip: 0 };
  }
  const wip = hypothesis === 0 ? 0 : (hits / reference) * (hits / hypothesis);
  return { wer: errors / reference, mer: errors / (reference + insertions), wil: 1 - wip, wip };
}

/** Columns of the statistics of an utterance. */
export const COUNTS_WIDTH = 4;

/** One row of counts for each utterance. */
export function countsAsStatistics(counts: readonly ErrorCounts[]): ItemStatistics {
  const values = new Float64Array(counts.length * COUNTS_WIDTH);
  for (const [item, { hits, substitutions, deletions, insertions }] of counts.entries()) {
    values.set([hits, substitutions, deletions, insertions], item * COUNTS_WIDTH);
  }
  return { items: counts.length, width: COUNTS_WIDTH, values };
}

export function countsFromSums(sums: ArrayLike<number>): ErrorCounts {
  const [hits = 0, substitutions = 0, deletions = 0, insertions = 0] = Array.from(sums);
  return { hits, substitutions, deletions, insertions };
}

/** The value, and the counts it comes from beside it. */
export function reportWithCounts(value: Report['value'], counts: ErrorCounts): Report {
  const { hits, substitutions, deletions, insertions } = counts;
  return { value, hits, substitutions, deletions, insertions };
}
