import { crc32, inflateSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { encodeInkPng } from '../../../server/lib/png.ts';

/** Type to data of each chunk; fails when a checksum is wrong. */
function readChunks(png: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.subarray(0, 4).toString('latin1'), body.subarray(4));
    at += length + 12;
  }
  return chunks;
}

describe('encodeInkPng', () => {
  it('writes black pixels whose alpha is the ink', () => {
    const chunks = readChunks(encodeInkPng(3, 2, Uint8Array.of(0, 128, 255, 1, 2, 3)));
    expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...(chunks.get('IHDR') ?? [])]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 4, 0, 0, 0]);
    const rows = inflateSync(chunks.get('IDAT') ?? Buffer.alloc(0));
    expect([...rows]).toEqual([0, 0, 0, 0, 128, 0, 255, 0, 0, 1, 0, 2, 0, 3]);
  });

  it('refuses ink that does not fill the picture', () => {
    expect(() => encodeInkPng(2, 2, new Uint8Array(3))).toThrow(RangeError);
  });
});
