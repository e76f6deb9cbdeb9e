/**
 * Why an evaluation failed. A failure is a reason with parameters, never free text from a submission:
 * the sentences live in the catalogues of `views/locales`, one per reason and language.
 */

export type FailureKind = 'submission' | 'task' | 'system';

/** Stable codes and whose fault they are. `system` failures are retried; only `submission` ones can cost quota. */
export const FAILURE_CODES = {
  BAD_FORMAT: 'submission',
  NOT_ACCEPTED: 'submission',
  BAD_SHAPE: 'submission',
  BAD_OUTPUT: 'submission',
  BAD_PREDICTIONS: 'submission',
  LOAD_ERROR: 'submission',
  RUN_ERROR: 'submission',
  TIME_LIMIT: 'submission',
  MEMORY_LIMIT: 'submission',
  OUTPUT_LIMIT: 'submission',
  CPU_LIMIT: 'submission',
  LOG_LIMIT: 'submission',
  PROCESS_LIMIT: 'submission',
  CRASHED: 'submission',
  BAD_TASK: 'task',
  BAD_SPLIT: 'task',
  SCORER_ERROR: 'task',
  ISOLATION_TOO_WEAK: 'system',
  SANDBOX_FAILED: 'system',
  WORKER_LOST: 'system',
  STORAGE_ERROR: 'system',
  INTERNAL: 'system',
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURE_CODES;

/** Each reason belongs to one code. The comment names its parameters. */
export const FAILURE_REASONS = {
  // Files as such
  'empty-file': 'BAD_FORMAT', // file
  'unknown-format': 'BAD_FORMAT', // file
  'mixed-artifact': 'BAD_FORMAT', // files: more than one model in one submission
  'framework-weights': 'BAD_FORMAT', // file, extension: .pt .pth .h5 .keras .safetensors .pkl
  'artifact-too-large': 'BAD_FORMAT', // limit_mb
  'too-many-files': 'BAD_FORMAT', // limit
  'lane-not-accepted': 'NOT_ACCEPTED', // lane, accepted
  'code-needs-isolation': 'NOT_ACCEPTED', // lane
  'lane-unavailable': 'NOT_ACCEPTED', // lane: accepted by the task, and not set up on this server
  // Archives
  'zip-corrupt': 'BAD_FORMAT', // file
  'zip-entry-name': 'BAD_FORMAT', // name
  'zip-entry-kind': 'BAD_FORMAT', // name: link, device, set-uid
  'zip-duplicate-name': 'BAD_FORMAT', // name
  'zip-encrypted': 'BAD_FORMAT', // file
  'zip-too-many-entries': 'BAD_FORMAT', // limit
  'zip-too-large': 'BAD_FORMAT', // limit_mb: inflated bytes
  // ONNX
  'not-onnx': 'BAD_FORMAT', // file
  'onnx-truncated': 'BAD_FORMAT', // file
  'onnx-too-complex': 'BAD_FORMAT', // what (bytes, nodes, depth, elements, rank), limit
  'onnx-operator': 'BAD_FORMAT', // operator
  'onnx-tensor-bytes': 'BAD_FORMAT', // tensor, expected, received
  'onnx-data-missing': 'BAD_FORMAT', // file: the external data file that the upload lacks
  'onnx-data-location': 'BAD_FORMAT', // location: outside the upload, or in a position we do not resolve
  'onnx-data-bounds': 'BAD_FORMAT', // file, tensor
  // TF.js
  'tfjs-not-json': 'BAD_FORMAT', // file
  'tfjs-not-model': 'BAD_FORMAT', // file
  'tfjs-weights-path': 'BAD_FORMAT', // path
  'tfjs-weights-missing': 'BAD_FORMAT', // file
  'tfjs-weights-bytes': 'BAD_FORMAT', // expected, received
  'tfjs-layer': 'BAD_FORMAT', // layer: class not on the allow-list
  'tfjs-operator': 'BAD_FORMAT', // operator
  'tfjs-too-complex': 'BAD_FORMAT', // what (bytes, nodes, depth, layers, parameters), limit
  // Predictions CSV: syntax (found in the child)
  'csv-empty': 'BAD_PREDICTIONS', // file
  'csv-encoding': 'BAD_PREDICTIONS', // file
  'csv-syntax': 'BAD_PREDICTIONS', // row
  'csv-separator': 'BAD_PREDICTIONS', // found
  'csv-header': 'BAD_PREDICTIONS', // expected, received
  'csv-row-columns': 'BAD_PREDICTIONS', // row, expected, received
  'csv-value': 'BAD_PREDICTIONS', // row, column, value
  'csv-too-large': 'BAD_PREDICTIONS', // what (cells, columns, line, cell), limit
  // Predictions CSV: content (found on the trusted side)
  'csv-columns': 'BAD_PREDICTIONS', // expected, received
  'csv-label': 'BAD_PREDICTIONS', // row, value
  'csv-id-missing': 'BAD_PREDICTIONS', // count, id
  'csv-id-duplicate': 'BAD_PREDICTIONS', // row, id
  'csv-id-unknown': 'BAD_PREDICTIONS', // row, id
  'csv-id-format': 'BAD_PREDICTIONS', // row, id, expected: an id that only differs in spelling
  // Signature
  'input-count': 'BAD_SHAPE', // expected, received
  'input-shape': 'BAD_SHAPE', // expected, received
  'input-dtype': 'BAD_SHAPE', // expected, received
  'feed-channels': 'BAD_SHAPE', // option (mean or std), expected, received: number of values
  'output-shape': 'BAD_SHAPE', // expected, received
  'output-dtype': 'BAD_OUTPUT', // expected, received
  'output-not-finite': 'BAD_OUTPUT', // (none: which row is not told)
  'output-protocol': 'BAD_OUTPUT', // (none)
  // Running
  'engine-load': 'LOAD_ERROR', // detail
  'engine-run': 'RUN_ERROR', // detail: empty on hidden splits
  'code-load': 'LOAD_ERROR', // detail
  'code-function': 'LOAD_ERROR', // name: the code defines no function of this name
  'code-run': 'RUN_ERROR', // detail
  'code-stalled': 'RUN_ERROR', // (none): the code waits for a promise that nothing settles
  'code-too-many-calls': 'RUN_ERROR', // limit: calls from code to the engine, its files and its log
  'code-too-many-bytes': 'RUN_ERROR', // limit_mb: copied between code and the engine or its files
  'code-output': 'BAD_OUTPUT', // received: what the code returned in place of a flat list of numbers
  'time-limit': 'TIME_LIMIT', // limit_s
  'memory-limit': 'MEMORY_LIMIT', // limit_mb
  'output-limit': 'OUTPUT_LIMIT', // limit_mb
  'cpu-limit': 'CPU_LIMIT', // limit_s
  'log-limit': 'LOG_LIMIT', // limit_kb
  'process-limit': 'PROCESS_LIMIT', // limit
  crashed: 'CRASHED', // signal
  // The organizer's
  'task-invalid': 'BAD_TASK', // file, key, expected, received
  'task-not-prepared': 'BAD_TASK', // task
  'split-unknown': 'BAD_SPLIT', // split, known
  'split-data': 'BAD_SPLIT', // file, detail
  'scorer-error': 'SCORER_ERROR', // metric
  // Ours
  'isolation-too-weak': 'ISOLATION_TOO_WEAK', // required, available
  'sandbox-start': 'SANDBOX_FAILED', // detail
  'worker-lost': 'WORKER_LOST', // attempts
  'worker-stalled': 'WORKER_LOST', // limit_s: the worker lived and the evaluation did not end
  'storage-error': 'STORAGE_ERROR', // (none): a stored file cannot be read
  'storage-corrupt': 'STORAGE_ERROR', // (none): a stored file is not what was sent
  'storage-full': 'STORAGE_ERROR', // (none)
  'storage-busy': 'STORAGE_ERROR', // (none)
  'storage-broken': 'STORAGE_ERROR', // (none): the disk reports errors
  internal: 'INTERNAL', // error_id
} as const satisfies Record<string, FailureCode>;

export type FailureReason = keyof typeof FAILURE_REASONS;
export type FailureParams = Readonly<Record<string, string | number>>;

export interface Failure {
  readonly kind: FailureKind;
  readonly code: FailureCode;
  readonly reason: FailureReason;
  readonly params: FailureParams;
}

const MAX_PARAM_LENGTH = 160;

/** Text from a submission made fit to show: control and bidirectional marks replaced, length bounded. */
export function sanitizeText(text: string, maxLength = MAX_PARAM_LENGTH): string {
  const clean = text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    '\ufffd',
  );
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`;
}

/** Absolute paths in an engine's message tell about the machine and nothing about the model. */
export function withoutPaths(text: string): string {
  return text.replace(/(?:file:\/\/)?(?:\/[\w.@+~-]+){2,}\/?/gu, '…');
}

/** Thrown wherever an evaluation has to end; carries everything a page needs to explain it. */
export class EvaluationFailure extends Error {
  readonly failure: Failure;

  constructor(reason: FailureReason, params: FailureParams = {}, options?: { cause?: unknown }) {
    super(`${FAILURE_REASONS[reason]} (${reason})`, options);
    this.name = 'EvaluationFailure';
    const code = FAILURE_REASONS[reason];
    this.failure = {
      kind: FAILURE_CODES[code],
      code,
      reason,
      params: Object.fromEntries(
        Object.entries(params).map(([key, value]) => [
          key,
          typeof value === 'string' ? sanitizeText(value) : value,
        ]),
      ),
    };
  }
}

export function isFailureReason(value: unknown): value is FailureReason {
  return typeof value === 'string' && Object.hasOwn(FAILURE_REASONS, value);
}

/** What an accelerator was caught at. No numbers: they would tell of rows that nobody may see. */
export const DISTRUSTS = {
  differs: 'differs from the processor',
  fails: 'cannot run the model',
} as const;
export type Distrust = keyof typeof DISTRUSTS;

/**
 * An accelerator gave other numbers than the processor, or could not run a model that the processor runs.
 * No fault of the submission: the whole run is to be repeated on the processor.
 */
export class AcceleratorDistrusted extends Error {
  readonly provider: string;
  readonly what: Distrust;

  constructor(provider: string, what: Distrust, options?: { cause?: unknown }) {
    super(`${provider} ${DISTRUSTS[what]}`, options);
    this.name = 'AcceleratorDistrusted';
    this.provider = provider;
    this.what = what;
  }
}
