/**
 * What a submission in JavaScript gets and gives. It is one file, `model.js` (or `model.mjs`), a script or
 * an ES module, with a function `predict` and maybe a function `setup`; docs/guides/javascript-lane.md
 * says what surrounds them. In an editor:
 *
 *   // @ts-check
 *   /** @type {import('./certamen.d.ts').Predict} *\/
 *   export function predict({ data, shape }, context) { … }
 */

/** Called once, before the first batch. May be async. */
export type Setup = (context: Context) => void | Promise<void>;

/**
 * Called with each batch in turn. The answer is flat and row-major: for row `r` and class `k`, element
 * `r * context.classes + k`, finite, higher for likelier; `shape[0] * context.classes` elements in all.
 */
export type Predict = (batch: Batch, context: Context) => Scores | Promise<Scores>;

export type Scores =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | readonly number[];

export interface Batch {
  /**
   * The rows, one after the other, scaled as the task says: for images rows, height, width, channels
   * (NHWC). A copy of your own: change it as you like.
   */
  data: Float32Array;
  /** `[rows, ...context.inputShape]`. The number of rows differs between batches. */
  shape: number[];
}

export interface Context {
  /** The weights beside the code, by file name without extension: `net.onnx` is `models.net`. */
  readonly models: Readonly<Record<string, Model>>;
  /** Names of the files beside the code. */
  readonly files: readonly string[];
  /** The shape of one row, for example `[28, 28, 1]`. */
  readonly inputShape: readonly number[];
  /** How many scores each row needs. */
  readonly classes: number;
  /** A copy of the bytes of a file. Throws when there is none of this name. */
  read(name: string): Uint8Array;
  /** The text of a UTF-8 file. Throws when there is none of this name. */
  readText(name: string): string;
}

/** An ONNX or TensorFlow.js model on the engine of the platform. */
export interface Model {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Runs the model. Takes the tensors by the names of the inputs, or one tensor where there is one input;
   * gives the outputs by name. What goes in and comes out is copied. At most 8 runs may wait at a time.
   */
  run(inputs: Tensor | Readonly<Record<string, Tensor>>): Promise<Record<string, OutputTensor>>;
}

export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  /** `null` is a dimension that may vary. */
  readonly shape: readonly (number | null)[];
}

export interface Tensor {
  /** The typed array of the input's dtype; its length is the product of the shape. */
  data: TensorData;
  /** At most 8 dimensions. */
  shape: readonly number[];
}

export interface OutputTensor {
  data: TensorData;
  shape: number[];
  dtype: DType;
}

/** float16 is carried as its bits, in a Uint16Array; bool as 0 and 1, in a Uint8Array. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;
