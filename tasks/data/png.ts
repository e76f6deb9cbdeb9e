/**
 * PNG pictures as rows of 8-bit values: every colour type and bit depth, without interlacing. Sixteen bits a
 * sample lose the lower eight; what is transparent shows white.
 *
 * Format: "Portable Network Graphics (PNG) Specification", third edition, W3C 2025.
 */
import { inflateSync } from 'node:zlib';
import { DataFormatError } from './format-error.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** height x width x channels, row-major. */
  readonly pixels: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Samples a pixel by colour type. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
const PALETTE = 3;
const LARGEST_SIDE = 16_384;
const WHITE = 255;

export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= SIGNATURE.length && SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length));
}

/** @throws DataFormatError */
export function decodePng(bytes: Uint8Array): Picture {
  const { header, palette, alphas, data } = readChunks(bytes);
  const { width, height, depth, type } = header;
  const samples = SAMPLES.get(type);
  const depths = type === 0 ? [1, 2, 4, 8, 16] : type === PALETTE ? [1, 2, 4, 8] : [8, 16];
  if (samples === undefined || !depths.includes(depth)) {
    throw new DataFormatError('the PNG has a colour type that there is not');
  }
  if (width < 1 || height < 1 || width > LARGEST_SIDE || height > LARGEST_SIDE) {
    throw new DataFormatError(`the PNG is ${width} x ${height} pixels`);
  }
  if (header.interlaced) throw new DataFormatError('the PNG is interlaced: save it without');
  const rowBytes = Math.ceil((width * samples * depth) / 8);
  const expected = height * (rowBytes + 1);
  let raw: Buffer;
  try {
    raw = inflateSync(data, { maxOutputLength: expected });
  } catch (error) {
    throw new DataFormatError('the pixels of the PNG are damaged', { cause: error });
  }
  if (raw.length !== expected) throw new DataFormatError('the pixels of the PNG are cut off');
  unfilter(raw, height, rowBytes, Math.max(1, (samples * depth) / 8));

  const sample = (x: number, y: number, index: number): number => {
    const start = y * (rowBytes + 1) + 1;
    const at = x * samples + index;
    if (depth === 8) return raw[start + at] ?? 0;
    if (depth === 16) return raw[start + 2 * at] ?? 0;
    const bit = at * depth;
    const value = ((raw[start + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    return type === PALETTE ? value : (value * WHITE) / (2 ** depth - 1);
  };
  const channels = type === 0 || type === 4 ? 1 : 3;
  const pixels = new Uint8Array(width * height * channels);
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const entry = type === PALETTE ? sample(x, y, 0) : 0;
      const alpha =
        type === PALETTE
          ? (alphas[entry] ?? WHITE)
          : type === 4 || type === 6
            ? sample(x, y, channels)
            : WHITE;
      for (let channel = 0; channel < channels; channel++) {
        const value =
          type === PALETTE ? (palette[3 * entry + channel] ?? 0) : sample(x, y, channel);
        pixels[out++] = Math.round((value * alpha + WHITE * (WHITE - alpha)) / WHITE);
      }
    }
  }
  return { width, height, channels, pixels };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlaced: boolean;
}

function readChunks(bytes: Uint8Array) {
  if (!isPng(bytes)) throw new DataFormatError('this is not a PNG file');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | null = null;
  let palette: Uint8Array = new Uint8Array();
  let alphas: Uint8Array = new Uint8Array();
  const data: Uint8Array[] = [];
  for (let at = SIGNATURE.length; at + 12 <= view.length;) {
    const length = view.readUInt32BE(at);
    const type = view.toString('latin1', at + 4, at + 8);
    const body = view.subarray(at + 8, at + 8 + length);
    if (body.length !== length) break;
    if (type === 'IHDR' && length >= 13) {
      header = {
        width: body.readUInt32BE(0),
        height: body.readUInt32BE(4),
        depth: body[8] ?? 0,
        type: body[9] ?? 0,
        interlaced: body[12] !== 0,
      };
    }
    if (type === 'PLTE') palette = body;
    if (type === 'tRNS') alphas = body;
    if (type === 'IDAT') data.push(body);
    if (type === 'IEND') break;
    at += 12 + length;
  }
  if (header === null) throw new DataFormatError('the PNG has no header');
  // For grey and colour pictures tRNS names one transparent colour, which is rare enough to be drawn.
  return {
    header,
    palette,
    alphas: header.type === PALETTE ? alphas : new Uint8Array(),
    data: Buffer.concat(data),
  };
}

/** Undoes the filter of each row in place. @param step bytes of a pixel, at least 1. */
function unfilter(raw: Buffer, height: number, rowBytes: number, step: number): void {
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1) + 1;
    const above = start - rowBytes - 1;
    const filter = raw[start - 1] ?? 0;
    if (filter > 4) throw new DataFormatError('a row of the PNG has a filter that there is not');
    if (filter === 0) continue;
    for (let i = 0; i < rowBytes; i++) {
      const left = i >= step ? (raw[start + i - step] ?? 0) : 0;
      const up = y > 0 ? (raw[above + i] ?? 0) : 0;
      const corner = y > 0 && i >= step ? (raw[above + i - step] ?? 0) : 0;
      const guess =
        filter === 1
          ? left
          : filter === 2
            ? up
            : filter === 3
              ? (left + up) >> 1
              : paeth(left, up, corner);
      raw[start + i] = ((raw[start + i] ?? 0) + guess) & 255;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
