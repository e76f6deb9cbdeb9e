import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Greyscale with alpha (PNG specification, 11.2.2). */
const GREY_ALPHA = 4;

/**
 * A picture of black ink: each byte of `ink` is an alpha, 0 (nothing) to 255 (black). On a dark page it
 * is inverted by the stylesheet.
 *
 * @param ink width x height bytes, row-major.
 */
export function encodeInkPng(width: number, height: number, ink: Uint8Array): Buffer {
  if (ink.length !== width * height) {
    throw new RangeError(`${ink.length} bytes do not fill ${width} x ${height} pixels`);
  }
  const rows = Buffer.alloc(height * (1 + 2 * width));
  for (let y = 0; y < height; y++) {
    // The byte before each row names its filter: 0, none.
    const start = y * (1 + 2 * width) + 1;
    for (let x = 0; x < width; x++) rows[start + 2 * x + 1] = ink[y * width + x] ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, GREY_ALPHA, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}
