/** What the page of a competition shows of its task beyond the spec: sample rows, sizes of splits, starter code. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Task, TaskSpec } from '../../tasks/task.ts';
import { encodeInkPng } from '../lib/png.ts';

export interface StarterFile {
  readonly name: string;
  readonly text: string;
}

const LARGEST_STARTER_BYTES = 64 * 1024;

/** The text files in the folder `starter` of the task, by name; none when there is no such folder. */
export async function readStarterFiles(task: Task): Promise<StarterFile[]> {
  const folder = join(task.folder, 'starter');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const files: StarterFile[] = [];
  for (const name of names.sort()) {
    const bytes = await readFile(join(folder, name));
    if (bytes.length <= LARGEST_STARTER_BYTES) files.push({ name, text: bytes.toString('utf8') });
  }
  return files;
}

/** Rows of each split. */
export async function countRows(task: Task): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const split of Object.keys(task.spec.splits)) {
    counts[split] = (await task.readInputs(split)).ids.length;
  }
  return counts;
}

const COLUMNS = 40;
const ROWS = 3;
const LARGEST_SIDE = 64;

/** Whether rows of this task can be drawn: small grey images in a split that anybody may download with its answers. */
export function hasSamples(spec: TaskSpec): boolean {
  const [height = 0, width = 0, channels = 0] = spec.input.shape;
  const small = height > 0 && height <= LARGEST_SIDE && width > 0 && width <= LARGEST_SIDE;
  return channels === 1 && small && spec.input.dtype === 'uint8' && openSplit(spec) !== undefined;
}

/** A sheet of the first rows as ink, PNG; null where there is nothing to draw. */
export async function drawSamples(task: Task): Promise<Buffer | null> {
  const split = openSplit(task.spec);
  if (!hasSamples(task.spec) || split === undefined) return null;
  const [height = 0, width = 0] = task.spec.input.shape;
  const { rows, ids } = await task.readInputs(split);
  if (!(rows.data instanceof Uint8Array)) return null;
  const sheetWidth = COLUMNS * width;
  const sheet = new Uint8Array(sheetWidth * ROWS * height);
  const shown = Math.min(ids.length, COLUMNS * ROWS);
  for (let k = 0; k < shown; k++) {
    const left = (k % COLUMNS) * width;
    const top = Math.floor(k / COLUMNS) * height;
    for (let y = 0; y < height; y++) {
      const from = (k * height + y) * width;
      sheet.set(rows.data.subarray(from, from + width), (top + y) * sheetWidth + left);
    }
  }
  return encodeInkPng(sheetWidth, ROWS * height, sheet);
}

function openSplit(spec: TaskSpec): string | undefined {
  return Object.entries(spec.splits).find(([, { share }]) => share === 'download')?.[0];
}
