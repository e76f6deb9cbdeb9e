/** Is one entry of a board better than another, or is it chance? */
import type { Interval } from '../../scoring/metric.ts';
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { selectPhase } from '../models/phases.ts';
import type { Viewer } from './access.ts';

export interface ComparedEntry {
  readonly entry_id: string;
  readonly kind: 'entry' | 'baseline';
  readonly name: Localized;
  readonly own: boolean;
  readonly rank: number | null;
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
  /** 95 %, paired bootstrap over the items. */
  readonly interval: Interval;
  readonly p_value: number;
  readonly test: 'mcnemar-exact' | 'approximate-randomisation';
  /** For items that are right or wrong: how many only one of the two got right. */
  readonly discordant: { readonly only_a: number; readonly only_b: number } | null;
  readonly verdict: ComparisonVerdict;
  /** Of the bootstrap and of the randomisation. */
  readonly replicates: number;
}

/**
 * Two entries or baselines of one board, by the evaluations that it shows.
 *
 * @param input.split default: the public one.
 * @param input.metric default: the primary one.
 * @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED, ENTRY_NOT_FOUND,
 *   COMPARISON_CLOSED where it would tell more than the released scores do, COMPARISON_NOT_POSSIBLE
 *   where results by item are missing.
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
  await selectPhase(deps.db, input.phase_id);
  throw new AppError('COMPARISON_NOT_POSSIBLE');
}
