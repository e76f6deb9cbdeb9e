import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ENTRIES, readArchive } from '../../../sandbox/artifacts/archive.ts';
import { EvaluationFailure } from '../../../sandbox/failure.ts';
import { expectFailure } from '../expect-failure.ts';
import { file } from '../load-options.ts';
import { zip } from '../make-zip.ts';
import type { ZipEntry } from '../make-zip.ts';

const MIB = 2 ** 20;
const LIMITS = { bytes: 16 * MIB };
const ZEROS = new Uint8Array(8 * MIB);

async function open(
  entries: readonly ZipEntry[],
  options?: Parameters<typeof zip>[1],
): Promise<string[]> {
  const files = await readArchive(file('a.zip', zip(entries, options)), LIMITS);
  return files.map(({ name, bytes }) => `${name}=${Buffer.from(bytes).toString()}`);
}

describe('an honest archive', () => {
  it('gives its files, deflated or stored', async () => {
    const entries = [
      { name: 'a.txt', content: 'one' },
      { name: 'b.txt', content: 'two', isStored: true },
    ];
    expect(await open(entries)).toEqual(['a.txt=one', 'b.txt=two']);
  });

  it('loses the one folder around everything and what file managers add', async () => {
    const entries = [
      { name: 'model/', mode: 0o040755 },
      { name: 'model/model.json', content: '{}' },
      { name: 'model/.DS_Store', content: 'x' },
      { name: '__MACOSX/model/._model.json', content: 'x' },
      { name: 'model/niño.bin', content: 'w' },
    ];
    expect(await open(entries)).toEqual(['model.json={}', 'niño.bin=w']);
  });

  it('may carry a comment, empty files and sizes behind the bodies', async () => {
    const entries = [
      { name: 'a', content: '' },
      { name: 'b', content: 'x', flags: 0x808, localSize: 0 },
    ];
    expect(await open(entries, { comment: 'made by hand' })).toEqual(['a=', 'b=x']);
  });

  it('gives the archives inside it unopened', async () => {
    const inner = zip([{ name: 'x', content: 'y' }]);
    const [only] = await readArchive(
      file('a.zip', zip([{ name: 'in.zip', content: inner }])),
      LIMITS,
    );
    expect(only?.bytes).toEqual(Buffer.from(inner));
  });
});

describe('the name of an entry', () => {
  it.each([
    ['../model.onnx'],
    ['../../etc/passwd'],
    ['model/../../x'],
    ['model/..'],
    ['..'],
    ['.'],
    ['./model.onnx'],
    ['/etc/passwd'],
    ['//server/share/x'],
    ['..\\model.onnx'],
    ['model\\model.onnx'],
    ['C:\\model.onnx'],
    ['C:model.onnx'],
    ['model.onnx:stream'],
    ['model//model.onnx'],
    ['model.onnx\0.txt'],
    ['model\n.onnx'],
    ['model\u202exnno.'],
    ['zero\u200bwidth'],
    ['a'.repeat(256)],
    ['a'.repeat(60_000)],
    [''],
    ['/'],
    [Uint8Array.of(0x6d, 0xff, 0xfe)],
    [Uint8Array.of(0xc0, 0xae, 0xc0, 0xae, 0x2f)],
  ])('is refused: %j', async (name) => {
    const entries = [
      { name: 'fine.txt', content: 'x' },
      { name, content: 'x' },
    ];
    await expectFailure(() => open(entries), 'zip-entry-name');
  });

  it.each([
    ['two folders', ['a/x', 'b/y']],
    ['a folder beside a file', ['x', 'a/y']],
    ['folders inside the folder', ['a/x', 'a/b/y']],
  ])('is refused when it does not become flat: %s', async (_title, names) => {
    const entries = names.map((name) => ({ name, content: 'x' }));
    await expectFailure(() => open(entries), 'zip-entry-name');
  });

  it.each([
    ['equal', 'a.bin', 'a.bin'],
    ['equal but for case', 'Model.onnx', 'model.ONNX'],
    ['equal but for composition', 'ni\u00f1o', 'nin\u0303o'],
    ['equal but for width', 'a\uff11', 'a1'],
    ['a folder and a file of one name', 'a', 'a/'],
  ])('is refused when another is the same: %s', async (_title, first, second) => {
    const entries = [first, second].map((name) => ({
      name,
      mode: name.endsWith('/') ? 0o040755 : 0o100644,
    }));
    await expectFailure(() => open(entries), 'zip-duplicate-name');
  });
});

describe('the kind of an entry', () => {
  it.each([
    ['a symbolic link', 0o120777],
    ['a character device', 0o020666],
    ['a block device', 0o060666],
    ['a pipe', 0o010666],
    ['a socket', 0o140666],
    ['a folder under the name of a file', 0o040755],
    ['a set-uid file', 0o104755],
    ['a set-gid file', 0o102755],
  ])('is refused: %s', async (_title, mode) => {
    const entries = [{ name: 'x', content: '/etc/passwd', mode }];
    await expectFailure(() => open(entries), 'zip-entry-kind', { name: 'x' });
  });

  it('is refused: a mount point of Windows', async () => {
    const entries = [{ name: 'x', content: 'y', mode: 0, attributes: 0x400 }];
    await expectFailure(() => open(entries), 'zip-entry-kind');
  });

  it('is refused: a folder with content', async () => {
    const entries = [{ name: 'x/', content: 'y', mode: 0o040755 }];
    await expectFailure(() => open(entries), 'zip-entry-kind');
  });
});

describe('encryption', () => {
  it.each([
    ['the classic flag', { flags: 0x801 }],
    ['the strong flag', { flags: 0x841 }],
    ['masked headers', { flags: 0x2800 }],
    ['AES', { method: 99, localMethod: 99 }],
  ])('is refused: %s', async (_title, entry) => {
    const entries = [{ name: 'x', content: 'y', isStored: true, ...entry }];
    await expectFailure(() => open(entries), 'zip-encrypted', { file: 'a.zip' });
  });
});

describe('a damaged or lying archive', () => {
  it.each<[string, ZipEntry]>([
    ['another name in the local header', { name: 'x', content: 'y', localName: 'z' }],
    ['another size in the local header', { name: 'x', content: 'yy', localSize: 1 }],
    ['another method in the local header', { name: 'x', content: 'y', localMethod: 0 }],
    ['an unknown method', { name: 'x', content: 'y', method: 12, localMethod: 12 }],
    ['a smaller size than comes out', { name: 'x', content: 'y'.repeat(100), size: 10 }],
    ['a larger size than comes out', { name: 'x', content: 'y', size: 10 }],
    ['a size of nothing', { name: 'x', content: 'yyy', size: 0 }],
    ['a stored body of another size', { name: 'x', content: 'yyy', isStored: true, size: 2 }],
    ['another checksum', { name: 'x', content: 'y', crc: 1 }],
    ['a body that is no deflate stream', { name: 'x', body: Buffer.alloc(9, 0xff), size: 9 }],
    ['a body beyond the end', { name: 'x', content: 'y', packedSize: 5000 }],
  ])('is refused: %s', async (_title, entry) => {
    await expectFailure(() => open([entry]), 'zip-corrupt', { file: 'a.zip' });
  });

  it('is refused when entries share a body', async () => {
    const entries = [
      { name: 'x', content: 'same', isStored: true },
      { name: 'x2', content: 'same', isStored: true, bodyOf: 0 },
    ];
    await expectFailure(() => open(entries), 'zip-corrupt');
  });

  it('is refused when a body lies inside another', async () => {
    const inner = zip([{ name: 'b', content: 'hidden' }]);
    const outer = Buffer.from(
      zip([
        { name: 'a', content: inner, isStored: true },
        { name: 'b', content: 'hidden' },
      ]),
    );
    // The second entry of the directory now points at the header inside the first one's body.
    const directory = outer.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    outer.writeUInt32LE(30 + 1, directory + 42);
    await expectFailure(() => readArchive(file('a.zip', outer), LIMITS), 'zip-corrupt');
  });

  it('is refused with bytes in front or behind', async () => {
    const entries = [{ name: 'x', content: 'y' }];
    const bytes = Buffer.from('<html>');
    await expectFailure(() => open(entries, { prefix: bytes }), 'zip-corrupt');
    await expectFailure(() => open(entries, { suffix: bytes }), 'zip-corrupt');
  });

  it('is refused wherever it is cut', async () => {
    const whole = zip([{ name: 'x', content: 'hello hello' }]);
    for (let length = 0; length < whole.length; length += 1) {
      const cut = file('a.zip', whole.subarray(0, length));
      await expectFailure(() => readArchive(cut, LIMITS), 'zip-corrupt');
    }
  });

  it('ends in a failure or in files when any bytes are changed', async () => {
    const whole = zip([
      { name: 'x', content: 'hello hello' },
      { name: 'y', content: 'z', isStored: true },
    ]);
    const change = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          const files = await readArchive(file('a.zip', bytes), LIMITS);
          for (const { name } of files) expect(name).not.toMatch(/[/\\]/u);
        } catch (error) {
          expect(error).toBeInstanceOf(EvaluationFailure);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a bomb', () => {
  it('is refused when it unpacks beyond the limit', async () => {
    const entries = [
      { name: 'a', content: ZEROS },
      { name: 'b', content: ZEROS },
      { name: 'c', content: ZEROS },
    ];
    await expectFailure(() => open(entries), 'zip-too-large', { limit_mb: 16 });
  });

  it('is refused for its ratio even within the limit', async () => {
    await expectFailure(() => open([{ name: 'a', content: ZEROS }]), 'zip-too-large');
  });

  it('is stopped when it hides its size', async () => {
    const entries = [{ name: 'a', content: ZEROS, size: 1000, crc: crc32(new Uint8Array(1000)) }];
    await expectFailure(() => open(entries), 'zip-corrupt');
  });

  it('is refused for its declared size before anything is unpacked', async () => {
    const entries = [{ name: 'a', content: 'x', size: 0xfffffffe }];
    await expectFailure(() => open(entries), 'zip-too-large');
  });

  it('is refused for its number of entries', async () => {
    const entries = Array.from({ length: MAX_ENTRIES + 1 }, (_, index) => ({ name: `f${index}` }));
    await expectFailure(() => open(entries), 'zip-too-many-entries', { limit: MAX_ENTRIES });
  });

  it('is refused when the directory claims more entries than it has', async () => {
    await expectFailure(() => open([{ name: 'a' }], { declaredCount: 900 }), 'zip-corrupt');
  });

  it('stays packed when it is nested', async () => {
    const bomb = zip([{ name: 'a', content: ZEROS }]);
    expect(await open([{ name: 'bomb.zip', content: bomb }])).toHaveLength(1);
  });
});
