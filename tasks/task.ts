/** The contracts between a task folder, its kind and the evaluation that drives them. */
import type { LoadedArtifact } from '../sandbox/model.ts';
import type { Tensor } from '../sandbox/tensor.ts';
import type { MetricResult } from '../scoring/evaluate.ts';

export type Localized = Readonly<{ en: string; es: string }>;
export type Lane = 'onnx' | 'tfjs' | 'javascript' | 'python' | 'predictions';

export interface TaskLimits {
  readonly wall_ms: number;
  readonly memory_mb: number;
  readonly artifact_mb: number;
  readonly output_mb?: number | undefined;
  readonly log_kb?: number | undefined;
  readonly cpu_ms?: number | undefined;
  readonly processes?: number | undefined;
}

export interface SplitSpec {
  readonly inputs: string;
  readonly targets: string;
  readonly ids?: string | undefined;
  readonly share: 'download' | 'inputs' | 'hidden';
  readonly shown: 'at-once' | 'after-close';
  readonly detail: 'coarse' | 'full';
}

/** `task.yaml`, parsed and checked. Keys keep the spelling of the file. */
export interface TaskSpec {
  readonly name: string;
  readonly kind: string;
  readonly title: Localized;
  readonly description: Localized;
  readonly input: {
    readonly name: string;
    readonly dtype: 'uint8' | 'float32';
    /** Height, width, channels of one row. */
    readonly shape: readonly number[];
    /** Model inputs are raw values times this, as float32, unless the submission says otherwise. */
    readonly scale: number;
  };
  readonly output: { readonly classes: readonly string[]; readonly form: 'scores' };
  readonly splits: Readonly<Record<string, SplitSpec>>;
  readonly metrics: readonly { readonly name: string; readonly primary: boolean }[];
  readonly accepts: readonly Lane[];
  readonly limits: TaskLimits;
  readonly licence: string;
  readonly credit: Localized;
  /** Shown where the demo's answers can be looked up. */
  readonly notice?: Localized | undefined;
  readonly baselines: readonly {
    readonly name: Localized;
    readonly artifact: readonly string[];
    readonly source: string;
  }[];
  readonly references: readonly {
    readonly name: string;
    readonly scores: Readonly<Record<string, number>>;
    readonly source: string;
    readonly note?: Localized | undefined;
  }[];
}

export interface SplitInputs {
  readonly split: string;
  /** Unique within the task; never enter the child. */
  readonly ids: readonly string[];
  /** N x the task's input shape, raw values. */
  readonly rows: Tensor;
}

/** A task folder, opened. Reading targets is a separate call so that few places do it. */
export interface Task {
  readonly folder: string;
  readonly spec: TaskSpec;
  /**
   * The public name of the content, 64 hex digits. A plain hash would tell whoever nearly knows the hidden
   * targets when a guess is right; so a site keys the hashes of what cannot be downloaded with a secret
   * of its own. Opened without that secret it is `contentHash`.
   */
  readonly version: string;
  /** Hex SHA-256 over task.yaml and every data file. Not for participants. */
  readonly contentHash: string;
  /** Hex SHA-256 per split over its data files. */
  readonly splitHashes: Readonly<Record<string, string>>;
  readInputs(split: string): Promise<SplitInputs>;
  /** Class index per row. Trusted side only. */
  readTargets(split: string): Promise<Int32Array>;
}

/** How the entrant wants raw rows fed: x = (raw * scale - mean) / std, per channel where several are given. */
export interface FeedOptions {
  readonly layout?: 'nchw' | 'nhwc' | undefined;
  readonly scale?: number | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

export interface PredictContext {
  readonly task: TaskSpec;
  readonly artifact: LoadedArtifact;
  /** All splits of one evaluation are run together, rows shuffled, so a model cannot tell them apart. */
  readonly inputs: readonly SplitInputs[];
  readonly options: FeedOptions;
  /** Seeds the order of the rows. */
  readonly seed: number;
  /** Called with 0 just before the artifact sees its first row; never called for a predictions file. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface SplitScores {
  readonly split: string;
  readonly rows: number;
  readonly results: readonly MetricResult[];
  /** What the kind draws on the result page: for classification the confusion matrix, truth x prediction, row-major counts. */
  readonly detail: { readonly confusion: readonly number[] } | null;
}

/** A task kind: how to batch inputs, what outputs to expect, which metrics apply. One file each. */
export interface TaskKind<Predictions> {
  readonly name: string;
  readonly metrics: readonly string[];
  /** Drives the model, or reads the table, and checks everything that comes back. Throws EvaluationFailure. One item per split, in order. */
  predict(context: PredictContext): Promise<readonly Predictions[]>;
  /** Pure: predictions and targets of one split to scores. */
  score(task: TaskSpec, split: string, predictions: Predictions, targets: Int32Array): SplitScores;
}
