import { openSandbox } from '../../sandbox/host.ts';
import type { EngineInfo } from '../../sandbox/model.ts';
import type { ArtifactFile, IsolationReport } from '../../sandbox/request.ts';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import { getKind } from '../../tasks/registry.ts';
import type { FeedOptions, SplitScores, Task } from '../../tasks/task.ts';

export interface EvaluationInput {
  readonly task: Task;
  /** Every split is predicted in one run, rows shuffled together; each is scored apart. */
  readonly splits: readonly string[];
  readonly files: readonly ArtifactFile[];
  readonly options: FeedOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Order of the rows; drawn afresh when absent. */
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  /** Interpreter or environment for submissions in Python; default `auto`, the system's. */
  readonly python?: string | undefined;
}

/** Milliseconds of one evaluation, in order. `ready` and `loaded` count from the call. */
export interface EvaluationTimes {
  readonly ready_ms: number;
  readonly loaded_ms: number;
  readonly predict_ms: number;
  readonly score_ms: number;
  readonly total_ms: number;
}

export interface EvaluationResult {
  readonly splits: readonly SplitScores[];
  readonly isolation: IsolationReport;
  readonly engine: EngineInfo;
  readonly seed: number;
  readonly times: EvaluationTimes;
  readonly peak_memory_bytes: number | null;
}

/**
 * One evaluation from artifact to scores, with no database: the worker and `certamen evaluate` both
 * call it. The child sees inputs only; targets are read after it has gone.
 *
 * @throws EvaluationFailure with the kind that says whose fault it was.
 */
export async function evaluateArtifact(input: EvaluationInput): Promise<EvaluationResult> {
  const { task, signal } = input;
  const started = performance.now();
  const kind = getKind(task.spec.kind);
  const inputs = await Promise.all(input.splits.map((split) => task.readInputs(split)));
  const seed = input.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;

  const session = await openSandbox({
    files: input.files,
    accepts: task.spec.accepts,
    limits: task.spec.limits,
    task: { inputShape: task.spec.input.shape, classes: task.spec.output.classes.length },
    signal,
    threads: input.threads,
    python: input.python,
  });
  let predictions;
  let predicted: number;
  try {
    predictions = await kind.predict({
      task: task.spec,
      artifact: session.artifact,
      inputs,
      options: input.options,
      seed,
      onProgress: input.onProgress,
    });
    predicted = performance.now();
  } finally {
    await session.close();
  }
  signal?.throwIfAborted();

  const scoring = performance.now();
  const splits: SplitScores[] = [];
  for (const [index, split] of input.splits.entries()) {
    const ofSplit = predictions[index];
    if (ofSplit === undefined)
      throw new Error(`the kind returned no predictions for split ${split}`);
    const targets = await task.readTargets(split);
    try {
      splits.push(kind.score(task.spec, split, ofSplit, targets));
    } catch (error) {
      // The message could quote a target; only the cause, which stays in the server's log, keeps it.
      throw new EvaluationFailure('scorer-error', { metric: task.spec.kind }, { cause: error });
    }
  }
  const ended = performance.now();
  return {
    splits,
    isolation: session.isolation,
    engine:
      session.artifact.kind === 'model' ? session.artifact.model.engine : session.artifact.engine,
    seed,
    times: {
      ready_ms: session.times.ready_ms,
      loaded_ms: session.times.loaded_ms,
      predict_ms: predicted - started - session.times.loaded_ms,
      score_ms: ended - scoring,
      total_ms: ended - started,
    },
    peak_memory_bytes: session.peakMemory(),
  };
}
