import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { encodeIdx } from '../../tasks/data/idx.ts';
import { listDownloads } from '../../tasks/downloads.ts';
import { loadTask } from '../../tasks/load.ts';

const TASK = path.resolve(import.meta.dirname, '../../tasks/digits');
const STARTER = path.join(TASK, 'starter');

const task = await loadTask(TASK);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-starter-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** The first rows of the train split in MNIST's format, under the names that the starter expects. */
async function writeTrainRows(rows: number): Promise<void> {
  const { data } = (await task.readInputs('train')).rows;
  const pixels = Uint8Array.from(data.subarray(0, rows * 28 * 28) as Uint8Array);
  const labels = Uint8Array.from((await task.readTargets('train')).subarray(0, rows));
  const write = async (name: string, shape: number[], bytes: Uint8Array<ArrayBuffer>) =>
    writeFile(path.join(folder, name), gzipSync(encodeIdx({ dtype: 'uint8', shape, data: bytes })));
  await write('digits-train-images-idx3-ubyte.gz', [rows, 28, 28], pixels);
  await write('digits-train-labels-idx1-ubyte.gz', [rows], labels);
}

describe('the starter code of the digits', () => {
  it('reads only files that the task offers for download', async () => {
    const offered = new Set(listDownloads(task.spec).map(({ name }) => name));
    const all: string[] = [];
    for (const file of await readdir(STARTER)) {
      const text = await readFile(path.join(STARTER, file), 'utf8');
      const named = text.match(/digits-[\w-]+\.(?:npz|gz|csv)/g) ?? [];
      all.push(...named);
      expect(
        named.filter((name) => !offered.has(name)),
        file,
      ).toEqual([]);
    }
    expect(all).toContain('digits-train.npz');
  });

  it('trains with TensorFlow.js a model that can be submitted as it was saved', async () => {
    await writeTrainRows(1000);
    const script = path.join(STARTER, 'tfjs.mjs');
    await promisify(execFile)(process.execPath, [script], { cwd: folder });

    const files = await Promise.all(
      ['model.json', 'weights.bin'].map(async (name) => ({
        name,
        bytes: await readFile(path.join(folder, name)),
      })),
    );
    const { splits } = await evaluateArtifact({ task, splits: ['public'], files, options: {} });
    const error = splits[0]?.scores.find(({ metric }) => metric === 'top1_error')?.value;
    // A thousand rows teach it to err on about one digit in eight; guessing errs on nine in ten.
    expect(error).toBeLessThan(0.25);
  });
});
