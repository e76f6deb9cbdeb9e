/**
 * What of a run its entrant may read. A run sees rows of hidden splits, so whatever the submission itself
 * could put into a text after that stays with those who run the competition.
 */
import { EvaluationFailure, type Failure, type FailureReason } from '../../sandbox/failure.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import type { Phase, ReleaseRule } from '../models/phases.ts';

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
  return scoredSplits(phase).every(
    (split) => spec.splits[split]?.detail === 'full' && !isReleasedByRule(phase, spec, split),
  );
}

/**
 * Whether participants see how far a run is. Code could tell by the time that it takes for a batch what it reads in
 * it, so only where that can be downloaded.
 */
export function hasOpenProgress(phase: Phase, spec: TaskSpec): boolean {
  const hasOpenInputs = scoredSplits(phase).every(
    (split) => spec.splits[split]?.share !== 'hidden',
  );
  return hasOpenInputs || hasFullDetail(phase, spec);
}

/**
 * How much of a score of the public split participants see. By default all of it where the split's detail
 * is full, which shows more than the score does, and else what the Ladder lets through: `bench/probing.ts`
 * shows why.
 */
export function releaseRule(
  phase: Pick<Phase, 'public_split' | 'release'>,
  spec: TaskSpec,
): ReleaseRule {
  if (phase.release !== null) return phase.release;
  const isFull = spec.splits[phase.public_split]?.detail === 'full';
  return isFull ? { rule: 'full' } : { rule: 'ladder' };
}

/** Whether participants see released scores of the split instead of the scores themselves. */
export function isReleasedByRule(
  phase: Pick<Phase, 'public_split' | 'release'>,
  spec: TaskSpec,
  split: string,
): boolean {
  return split === phase.public_split && releaseRule(phase, spec).rule !== 'full';
}

/** What can go wrong once the submission is given rows. A hostile child may report anything else, too. */
const AFTER_ROWS: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'engine-run',
  'code-run',
  'code-output',
  'code-stalled',
  'code-too-many-calls',
  'code-too-many-bytes',
  'output-shape',
  'output-dtype',
  'output-not-finite',
  'output-protocol',
  'time-limit',
  'cpu-limit',
  'memory-limit',
  'output-limit',
  'log-limit',
  'process-limit',
  'crashed',
]);

/** Parameters that the platform or the task chose, whatever the submission did. */
const OURS: ReadonlySet<string> = new Set([
  ...['limit', 'limit_s', 'limit_mb', 'limit_kb', 'metric', 'attempts', 'required', 'available'],
  ...['error_id', 'task', 'split', 'known', 'file'],
]);

/**
 * The failure as its entrant reads it.
 *
 * @param sawRows whether the submission had been given a row: before that it knows nothing to tell.
 */
export function withoutRunText(failure: Failure, sawRows: boolean): Failure {
  if (failure.kind === 'submission' && !sawRows) return failure;
  if (failure.kind === 'submission' && !AFTER_ROWS.has(failure.reason)) {
    return new EvaluationFailure('output-protocol').failure;
  }
  const kept = Object.entries(failure.params).filter(
    // Limits of the bridge are counted in the child, which could say any number.
    ([name]) => OURS.has(name) && !failure.reason.startsWith('code-'),
  );
  return { ...failure, params: Object.fromEntries(kept) };
}
