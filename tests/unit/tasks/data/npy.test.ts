import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNpy, encodeNpyTexts, parseNpy, parseNpyTexts } from '../../../../tasks/data/npy.ts';
import { anyTensor, bytesOf } from './arrays.ts';

/** A file by hand, as NumPy lays it out. */
function npy(dictionary: string, data: Uint8Array, version = 1): Uint8Array {
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(dictionary.length, 0, length.length);
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]),
    length,
    Buffer.from(dictionary, 'latin1'),
    data,
  ]);
}

describe('parseNpy', () => {
  it('returns every array that encodeNpy wrote, to the byte', () => {
    fc.assert(
      fc.property(anyTensor(), (tensor) => {
        const read = parseNpy(encodeNpy(tensor));
        expect(read.dtype).toBe(tensor.dtype);
        expect(read.shape).toEqual(tensor.shape);
        expect(bytesOf(read).equals(bytesOf(tensor))).toBe(true);
      }),
    );
  });

  it('reads the bytes that numpy.save writes', () => {
    // numpy 2.4: np.save(f, np.array([[1.5, -2.0]], dtype='<f4'))
    const file = Buffer.from(
      'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwA==',
      'base64',
    );
    const read = parseNpy(file);
    expect(read).toEqual({ dtype: 'float32', shape: [1, 2], data: new Float32Array([1.5, -2]) });
    expect(Buffer.from(encodeNpy(read)).equals(file)).toBe(true);
  });

  it('reads big-endian elements', () => {
    const data = Buffer.alloc(4);
    data.writeInt16BE(-2, 0);
    data.writeInt16BE(300, 2);
    const file = npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }\n", data);
    expect(parseNpy(file).data).toEqual(new Int16Array([-2, 300]));
  });

  it.each([2, 3])('reads version %i, whose header length has four bytes', (version) => {
    const file = npy(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n",
      Buffer.from([7, 8, 9]),
      version,
    );
    expect(parseNpy(file).data).toEqual(new Uint8Array([7, 8, 9]));
  });

  it.each([
    ['Fortran order', "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", 4, /Fortran/],
    ['objects', "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8, /object/],
    ['records', "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", 4, /struct/],
    [
      'complex numbers',
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
      8,
      /dtype <c8/,
    ],
    ['too few bytes', "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7, /8 bytes.*7/],
    ['too many bytes', "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 5, /4 bytes/],
    [
      'a huge shape',
      `{'descr': '|u1', 'fortran_order': False, 'shape': (${'9'.repeat(30)},), }`,
      1,
      /shape/,
    ],
    ['no dictionary', 'descr', 0, /dictionary/],
  ])('refuses %s', (_, dictionary, bytes, message) => {
    expect(() => parseNpy(npy(dictionary, new Uint8Array(bytes)))).toThrow(message);
  });

  it('refuses a file cut off anywhere', () => {
    const whole = encodeNpy({ dtype: 'int32', shape: [3], data: new Int32Array([1, 2, 3]) });
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseNpy(whole.subarray(0, length))).toThrow(/npy|bytes/);
    }
  });
});

describe('encodeNpyTexts', () => {
  it('writes fixed-width texts that come back as they were', () => {
    // Ends in U+0000 cannot be told from padding, in NumPy too.
    const text = fc
      .string({ unit: 'binary', maxLength: 6 })
      .filter((value) => !value.endsWith('\0'));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        expect(parseNpyTexts(encodeNpyTexts(texts))).toEqual(texts);
      }),
    );
  });

  it('names the dtype that numpy loads without pickle', () => {
    const file = Buffer.from(encodeNpyTexts(['public-0', 'ñ'])).toString('latin1');
    expect(file).toContain("'descr': '<U8', 'fortran_order': False, 'shape': (2,)");
  });
});
