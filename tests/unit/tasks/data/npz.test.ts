import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNpz, parseNpz } from '../../../../tasks/data/npz.ts';
import { anyTensor, bytesOf } from './arrays.ts';

const one = { dtype: 'uint8', shape: [3], data: new Uint8Array([1, 2, 3]) } as const;

describe('parseNpz', () => {
  it('returns every archive that encodeNpz wrote, stored or deflated', async () => {
    const names = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, anyTensor(), { maxKeys: 4 }),
        fc.boolean(),
        async (arrays, compress) => {
          const read = await parseNpz(encodeNpz(arrays, { compress }));
          expect([...read.keys()]).toEqual(Object.keys(arrays));
          for (const [name, tensor] of Object.entries(arrays)) {
            const found = read.get(name);
            expect(found?.dtype).toBe(tensor.dtype);
            expect(found?.shape).toEqual(tensor.shape);
            expect(found && bytesOf(found).equals(bytesOf(tensor))).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a file that is no zip', async () => {
    await expect(parseNpz(Buffer.from('not a zip'))).rejects.toThrow(/not a readable .npz/);
  });

  it('refuses a member that is no array', async () => {
    const archive = encodeNpz({ images: Buffer.from('hello') });
    await expect(parseNpz(archive)).rejects.toThrow(/array images: this is not a .npy file/);
  });

  it('refuses damaged content', async () => {
    const archive = Buffer.from(encodeNpz({ images: one }, { compress: false }));
    const at = archive.indexOf(Buffer.from([1, 2, 3]));
    archive[at] = 9;
    await expect(parseNpz(archive)).rejects.toThrow(/checksum/);
  });

  it('refuses a truncated archive', async () => {
    const archive = encodeNpz({ images: one });
    await expect(parseNpz(archive.subarray(0, archive.length - 5))).rejects.toThrow(/npz/);
  });

  it('refuses a name that comes twice', async () => {
    const archive = Buffer.from(encodeNpz({ aa: one, ab: one }, { compress: false }));
    const text = archive.toString('latin1').replaceAll('ab.npy', 'aa.npy');
    await expect(parseNpz(Buffer.from(text, 'latin1'))).rejects.toThrow(/comes twice/);
  });
});

describe('encodeNpz', () => {
  it('gives equal bytes for equal arrays', () => {
    expect(encodeNpz({ images: one })).toEqual(encodeNpz({ images: one }));
  });

  it('deflates', () => {
    const zeros = { dtype: 'uint8', shape: [10_000], data: new Uint8Array(10_000) } as const;
    expect(encodeNpz({ zeros }).length).toBeLessThan(deflateRawSync(zeros.data).length + 400);
  });
});
