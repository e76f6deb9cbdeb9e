import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openTaskBundle } from '../../../tasks/bundle.ts';
import { encodeNpy } from '../../../tasks/data/npy.ts';
import { loadTask } from '../../../tasks/load.ts';
import { zip, type ZipEntry } from '../../sandbox/make-zip.ts';

const YAML = `
name: dots
kind: image-classification
title: Dots
input: { dtype: uint8, shape: [1, 1, 1] }
output: { classes: [dark, light] }
splits:
  test: { inputs: test/images.npy, targets: test/labels.npy }
metrics: [{ name: top1_error, primary: true }]
accepts: [onnx]
`;
const images = encodeNpy({ dtype: 'uint8', shape: [2, 1, 1, 1], data: Uint8Array.of(0, 255) });
const labels = encodeNpy({ dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 1) });

function entries(under: string): ZipEntry[] {
  return [
    { name: `${under}task.yaml`, content: YAML },
    { name: `${under}test/images.npy`, content: images },
    { name: `${under}test/labels.npy`, content: labels },
  ];
}

async function makeZip(list: readonly ZipEntry[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'task.zip');
  await writeFile(file, zip(list));
  return file;
}

const unpacked = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('certamen-task-')).length;

describe('a zip of a task', () => {
  it.each(['', 'dots/'])('opens like the folder it was made of, packed as "%s"', async (under) => {
    const before = await unpacked();
    const bundle = await openTaskBundle(await makeZip(entries(under)));
    const task = await loadTask(bundle.folder);
    expect(task.spec.name).toBe('dots');
    expect([...(await task.readTargets('test'))]).toEqual([0, 1]);
    await bundle.close();
    expect(await unpacked()).toBe(before);
  });

  it('has the version of the same content in a folder', async () => {
    const [flat, nested] = await Promise.all(
      ['', 'dots/'].map(async (under) => openTaskBundle(await makeZip(entries(under)))),
    );
    if (flat === undefined || nested === undefined) throw new Error('two zips were opened');
    const versions = await Promise.all(
      [flat, nested].map(async ({ folder }) => (await loadTask(folder)).version),
    );
    expect(versions[0]).toBe(versions[1]);
    await Promise.all([flat.close(), nested.close()]);
  });

  it.each<[string, string, ZipEntry[]]>([
    ['a name that leads outside', '(entries)', [{ name: '../task.yaml', content: YAML }]],
    ['an absolute name', '(entries)', [{ name: '/tmp/task.yaml', content: YAML }]],
    ['a link', '(entries)', [{ name: 'task.yaml', content: '/etc/passwd', mode: 0o120777 }]],
    [
      'a name that comes twice',
      '(entries)',
      [...entries(''), { name: 'task.yaml', content: YAML }],
    ],
    ['more than it may inflate to', '(size)', [{ name: 'task.yaml', content: 'x'.repeat(5000) }]],
    [
      'no task.yaml',
      '(file)',
      [
        { name: 'a.txt', content: '' },
        { name: 'b.txt', content: '' },
      ],
    ],
  ])('is refused, and nothing stays behind, with %s', async (_what, key, list) => {
    const before = await unpacked();
    const opening = openTaskBundle(await makeZip(list), { maxBytes: 4096 });
    await expect(opening).rejects.toMatchObject({
      failure: { kind: 'task', code: 'BAD_TASK', reason: 'task-invalid', params: { key } },
    });
    expect(await unpacked()).toBe(before);
  });

  it('is refused when it is no zip', async () => {
    const file = await makeZip([]);
    await writeFile(file, 'not a zip');
    await expect(openTaskBundle(file)).rejects.toMatchObject({ failure: { code: 'BAD_TASK' } });
  });
});

describe('a task folder', () => {
  it('is opened where it is and left alone', async () => {
    const folder = path.resolve('tasks/digits');
    const bundle = await openTaskBundle(folder);
    expect(bundle.folder).toBe(folder);
    await bundle.close();
    expect(await readFile(path.join(folder, 'task.yaml'), 'utf8')).toContain('digits');
  });
});
