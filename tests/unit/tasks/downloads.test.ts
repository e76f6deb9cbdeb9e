import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseIdx } from '../../../tasks/data/idx.ts';
import { parseNpy, parseNpyTexts } from '../../../tasks/data/npy.ts';
import { parseNpz, readMembers } from '../../../tasks/data/npz.ts';
import { buildDownload, listDownloads } from '../../../tasks/downloads.ts';
import { loadTask } from '../../../tasks/load.ts';
import { matchPredictions } from '../../../tasks/predictions.ts';
import type { SplitSpec, Task } from '../../../tasks/task.ts';

let digits: Task;
beforeAll(async () => {
  digits = await loadTask(path.resolve(import.meta.dirname, '../../../tasks/digits'));
});

async function build(name: string): Promise<Uint8Array> {
  const bytes = await buildDownload(digits, name);
  if (bytes === null) throw new Error(`there is no ${name}`);
  return bytes;
}

function withShare(share: SplitSpec['share']): Task['spec'] {
  const splits = Object.entries(digits.spec.splits).map(([name, split]) => [
    name,
    { ...split, share },
  ]);
  return { ...digits.spec, splits: Object.fromEntries(splits) as Task['spec']['splits'] };
}

describe('listDownloads', () => {
  it('lists what the digits share', () => {
    expect(listDownloads(digits.spec).map(({ name }) => name)).toEqual([
      'digits-train.npz',
      'digits-train-images-idx3-ubyte.gz',
      'digits-train-labels-idx1-ubyte.gz',
      'digits-test-inputs.npz',
      'digits-public-inputs.npz',
      'digits-private-inputs.npz',
      'digits-sample-predictions.csv',
    ]);
  });

  it('lists nothing of hidden splits', () => {
    expect(listDownloads(withShare('hidden'))).toEqual([]);
  });

  it('lists no labels of splits that share inputs only', () => {
    const holds = listDownloads(withShare('inputs')).map((download) => download.holds);
    expect(new Set(holds)).toEqual(new Set(['inputs-npz', 'sample-csv']));
  });
});

describe('buildDownload', () => {
  it('gives the training rows as .npz and as IDX', async () => {
    const { rows } = await digits.readInputs('train');
    const targets = await digits.readTargets('train');
    const arrays = await parseNpz(await build('digits-train.npz'));
    expect([...arrays.keys()]).toEqual(['images', 'labels']);
    expect(arrays.get('images')?.shape).toEqual([8000, 28, 28, 1]);
    const images = parseIdx(await build('digits-train-images-idx3-ubyte.gz'));
    const labels = parseIdx(await build('digits-train-labels-idx1-ubyte.gz'));
    expect(images.shape).toEqual([8000, 28, 28]);
    const bytes = Buffer.from(rows.data as Uint8Array);
    expect(bytes.equals(images.data as Uint8Array)).toBe(true);
    expect(bytes.equals(arrays.get('images')?.data as Uint8Array)).toBe(true);
    expect([...labels.data]).toEqual([...targets]);
    expect(Array.from(arrays.get('labels')?.data as BigInt64Array, Number)).toEqual([...targets]);
  });

  it('gives the inputs of scored splits with their ids and without labels', async () => {
    const members = await readMembers(await build('digits-test-inputs.npz'));
    expect([...members.keys()]).toEqual(['images', 'ids']);
    const ids = parseNpyTexts(members.get('ids') ?? new Uint8Array());
    const images = parseNpy(members.get('images') ?? new Uint8Array());
    expect(images.shape).toEqual([2000, 28, 28, 1]);
    expect([ids[0], ids[999], ids[1000], ids[1999]]).toEqual([
      'public-0',
      'public-999',
      'private-0',
      'private-999',
    ]);
    const { rows } = await digits.readInputs('private');
    const last = (images.data as Uint8Array).subarray(1000 * 784);
    expect(Buffer.from(last).equals(rows.data as Uint8Array)).toBe(true);
  });

  it('gives a sample that is a complete predictions file', async () => {
    const text = Buffer.from(await build('digits-sample-predictions.csv')).toString();
    const [header = [], ...rows] = parse(text);
    const table = {
      columns: header.slice(1),
      ids: rows.map(([id = '']) => id),
      labels: null,
      scores: Float64Array.from(rows.flatMap((row) => row.slice(1).map(Number))),
    };
    const inputs = [await digits.readInputs('public'), await digits.readInputs('private')];
    const predictions = matchPredictions(table, inputs, digits.spec.output.classes);
    expect(predictions.map(({ form }) => form)).toEqual(['scores', 'scores']);
  });

  it('gives equal bytes each time', async () => {
    const first = Buffer.from(await build('digits-public-inputs.npz'));
    expect(first.equals(await build('digits-public-inputs.npz'))).toBe(true);
  });

  it('knows no other names', async () => {
    for (const name of ['private.npz', 'private-labels-idx1-ubyte.gz', '../task.yaml', '']) {
      expect(await buildDownload(digits, name)).toBeNull();
    }
  });
});
