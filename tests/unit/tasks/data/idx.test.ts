import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIdx, parseIdx } from '../../../../tasks/data/idx.ts';
import { anyTensor, bytesOf } from './arrays.ts';

describe('parseIdx', () => {
  it('returns every array that encodeIdx wrote, plain or gzipped', () => {
    const tensors = anyTensor(['uint8', 'int8', 'int16', 'int32', 'float32', 'float64']);
    fc.assert(
      fc.property(tensors, fc.boolean(), (tensor, compress) => {
        const file = encodeIdx(tensor);
        const read = parseIdx(compress ? gzipSync(file) : file);
        expect(read.dtype).toBe(tensor.dtype);
        expect(read.shape).toEqual(tensor.shape);
        expect(bytesOf(read).equals(bytesOf(tensor))).toBe(true);
      }),
    );
  });

  it('reads the magic number of MNIST labels', () => {
    const file = Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]);
    expect(parseIdx(file)).toEqual({ dtype: 'uint8', shape: [3], data: new Uint8Array([5, 0, 4]) });
  });

  it.each([
    ['another magic number', Buffer.from([0, 0, 7, 1, 0, 0, 0, 0]), /magic/],
    ['a cut-off header', Buffer.from([0, 0, 8, 3, 0, 0, 0, 1]), /header/],
    ['missing elements', Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 5]), /needs 3 bytes, the file has 1/],
    ['a damaged gzip stream', gzipSync(Buffer.from([0, 0, 8, 1])).subarray(0, 15), /gzip/],
  ])('refuses %s', (_, file, message) => {
    expect(() => parseIdx(file)).toThrow(message);
  });
});

describe('encodeIdx', () => {
  it('writes big-endian elements', () => {
    const file = encodeIdx({ dtype: 'int16', shape: [1], data: new Int16Array([258]) });
    expect([...file]).toEqual([0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2]);
  });

  it('refuses a dtype that the format lacks', () => {
    const tensor = { dtype: 'uint32', shape: [1], data: new Uint32Array(1) } as const;
    expect(() => encodeIdx(tensor)).toThrow(/no type for uint32/);
  });
});
