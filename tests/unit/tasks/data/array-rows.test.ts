import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Tensor } from '../../../../sandbox/tensor.ts';
import { openArrayRows } from '../../../../tasks/data/array-rows.ts';
import { encodeNpy } from '../../../../tasks/data/npy.ts';
import { encodeNpz } from '../../../../tasks/data/npz.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-rows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const numbers: Tensor = {
  dtype: 'float64',
  shape: [4, 2, 3],
  data: Float64Array.from({ length: 24 }, (_, at) => at / 3),
};

async function file(name: string, content: Uint8Array): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, content);
  return place;
}

describe('rows of an array file', () => {
  it('are read from any row on, from .npy and .npz alike', async () => {
    const npy = await file('a.npy', encodeNpy(numbers));
    const npz = await file('a.npz', encodeNpz({ other: numbers, a: numbers }));
    for (const reference of [npy, `${npz}#a`]) {
      const rows = await openArrayRows(reference);
      expect(rows).toMatchObject({ dtype: 'float64', shape: [4, 2, 3] });
      expect(await rows.read(1, 2)).toEqual(numbers.data.slice(6, 18));
      expect(await rows.read(0, 4)).toEqual(numbers.data);
      expect(await rows.read(3, 1)).toEqual(numbers.data.slice(18));
      await rows.close();
    }
  });

  it('are brought into the byte order of this machine', async () => {
    const big = Buffer.from(
      encodeNpy({ dtype: 'int16', shape: [3], data: Int16Array.of(1, 2, 3) }),
    );
    big[big.indexOf('<i2')] = '>'.charCodeAt(0);
    big.subarray(-6).swap16();
    const rows = await openArrayRows(await file('big.npy', big));
    expect(await rows.read(1, 2)).toEqual(Int16Array.of(2, 3));
    await rows.close();
  });

  it('are refused from a file that is cut off, stating both lengths', async () => {
    const place = await file('cut.npy', encodeNpy(numbers));
    await truncate(place, encodeNpy(numbers).length - 8);
    await expect(openArrayRows(place)).rejects.toThrow(
      'the shape [4,2,3] of float64 needs 192 bytes, the file has 184',
    );
  });

  it('are refused from a single number, from other files and from none', async () => {
    const single = encodeNpy({ dtype: 'uint8', shape: [], data: Uint8Array.of(1) });
    await expect(openArrayRows(await file('one.npy', single))).rejects.toThrow(
      'the array is a single number, without rows',
    );
    await expect(openArrayRows(await file('text.npy', Buffer.from('no array')))).rejects.toThrow(
      'this is not a .npy file',
    );
    await expect(openArrayRows(path.join(folder, 'none.npy'))).rejects.toThrow(
      'the file is missing or cannot be read',
    );
  });
});
