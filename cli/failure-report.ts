import { EvaluationFailure, type Failure } from '../sandbox/failure.ts';
import { failureMessage, failureText } from '../views/failure-text.ts';
import { EXIT } from './command.ts';

/** `failure` as the commands print it in JSON. */
export interface FailureReport {
  readonly status: 'failed';
  readonly failure: {
    readonly kind: Failure['kind'];
    readonly code: Failure['code'];
    readonly reason: Failure['reason'];
    readonly message: string;
    readonly next_step: string;
    /** Lines to run, where a sentence is not enough. */
    readonly next_lines: string | null;
    readonly params: Failure['params'];
  };
}

/** About a task that can be used all the same. */
export function warningText(failure: Failure): string {
  const { file, key, expected, received } = failure.params;
  return failure.reason === 'task-invalid'
    ? `in ${String(file)}, ${String(key)} should be ${String(expected)} and is ${String(received)}`
    : failureMessage(failure, 'en');
}

const EXIT_OF_KIND = { submission: EXIT.submission, task: EXIT.task, system: EXIT.system } as const;

/** Prints a failed evaluation, as one JSON object or as sentences, and gives its exit code; other errors pass. */
export function reportFailure(error: unknown, json: boolean): number {
  if (!(error instanceof EvaluationFailure)) throw error;
  const { failure } = error;
  const { next, code } = failureText(failure, 'en');
  const message = failureMessage(failure, 'en');
  const report: FailureReport = {
    status: 'failed',
    failure: {
      kind: failure.kind,
      code: failure.code,
      reason: failure.reason,
      message,
      next_step: next,
      next_lines: code,
      params: failure.params,
    },
  };
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else
    process.stderr.write(
      `${failure.code}: ${message}\n${next}\n${code === null ? '' : `\n${code}\n`}`,
    );
  return EXIT_OF_KIND[failure.kind];
}
