/**
 * What participants may take of a task, and the files it comes in. `share` decides: `download` gives
 * inputs and targets, `inputs` gives inputs and ids, `hidden` gives nothing.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Tensor } from '../sandbox/tensor.ts';
import { encodeIdx } from './data/idx.ts';
import { encodeNpyTexts } from './data/npy.ts';
import { encodeNpzInBackground } from './data/npz.ts';
import type { SplitInputs, Task, TaskSpec } from './task.ts';

export interface Download {
  /** File name, unique in the task. */
  readonly name: string;
  /** The splits whose rows it holds. */
  readonly splits: readonly string[];
  /**
   * `train-npz`: images and labels. `images-idx`, `labels-idx`: the same, one each, as MNIST comes.
   * `inputs-npz`: images and ids. `sample-csv`: a predictions file in the right form, all classes alike.
   */
  readonly holds: 'train-npz' | 'images-idx' | 'labels-idx' | 'inputs-npz' | 'sample-csv';
  readonly media_type: string;
}

/**
 * The downloads of a task, in the order to show them. The rows of all splits with `share: inputs` come
 * together as `<task>-test-inputs.npz`, since a predictions file answers them together, and split by split.
 */
export function listDownloads(spec: TaskSpec): Download[] {
  const { name: task } = spec;
  const splits = Object.entries(spec.splits);
  const shared = splits.filter(([, { share }]) => share === 'inputs').map(([name]) => name);
  const idxRank =
    spec.input.shape.at(-1) === 1 ? spec.input.shape.length : spec.input.shape.length + 1;
  const idxType = spec.input.dtype === 'uint8' ? 'ubyte' : 'float';
  const zip = 'application/zip';
  const gz = 'application/gzip';
  const downloads = splits
    .filter(([, { share }]) => share === 'download')
    .flatMap(([name]): Download[] => [
      { name: `${task}-${name}.npz`, splits: [name], holds: 'train-npz', media_type: zip },
      {
        name: `${task}-${name}-images-idx${idxRank}-${idxType}.gz`,
        splits: [name],
        holds: 'images-idx',
        media_type: gz,
      },
      {
        name: `${task}-${name}-labels-idx1-ubyte.gz`,
        splits: [name],
        holds: 'labels-idx',
        media_type: gz,
      },
    ]);
  if (shared.length === 0) return downloads;
  return [
    ...downloads,
    { name: `${task}-test-inputs.npz`, splits: shared, holds: 'inputs-npz', media_type: zip },
    ...(shared.length === 1
      ? []
      : shared.map((name): Download => ({
          name: `${task}-${name}-inputs.npz`,
          splits: [name],
          holds: 'inputs-npz',
          media_type: zip,
        }))),
    {
      name: `${task}-sample-predictions.csv`,
      splits: shared,
      holds: 'sample-csv',
      media_type: 'text/csv; charset=utf-8',
    },
  ];
}

/** @returns the bytes of one of {@link listDownloads}, the same each time; null for any other name. */
export async function buildDownload(task: Task, name: string): Promise<Uint8Array | null> {
  const download = listDownloads(task.spec).find((candidate) => candidate.name === name);
  if (download === undefined) return null;
  const inputs = await Promise.all(download.splits.map((split) => task.readInputs(split)));
  switch (download.holds) {
    case 'train-npz': {
      const labels = await readLabels(task, download);
      const data = BigInt64Array.from(labels, BigInt);
      // int64 is what frameworks want of class labels.
      const tensor: Tensor = { dtype: 'int64', shape: [data.length], data };
      return encodeNpzInBackground({ images: joinRows(inputs), labels: tensor });
    }
    case 'images-idx':
      return gzipInBackground(encodeIdx(withoutSingleChannel(joinRows(inputs))));
    case 'labels-idx': {
      const labels = await readLabels(task, download);
      const data = Uint8Array.from(labels);
      return gzipInBackground(encodeIdx({ dtype: 'uint8', shape: [data.length], data }));
    }
    case 'inputs-npz':
      return encodeNpzInBackground({
        images: joinRows(inputs),
        ids: encodeNpyTexts(inputs.flatMap(({ ids }) => ids)),
      });
    case 'sample-csv':
      return Buffer.from(sampleCsv(inputs, task.spec.output.classes.length));
  }
}

const gzipInBackground = promisify(gzip);

/** The one place where targets leave the server, so it asks again whether they may. */
async function readLabels(task: Task, { splits }: Download): Promise<number[]> {
  const labels: number[] = [];
  for (const split of splits) {
    if (task.spec.splits[split]?.share !== 'download') {
      throw new Error(`the targets of ${split} are not for download`);
    }
    labels.push(...(await task.readTargets(split)));
  }
  return labels;
}

function joinRows(inputs: readonly SplitInputs[]): Tensor {
  const [first] = inputs;
  if (first === undefined) throw new RangeError('there are no rows to join');
  if (inputs.length === 1) return first.rows;
  const { dtype, shape } = first.rows;
  const count = inputs.reduce((sum, { rows }) => sum + (rows.shape[0] ?? 0), 0);
  const parts = inputs.map(({ rows }) => rows.data as Uint8Array | Float32Array);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const data = dtype === 'uint8' ? new Uint8Array(total) : new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { dtype, shape: [count, ...shape.slice(1)], data };
}

/** MNIST's own files have no channel axis. */
function withoutSingleChannel(tensor: Tensor): Tensor {
  const { shape } = tensor;
  return shape.length === 4 && shape[3] === 1 ? { ...tensor, shape: shape.slice(0, 3) } : tensor;
}

function sampleCsv(inputs: readonly SplitInputs[], classes: number): string {
  const header = ['id', ...Array.from({ length: classes }, (_, index) => `p${index}`)].join(',');
  const scores = new Array<string>(classes).fill((1 / classes).toFixed(4)).join(',');
  const rows = inputs.flatMap(({ ids }) => ids.map((id) => `${quoteCell(id)},${scores}`));
  return `${[header, ...rows].join('\n')}\n`;
}

function quoteCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
