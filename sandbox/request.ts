/** What the trusted side asks of `openSandbox`, and what it gets back. */
import type { LoadedArtifact } from './model.ts';

/** A file of the submission under its own flat name. Bytes are opened by nobody but the child. */
export interface ArtifactFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface RunLimits {
  /** Wall clock of the whole run, spawn to last answer, in ms. */
  readonly wall_ms: number;
  /** Resident memory of the whole process tree, in MiB. */
  readonly memory_mb: number;
  /** Inflated bytes of an archive, in MiB. */
  readonly artifact_mb: number;
  /** Bytes of one answer of the model, in MiB; default 256. */
  readonly output_mb?: number | undefined;
  /** Processor time of each process of the run, all its threads together, in ms; counted in whole seconds. Default: none but what the wall clock implies. */
  readonly cpu_ms?: number | undefined;
  /** Written to standard output and error together, in KiB; default 65,536. */
  readonly log_kb?: number | undefined;
  /** Processes and threads at a time; default 64 where a cgroup counts them. */
  readonly processes?: number | undefined;
}

/** Weakest first. */
export const ISOLATION_LEVELS = ['process', 'partial', 'full'] as const;
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

/** Where engines compute. `auto`: the best that this machine has and that passes its self-test. */
export const PROVIDER_CHOICES = ['auto', 'cpu', 'webgpu', 'cuda'] as const;
export type ProviderChoice = (typeof PROVIDER_CHOICES)[number];
export type Provider = Exclude<ProviderChoice, 'auto'>;

/** What code is told of its task. Neither is secret. */
export interface TaskShape {
  /** One row of input: height, width, channels for an image. */
  readonly inputShape: readonly number[];
  /** Scores that each row has to get. */
  readonly classes: number;
}

export interface SandboxRequest {
  readonly files: readonly ArtifactFile[];
  readonly accepts: readonly ('onnx' | 'tfjs' | 'javascript' | 'python' | 'predictions')[];
  readonly limits: RunLimits;
  /** Needed by the lanes that run code. */
  readonly task?: TaskShape | undefined;
  /** Predictions that the task wants: of a table with more, one more is read. Default: all. */
  readonly rows?: number | undefined;
  /** Interpreter, or folder of the environment, for submissions in Python; default `auto`, the system's. */
  readonly python?: string | undefined;
  /** Engine threads; default 2. */
  readonly threads?: number | undefined;
  /** For ONNX, and TF.js where its native package is installed; default `cpu`. Code never leaves the processor. */
  readonly provider?: ProviderChoice | undefined;
  /** Chooses the rows on which an accelerator is checked; default 0. */
  readonly seed?: number | undefined;
  /** Weakest isolation that this run may have; a host that offers less refuses with `isolation-too-weak`. */
  readonly requiredLevel?: IsolationLevel | undefined;
  /** Aborting kills the run; the pending call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called when the processes of the run are gone, also when it fails before there is a session. Twice
   * where an archive was opened by one child and run by another: the second one counts.
   */
  readonly onEnd?: ((end: RunEnd) => void) | undefined;
}

/** What the child wrote to stdout and stderr: text of the submission, cleaned, never trusted. */
export interface RunLog {
  readonly text: string;
  /** True when more was written than is kept. */
  readonly truncated: boolean;
}

/** What is known of a run when nothing of it is left, however it ended. */
export interface RunEnd {
  readonly isolation: IsolationReport;
  readonly log: RunLog;
  readonly peak_memory_bytes: number | null;
}

/** How a run was contained; recorded with its result. */
export interface IsolationReport {
  readonly level: IsolationLevel;
  /** Why the level is not better: one line each, safe to show to admins. */
  readonly notes: readonly string[];
}

export interface SandboxSession {
  readonly artifact: LoadedArtifact;
  readonly isolation: IsolationReport;
  /** Milliseconds from the call of openSandbox to the child's ready frame, and to the artifact loaded. */
  readonly times: { readonly ready_ms: number; readonly loaded_ms: number };
  /** Highest resident memory seen, in bytes; null where it could not be read. */
  peakMemory(): number | null;
  log(): RunLog;
  /** Ends the child and its whole tree and waits until it is gone. Safe to call twice. */
  close(): Promise<void>;
}
