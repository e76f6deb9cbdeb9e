/**
 * Archives in the tar format of POSIX (ustar, with pax records for long names and large files): what `tar xf`
 * reads, and no more of the format than that needs. Regular files only.
 */
import { Buffer } from 'node:buffer';

export interface TarFile {
  /** Relative, with slashes. */
  readonly name: string;
  readonly bytes: number;
  /** Unix ms. */
  readonly modified_ms: number;
}

/** An archive that is none, is cut off, or holds what we do not write. */
export class TarError extends Error {}

const BLOCK = 512;
const LONGEST_NAME = 100;
const LARGEST_OCTAL = 8 ** 11 - 1;
/** Of a pax header: ours are far smaller. */
const LARGEST_PAX = 64 * 1024;

/** Header blocks of a file; its content and `tarPadding` follow. */
export function tarHeader({ name, bytes, modified_ms }: TarFile): Buffer {
  const short = Buffer.byteLength(name) <= LONGEST_NAME && bytes <= LARGEST_OCTAL;
  if (short) return header(name, bytes, modified_ms, '0');
  const records = Buffer.from(paxRecord('path', name) + paxRecord('size', String(bytes)));
  return Buffer.concat([
    header('pax', records.length, modified_ms, 'x'),
    records,
    tarPadding(records.length),
    header('long', Math.min(bytes, LARGEST_OCTAL), modified_ms, '0'),
  ]);
}

/** What fills the last block of a file. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);
}

/** What ends an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

/**
 * Reads an archive from its first byte to its last. Each file's content has to be consumed before the next file is
 * asked for; what is left of it is skipped.
 *
 * @throws TarError
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<TarFile & { readonly content: AsyncIterable<Uint8Array> }> {
  const reader = new BlockReader(source);
  let pax = new Map<string, string>();
  for (;;) {
    const block = await reader.read(BLOCK);
    if (block === null) throw new TarError('the archive is cut off');
    if (block.every((byte) => byte === 0)) return;
    const { name, bytes, modified_ms, type } = parseHeader(block);
    if (type === 'x') {
      if (bytes > LARGEST_PAX) throw new TarError('a header is too large');
      const records = await reader.read(bytes);
      if (records === null) throw new TarError('the archive is cut off');
      await reader.skip(tarPadding(bytes).length);
      pax = parsePax(records);
      continue;
    }
    if (type !== '0') throw new TarError(`an entry is of the unknown type ${JSON.stringify(type)}`);
    const size = pax.has('size') ? Number(pax.get('size')) : bytes;
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError('a size is no number');
    const rest = { left: size };
    yield {
      name: pax.get('path') ?? name,
      bytes: size,
      modified_ms,
      content: reader.take(rest),
    };
    await reader.skip(rest.left + tarPadding(size).length);
    pax = new Map();
  }
}

function paxRecord(key: string, value: string): string {
  const text = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(text);
  // The length counts its own digits.
  let length = bytes + String(bytes).length;
  length = bytes + String(length).length;
  return `${length}${text}`;
}

function parsePax(records: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  let rest = Buffer.from(records);
  while (rest.length > 0) {
    const space = rest.indexOf(' ');
    const length = Number(rest.subarray(0, space).toString());
    if (space < 1 || !(length > space + 1) || length > rest.length) {
      throw new TarError('a header cannot be read');
    }
    const [key = '', ...value] = rest
      .subarray(space + 1, length - 1)
      .toString()
      .split('=');
    found.set(key, value.join('='));
    rest = rest.subarray(length);
  }
  return found;
}

function header(name: string, bytes: number, modified_ms: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  block.write(name, 0);
  block.write(octal(0o600, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(Math.max(0, Math.floor(modified_ms / 1000)), 11), 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\0' + '00', 257);
  block.write(`${octal(checksum(block), 6)}\0 `, 148);
  return block;
}

function parseHeader(block: Uint8Array) {
  const text = (from: number, length: number) =>
    Buffer.from(block.subarray(from, from + length))
      .toString()
      .replace(/\0.*$/su, '');
  const octal = (from: number, length: number) => {
    const digits = text(from, length).trim();
    if (!/^[0-7]+$/u.test(digits)) throw new TarError('a header cannot be read');
    return parseInt(digits, 8);
  };
  if (octal(148, 8) !== checksum(block)) throw new TarError('a header is damaged');
  const prefix = text(345, 155);
  return {
    name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    bytes: octal(124, 12),
    modified_ms: octal(136, 12) * 1000,
    type: text(156, 1) === '' ? '0' : text(156, 1),
  };
}

/** Sum of the bytes, those of the sum itself taken as blanks. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}

/** Cuts a stream of chunks where it is told to. */
class BlockReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to so many bytes of what comes next; null at the end. */
  async #some(most: number): Promise<Uint8Array | null> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return null;
      this.#chunk = next.value;
    }
    const some = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(some.length);
    return some;
  }

  /** Exactly so many bytes; null where the source ends before. */
  async read(bytes: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0;) {
      const part = await this.#some(left);
      if (part === null) return null;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async *take(rest: { left: number }): AsyncGenerator<Uint8Array> {
    while (rest.left > 0) {
      const part = await this.#some(rest.left);
      if (part === null) throw new TarError('the archive is cut off');
      rest.left -= part.length;
      yield part;
    }
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0;) {
      const part = await this.#some(left);
      if (part === null) throw new TarError('the archive is cut off');
      left -= part.length;
    }
  }
}
