/** Data as it lies around becomes a task. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Tensor } from '../../../sandbox/tensor.ts';
import { encodeIdx } from '../../../tasks/data/idx.ts';
import { encodeNpy } from '../../../tasks/data/npy.ts';
import { encodeNpz } from '../../../tasks/data/npz.ts';
import { lintTask } from '../../../tasks/lint.ts';
import { loadTask } from '../../../tasks/load.ts';
import { createTask, type NewTaskOptions } from '../../../tasks/new-task.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-new-task-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => path.join(folder, name);
async function file(name: string, content: Uint8Array | string): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

/** Row r of `count` is filled with r, and its class is r modulo `classes`. */
function numbered(count: number, classes: number, shape = [2, 2]) {
  const size = shape.reduce((product, side) => product * side, 1);
  const data = Uint8Array.from({ length: count * size }, (_, index) => Math.floor(index / size));
  const images: Tensor = { dtype: 'uint8', shape: [count, ...shape], data };
  const targets = Uint8Array.from({ length: count }, (_, row) => row % classes);
  const labels: Tensor = { dtype: 'uint8', shape: [count], data: targets };
  return { images, labels };
}

function options(more: Partial<NewTaskOptions>): NewTaskOptions {
  return {
    name: 'small',
    title: { en: 'Small', es: 'Pequeña' },
    out: at('out'),
    privateShare: 0.5,
    seed: 1,
    accepts: ['onnx'],
    shareInputs: false,
    detail: 'coarse',
    ...more,
  };
}

/** Rows of a split as [first value, target]. */
async function rowsOf(split: string, out = at('out')): Promise<[number, number][]> {
  const task = await loadTask(out);
  const { rows } = await task.readInputs(split);
  const size = rows.data.length / (rows.shape[0] ?? 1);
  return [...(await task.readTargets(split))].map((target, row) => [
    Number(rows.data[row * size]),
    target,
  ]);
}

describe('a new task', () => {
  it('deals the test rows out by class, each once, and keeps labels with their images', async () => {
    const { images, labels } = numbered(40, 4);
    const test = {
      images: await file('test-images', encodeIdx(images)),
      labels: await file('test-labels', encodeIdx(labels)),
    };
    const made = await createTask(options({ test, train: test, privateShare: 0.4 }));
    expect(made).toMatchObject({
      dtype: 'uint8',
      shape: [2, 2, 1],
      classes: ['0', '1', '2', '3'],
      rows: { train: 40, public: 24, private: 16 },
    });
    const shown = await rowsOf('public');
    const hidden = await rowsOf('private');
    expect([...shown, ...hidden].map(([row]) => row).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, row) => row),
    );
    for (const [row, target] of [...shown, ...hidden, ...(await rowsOf('train'))]) {
      expect(target).toBe(row % 4);
    }
    for (let target = 0; target < 4; target++) {
      expect(hidden.filter(([, other]) => other === target)).toHaveLength(4);
    }
    // Not in the order in which they came.
    expect(hidden).not.toEqual(hidden.toSorted(([a], [b]) => a - b));
    const { problems, warnings } = await lintTask(at('out'));
    expect([problems, warnings]).toEqual([[], []]);
  });

  it('is the same for the same seed, and another for another', async () => {
    const { images, labels } = numbered(30, 3);
    const test = {
      images: await file('i.npy', encodeNpy(images)),
      labels: await file('l.npy', encodeNpy(labels)),
    };
    const hashes: string[] = [];
    for (const [name, seed] of Object.entries({ a: 5, b: 5, c: 6 })) {
      await createTask(options({ test, out: at(name), seed }));
      hashes.push((await loadTask(at(name))).contentHash);
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });

  it('reads arrays of an npz, with channels first and as float64', async () => {
    const data = Float64Array.from({ length: 6 * 3 * 4 * 5 }, (_, index) => index / 7);
    const images: Tensor = { dtype: 'float64', shape: [6, 3, 4, 5], data };
    const { labels } = numbered(6, 2);
    await file('data.npz', encodeNpz({ x: images, y: labels }));
    const test = { images: `${at('data.npz')}#x`, labels: `${at('data.npz')}#y` };
    const made = await createTask(options({ test }));
    expect(made).toMatchObject({ dtype: 'float32', shape: [4, 5, 3] });
    const task = await loadTask(at('out'));
    const { rows } = await task.readInputs('public');
    // The second value of a pixel lies a whole plane of 4 x 5 after the first.
    const [first = 0, second = 0] = rows.data as Float32Array;
    expect(second - first).toBeCloseTo(20 / 7, 4);
  });

  it('reads a CSV of pixels with its labels, and labels by name', async () => {
    const lines = ['label,p0,p1,p2,p3'];
    for (let row = 0; row < 12; row++) lines.push(`${['cat', 'dog'][row % 2] ?? ''},${row},0,0,0`);
    const images = await file('pixels.csv', `${lines.join('\n')}\n`);
    await expect(createTask(options({ test: { images } }))).rejects.toThrow('--shape');
    const made = await createTask(options({ test: { images }, shape: [2, 2, 1] }));
    expect(made).toMatchObject({ classes: ['cat', 'dog'], dtype: 'uint8' });
    for (const [row, target] of await rowsOf('private')) expect(target).toBe(row % 2);
  });

  it('refuses text that is not UTF-8 instead of making a class of a broken letter', async () => {
    const text = `label,p0,p1\n${'niño,1,2\nniña,3,4\n'.repeat(4)}`;
    const source = async (encoding: BufferEncoding, mark = '') => {
      const images = await file('pixels.csv', Buffer.from(`${mark}${text}`, encoding));
      return options({ test: { images }, shape: [1, 2, 1], out: at(`of-${encoding}`) });
    };
    await expect(createTask(await source('latin1'))).rejects.toThrow(
      'this is no UTF-8 text: save it as UTF-8',
    );
    await expect(createTask(await source('utf16le', '\ufeff'))).rejects.toThrow('but UTF-16');
    const made = await createTask(await source('utf8', '\ufeff'));
    expect(made.classes).toEqual(['niña', 'niño']);
  });

  it('reads pictures in one folder per class', async () => {
    for (const [index, name] of ['ant', 'bee'].entries()) {
      await mkdir(at(`pictures/${name}`), { recursive: true });
      for (let k = 0; k < 4; k++) {
        const pixels = Buffer.from([10 * index + k, 0, 0, 0, 0, 0]);
        const picture = Buffer.concat([Buffer.from('P5 3 2 255\n'), pixels]);
        await writeFile(at(`pictures/${name}/${k}.pgm`), picture);
      }
    }
    const made = await createTask(options({ test: { images: at('pictures') } }));
    expect(made).toMatchObject({ shape: [2, 3, 1], classes: ['ant', 'bee'] });
    for (const [value, target] of await rowsOf('public')) expect(target).toBe(value < 10 ? 0 : 1);
    await writeFile(at('pictures/bee/photo.jpg'), 'x');
    const again = createTask(options({ test: { images: at('pictures') }, out: at('again') }));
    await expect(again).rejects.toThrow('photo.jpg: pictures are read from PNG');
  });

  it('says what does not fit, and never a label', async () => {
    const { images, labels } = numbered(10, 2);
    const i = await file('i.npy', encodeNpy(images));
    const l = await file('l.npy', encodeNpy(labels));
    const short = await file('s.npy', encodeNpy(numbered(9, 2).labels));
    const other = await file('o.npy', encodeNpy(numbered(10, 2, [3, 3]).images));
    const secret = await file('secret.csv', `label\n${'zebra\n'.repeat(10)}`);
    const refuse = (more: Partial<NewTaskOptions>) =>
      expect(createTask(options({ out: at('never'), ...more }))).rejects;
    await refuse({ test: { images: i, labels: short } }).toThrow('9 labels for 10 images');
    await refuse({ test: { images: i } }).toThrow('--test-labels is needed');
    await refuse({ test: { images: at('none'), labels: l } }).toThrow('there is no such file');
    await refuse({ train: { images: other, labels: l }, test: { images: i, labels: l } }).toThrow(
      'test images are uint8 2 x 2 x 1',
    );
    await refuse({ test: { images: l, labels: l } }).toThrow('images are [N,height,width]');
    await refuse({ test: { images: i, labels: secret } }).toThrow('all labels are the same');
    const flat = await file('flat.csv', '0,1,2,3,4\n');
    await refuse({ test: { images: flat, labels: l }, shape: [2, 2, 1] }).toThrow(
      'the rows are flat, of 5 values, and --shape 2,2,1 needs 4',
    );
    const ragged = await file('ragged.csv', '0,1,2,3\n0,1,2\n');
    await refuse({ test: { images: ragged, labels: l } }).toThrow(
      'the CSV cannot be read near line 2: not as many cells as in the first line',
    );
    const minus: Tensor = { dtype: 'int32', shape: [2], data: Int32Array.of(0, -7) };
    const below = await file('below.npy', encodeNpy(minus));
    await refuse({ test: { images: i, labels: below } }).toThrow(
      'labels are whole numbers from 0, and that of row 1 is not',
    );
    const named = createTask(
      options({ test: { images: i, labels: secret }, classes: ['a', 'b'], out: at('never') }),
    );
    await expect(named).rejects.toThrow('the label of row 0 is none of the 2 classes');
    await expect(named).rejects.not.toThrow('zebra');
    await refuse({ out: folder, test: { images: i, labels: l } }).toThrow('is there already');
  });
});
