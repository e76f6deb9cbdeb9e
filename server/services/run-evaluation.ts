import { setImmediate as turn } from 'node:timers/promises';

import { openSandbox } from '../../sandbox/host.ts';
import type { Platform } from '../../sandbox/host.ts';
import type { EngineInfo } from '../../sandbox/model.ts';
import type {
  ArtifactFile,
  IsolationReport,
  ProviderChoice,
  RunEnd,
  RunLog,
  SandboxRequest,
  SandboxSession,
} from '../../sandbox/request.ts';
import { AcceleratorDistrusted, EvaluationFailure } from '../../sandbox/failure.ts';
import { getKind } from '../../tasks/registry.ts';
import { withInterval } from '../../scoring/evaluate.ts';
import type { ItemStatistics, Score } from '../../scoring/metric.ts';
import type { FeedOptions, SplitInputs, SplitScores, Task } from '../../tasks/task.ts';
import { rowSeed } from './row-seed.ts';

export interface EvaluationInput {
  readonly task: Task;
  /** Every split is predicted in one run, rows shuffled together; each is scored apart. */
  readonly splits: readonly string[];
  readonly files: readonly ArtifactFile[];
  readonly options: FeedOptions;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Order of the rows; default: see `rowSeed`. */
  readonly seed?: number | undefined;
  /** Of the bootstrap behind intervals; default: the seed of the rows. */
  readonly intervalSeed?: number | undefined;
  /**
   * Called when the run is over and before anything is scored; not at all when it could not begin. Twice
   * where the accelerator of a first run was not believed: the second one counts.
   */
  readonly onRun?: ((run: RunFacts) => void | Promise<void>) | undefined;
  readonly threads?: number | undefined;
  /** Interpreter or environment for submissions in Python; default `auto`, the system's. */
  readonly python?: string | undefined;
  /** Where weights compute; default `cpu`. */
  readonly provider?: ProviderChoice | undefined;
  /** What tests choose of the sandbox. */
  readonly platform?: Platform | undefined;
}

/** What is known of a run once its processes are gone, also of one that failed. */
export interface RunFacts {
  /** Row count by split. */
  readonly rows: Readonly<Record<string, number>>;
  /** Null when no process was started. */
  readonly isolation: IsolationReport | null;
  /** Null when the artifact was not loaded. */
  readonly engine: EngineInfo | null;
  readonly seed: number;
  readonly peak_memory_bytes: number | null;
  readonly log: RunLog;
}

/** Milliseconds of one evaluation, in order. `ready` and `loaded` count from the call. */
export interface EvaluationTimes {
  readonly ready_ms: number;
  readonly loaded_ms: number;
  readonly predict_ms: number;
  readonly score_ms: number;
  readonly total_ms: number;
}

/** What a split was scored with. */
export interface EvaluatedSplit extends Pick<SplitScores, 'split' | 'rows' | 'detail'> {
  readonly scores: readonly Score[];
  /** By name of the metric, for those that have them. Trusted side only. */
  readonly items: Readonly<Record<string, ItemStatistics>>;
}

export interface EvaluationResult {
  readonly splits: readonly EvaluatedSplit[];
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
  const called = performance.now();
  try {
    return await evaluateOnce(input, null, called);
  } catch (error) {
    if (!(error instanceof AcceleratorDistrusted)) throw error;
    // From the first row on: what an accelerator answered before it was caught counts for nothing.
    return evaluateOnce({ ...input, provider: 'cpu' }, error.message, called);
  }
}

/** @param fallback_reason why this is on the processor, where an accelerator was asked for. */
async function evaluateOnce(
  input: EvaluationInput,
  fallback_reason: string | null,
  called: number,
): Promise<EvaluationResult> {
  const { task, signal } = input;
  const started = performance.now();
  const kind = getKind(task.spec.kind);
  const inputs = await Promise.all(input.splits.map((split) => task.readInputs(split)));
  const seed = input.seed ?? rowSeed(inputs, input.files);

  let end: RunEnd | null = null;
  let engine: EngineInfo | null = null;
  let session: SandboxSession;
  let predictions;
  let predicted: number;
  try {
    const request: SandboxRequest = {
      files: input.files,
      accepts: task.spec.accepts,
      limits: task.spec.limits,
      rows: inputs.reduce((sum, { ids }) => sum + ids.length, 0),
      task: { inputShape: task.spec.input.shape, classes: task.spec.output.classes.length },
      signal,
      threads: input.threads,
      python: input.python,
      provider: input.provider,
      seed,
      onEnd: (ended) => (end = ended),
    };
    session = await openSandbox(request, input.platform);
    const { artifact } = session;
    engine = artifact.kind === 'model' ? artifact.model.engine : artifact.engine;
    if (fallback_reason !== null) engine = { ...engine, fallback_reason };
    try {
      predictions = await kind.predict({
        task: task.spec,
        artifact,
        inputs,
        options: input.options,
        seed,
        onProgress: input.onProgress,
      });
      predicted = performance.now();
    } finally {
      await session.close();
    }
  } finally {
    await input.onRun?.(runFacts(inputs, engine, seed, end));
  }
  signal?.throwIfAborted();

  const scoring = performance.now();
  const splits: EvaluatedSplit[] = [];
  for (const [index, split] of input.splits.entries()) {
    const ofSplit = predictions[index];
    if (ofSplit === undefined)
      throw new Error(`the kind returned no predictions for split ${split}`);
    const targets = await task.readTargets(split);
    try {
      const scored = kind.score(task.spec, split, ofSplit, targets);
      splits.push(await withIntervals(scored, input.intervalSeed ?? seed));
    } catch (error) {
      // The message could quote a target; only the cause, which stays in the server's log, keeps it.
      throw new EvaluationFailure('scorer-error', { metric: task.spec.kind }, { cause: error });
    }
  }
  const ended = performance.now();
  return {
    splits,
    isolation: session.isolation,
    engine,
    seed,
    times: {
      ready_ms: session.times.ready_ms,
      loaded_ms: session.times.loaded_ms,
      predict_ms: predicted - started - session.times.loaded_ms,
      score_ms: ended - scoring,
      total_ms: ended - called,
    },
    peak_memory_bytes: session.peakMemory(),
  };
}

async function withIntervals(
  { results, ...split }: SplitScores,
  seed: number,
): Promise<EvaluatedSplit> {
  const scores: Score[] = [];
  const items: Record<string, ItemStatistics> = {};
  for (const result of results) {
    scores.push(withInterval(result, seed));
    if (result.items !== null) items[result.score.metric] = result.items;
    // A bootstrap takes up to a second, and a worker's lease is renewed in between.
    await turn();
  }
  return { ...split, scores, items };
}

function runFacts(
  inputs: readonly SplitInputs[],
  engine: EngineInfo | null,
  seed: number,
  end: RunEnd | null,
): RunFacts {
  return {
    rows: Object.fromEntries(inputs.map(({ split, ids }) => [split, ids.length])),
    isolation: end?.isolation ?? null,
    engine,
    seed,
    peak_memory_bytes: end?.peak_memory_bytes ?? null,
    log: end?.log ?? { text: '', truncated: false },
  };
}
