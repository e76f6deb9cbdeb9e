/**
 * The contract between the child's entry and the runners behind it. Types only: everything here runs
 * inside the sandboxed child, never on the trusted side.
 */
import type { EngineInfo, PredictionsTable, Signature } from './model.ts';
import type { ArtifactFile, Provider, SandboxRequest, TaskShape } from './request.ts';
import type { NamedTensor } from './tensor.ts';

export type Lane = SandboxRequest['accepts'][number];

export interface LoadOptions {
  /** Lanes that the task takes; an artifact of another lane is refused as `lane-not-accepted`. */
  readonly accepts: readonly Lane[];
  /** Threads that the engine may use, at least 1. */
  readonly threads: number;
  readonly limits: {
    /** Bytes of the artifact, archives inflated, in MiB. */
    readonly artifact_mb: number;
    /** Resident memory of the whole run, in MiB; an engine may hold itself to less. */
    readonly memory_mb: number;
    /** Wall clock of the whole run in ms, which the host enforces too. */
    readonly wall_ms: number;
  };
  /** Where the engine is to compute; default `cpu`. */
  readonly provider?: Provider | undefined;
  /** Chooses the rows on which another provider is checked; default 0. */
  readonly seed?: number | undefined;
  /** Weights out of an archive go back to the host: another child, which has the device, loads them. */
  readonly handBackWeights?: boolean | undefined;
  /** What code has to know of the task; absent where there is none. */
  readonly task?: TaskShape | undefined;
}

/**
 * A loaded model. Any method may throw `EvaluationFailure` to name the entrant's mistake; any other
 * error is reported as `engine-load` or `engine-run`.
 */
export interface Runner {
  readonly signature: Signature;
  readonly engine: EngineInfo;
  /**
   * One batch. The input tensors are views on a buffer that is used again for the next batch: they may
   * be read until the promise settles and not be kept. Never called again before it settles.
   */
  predict(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]>;
  dispose(): Promise<void>;
}

export type LoadedInChild =
  | { readonly kind: 'model'; readonly runner: Runner }
  | { readonly kind: 'predictions'; readonly table: PredictionsTable; readonly engine: EngineInfo }
  /** The files of an archive, which another child has to run. */
  | { readonly kind: 'files'; readonly files: readonly ArtifactFile[] };

/** What `sandbox/runners/load.ts` exports as `loadArtifact`; the child imports nothing else of it. */
export type LoadArtifact = (
  files: readonly ArtifactFile[],
  options: LoadOptions,
) => Promise<LoadedInChild>;
