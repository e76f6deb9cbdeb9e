/**
 * The child's loop: reads framed requests from descriptor 3, answers each in order, ends at end of file.
 *
 * Reading is synchronous: between batches the child has nothing else to do, one buffer serves all
 * batches, and when the host is gone the read ends and so does the process.
 */
import { readSync, writeSync } from 'node:fs';
import { AcceleratorDistrusted, EvaluationFailure, withoutPaths } from './failure.ts';
import type { FailureReason } from './failure.ts';
import {
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  NONCE_BYTES,
  PREFIX_BYTES,
  bytesOf,
  encodeFrame,
  encodeTexts,
  parseHeader,
  readPrefix,
  splitBody,
  tensorHeader,
  tensorsOf,
} from './frames.ts';
import type { Frame, TensorHeader } from './frames.ts';
import type { LoadArtifact, LoadOptions, LoadedInChild } from './runner.ts';

const PROTOCOL_FD = 3;

/** What the host sends. It is trusted; the child only has to read it. */
export type Request =
  | { readonly type: 'hello' }
  | {
      readonly type: 'load';
      readonly files: readonly { readonly name: string; readonly bytes: number }[];
      readonly options: LoadOptions;
    }
  | { readonly type: 'predict'; readonly id: number; readonly tensors: readonly TensorHeader[] };

/** Fills the buffer from the protocol pipe; ends the process when the host is gone. */
function readFully(buffer: Uint8Array): void {
  for (let offset = 0; offset < buffer.byteLength;) {
    const bytes = readSync(PROTOCOL_FD, buffer, offset, buffer.byteLength - offset, null);
    if (bytes === 0) process.exit(0);
    offset += bytes;
  }
}

function writeFully(buffers: readonly Uint8Array[]): void {
  for (const buffer of buffers)
    for (let offset = 0; offset < buffer.byteLength;)
      offset += writeSync(PROTOCOL_FD, buffer, offset, buffer.byteLength - offset);
}

/**
 * Waits for the host to end the run after a last answer. A child that went by itself would break off the
 * batch that the host is still sending, and with the broken pipe the host would lose that answer.
 */
function waitForEnd(): never {
  const rest = new Uint8Array(2 ** 16);
  for (;;) readFully(rest);
}

/** Memory that ran out inside an engine shows as an ordinary error. */
const OUT_OF_MEMORY =
  /bad_alloc|bad allocation|failed to allocate|allocation failed|out of memory/iu;

function failureFrame(error: unknown, otherwise: FailureReason): object {
  if (error instanceof EvaluationFailure)
    return { type: 'failed', reason: error.failure.reason, params: error.failure.params };
  if (error instanceof AcceleratorDistrusted) return { type: 'distrusted', what: error.what };
  const message = error instanceof Error ? error.message : String(error);
  if (OUT_OF_MEMORY.test(message)) return { type: 'failed', reason: 'memory-limit', params: {} };
  const detail = withoutPaths(message).slice(0, 1000);
  return { type: 'failed', reason: otherwise, params: { detail } };
}

/**
 * Serves one run: `hello`, `load`, then any number of `predict`. Never returns while the host lives.
 * The nonce of the first frame, which arrives before any byte of the submission, marks all later ones.
 */
export async function serve(loadArtifact: LoadArtifact): Promise<void> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  const nonce = new Uint8Array(NONCE_BYTES);
  let batchBuffer = new ArrayBuffer(0);
  let first = true;

  const readRequest = (reuse: boolean): { request: Request; body: Frame['body'] } => {
    readFully(prefix);
    if (first) nonce.set(prefix.subarray(0, NONCE_BYTES));
    first = false;
    const size = readPrefix(prefix, nonce, { header: MAX_HEADER_BYTES, body: MAX_BODY_BYTES });
    const header = new Uint8Array(size.header);
    readFully(header);
    if (!reuse || batchBuffer.byteLength < size.body) batchBuffer = new ArrayBuffer(size.body);
    const body = new Uint8Array(batchBuffer, 0, size.body);
    readFully(body);
    if (!reuse) batchBuffer = new ArrayBuffer(0);
    return { request: parseHeader(header) as Request, body };
  };
  const answer = (header: object, parts: readonly Uint8Array[] = []) =>
    writeFully(encodeFrame(nonce, header, parts));

  readRequest(false);
  answer({ type: 'ready' });

  const { request: load, body: artifact } = readRequest(false);
  if (load.type !== 'load') throw new Error(`expected load, got ${load.type}`);
  let loaded: LoadedInChild;
  try {
    const parts = splitBody(
      artifact,
      load.files.map((file) => file.bytes),
    );
    const files = load.files.map(({ name }, index) => ({
      name,
      bytes: parts[index] as Uint8Array,
    }));
    loaded = await loadArtifact(files, load.options);
  } catch (error) {
    answer(failureFrame(error, 'engine-load'));
    waitForEnd();
  }

  if (loaded.kind === 'files') {
    const { files } = loaded;
    answer(
      { type: 'files', files: files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength })) },
      files.map(({ bytes }) => bytes),
    );
    return;
  }

  if (loaded.kind === 'predictions') {
    const { table, engine } = loaded;
    const columns = encodeTexts(table.columns);
    const ids = encodeTexts(table.ids);
    const labels = encodeTexts(table.labels ?? []);
    const form = table.scores === null ? 'labels' : 'scores';
    const values = table.scores === null ? labels : [bytesOf(table.scores)];
    answer(
      {
        type: 'predictions',
        table: {
          columns: table.columns.length,
          rows: table.ids.length,
          form,
          text_bytes: {
            columns: columns[1].byteLength,
            ids: ids[1].byteLength,
            labels: labels[1].byteLength,
          },
        },
        engine,
      },
      [...columns, ...ids, ...values],
    );
    return;
  }

  const { runner } = loaded;
  answer({ type: 'model', signature: runner.signature, engine: runner.engine });
  for (;;) {
    const { request, body } = readRequest(true);
    if (request.type !== 'predict') throw new Error(`expected predict, got ${request.type}`);
    try {
      const outputs = await runner.predict(tensorsOf(request.tensors, body));
      answer(
        { type: 'outputs', id: request.id, tensors: outputs.map(tensorHeader) },
        outputs.map((output) => bytesOf(output.data)),
      );
    } catch (error) {
      answer(failureFrame(error, 'engine-run'));
      waitForEnd();
    }
  }
}
