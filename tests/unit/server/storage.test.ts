import { createHash, randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { openFolderStorage } from '../../../server/storage/folder.ts';
import { makeDataDir } from '../../factories/deps.ts';

async function makeStorage() {
  const folder = await makeDataDir();
  const storage = await openFolderStorage(pathToFileURL(folder).href);
  const files = async () => {
    const all = await readdir(folder, { recursive: true, withFileTypes: true });
    return all.filter((entry) => entry.isFile()).map(({ name }) => name);
  };
  return { folder, storage, files };
}

describe('the folder storage', () => {
  it('gives back the bytes that it was given, with their hash and count', async () => {
    const { storage } = await makeStorage();
    const bytes = randomBytes(300_000);
    const source = Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]);
    const stored = await storage.put(source, { maxBytes: bytes.length });
    expect(stored.bytes).toBe(300_000);
    expect(stored.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await buffer(await storage.open(stored.storage_key))).toEqual(bytes);
    expect(Buffer.from(await storage.read(stored.storage_key))).toEqual(bytes);
  });

  it('takes an empty file', async () => {
    const { storage } = await makeStorage();
    const stored = await storage.put(Readable.from([]), { maxBytes: 10 });
    expect(stored.bytes).toBe(0);
    expect(await storage.read(stored.storage_key)).toHaveLength(0);
  });

  it('refuses one byte too many and leaves nothing', async () => {
    const { storage, files } = await makeStorage();
    const source = Readable.from([Buffer.alloc(1024 * 1024), Buffer.alloc(1)]);
    await expect(storage.put(source, { maxBytes: 1024 * 1024 })).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
      params: { limit_mb: 1 },
    });
    expect(await files()).toEqual([]);
  });

  it('leaves nothing of an upload that breaks off', async () => {
    const { storage, files } = await makeStorage();
    const source = Readable.from(
      (function* () {
        yield Buffer.alloc(70_000);
        throw new Error('the connection was lost');
      })(),
    );
    await expect(storage.put(source, { maxBytes: 1e6 })).rejects.toThrow('the connection was lost');
    expect(await files()).toEqual([]);
  });

  it('removes a file, once or twice, and then does not find it', async () => {
    const { storage, files } = await makeStorage();
    const { storage_key } = await storage.put(Readable.from(['a']), { maxBytes: 10 });
    await storage.remove(storage_key);
    await storage.remove(storage_key);
    expect(await files()).toEqual([]);
    await expect(storage.open(storage_key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(storage.read(storage_key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['', '../../etc/passwd', 'a'.repeat(31), `${'a'.repeat(31)}/`, `${'a'.repeat(31)}\0`])(
    'never builds a path from the key %j',
    async (key) => {
      const { storage } = await makeStorage();
      await expect(storage.read(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(storage.remove(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  it('clears away uploads that a crash cut off, and only old ones', async () => {
    const { folder, storage, files } = await makeStorage();
    await writeFile(path.join(folder, 'incoming/old'), 'x');
    await utimes(path.join(folder, 'incoming/old'), 1000, 1000);
    await writeFile(path.join(folder, 'incoming/new'), 'x');
    expect(await storage.removeStaleUploads(2_000_000)).toBe(1);
    expect(await files()).toEqual(['new']);
  });
});
