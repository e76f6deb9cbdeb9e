/**
 * Opens a zip in memory. Nothing is written to disk and no name is ever used as a path: names are
 * labels, made flat. Whatever a careful packer would not write is refused.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import type { Entry, LocalFileHeader, ZipFile } from 'yauzl';
import { EvaluationFailure } from '../failure.ts';
import type { ArtifactFile } from '../request.ts';

export interface ArchiveLimits {
  /** Inflated bytes of all entries together. */
  readonly bytes: number;
}

export const MAX_ENTRIES = 1000;
/** Longest name of an entry, in bytes. */
const MAX_NAME = 255;
/** Inflated to packed. Weights and tables stay below 100; only padding built for the purpose goes beyond. */
const MAX_RATIO = 250;
/** Below this many inflated bytes the ratio says nothing. */
const RATIO_FLOOR = 4 * 2 ** 20;

/** Bit 0: encrypted; 6: strong encryption; 13: masked headers. */
const ENCRYPTED_FLAGS = 0x2041;
/** Bit 3: sizes and checksum follow the body, the local header has zeros. */
const DESCRIPTOR_FLAG = 0x8;
const STORED = 0;
const DEFLATED = 8;
/** The pseudo-method of AES-encrypted entries. */
const AES_METHOD = 99;

/** File types of Unix modes, in the high half of the external attributes. */
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const SPECIAL_BITS = 0o6000;
/** Windows' mark of links and mount points. */
const REPARSE_POINT = 0x400;

interface Body {
  readonly name: string;
  readonly entry: Entry;
  /** The local header's first byte, and the data behind it. */
  readonly from: number;
  readonly dataStart: number;
}

export function looksLikeZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * The files of an archive under flat names: one folder around everything is taken off, and what file
 * managers add (`__MACOSX`, `.DS_Store`) is left out. Archives inside are returned as files, unopened.
 *
 * @throws EvaluationFailure with one of the `zip-…` reasons.
 */
export async function readArchive(
  file: ArtifactFile,
  limits: ArchiveLimits,
): Promise<readonly ArtifactFile[]> {
  const bodies = await listBodies(file);
  checkSizes(bodies, limits);
  checkOverlaps(file, bodies);
  const flat = flatNames(bodies);
  return bodies.map((body, index) => ({
    name: flat[index] ?? '',
    bytes: inflate(file, body),
  }));
}

async function listBodies(file: ArtifactFile): Promise<Body[]> {
  const { fromBufferPromise } = await import('yauzl');
  const corrupt = (cause: unknown): EvaluationFailure =>
    new EvaluationFailure('zip-corrupt', { file: file.name }, { cause });
  const buffer = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  // Bytes before the first entry make a file that other programs take for something else.
  if (!looksLikeZip(file.bytes)) throw corrupt(undefined);
  const bodies: Body[] = [];
  const seen = new Set<string>();
  try {
    const zip: ZipFile = await fromBufferPromise(buffer, {
      decodeStrings: false,
      // `inflate` compares sizes; checked here, an encrypted entry would read as damaged.
      validateEntrySizes: false,
    });
    if (zip.entryCount > MAX_ENTRIES) {
      throw new EvaluationFailure('zip-too-many-entries', { limit: MAX_ENTRIES });
    }
    for await (const entry of zip.eachEntry()) {
      const body = await readBody(file, zip, entry);
      const key = sameName(body.name);
      if (seen.has(key)) throw new EvaluationFailure('zip-duplicate-name', { name: body.name });
      seen.add(key);
      if (!body.name.endsWith('/') && !isLitter(body.name)) bodies.push(body);
    }
  } catch (error) {
    if (error instanceof EvaluationFailure) throw error;
    if (error instanceof Error && error.message.includes('encryption')) {
      throw new EvaluationFailure('zip-encrypted', { file: file.name }, { cause: error });
    }
    throw corrupt(error);
  }
  return bodies;
}

async function readBody(file: ArtifactFile, zip: ZipFile, entry: Entry): Promise<Body> {
  const name = checkedName(entry.fileNameRaw);
  checkKind(name, entry);
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (
    ((entry.generalPurposeBitFlag | local.generalPurposeBitFlag) & ENCRYPTED_FLAGS) !== 0 ||
    entry.compressionMethod === AES_METHOD
  ) {
    throw new EvaluationFailure('zip-encrypted', { file: file.name });
  }
  if (!agrees(entry, local)) throw new EvaluationFailure('zip-corrupt', { file: file.name });
  return {
    name,
    entry,
    from: entry.relativeOffsetOfLocalHeader,
    dataStart: local.fileDataStart,
  };
}

/** The two headers of an entry must tell the same story, or two programs unpack two things. */
function agrees(entry: Entry, local: LocalFileHeader): boolean {
  if (!entry.fileNameRaw.equals(local.fileName)) return false;
  if (entry.compressionMethod !== local.compressionMethod) return false;
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) return false;
  if ((local.generalPurposeBitFlag & DESCRIPTOR_FLAG) !== 0) return true;
  const same = (central: number, here: number): boolean => here === 0xffffffff || here === central;
  return (
    entry.crc32 === local.crc32 &&
    same(entry.compressedSize, local.compressedSize) &&
    same(entry.uncompressedSize, local.uncompressedSize)
  );
}

/** @throws EvaluationFailure `zip-entry-name` for anything that is more than `folder/file` or `file`. */
function checkedName(raw: Buffer): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch (error) {
    const shown = raw.subarray(0, MAX_NAME).toString('latin1');
    throw new EvaluationFailure('zip-entry-name', { name: shown }, { cause: error });
  }
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  const isSafe =
    raw.length <= MAX_NAME &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..') &&
    // Control bytes, invisible marks, and what some system reads as part of a path.
    !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\\:]/u.test(name);
  if (!isSafe) throw new EvaluationFailure('zip-entry-name', { name });
  return name;
}

function checkKind(name: string, entry: Entry): void {
  const mode = entry.externalFileAttributes >>> 16;
  const type = mode & TYPE_MASK;
  const isFolder = name.endsWith('/');
  const isPlain = type === 0 || type === (isFolder ? DIRECTORY : REGULAR);
  const isSpecial = !isFolder && (mode & SPECIAL_BITS) !== 0;
  const isReparse = mode === 0 && (entry.externalFileAttributes & REPARSE_POINT) !== 0;
  if (!isPlain || isSpecial || isReparse || (isFolder && entry.uncompressedSize > 0)) {
    throw new EvaluationFailure('zip-entry-kind', { name });
  }
}

/** Names that some file system holds for equal have one key. */
function sameName(name: string): string {
  return name.replace(/\/$/u, '').normalize('NFKC').toUpperCase().toLowerCase();
}

function isLitter(name: string): boolean {
  const parts = name.split('/');
  return parts[0] === '__MACOSX' || parts.at(-1) === '.DS_Store' || parts.at(-1) === 'Thumbs.db';
}

/** Declared sizes against the budget; `inflate` later holds every entry to what it declared. */
function checkSizes(bodies: readonly Body[], limits: ArchiveLimits): void {
  let inflated = 0;
  let packed = 0;
  for (const { entry } of bodies) {
    inflated += entry.uncompressedSize;
    packed += entry.compressedSize;
  }
  if (inflated > limits.bytes || (inflated > RATIO_FLOOR && inflated > packed * MAX_RATIO)) {
    throw new EvaluationFailure('zip-too-large', { limit_mb: Math.floor(limits.bytes / 2 ** 20) });
  }
}

function checkOverlaps(file: ArtifactFile, bodies: readonly Body[]): void {
  const ordered = bodies.toSorted((a, b) => a.from - b.from);
  let end = 0;
  for (const { from, dataStart, entry } of ordered) {
    if (from < end) throw new EvaluationFailure('zip-corrupt', { file: file.name });
    end = dataStart + entry.compressedSize;
  }
}

/** @throws EvaluationFailure `zip-entry-name` when a file lies deeper than one common folder. */
function flatNames(bodies: readonly Body[]): string[] {
  const folders = new Set(bodies.map(({ name }) => name.slice(0, name.indexOf('/') + 1)));
  const common = folders.size === 1 ? ([...folders][0] ?? '') : '';
  return bodies.map(({ name }) => {
    const flat = name.slice(common.length);
    if (flat.includes('/')) throw new EvaluationFailure('zip-entry-name', { name });
    return flat;
  });
}

function inflate(file: ArtifactFile, { entry, dataStart }: Body): Uint8Array {
  const packed = file.bytes.subarray(dataStart, dataStart + entry.compressedSize);
  let bytes: Uint8Array;
  if (entry.compressionMethod === STORED) {
    bytes = packed;
  } else {
    try {
      // Stops with an error as soon as more comes out than the entry declared.
      bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
    } catch (error) {
      throw new EvaluationFailure('zip-corrupt', { file: file.name }, { cause: error });
    }
  }
  if (bytes.length !== entry.uncompressedSize || crc32(bytes) !== entry.crc32) {
    throw new EvaluationFailure('zip-corrupt', { file: file.name });
  }
  return bytes;
}
