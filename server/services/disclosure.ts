/**
 * What of a run its entrant may read. A run sees rows of hidden splits, so whatever the submission itself
 * could put into a text after that stays with those who run the competition.
 */
import type { Failure } from '../../sandbox/failure.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import type { Phase } from '../models/phases.ts';

/** Every split that an evaluation of the phase scores, the public one first. */
export function scoredSplits(phase: Pick<Phase, 'public_split' | 'private_split'>): string[] {
  return [phase.public_split, ...(phase.private_split === null ? [] : [phase.private_split])];
}

/** Whether everything that the run sees can be downloaded with its answers: then it has nothing to give away. */
export function isSampleOnly(phase: Phase, spec: TaskSpec): boolean {
  return scoredSplits(phase).every((split) => spec.splits[split]?.share === 'download');
}

/** Whether participants see exact times, memory and tables of every split that is scored. */
export function hasFullDetail(phase: Phase, spec: TaskSpec): boolean {
  return scoredSplits(phase).every((split) => spec.splits[split]?.detail === 'full');
}

/** Parameters that the platform or the task chose, whatever the submission did. */
const OURS: ReadonlySet<string> = new Set([
  ...['limit', 'limit_s', 'limit_mb', 'limit_kb', 'what', 'lane', 'accepted', 'metric'],
  ...['attempts', 'required', 'available', 'error_id', 'task', 'split', 'known', 'file'],
]);

/**
 * The failure as its entrant reads it.
 *
 * @param sawRows whether the submission had been given a row: before that it knows nothing to tell.
 */
export function withoutRunText(failure: Failure, sawRows: boolean): Failure {
  if (failure.kind === 'submission' && !sawRows) return failure;
  const kept = Object.entries(failure.params).filter(([name]) => OURS.has(name));
  return { ...failure, params: Object.fromEntries(kept) };
}
