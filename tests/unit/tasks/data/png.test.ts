import { crc32, deflateSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodePnm } from '../../../../tasks/data/image-folder.ts';
import { decodePng, isPng } from '../../../../tasks/data/png.ts';

const GREY = 0;
const COLOUR = 2;
const PALETTE = 3;
const GREY_ALPHA = 4;
const COLOUR_ALPHA = 6;
const SAMPLES = new Map([
  [GREY, 1],
  [COLOUR, 3],
  [PALETTE, 1],
  [GREY_ALPHA, 2],
  [COLOUR_ALPHA, 4],
]);

interface Made {
  width: number;
  height: number;
  type: number;
  depth?: number;
  /** Bytes of each row, before any filter. */
  rows: readonly (readonly number[])[];
  /** Filter of each row. */
  filters?: readonly number[];
  chunks?: readonly [type: string, body: readonly number[]][];
  interlace?: number;
}

/** An encoder of its own, which filters forward. */
function encode(made: Made): Uint8Array {
  const { width, height, type, depth = 8, rows, filters = [], chunks = [], interlace = 0 } = made;
  const step = Math.max(1, ((SAMPLES.get(type) ?? 1) * depth) / 8);
  const at = (y: number, x: number) => rows[y]?.[x] ?? 0;
  const raw = rows.flatMap((row, y) => {
    const filter = filters[y] ?? 0;
    return [
      filter,
      ...row.map((value, x) => {
        const [left, up, corner] = [at(y, x - step), at(y - 1, x), at(y - 1, x - step)];
        const p = left + up - corner;
        const near = [left, up, corner].reduce((best, one) =>
          Math.abs(p - one) < Math.abs(p - best) ? one : best,
        );
        const guess = [0, left, up, (left + up) >> 1, near][filter] ?? 0;
        return (value - guess) & 255;
      }),
    ];
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlace], 8);
  const chunk = (name: string, body: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
    const out = Buffer.alloc(named.length + 8);
    out.writeUInt32BE(body.length, 0);
    named.copy(out, 4);
    out.writeUInt32BE(crc32(named), named.length + 4);
    return out;
  };
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...chunks.map(([name, body]) => chunk(name, Buffer.from(body))),
    chunk('IDAT', deflateSync(Buffer.from(raw))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a PNG', () => {
  it('gives back its pixels under every filter', () => {
    const cases = fc.record({
      width: fc.integer({ min: 1, max: 9 }),
      filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 6 }),
      type: fc.constantFrom(GREY, COLOUR),
      seed: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(cases, ({ width, filters, type, seed }) => {
        const channels = type === GREY ? 1 : 3;
        const height = filters.length;
        const rows = Array.from({ length: height }, (_, y) =>
          Array.from({ length: width * channels }, (_, x) => (seed + 97 * y + 31 * x * x) & 255),
        );
        const picture = decodePng(encode({ width, height, type, rows, filters }));
        expect(picture).toMatchObject({ width, height, channels });
        expect([...picture.pixels]).toEqual(rows.flat());
      }),
    );
  });

  it.each([
    ['one bit', { type: GREY, depth: 1, width: 3, rows: [[0b10100000]] }, [255, 0, 255]],
    ['two bits', { type: GREY, depth: 2, width: 4, rows: [[0b00011011]] }, [0, 85, 170, 255]],
    ['sixteen bits', { type: GREY, depth: 16, width: 2, rows: [[200, 1, 7, 255]] }, [200, 7]],
    [
      'a palette with transparency',
      {
        type: PALETTE,
        width: 3,
        rows: [[0, 1, 2]],
        chunks: [
          ['PLTE', [10, 20, 30, 40, 50, 60, 0, 0, 0]],
          ['tRNS', [255, 0]],
        ] as [string, number[]][],
      },
      [10, 20, 30, 255, 255, 255, 0, 0, 0],
    ],
    ['grey with alpha', { type: GREY_ALPHA, width: 2, rows: [[0, 255, 0, 51]] }, [0, 204]],
    [
      'colour with alpha',
      { type: COLOUR_ALPHA, width: 1, rows: [[255, 0, 0, 127]] },
      [255, 128, 128],
    ],
  ])('reads %s', (_, made, pixels) => {
    expect([...decodePng(encode({ height: 1, ...made })).pixels]).toEqual(pixels);
  });

  it('is refused when it is none, cut off, interlaced or larger than it says', () => {
    const good = encode({ width: 2, height: 1, type: GREY, rows: [[1, 2]] });
    expect(isPng(good)).toBe(true);
    expect(() => decodePng(Buffer.from('no picture'))).toThrow('not a PNG');
    expect(() => decodePng(good.subarray(0, 40))).toThrow();
    const tall = encode({ width: 2, height: 2, type: GREY, rows: [[1, 2]] });
    expect(() => decodePng(tall)).toThrow('cut off');
    const long = encode({ width: 1, height: 1, type: GREY, rows: [[1, 2, 3, 4]] });
    expect(() => decodePng(long)).toThrow('damaged');
    const laced = encode({ width: 1, height: 1, type: GREY, rows: [[1]], interlace: 1 });
    expect(() => decodePng(laced)).toThrow('interlaced');
    const odd = encode({ width: 1, height: 1, type: GREY, rows: [[1]], filters: [7] });
    expect(() => decodePng(odd)).toThrow('filter');
  });
});

describe('a PGM or PPM', () => {
  it('gives back its pixels, comments or not', () => {
    const grey = Buffer.from('P5\n# made by hand\n2 1\n255\n\x07\x09', 'latin1');
    expect(decodePnm(grey)).toMatchObject({ width: 2, height: 1, channels: 1 });
    expect([...decodePnm(grey).pixels]).toEqual([7, 9]);
    const colour = Buffer.from('P6 1 1 255 \x01\x02\x03', 'latin1');
    expect([...decodePnm(colour).pixels]).toEqual([1, 2, 3]);
    expect(() => decodePnm(Buffer.from('P5 2 2 255 \x01', 'latin1'))).toThrow('do not fill');
    expect(() => decodePnm(Buffer.from('P5 1 1 65535 \x01\x01', 'latin1'))).toThrow('65535');
    expect(() => decodePnm(Buffer.from('JFIF'))).toThrow('no PNG');
  });
});
