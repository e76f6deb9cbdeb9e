import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TarError, readTar, tarEnd, tarHeader, tarPadding } from '../../../server/lib/tar.ts';
import { makeDataDir } from '../../factories/deps.ts';

interface Plain {
  readonly name: string;
  readonly content: Uint8Array;
}

function pack(files: readonly Plain[]): Buffer {
  const parts = files.flatMap(({ name, content }) => [
    tarHeader({ name, bytes: content.length, modified_ms: 1_700_000_000_000 }),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, tarEnd()]);
}

/** The bytes in chunks of a size that fits no block. */
async function* inChunks(bytes: Uint8Array, size = 333): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}

async function unpack(bytes: Uint8Array, size?: number): Promise<Plain[]> {
  const files: Plain[] = [];
  for await (const { name, content } of readTar(inChunks(bytes, size))) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    files.push({ name, content: new Uint8Array(Buffer.concat(parts)) });
  }
  return files;
}

const LONG = `${'deep/'.repeat(40)}ñandú-数.bin`;

describe('an archive', () => {
  it('gives back what was packed, however it arrives', async () => {
    const file = fc.record({
      name: fc.stringMatching(/^[a-zñ数]{1,60}(\/[a-z]{1,60}){0,4}$/u),
      content: fc.uint8Array({ maxLength: 1500 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(file, { maxLength: 5 }),
        fc.integer({ min: 1, max: 2000 }),
        async (files, size) => {
          expect(await unpack(pack(files), size)).toEqual(files);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is what the program tar reads', async () => {
    const folder = await makeDataDir();
    const files = [
      { name: 'a.txt', content: new Uint8Array(randomBytes(1000)) },
      { name: LONG, content: new Uint8Array(randomBytes(5)) },
      { name: 'empty', content: new Uint8Array() },
    ];
    await writeFile(path.join(folder, 'x.tar'), pack(files));
    await mkdir(path.join(folder, 'out'));
    await promisify(execFile)('tar', ['xf', 'x.tar', '-C', 'out'], { cwd: folder });
    for (const { name, content } of files) {
      expect(new Uint8Array(await readFile(path.join(folder, 'out', name)))).toEqual(content);
    }
  });

  it('may be written by the program tar', async () => {
    const folder = await makeDataDir();
    await mkdir(path.join(folder, path.dirname(LONG)), { recursive: true });
    await writeFile(path.join(folder, LONG), 'x');
    await utimes(path.join(folder, LONG), 1000, 1000);
    await promisify(execFile)('tar', ['cf', 'x.tar', '--format=pax', LONG], { cwd: folder });
    const [found, ...more] = await unpack(await readFile(path.join(folder, 'x.tar')));
    expect(found).toEqual({ name: LONG, content: new Uint8Array(Buffer.from('x')) });
    expect(more).toEqual([]);
    expect(await readdir(folder)).toContain('x.tar');
  });

  it('lets the content of a file be passed over', async () => {
    const files = ['a', 'b'].map((name) => ({ name, content: new Uint8Array(700).fill(1) }));
    const names: string[] = [];
    for await (const { name } of readTar(inChunks(pack(files)))) names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  it('holds files of more than eight gigabytes', async () => {
    const bytes = 9 * 2 ** 30;
    const start = tarHeader({ name: 'huge', bytes, modified_ms: 0 });
    const first = await readTar(inChunks(start)).next();
    expect(first).toMatchObject({ value: { name: 'huge', bytes } });
  });

  it.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('hello '.repeat(200))],
    [
      'one that is cut off in a file',
      () => pack([{ name: 'a', content: new Uint8Array(900) }]).subarray(0, 1000),
    ],
    [
      'one that is cut off between files',
      () => pack([{ name: 'a', content: new Uint8Array(512) }]).subarray(0, 1024),
    ],
    [
      'a damaged header',
      () => {
        const bytes = pack([{ name: 'a', content: new Uint8Array(1) }]);
        bytes[3] = 0x41;
        return bytes;
      },
    ],
  ])('is refused when it is %s', async (_what, make) => {
    await expect(unpack(make())).rejects.toThrow(TarError);
  });

  it('is refused when it holds anything but files', async () => {
    const folder = await makeDataDir();
    await promisify(execFile)('ln', ['-s', '/etc/passwd', 'link'], { cwd: folder });
    await promisify(execFile)('tar', ['cf', 'x.tar', 'link'], { cwd: folder });
    const bytes = await readFile(path.join(folder, 'x.tar'));
    await expect(unpack(bytes)).rejects.toThrow('unknown type');
  });
});
