import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { EvaluationFailure } from '../../../sandbox/failure.ts';
import { METRIC_NAMES } from '../../../scoring/registry.ts';
import { encodeIdx } from '../../../tasks/data/idx.ts';
import { encodeNpy } from '../../../tasks/data/npy.ts';
import { encodeNpz } from '../../../tasks/data/npz.ts';
import { loadTask } from '../../../tasks/load.ts';
import { KIND_NAMES } from '../../../tasks/registry.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../../tasks/digits');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-task-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const images = (rows: number) =>
  ({
    dtype: 'uint8',
    shape: [rows, 2, 2, 1],
    data: Uint8Array.from({ length: rows * 4 }, (_, index) => index),
  }) as const;
const labels = (...values: number[]) =>
  ({ dtype: 'uint8', shape: [values.length], data: Uint8Array.from(values) }) as const;

const YAML = `name: tiny
kind: image-classification
title: Tiny
description: { en: Two by two, es: Dos por dos }
input: { dtype: uint8, shape: [2, 2, 1] }
output: { classes: [a, b, c] }
splits:
  public: { inputs: public/images.npy, targets: public/labels.npy, share: inputs }
  private: { inputs: private/images.npy, targets: private/labels.npy }
metrics: [{ name: top1_error, primary: true }]
accepts: [onnx]
licence: CC0
credit: nobody
`;

/** A whole task of two splits; files may be replaced before it is opened. */
async function writeTask(yaml = YAML): Promise<void> {
  await write('task.yaml', yaml);
  await write('public/images.npy', encodeNpy(images(3)));
  await write('public/labels.npy', encodeNpy(labels(0, 1, 2)));
  await write('private/images.npy', encodeNpy(images(2)));
  await write('private/labels.npy', encodeNpy(labels(2, 2)));
}

async function write(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
  await writeFile(path.join(folder, name), content);
}

async function failure(
  run: Promise<unknown> = loadTask(folder),
): Promise<EvaluationFailure['failure']> {
  try {
    await run;
  } catch (error) {
    if (error instanceof EvaluationFailure) return error.failure;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('loadTask', () => {
  it('fills in the defaults that give away least', async () => {
    await writeTask();
    const { spec } = await loadTask(folder);
    expect(spec.splits['private']).toEqual({
      inputs: 'private/images.npy',
      targets: 'private/labels.npy',
      share: 'hidden',
      shown: 'after-close',
      detail: 'coarse',
    });
    expect(spec.title).toEqual({ en: 'Tiny', es: 'Tiny' });
    expect(spec.limits).toEqual({ wall_ms: 60_000, memory_mb: 2048, artifact_mb: 100 });
  });

  it('reads inputs, ids and targets', async () => {
    await writeTask();
    const task = await loadTask(folder);
    expect(await task.readInputs('public')).toEqual({
      split: 'public',
      ids: ['public-0', 'public-1', 'public-2'],
      rows: images(3),
    });
    expect(await task.readTargets('private')).toEqual(Int32Array.of(2, 2));
  });

  it('reads .npz, IDX and label CSVs as well', async () => {
    await writeTask(
      YAML.replace('public/images.npy', 'public.npz#x')
        .replace('public/labels.npy', 'public.csv')
        .replace('private/images.npy', 'private-images-idx3-ubyte')
        .replace('share: inputs', 'share: inputs, ids: ids.txt'),
    );
    await write('public.npz', encodeNpz({ x: images(3), y: labels(0) }));
    await write('public.csv', 'id,label\r\nu,a\r\nv,b\r\nw,"c"\r\n');
    await write('ids.txt', 'u\nv\nw\n');
    await write('private-images-idx3-ubyte', encodeIdx({ ...images(2), shape: [2, 2, 2] }));
    const task = await loadTask(folder);
    expect((await task.readInputs('public')).ids).toEqual(['u', 'v', 'w']);
    expect((await task.readInputs('private')).rows).toEqual(images(2));
    expect(await task.readTargets('public')).toEqual(Int32Array.of(0, 1, 2));
  });

  it('has a version and split hashes that follow the content', async () => {
    await writeTask();
    const before = await loadTask(folder);
    expect((await loadTask(folder)).version).toBe(before.version);
    await write('private/labels.npy', encodeNpy(labels(2, 1)));
    const after = await loadTask(folder);
    expect(after.version).not.toBe(before.version);
    expect(after.splitHashes['private']).not.toBe(before.splitHashes['private']);
    expect(after.splitHashes['public']).toBe(before.splitHashes['public']);
  });

  it('has a version that only holders of the salt can try guesses of hidden files on', async () => {
    await writeTask();
    const plain = await loadTask(folder);
    expect(plain.version).toBe(plain.contentHash);
    const salted = await loadTask(folder, { salt: 'secret' });
    expect(salted.version).not.toBe(plain.version);
    expect(salted.version).toMatch(/^[0-9a-f]{64}$/u);
    expect((await loadTask(folder, { salt: 'secret' })).version).toBe(salted.version);
    expect((await loadTask(folder, { salt: 'other' })).version).not.toBe(salted.version);
    // What the content is does not depend on it.
    expect(salted.contentHash).toBe(plain.contentHash);
    expect(salted.splitHashes).toEqual(plain.splitHashes);
    await write('private/labels.npy', encodeNpy(labels(2, 1)));
    expect((await loadTask(folder, { salt: 'secret' })).version).not.toBe(salted.version);
  });

  it('does not score data that changed after the task was opened', async () => {
    await writeTask();
    const task = await loadTask(folder);
    await write('public/images.npy', encodeNpy({ ...images(3), data: new Uint8Array(12) }));
    await utimes(path.join(folder, 'public/images.npy'), 1, 1);
    expect(await failure(task.readInputs('public'))).toMatchObject({
      code: 'BAD_SPLIT',
      params: { file: 'public/images.npy' },
    });
  });

  it('names the splits there are when another is asked for', async () => {
    await writeTask();
    const task = await loadTask(folder);
    for (const split of ['test', '__proto__', 'toString']) {
      expect(await failure(task.readInputs(split))).toMatchObject({
        reason: 'split-unknown',
        params: { split, known: 'public, private' },
      });
    }
  });

  it.each<[string, (yaml: string) => string, Record<string, unknown>]>([
    [
      'an unknown key, guessing the right one',
      (yaml) => yaml.replace('licence:', 'license:'),
      { file: 'task.yaml:12', key: 'license', expected: 'no such key; did you mean licence?' },
    ],
    [
      'an unknown key deep inside',
      (yaml) => yaml.replace('share: inputs', 'shared: inputs'),
      { file: 'task.yaml:8', key: 'splits.public.shared', received: 'shared' },
    ],
    [
      'a missing key',
      (yaml) => yaml.replace(/title: .*\n/, ''),
      { file: 'task.yaml:1', key: 'title', received: 'nothing' },
    ],
    [
      'a value of another type',
      (yaml) => yaml.replace('[2, 2, 1]', '[2, two, 1]'),
      { file: 'task.yaml:5', key: 'input.shape.1', expected: 'number', received: '"two"' },
    ],
    [
      'a value that is none of the choices',
      (yaml) => yaml.replace('share: inputs', 'share: all'),
      {
        key: 'splits.public.share',
        expected: 'one of download, inputs, hidden',
        received: '"all"',
      },
    ],
    [
      'an unknown metric, listing the known ones',
      (yaml) => yaml.replace('top1_error', 'exactness'),
      {
        key: 'metrics.0.name',
        expected: `one of ${METRIC_NAMES.join(', ')}`,
        received: '"exactness"',
      },
    ],
    [
      'an unknown kind, listing the known ones',
      (yaml) => yaml.replace('image-classification', 'juggling'),
      { file: 'task.yaml:2', key: 'kind', expected: `one of ${KIND_NAMES.join(', ')}` },
    ],
    [
      'no primary metric',
      (yaml) => yaml.replace(', primary: true', ''),
      { key: 'metrics', expected: 'exactly one metric with primary: true' },
    ],
    [
      'one class only',
      (yaml) => yaml.replace('[a, b, c]', '[a]'),
      { key: 'output.classes', expected: 'a list of at least 2' },
    ],
    [
      'a key that comes twice',
      (yaml) => `${yaml}name: again\n`,
      { file: 'task.yaml:14', key: '(YAML)', received: 'DUPLICATE_KEY' },
    ],
    [
      'aliases that multiply without end',
      (yaml) => {
        const levels = Array.from('bcdefghi', (name, index) => {
          const before = 'abcdefgh'[index] ?? '';
          return `- &${name} [${`*${before},`.repeat(9)}]`;
        });
        return `${yaml}bomb:\n- &a [x]\n${levels.join('\n')}\n`;
      },
      { key: '(YAML)', expected: 'aliases that can be resolved' },
    ],
    [
      'a document that is no map',
      () => '- 1\n',
      { file: 'task.yaml:1', expected: 'object', received: 'list' },
    ],
  ])('refuses %s, naming file, key, found and expected', async (_, change, params) => {
    await writeTask(change(YAML));
    const found = await failure();
    expect(found).toMatchObject({ kind: 'task', code: 'BAD_TASK', reason: 'task-invalid' });
    expect(found.params).toMatchObject(params);
  });

  it.each(['../labels.npy', '/etc/passwd', 'a/../../b.npy', 'a\\b.npy', 'C:/b.npy', './b.npy', ''])(
    'refuses the path %j',
    async (file) => {
      const task = parse(YAML) as { splits: { public: { targets: string } } };
      task.splits.public.targets = file;
      await writeTask(stringify(task));
      expect((await failure()).params).toMatchObject({
        key: 'splits.public.targets',
        expected: 'a path inside the task folder, with forward slashes',
      });
    },
  );

  it('refuses a link that leaves the folder', async () => {
    await writeTask();
    await rm(path.join(folder, 'private/labels.npy'));
    await symlink(path.join(DIGITS, 'public/labels.npy'), path.join(folder, 'private/labels.npy'));
    expect((await failure()).params['detail']).toMatch(/link that leaves/);
  });

  it.each<[string, string, string | Uint8Array, RegExp]>([
    ['fewer targets than rows', 'private/labels.npy', encodeNpy(labels(1)), /1 targets for 2 rows/],
    ['a target beyond the classes', 'private/labels.npy', encodeNpy(labels(1, 3)), /0 to 2; row 1/],
    [
      'rows of another shape',
      'public/images.npy',
      encodeNpy({ ...images(3), shape: [3, 4] }),
      /\[N,2,2,1\].*\[3,4\]/,
    ],
    [
      'rows of another dtype',
      'public/images.npy',
      encodeNpy({ dtype: 'int8', shape: [3, 2, 2, 1], data: new Int8Array(12) }),
      /uint8.*int8/,
    ],
    ['a file that is no array', 'public/images.npy', 'hello', /not a .npy file/],
    ['no rows at all', 'private/images.npy', encodeNpy(images(0)), /no rows/],
  ])('refuses %s', async (_, file, content, detail) => {
    await writeTask();
    await write(file, content);
    const found = await failure();
    expect(found).toMatchObject({ code: 'BAD_SPLIT', reason: 'split-data', params: { file } });
    expect(found.params['detail']).toMatch(detail);
  });

  it('refuses a missing data file', async () => {
    await writeTask();
    await rm(path.join(folder, 'public/images.npy'));
    expect((await failure()).params).toEqual({
      file: 'public/images.npy',
      detail: 'the file is missing',
    });
  });

  it('refuses an id that two splits share', async () => {
    await writeTask(YAML.replace('private/labels.npy', 'private/labels.npy, ids: ids.txt'));
    await write('ids.txt', 'private-0\npublic-2\n');
    expect((await failure()).params).toMatchObject({
      file: 'ids.txt',
      detail: expect.stringMatching(/^row 1 of private: another row has the same id$/) as string,
    });
  });

  it('refuses ids in another order than a label CSV says, quoting neither id nor label', async () => {
    await writeTask(YAML.replace('private/labels.npy', 'private.csv'));
    await write('private.csv', 'id,label\nprivate-1,a\nprivate-0,b\n');
    expect((await failure()).params['detail']).toBe('row 2: the id is not that of the input');
  });

  it('refuses a folder without task.yaml', async () => {
    expect(await failure()).toMatchObject({
      reason: 'task-invalid',
      params: { file: 'task.yaml' },
    });
  });

  it('reads literature rows from a CSV, percent as rates, one reference per system', async () => {
    await writeTask(
      `${YAML}references: refs.csv\n`.replace(
        'primary: true }',
        'primary: true }, { name: top5_error }',
      ),
    );
    await write(
      'refs.csv',
      'system,metric,value,unit,source,note,note_es\nNet,top1_error,0.95,%,A 1998,Hi,Hola\nNet,top5_error,0.001,,A 1998,Hi,Hola\n',
    );
    const { spec } = await loadTask(folder);
    expect(spec.references).toEqual([
      {
        name: 'Net',
        source: 'A 1998',
        scores: { top1_error: 0.0095, top5_error: 0.001 },
        note: { en: 'Hi', es: 'Hola' },
      },
    ]);
  });

  it('refuses a literature row of an unknown metric, naming row and column', async () => {
    await writeTask(`${YAML}references: refs.csv\n`);
    await write('refs.csv', 'system,metric,value,unit,source\nNet,speed,1,,A\n');
    expect((await failure()).params).toEqual({
      file: 'refs.csv',
      key: 'row 2, metric',
      expected: 'one of top1_error',
      received: 'speed',
    });
  });
});

describe('loadTask on the digits', () => {
  const HASHES = {
    'train/images.npy': '3f0d9e57532b181dc6cd4cd67a84b2caae08dbc92773506478df4bacbcba1705',
    'train/labels.npy': 'e5c506e5d57770ff0ceabe4b0493779adebd037c8f79802ae2022d6156631787',
    'public/images.npy': 'bfd6693a75d35cdbb726ae041ab2f0e6bcf4f74bcee6b7088c5303df61ab1400',
    'public/labels.npy': 'dbc091fbf6672bfabe39c1c47fb46da90fd19eca2fb28f18228c02d992d2e267',
    'private/images.npy': '76bbf0bd35c3b59be2e0a11aca8da7ea991bf5009fe32ed4a1a76dc344694fb2',
    'private/labels.npy': '5526ad54edabaa7b4e6b7b0204c02539618b68538e232327cedde083c804d0f4',
  };

  async function hashes(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(HASHES)) {
      const bytes = await readFile(path.join(folder, name));
      found[name] = createHash('sha256').update(bytes).digest('hex');
    }
    return found;
  }

  async function copyDigits(): Promise<void> {
    for (const name of ['task.yaml', 'references.csv']) {
      await cp(path.join(DIGITS, name), path.join(folder, name));
    }
  }

  it('prepares the same bytes on every machine, with progress', async () => {
    await copyDigits();
    const messages: string[] = [];
    const task = await loadTask(folder, { onProgress: (message) => messages.push(message) });
    expect(await hashes()).toEqual(HASHES);
    expect(messages.at(-1)).toBe('preparing digits: 13 of 13');
    expect(Object.keys(task.spec.splits)).toEqual(['train', 'public', 'private']);
    expect(task.spec.references).toHaveLength(7);
  });

  /** With the data that the tests' set-up made; copies are newer, so their hashes are checked. */
  async function copyPreparedDigits(): Promise<void> {
    await copyDigits();
    for (const name of ['train', 'public', 'private', 'prepared.json']) {
      await cp(path.join(DIGITS, name), path.join(folder, name), { recursive: true });
    }
  }

  it('prepares nothing when the data is there and whole', async () => {
    await copyPreparedDigits();
    const messages: string[] = [];
    await loadTask(folder, { onProgress: (message) => messages.push(message) });
    expect(messages).toEqual([]);
  });

  it('survives two preparations at once', async () => {
    await copyDigits();
    const [one, two] = await Promise.all([loadTask(folder), loadTask(folder)]);
    expect(one.version).toBe(two.version);
    expect(await hashes()).toEqual(HASHES);
  });

  it.each(['absent', 'short', 'flipped'])('prepares again when a file is %s', async (damage) => {
    await copyPreparedDigits();
    const file = path.join(folder, 'private/labels.npy');
    const bytes = await readFile(file);
    if (damage === 'absent') await rm(file);
    if (damage === 'short') await writeFile(file, bytes.subarray(0, 500));
    if (damage === 'flipped') {
      bytes[bytes.length - 1] = 9 - (bytes.at(-1) ?? 0);
      await writeFile(file, bytes);
      await utimes(file, 1, 1);
    }
    await loadTask(folder);
    expect(await hashes()).toEqual(HASHES);
  });

  it('prepares again when task.yaml asks for other sizes', async () => {
    await copyPreparedDigits();
    const yaml = await readFile(path.join(DIGITS, 'task.yaml'), 'utf8');
    await write('task.yaml', yaml.replace('train: 8000', 'train: 700'));
    const task = await loadTask(folder);
    expect((await task.readTargets('train')).length).toBe(700);
    // A smaller training split leaves the scored ones as they were.
    expect((await hashes())['private/images.npy']).toBe(HASHES['private/images.npy']);
  });

  it('holds every image of the package at most once, with the class shares of the whole', async () => {
    const task = await loadTask(DIGITS);
    const seen = new Set<string>();
    for (const [split, expected] of [
      ['train', [801, 901, 793, 826, 784, 691, 811, 856, 755, 782]],
      ['public', [100, 113, 99, 103, 98, 86, 101, 107, 95, 98]],
      ['private', [100, 113, 99, 103, 98, 86, 102, 107, 94, 98]],
    ] as const) {
      const counts = new Array<number>(10).fill(0);
      for (const target of await task.readTargets(split))
        counts[target] = (counts[target] ?? 0) + 1;
      expect(counts).toEqual(expected);
      const { rows } = await task.readInputs(split);
      const pixels = Buffer.from(rows.data as Uint8Array);
      for (let row = 0; row < (rows.shape[0] ?? 0); row++) {
        seen.add(pixels.toString('latin1', row * 784, (row + 1) * 784));
      }
    }
    expect(seen.size).toBe(10_000);
  });
});
