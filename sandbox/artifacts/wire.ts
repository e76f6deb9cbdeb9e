/**
 * The protobuf wire format, read and written without a schema library: an untrusted file is looked at
 * field by field, and nothing is allocated that the file only claims to hold. Leaf file.
 * Source: protobuf.dev, "Encoding".
 */

/** Wire types. Groups (3, 4) are obsolete, unused by ONNX, and refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;
export type WireType = typeof VARINT | typeof FIXED64 | typeof BYTES | typeof FIXED32;

/** The bytes are no protobuf message: a bad tag, a varint without end, a group. */
export class WireError extends Error {
  /** The message ends inside a field: what a file cut short looks like. */
  readonly truncated: boolean;

  constructor(message: string, truncated: boolean) {
    super(message);
    this.name = 'WireError';
    this.truncated = truncated;
  }
}

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

/**
 * Walks the fields of one message. `next()` moves to a field and returns false after the last; the
 * properties then describe that field until the next call.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly #end: number;
  #pos: number;
  /** Field number, at least 1. */
  field = 0;
  type: WireType = VARINT;
  /** Offset of the field's tag. */
  tagStart = 0;
  /** The field's content, without tag and length prefix: `bytes[start]` up to, not including, `bytes[end]`. */
  start = 0;
  end = 0;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.#pos = start;
    this.#end = end;
  }

  /** @throws WireError where the bytes are no field. */
  next(): boolean {
    if (this.#pos >= this.#end) return false;
    this.tagStart = this.#pos;
    const tag = this.#varint(5);
    const field = Math.floor(tag / 8);
    const type = tag % 8;
    if (field < 1 || tag > 0xffffffff) throw new WireError(`field number ${field}`, false);
    this.field = field;
    this.start = this.#pos;
    if (type === VARINT) {
      this.#varint(10);
    } else if (type === BYTES) {
      const length = this.#varint(10);
      this.start = this.#pos;
      this.#skip(length);
    } else if (type === FIXED64) {
      this.#skip(8);
    } else if (type === FIXED32) {
      this.#skip(4);
    } else {
      throw new WireError(`wire type ${type}`, false);
    }
    this.type = type;
    this.end = this.#pos;
    return true;
  }

  /** The field as text; invalid UTF-8 becomes replacement characters. */
  text(): string {
    return decoder.decode(this.bytes.subarray(this.start, this.end));
  }

  /** The varint field as a signed 64-bit integer. */
  int64(): bigint {
    return readInt64(this.bytes, this.start, this.end);
  }

  /** A reader over this length-delimited field as a message of its own. */
  message(): WireReader {
    return new WireReader(this.bytes, this.start, this.end);
  }

  /** An unsigned varint as a float: exact below 2^53, which covers every length and tag in use. */
  #varint(maxBytes: number): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < maxBytes; count += 1) {
      if (this.#pos >= this.#end) throw new WireError('varint cut short', true);
      const byte = this.bytes[this.#pos] ?? 0;
      this.#pos += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new WireError('varint without end', false);
  }

  #skip(length: number): void {
    if (length > this.#end - this.#pos) throw new WireError('field cut short', true);
    this.#pos += length;
  }
}

/** One varint as a signed 64-bit integer, as protobuf's `int64` is written. */
export function readInt64(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n;
  let shift = 0n;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) break;
  }
  return BigInt.asIntN(64, value);
}

/**
 * The values of a packed run of varints, at most `limit` of them.
 *
 * @throws WireError when the run ends inside a value or holds more than `limit`.
 */
export function readPackedInt64(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
): bigint[] {
  const values: bigint[] = [];
  let from = start;
  for (let at = start; at < end; at += 1) {
    if ((bytes[at] ?? 0) >= 0x80) {
      if (at - from >= 9) throw new WireError('varint without end', false);
      continue;
    }
    if (values.length >= limit) throw new WireError(`more than ${limit} values`, false);
    values.push(readInt64(bytes, from, at + 1));
    from = at + 1;
  }
  if (from !== end) throw new WireError('varint cut short', true);
  return values;
}

/** How many varints a packed run holds. */
export function countPackedVarints(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) < 0x80) count += 1;
  if (end > start && (bytes[end - 1] ?? 0) >= 0x80) throw new WireError('varint cut short', true);
  return count;
}

/** The bytes of an unsigned varint. */
export function encodeVarint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** Tag and length prefix of a length-delimited field. */
export function encodeBytesHeader(field: number, length: number): Uint8Array {
  const tag = encodeVarint(field * 8 + BYTES);
  const prefix = encodeVarint(length);
  const out = new Uint8Array(tag.length + prefix.length);
  out.set(tag);
  out.set(prefix, tag.length);
  return out;
}

/** Joins parts into one new array: every byte is copied once. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Builds a message field by field, in the order of the calls. */
export class WireWriter {
  readonly #parts: Uint8Array[] = [];

  varint(field: number, value: number | bigint): this {
    this.#parts.push(encodeVarint(field * 8 + VARINT), encodeVarint(value));
    return this;
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.#parts.push(encodeVarint(field * 8 + FIXED32), bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#parts.push(encodeBytesHeader(field, value.length), value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: WireWriter): this {
    return this.bytes(field, value.finish());
  }

  packed(field: number, values: readonly (number | bigint)[]): this {
    return this.bytes(field, concatBytes(values.map(encodeVarint)));
  }

  finish(): Uint8Array<ArrayBuffer> {
    return concatBytes(this.#parts);
  }
}
