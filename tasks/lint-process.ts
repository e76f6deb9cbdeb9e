/**
 * Unpacks a task bundle that somebody sent and looks at everything in it, in a process of its own: whatever the
 * archive does to it, the process that asked goes on.
 *
 *   node tasks/lint-process.ts ZIP PARENT MAX_BYTES
 *
 * Prints one line of JSON, a `LintAnswer`. What was unpacked stays in a new folder below PARENT.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { Failure } from '../sandbox/failure.ts';
import { openTaskBundle } from './bundle.ts';
import { lintTask } from './lint.ts';

export interface LintAnswer {
  /** The folder with task.yaml; null when there are problems. */
  readonly folder: string | null;
  readonly problems: readonly Pick<Failure, 'reason' | 'params'>[];
  readonly warnings: readonly Pick<Failure, 'reason' | 'params'>[];
}

/** More than that nobody reads, and a bundle could make any number. */
const MOST_PROBLEMS = 50;

const said = (failures: readonly EvaluationFailure[]) =>
  failures.slice(0, MOST_PROBLEMS).map(({ failure: { reason, params } }) => ({ reason, params }));

async function lint(source: string, parent: string, maxBytes: number): Promise<LintAnswer> {
  try {
    const { folder } = await openTaskBundle(source, { parent, maxBytes });
    const { task, problems, warnings } = await lintTask(folder);
    return {
      folder: task === null ? null : folder,
      problems: said(problems),
      warnings: said(warnings),
    };
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    return { folder: null, problems: said([error]), warnings: [] };
  }
}

const [source = '', parent = '', maxBytes = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await lint(source, parent, Number(maxBytes)))}\n`);
