/**
 * NumPy's `.npy` files, versions 1.0 to 3.0, C order.
 *
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html (magic, version,
 * little-endian header length, a Python dictionary literal padded so that the data starts at a
 * multiple of 64 bytes, then raw elements).
 */
import { endianness } from 'node:os';
import { DTYPES, elementCount } from '../../sandbox/tensor.ts';
import type { DType, Tensor, TensorData } from '../../sandbox/tensor.ts';
import { DataFormatError } from './format-error.ts';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const ALIGNMENT = 64;
/** NumPy itself refuses longer headers unless told to trust the file. */
const MAX_HEADER_BYTES = 10_000;
const HOST_IS_LITTLE_ENDIAN = endianness() === 'LE';

/** NumPy's type character and item size of each dtype, without the byte order mark. */
const DESCRIPTIONS = {
  float32: 'f4',
  float64: 'f8',
  float16: 'f2',
  uint8: 'u1',
  int8: 'i1',
  uint16: 'u2',
  int16: 'i2',
  uint32: 'u4',
  int32: 'i4',
  uint64: 'u8',
  int64: 'i8',
  bool: 'b1',
} as const satisfies Record<DType, string>;

const DTYPE_OF = new Map<string, DType>(
  (Object.keys(DESCRIPTIONS) as DType[]).map((dtype) => [DESCRIPTIONS[dtype], dtype]),
);

interface NpyHeader {
  /** Byte order mark, type character and item size: `<f4`, `|u1`, `<U12`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Where the elements start. */
  readonly offset: number;
}

/** Where the elements of a file start and what they are. */
export interface NpyLayout extends NpyHeader {
  readonly dtype: DType;
}

/** The start of a file of this many bytes holds the whole header. */
export const NPY_HEADER_BYTES = 12 + MAX_HEADER_BYTES;

/**
 * @param start the file, or as much of its start as holds the header.
 * @throws DataFormatError for anything but a C-order array of a dtype of ours.
 */
export function parseNpyLayout(start: Uint8Array): NpyLayout {
  const header = parseHeader(start);
  const dtype = DTYPE_OF.get(header.descr.slice(1));
  if (dtype !== undefined) return { ...header, dtype };
  throw new DataFormatError(
    header.descr.slice(1).startsWith('O')
      ? 'the array holds Python objects (dtype object); save it with a numeric dtype'
      : `dtype ${header.descr} is not supported; use one of ${Object.keys(DTYPES).join(', ')}`,
  );
}

/** Elements of a file as numbers of this machine, in the same buffer. */
export function npyElements(raw: Uint8Array<ArrayBuffer>, { dtype, descr }: NpyLayout): TensorData {
  swapToHostOrder(raw, DTYPES[dtype].BYTES_PER_ELEMENT, descr);
  return new DTYPES[dtype](raw.buffer);
}

/**
 * @returns the array, in a buffer of its own.
 * @throws DataFormatError for anything but a complete C-order array of a dtype of ours.
 */
export function parseNpy(bytes: Uint8Array): Tensor {
  const layout = parseNpyLayout(bytes);
  const { dtype, shape } = layout;
  const raw = takeElements(bytes, layout, DTYPES[dtype].BYTES_PER_ELEMENT);
  return { dtype, shape, data: npyElements(raw, layout) };
}

/** @returns a version 1.0 file; multi-byte elements are little-endian. */
export function encodeNpy(tensor: Tensor): Uint8Array {
  const { data, dtype, shape } = tensor;
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`${data.length} elements do not fill the shape [${shape.join(',')}]`);
  }
  const mark = data.BYTES_PER_ELEMENT === 1 ? '|' : '<';
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  swapToHostOrder(raw, data.BYTES_PER_ELEMENT, mark);
  return encodeFile(`${mark}${DESCRIPTIONS[dtype]}`, shape, raw);
}

/** A one-dimensional array of texts as fixed-width `<U`, which `numpy.load` reads without pickle. */
export function encodeNpyTexts(texts: readonly string[]): Uint8Array {
  const points = texts.map((text) => Array.from(text, (char) => char.codePointAt(0) ?? 0));
  // NumPy drops trailing NULs, so a text that ends in one would not come back.
  if (points.some((text) => text.at(-1) === 0)) throw new RangeError('a text ends in U+0000');
  const width = Math.max(1, ...points.map((text) => text.length));
  const raw = new Uint8Array(texts.length * width * 4);
  const view = new DataView(raw.buffer);
  for (const [row, text] of points.entries()) {
    for (const [column, point] of text.entries()) {
      view.setUint32((row * width + column) * 4, point, true);
    }
  }
  return encodeFile(`<U${width}`, [texts.length], raw);
}

/** Reads what {@link encodeNpyTexts} and `numpy.save` of a one-dimensional string array write. */
export function parseNpyTexts(bytes: Uint8Array): string[] {
  const header = parseHeader(bytes);
  const match = /^([<>=|])U(\d{1,6})$/.exec(header.descr);
  if (match === null || header.shape.length !== 1) {
    throw new DataFormatError(`expected a one-dimensional array of texts, found ${header.descr}`);
  }
  const width = Number(match[2]);
  const raw = takeElements(bytes, header, width * 4);
  const view = new DataView(raw.buffer);
  const littleEndian = match[1] === '<' || (match[1] !== '>' && HOST_IS_LITTLE_ENDIAN);
  return Array.from({ length: header.shape[0] ?? 0 }, (_, row) => {
    let text = '';
    let end = 0;
    for (let column = 0; column < width; column++) {
      const point = view.getUint32((row * width + column) * 4, littleEndian);
      if (point > 0x10ffff) throw new DataFormatError('a text holds an invalid code point');
      text += String.fromCodePoint(point);
      if (point !== 0) end = text.length;
    }
    return text.slice(0, end);
  });
}

function parseHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 12 || Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0) {
    throw new DataFormatError('this is not a .npy file: it does not start with \\x93NUMPY');
  }
  const major = bytes[MAGIC.length] ?? 0;
  if (major < 1 || major > 3) throw new DataFormatError(`.npy version ${major} is not known`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const offset = start + length;
  if (length > MAX_HEADER_BYTES) throw new DataFormatError('the .npy header is too long');
  if (offset > bytes.length) throw new DataFormatError('the .npy header is cut off');
  const text = Buffer.from(bytes.subarray(start, offset)).toString(major === 3 ? 'utf8' : 'latin1');

  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined && /'descr'\s*:\s*\[/.test(text)) {
    throw new DataFormatError('structured dtypes are not supported; save one array per field');
  }
  if (descr === undefined || order === undefined || dims === undefined) {
    throw new DataFormatError(
      'the .npy header is not a dictionary of descr, fortran_order and shape',
    );
  }
  if (order === 'True') {
    throw new DataFormatError(
      'the array is in Fortran order; save numpy.ascontiguousarray(array) instead',
    );
  }
  const shape = dims
    .split(',')
    .map((dim) => dim.replace('L', '').trim())
    .filter((dim) => dim !== '')
    .map(Number);
  if (!shape.every(Number.isSafeInteger)) throw new DataFormatError('the .npy shape is not valid');
  return { descr, shape, offset };
}

/** Copies the elements out, so that typed arrays over them are aligned. */
function takeElements(
  bytes: Uint8Array,
  header: NpyHeader,
  itemBytes: number,
): Uint8Array<ArrayBuffer> {
  const expected = elementCount(header.shape) * itemBytes;
  const found = bytes.length - header.offset;
  if (found !== expected) {
    throw new DataFormatError(
      `the shape [${header.shape.join(',')}] of ${header.descr} needs ${expected} bytes, the file has ${found}`,
    );
  }
  return new Uint8Array(bytes.subarray(header.offset));
}

function swapToHostOrder(raw: Uint8Array<ArrayBuffer>, itemBytes: number, descr: string): void {
  if (itemBytes === 1 || descr.startsWith('=')) return;
  if (descr.startsWith('<') === HOST_IS_LITTLE_ENDIAN) return;
  const buffer = Buffer.from(raw.buffer);
  if (itemBytes === 2) buffer.swap16();
  else if (itemBytes === 4) buffer.swap32();
  else buffer.swap64();
}

function encodeFile(descr: string, shape: readonly number[], raw: Uint8Array): Uint8Array {
  // A one-element tuple keeps its comma in Python.
  const dims = shape.length === 1 ? `${shape.join('')},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const unpadded = MAGIC.length + 4 + dictionary.length + 1;
  const total = Math.ceil(unpadded / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(total, ' ');
  MAGIC.copy(header);
  header.writeUInt16LE(0x0001, MAGIC.length);
  header.writeUInt16LE(total - MAGIC.length - 4, MAGIC.length + 2);
  header.write(dictionary, MAGIC.length + 4, 'latin1');
  header[total - 1] = 0x0a;
  return Buffer.concat([header, raw]);
}
