/**
 * The framing of the private pipe between host and child; shared by both, so nothing heavy is imported.
 *
 * A frame is: nonce (16 bytes), header length (u32 LE), body length (u32 LE), header (UTF-8 JSON), body.
 * The body is a row of parts, each padded with zeros to a multiple of 8 bytes, so that every tensor in
 * it can be viewed as a typed array without a copy. Parts carry no offsets: they follow from the header.
 */
import { DTYPES, elementCount } from './tensor.ts';
import type { DType, NamedTensor } from './tensor.ts';

export const NONCE_BYTES = 16;
export const PREFIX_BYTES = NONCE_BYTES + 8;
/** A header holds names, shapes and short texts; anything long travels in the body. */
export const MAX_HEADER_BYTES = 1 << 20;
/** What the u32 length could hold is more than a Node buffer should; 2 GiB less one page. */
export const MAX_BODY_BYTES = 0x7fff_f000;
const MAX_DIMENSIONS = 8;

export type FrameFault = 'nonce' | 'header-size' | 'header-json' | 'body-size' | 'body-layout';

/** The other side sent bytes that are not a frame of this run. */
export class FrameError extends Error {
  readonly fault: FrameFault;

  constructor(fault: FrameFault) {
    super(`malformed frame: ${fault}`);
    this.name = 'FrameError';
    this.fault = fault;
  }
}

export interface Frame {
  /** Parsed JSON, not checked. */
  readonly header: unknown;
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface TensorHeader {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface FrameSize {
  readonly header: number;
  readonly body: number;
}

export interface FrameCaps {
  readonly header: number;
  readonly body: number;
}

export function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** The buffers of one frame, in the order to be written. The parts are not copied. */
export function encodeFrame(
  nonce: Uint8Array,
  header: object,
  parts: readonly Uint8Array[] = [],
): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const body = parts.reduce((sum, part) => sum + paddedBytes(part.byteLength), 0);
  if (json.byteLength > MAX_HEADER_BYTES) throw new FrameError('header-size');
  if (body > MAX_BODY_BYTES) throw new FrameError('body-size');
  const start = Buffer.alloc(PREFIX_BYTES + json.byteLength);
  start.set(nonce, 0);
  start.writeUInt32LE(json.byteLength, NONCE_BYTES);
  start.writeUInt32LE(body, NONCE_BYTES + 4);
  start.set(json, PREFIX_BYTES);
  const buffers: Uint8Array[] = [start];
  for (const part of parts) {
    if (part.byteLength > 0) buffers.push(part);
    const padding = paddedBytes(part.byteLength) - part.byteLength;
    if (padding > 0) buffers.push(new Uint8Array(padding));
  }
  return buffers;
}

/**
 * Lengths of the frame that begins with `prefix`.
 *
 * @throws FrameError when the nonce is another run's or a length is above its cap.
 */
export function readPrefix(prefix: Buffer, nonce: Uint8Array, caps: FrameCaps): FrameSize {
  if (prefix.compare(nonce, 0, NONCE_BYTES, 0, NONCE_BYTES) !== 0) throw new FrameError('nonce');
  const header = prefix.readUInt32LE(NONCE_BYTES);
  const body = prefix.readUInt32LE(NONCE_BYTES + 4);
  if (header > caps.header) throw new FrameError('header-size');
  if (body > caps.body) throw new FrameError('body-size');
  return { header, body };
}

/** @throws FrameError when the bytes are not UTF-8 or not JSON. */
export function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new FrameError('header-json');
  }
}

/** Cuts a body into parts of the given lengths; they must fill it exactly. The parts are views. */
export function splitBody(
  body: Uint8Array<ArrayBuffer>,
  lengths: readonly number[],
): Uint8Array<ArrayBuffer>[] {
  const total = lengths.reduce((sum, length) => sum + paddedBytes(length), 0);
  if (total !== body.byteLength) throw new FrameError('body-layout');
  let offset = 0;
  return lengths.map((length) => {
    const part = body.subarray(offset, offset + length);
    offset += paddedBytes(length);
    return part;
  });
}

export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function tensorHeader(tensor: NamedTensor): TensorHeader {
  return { name: tensor.name, dtype: tensor.dtype, shape: tensor.shape };
}

/** Bytes that a tensor of this header takes; a FrameError for dimensions that nobody means. */
export function tensorBytes(header: TensorHeader): number {
  const { shape } = header;
  if (shape.length > MAX_DIMENSIONS || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0))
    throw new FrameError('body-layout');
  const bytes = elementCount(shape) * DTYPES[header.dtype].BYTES_PER_ELEMENT;
  if (bytes > MAX_BODY_BYTES) throw new FrameError('body-size');
  return bytes;
}

/**
 * The tensors of a body, as views on it. The body must begin at a multiple of 8 of its buffer.
 *
 * @throws FrameError when headers and bytes do not fit exactly.
 */
export function tensorsOf(
  headers: readonly TensorHeader[],
  body: Uint8Array<ArrayBuffer>,
): NamedTensor[] {
  const parts = splitBody(body, headers.map(tensorBytes));
  return headers.map(({ name, dtype, shape }, index) => {
    const part = parts[index] as Uint8Array<ArrayBuffer>;
    const View = DTYPES[dtype];
    const data = new View(part.buffer, part.byteOffset, part.byteLength / View.BYTES_PER_ELEMENT);
    return { name, dtype, shape, data };
  });
}

/** Texts as a body part: UTF-16 lengths as u32, then all texts as UTF-8. */
export function encodeTexts(texts: readonly string[]): [lengths: Uint8Array, text: Uint8Array] {
  const lengths = Uint32Array.from(texts, (text) => text.length);
  return [bytesOf(lengths), Buffer.from(texts.join(''))];
}

/**
 * @param most texts after these are not read, however many there are.
 * @throws FrameError when lengths and text do not agree or the text is not UTF-8.
 */
export function decodeTexts(
  lengths: Uint8Array<ArrayBuffer>,
  text: Uint8Array,
  most = Infinity,
): string[] {
  if (lengths.byteLength % 4 !== 0) throw new FrameError('body-layout');
  const given = new Uint32Array(lengths.buffer, lengths.byteOffset, lengths.byteLength / 4);
  const sizes = given.subarray(0, most);
  const isAll = sizes.length === given.length;
  // At most three bytes a unit; where that cuts a character, it is one of a text that is not read.
  const bytes = isAll ? text : text.subarray(0, 3 * sizes.reduce((sum, size) => sum + size, 0));
  let all: string;
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    all = decoder.decode(bytes, { stream: !isAll });
  } catch {
    throw new FrameError('body-layout');
  }
  const texts: string[] = [];
  let offset = 0;
  for (const size of sizes) {
    texts.push(all.slice(offset, offset + size));
    offset += size;
  }
  if (isAll ? offset !== all.length : offset > all.length) throw new FrameError('body-layout');
  return texts;
}

/**
 * Puts frames together from the chunks of a stream. A body is allocated once, at its announced and
 * capped size, and handed over without a copy. After a FrameError the reader must not be used again.
 */
export class FrameReader {
  readonly #nonce: Uint8Array;
  readonly #caps: FrameCaps;
  readonly #onFrame: (frame: Frame) => void;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #target: Uint8Array = this.#prefix;
  #filled = 0;
  #part: 'prefix' | 'header' | 'body' = 'prefix';
  #size: FrameSize = { header: 0, body: 0 };
  #header: unknown = null;

  constructor(nonce: Uint8Array, caps: FrameCaps, onFrame: (frame: Frame) => void) {
    this.#nonce = nonce;
    this.#caps = caps;
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    let offset = 0;
    for (;;) {
      const taken = Math.min(this.#target.byteLength - this.#filled, chunk.byteLength - offset);
      this.#target.set(chunk.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled < this.#target.byteLength) return;
      this.#advance();
      // An empty part is complete at once; otherwise more bytes are needed.
      if (offset === chunk.byteLength && this.#target.byteLength > 0) return;
    }
  }

  #advance(): void {
    if (this.#part === 'prefix') {
      this.#size = readPrefix(this.#prefix, this.#nonce, this.#caps);
      this.#expect('header', new Uint8Array(this.#size.header));
    } else if (this.#part === 'header') {
      this.#header = parseHeader(this.#target);
      this.#expect('body', new Uint8Array(this.#size.body));
    } else {
      const body = this.#target as Uint8Array<ArrayBuffer>;
      this.#expect('prefix', this.#prefix);
      this.#onFrame({ header: this.#header, body });
    }
  }

  #expect(part: 'prefix' | 'header' | 'body', target: Uint8Array): void {
    this.#part = part;
    this.#target = target;
    this.#filled = 0;
  }
}
