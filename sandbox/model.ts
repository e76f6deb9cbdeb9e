/** What a loaded artifact offers to the trusted side. Leaf file: types only. */
import type { NamedTensor, TensorSpec } from './tensor.ts';

export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** The image layout that the framework of the model prefers; decides when the shapes alone cannot. */
  readonly layout: 'nchw' | 'nhwc';
}

/** What really ran: engine, its version, and where it computed. */
export interface EngineInfo {
  readonly name: 'onnxruntime' | 'tfjs' | 'predictions' | 'javascript' | 'python';
  readonly version: string;
  /** `cpu`, `wasm`, `webgpu`, `cuda`; `none` for a predictions file. */
  readonly provider: string;
  readonly threads: number;
  /** Why it is not the accelerator that the operator asked for: one line, safe to show to admins. */
  readonly fallback_reason?: string | undefined;
}

/** A model that answers batches. Attack loops and task kinds take a Model and never know about processes. */
export interface Model {
  readonly signature: Signature;
  readonly engine: EngineInfo;
  /** One batch in, one batch out; inputs by the names of the signature. Calls may be pipelined; answers keep order. */
  predict(inputs: readonly NamedTensor[]): Promise<readonly NamedTensor[]>;
}

/**
 * A predictions file as the child read it: cells are already numbers or label texts, ids are exact
 * strings in file order. Whether the ids are the right ones is decided on the trusted side.
 */
export interface PredictionsTable {
  /** Column names after `id`, as written in the header. */
  readonly columns: readonly string[];
  readonly ids: readonly string[];
  /** `labels`: one text per row (header `id,label`); `scores`: rows x columns, row-major. */
  readonly labels: readonly string[] | null;
  readonly scores: Float64Array | null;
}

export type LoadedArtifact =
  | { readonly kind: 'model'; readonly model: Model }
  | { readonly kind: 'predictions'; readonly table: PredictionsTable; readonly engine: EngineInfo };
