/**
 * Turns data as it lies around (IDX, NPY, NPZ, CSV, a folder of pictures) into a task folder: a training split,
 * and the test data dealt out into a public and a private split.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { Tensor } from '../sandbox/tensor.ts';
import { createRandom, shuffle } from '../scoring/random.ts';
import { parseLabelsCsv, parseRowsCsv } from './data/csv.ts';
import { DataFormatError } from './data/format-error.ts';
import { readImageFolder } from './data/image-folder.ts';
import { encodeNpy } from './data/npy.ts';
import { readArray, splitReference } from './data/read-array.ts';
import { readTextFile } from './data/text.ts';
import { TASK_FILE } from './task-schema.ts';
import type { Lane, Localized } from './task.ts';

/** Images and labels as somebody names them: files, `file.npz#name`, or a folder. */
export interface SourceOptions {
  readonly images: string;
  /** May be left out where the images say: folders named like classes, or a CSV with a column `label`. */
  readonly labels?: string | undefined;
}

export interface NewTaskOptions {
  readonly name: string;
  readonly title: Localized;
  readonly description?: Localized | undefined;
  /** The folder to make. */
  readonly out: string;
  readonly train?: SourceOptions | undefined;
  /** Dealt out into public and private rows. */
  readonly test?: SourceOptions | undefined;
  /** In place of `test`. */
  readonly publicTest?: SourceOptions | undefined;
  readonly privateTest?: SourceOptions | undefined;
  /** Share of the test rows of each class that become private, between 0 and 1. */
  readonly privateShare: number;
  readonly seed: number;
  /** In the order of their indices; absent: what the labels say. */
  readonly classes?: readonly string[] | undefined;
  /** [height, width, channels] of rows that come flat. */
  readonly shape?: readonly number[] | undefined;
  /** Names, the primary first; absent: top-1 error, and top-5 error from six classes on. */
  readonly metrics?: readonly string[] | undefined;
  readonly accepts: readonly Lane[];
  /** Whether participants may download the inputs of the scored splits: predictions need them. */
  readonly shareInputs: boolean;
  readonly detail: 'coarse' | 'full';
  readonly scale?: number | undefined;
  readonly licence?: string | undefined;
}

export interface NewTask {
  readonly folder: string;
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'float32';
  readonly classes: readonly string[];
  /** Rows by split. */
  readonly rows: Readonly<Record<string, number>>;
}

interface Rows {
  /** [N, height, width, channels]. */
  readonly images: Tensor & { readonly dtype: 'uint8' | 'float32' };
  readonly labels: Labels;
}

/** Whole numbers that may be class indices, or texts that name classes. */
type Labels = readonly number[] | readonly string[];

/** What of a source is wrong, for the one who typed it. */
export class NewTaskError extends Error {}

/**
 * Writes `task.yaml` and the data files.
 *
 * @throws NewTaskError for data that cannot be read or does not fit together, and for a folder that is there.
 */
export async function createTask(options: NewTaskOptions): Promise<NewTask> {
  const { out, seed } = options;
  if ((await stat(out).catch(() => null)) !== null) {
    throw new NewTaskError(`${out} is there already: name another folder with --out`);
  }
  const named = {
    train: options.train,
    test: options.test,
    public: options.publicTest,
    private: options.privateTest,
  };
  const sources: Record<string, Rows> = {};
  for (const [name, source] of Object.entries(named)) {
    if (source !== undefined) sources[name] = await readRows(name, source, options.shape);
  }
  const all = Object.entries(sources);
  const first = all[0]?.[1];
  if (first === undefined) throw new NewTaskError('there is no data: name images and labels');
  const shape = first.images.shape.slice(1);
  const { dtype } = first.images;
  for (const [name, { images }] of all) {
    const own = images.shape.slice(1).join(' x ');
    if (own !== shape.join(' x ') || images.dtype !== dtype) {
      throw new NewTaskError(
        `the ${name} images are ${images.dtype} ${own} and the ${all[0]?.[0] ?? ''} images ${dtype} ${shape.join(' x ')}`,
      );
    }
  }
  const classes = nameClasses(
    all.map(([, { labels }]) => labels),
    options.classes,
  );
  const random = createRandom(seed);
  const splits: Record<string, { images: Tensor; targets: Int32Array<ArrayBuffer> }> = {};
  for (const [name, { images, labels }] of all) {
    const targets = toIndices(labels, classes, name);
    const count = images.shape[0] ?? 0;
    if (targets.length !== count) {
      throw new NewTaskError(`${name}: ${targets.length} labels for ${count} images`);
    }
    if (name === 'test') {
      const [kept, hidden] = deal(targets, classes.length, options.privateShare, random);
      splits['public'] = pick(images, targets, kept);
      splits['private'] = pick(images, targets, hidden);
    } else {
      // The order that data comes in often tells the class.
      const order = Array.from({ length: count }, (_, row) => row);
      shuffle(order, random);
      splits[name] = pick(images, targets, order);
    }
  }
  for (const name of ['public', 'private']) {
    if (splits[name]?.targets.length === 0) {
      throw new NewTaskError(`no row would be ${name}: change --private-share`);
    }
  }
  await mkdir(out, { recursive: true });
  for (const [name, { images, targets }] of Object.entries(splits)) {
    const folder = path.join(out, name);
    await mkdir(folder);
    await writeFile(path.join(folder, 'images.npy'), encodeNpy(images));
    const labels: Tensor = { dtype: 'int32', shape: [targets.length], data: targets };
    await writeFile(path.join(folder, 'labels.npy'), encodeNpy(labels));
  }
  const names = Object.keys(splits);
  await writeFile(path.join(out, TASK_FILE), toYaml(options, { shape, dtype, classes, names }));
  const rows = Object.fromEntries(
    Object.entries(splits).map(([name, { targets }]) => [name, targets.length]),
  );
  return { folder: out, shape, dtype, classes, rows };
}

async function readRows(
  name: string,
  source: SourceOptions,
  shape: readonly number[] | undefined,
): Promise<Rows> {
  const images = await reading(`--${name}-images ${source.images}`, () =>
    readImages(source.images),
  );
  const labels =
    source.labels === undefined
      ? images.labels
      : await reading(`--${name}-labels ${source.labels}`, () => readLabels(source.labels ?? ''));
  if (labels === null) {
    throw new NewTaskError(`--${name}-labels is needed: ${source.images} does not say the classes`);
  }
  const rows = await reading(`--${name}-images ${source.images}`, () =>
    Promise.resolve(toInput(images.tensor, shape)),
  );
  return { images: rows, labels };
}

async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NewTaskError) throw error;
    throw new NewTaskError(`${what}: ${explain(error)}`, { cause: error });
  }
}

function explain(error: unknown): string {
  if (error instanceof DataFormatError) return error.message;
  if (error instanceof EvaluationFailure) {
    return String(error.failure.params['detail'] ?? error.message);
  }
  if (error instanceof Error && 'code' in error) {
    return error.code === 'ENOENT' ? 'there is no such file' : String(error.code);
  }
  return error instanceof Error ? error.message : String(error);
}

async function readImages(
  source: string,
): Promise<{ tensor: Tensor; labels: readonly string[] | null }> {
  const { file } = splitReference(source);
  const info = await stat(file);
  if (info.isDirectory()) {
    const { images, labels } = await readImageFolder(file);
    return { tensor: images, labels };
  }
  if (/\.csv$/iu.test(file)) return readPixelCsv(await readTextFile(file));
  return { tensor: await readArrayAt(source), labels: null };
}

/** One row per image, one column per value, and perhaps a column `label`. */
function readPixelCsv(text: string): { tensor: Tensor; labels: readonly string[] | null } {
  const table = parseRowsCsv(text);
  const header = table[0] ?? [];
  const hasHeader = header.some((cell) => !isNumber(cell));
  const rows = hasHeader ? table.slice(1) : table;
  const labelAt = hasHeader ? header.findIndex((cell) => cell.toLowerCase() === 'label') : -1;
  const skipped = new Set(
    hasHeader ? header.flatMap((cell, at) => (/^(label|id)$/iu.test(cell) ? [at] : [])) : [],
  );
  const columns = header.length - skipped.size;
  const values = new Float64Array(rows.length * columns);
  let out = 0;
  for (const [index, row] of rows.entries()) {
    for (const [at, cell] of row.entries()) {
      if (skipped.has(at)) continue;
      if (!isNumber(cell)) {
        throw new DataFormatError(`row ${index + (hasHeader ? 2 : 1)}: a value is no number`);
      }
      values[out++] = Number(cell);
    }
  }
  const tensor: Tensor = { dtype: 'float64', shape: [rows.length, columns], data: values };
  return { tensor, labels: labelAt < 0 ? null : rows.map((row) => row[labelAt] ?? '') };
}

const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell));

function readArrayAt(source: string): Promise<Tensor> {
  const { file, array } = splitReference(source);
  const name = path.basename(file);
  return readArray(path.dirname(file), array === null ? name : `${name}#${array}`);
}

async function readLabels(source: string): Promise<Labels> {
  const { file } = splitReference(source);
  if (/\.csv$/iu.test(file)) return parseLabelsCsv(await readTextFile(file)).labels;
  if (/\.txt$/iu.test(file)) {
    return (await readTextFile(file)).replace(/\r?\n$/u, '').split(/\r?\n/u);
  }
  const { shape, data, dtype } = await readArrayAt(source);
  const flat = shape.length === 1 || (shape.length === 2 && shape[1] === 1);
  if (!flat) throw new DataFormatError(`labels come one a row, found [${shape.join(',')}]`);
  const labels = Array.from(data as ArrayLike<number | bigint>, Number);
  const bad = labels.findIndex((label) => !Number.isInteger(label) || label < 0);
  if (bad >= 0 || dtype === 'float16') {
    throw new DataFormatError(
      `labels are whole numbers from 0, and that of row ${Math.max(0, bad)} is not`,
    );
  }
  return labels;
}

/** As uint8 where every value fits, else float32; [N, height, width, channels]. */
function toInput(tensor: Tensor, shape: readonly number[] | undefined): Rows['images'] {
  const [count = 0, ...own] = tensor.shape;
  const wanted = own.length === 1 ? shape : own.length === 2 ? [...own, 1] : own;
  if (wanted === undefined) {
    throw new DataFormatError(
      `the rows are flat, of ${own[0] ?? 0} values: say --shape height,width,channels`,
    );
  }
  const size = wanted.reduce((product, side) => product * side, 1);
  if (count === 0) throw new DataFormatError('there are no rows');
  if (own.length === 1 && wanted.length === 3 && size !== own[0]) {
    throw new DataFormatError(
      `the rows are flat, of ${own[0] ?? 0} values, and --shape ${wanted.join(',')} needs ${size}`,
    );
  }
  if (wanted.length !== 3) {
    throw new DataFormatError(
      `images are [N,height,width] or [N,height,width,channels], found [${tensor.shape.join(',')}]`,
    );
  }
  const [a = 0, , c = 0] = wanted;
  // Frameworks that put channels first: nobody has pictures of three rows.
  const isChannelsFirst = own.length === 3 && isChannels(a) && !isChannels(c);
  const data = toValues(tensor);
  const images = { dtype: data instanceof Uint8Array ? 'uint8' : 'float32' } as const;
  if (!isChannelsFirst) return { ...images, shape: [count, ...wanted], data };
  const [channels = 0, height = 0, width = 0] = wanted;
  const last = data.slice();
  let out = 0;
  for (let row = 0; row < count; row++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let channel = 0; channel < channels; channel++) {
        last[out++] = data[row * size + channel * height * width + pixel] ?? 0;
      }
    }
  }
  return { ...images, shape: [count, height, width, channels], data: last };
}

const isChannels = (side: number) => side === 1 || side === 3 || side === 4;

function toValues({ dtype, data }: Tensor): Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> {
  if (dtype === 'float16') {
    throw new DataFormatError('float16 images are not read: save them as float32 or uint8');
  }
  if (dtype === 'uint8' || dtype === 'bool') return new Uint8Array(data as Uint8Array);
  if (data instanceof Float32Array) return data;
  const values = data as ArrayLike<number | bigint>;
  let fits = true;
  for (let at = 0; at < values.length && fits; at++) {
    const value = Number(values[at]);
    fits = Number.isInteger(value) && value >= 0 && value <= 255;
  }
  return fits ? Uint8Array.from(values, Number) : Float32Array.from(values, Number);
}

const collator = new Intl.Collator('en', { numeric: true });

function nameClasses(
  labels: readonly Labels[],
  given: readonly string[] | undefined,
): readonly string[] {
  if (given !== undefined) {
    if (given.length < 2 || new Set(given).size !== given.length) {
      throw new NewTaskError('--classes: name at least two, each once');
    }
    return given;
  }
  const texts = new Set<string>();
  let most = -1;
  for (const list of labels) {
    for (const label of list) {
      if (typeof label === 'string') texts.add(label);
      else most = Math.max(most, label);
    }
  }
  // Texts that are all indices, as in the CSV form of MNIST, count like numbers.
  const indices = [...texts].every((text) => /^\d{1,4}$/u.test(text));
  if (indices) for (const text of texts) most = Math.max(most, Number(text));
  if (most >= 10_000) throw new NewTaskError(`there is a label ${most}: are these class indices?`);
  const classes =
    indices || most >= 0
      ? Array.from({ length: most + 1 }, (_, index) => String(index))
      : [...texts].sort(collator.compare);
  if (!indices && most >= 0) {
    throw new NewTaskError('some labels are names and some are numbers: say --classes');
  }
  if (classes.length < 2)
    throw new NewTaskError('all labels are the same: a task needs two classes');
  return classes;
}

function toIndices(labels: Labels, classes: readonly string[], source: string): Int32Array {
  const byName = new Map(classes.map((name, index) => [name, index]));
  return Int32Array.from(labels as readonly (number | string)[], (label, row) => {
    const index =
      typeof label === 'number'
        ? label
        : (byName.get(label) ?? (/^\d{1,4}$/u.test(label) ? Number(label) : -1));
    if (index < 0 || index >= classes.length) {
      // The label itself is not said: this text may end up in a log.
      throw new NewTaskError(
        `${source}: the label of row ${row} is none of the ${classes.length} classes`,
      );
    }
    return index;
  });
}

/** Rows of each class in a random order: the given share of them is hidden, rounded by turns. */
function deal(
  targets: Int32Array,
  classes: number,
  share: number,
  random: ReturnType<typeof createRandom>,
): [kept: number[], hidden: number[]] {
  const byClass = Array.from({ length: classes }, (): number[] => []);
  for (const [row, target] of targets.entries()) byClass[target]?.push(row);
  const kept: number[] = [];
  const hidden: number[] = [];
  let owed = 0;
  for (const rows of byClass) {
    shuffle(rows, random);
    owed += rows.length * share;
    // 1e-9: sums of shares such as 0.1 fall short of the whole number that they are.
    const take = Math.min(rows.length, Math.floor(owed + 1e-9));
    owed -= take;
    hidden.push(...rows.slice(0, take));
    kept.push(...rows.slice(take));
  }
  shuffle(kept, random);
  shuffle(hidden, random);
  return [kept, hidden];
}

function pick(images: Rows['images'], targets: Int32Array, rows: readonly number[]) {
  const size = images.shape.slice(1).reduce((product, side) => product * side, 1);
  const source = images.data as Uint8Array | Float32Array;
  const total = rows.length * size;
  const data = images.dtype === 'uint8' ? new Uint8Array(total) : new Float32Array(total);
  for (const [at, row] of rows.entries()) {
    data.set(source.subarray(row * size, (row + 1) * size), at * size);
  }
  return {
    images: { dtype: images.dtype, shape: [rows.length, ...images.shape.slice(1)], data },
    targets: Int32Array.from(rows, (row) => targets[row] ?? 0),
  };
}

function toYaml(
  options: NewTaskOptions,
  made: {
    shape: readonly number[];
    dtype: string;
    classes: readonly string[];
    names: readonly string[];
  },
): string {
  const { shape, dtype, classes, names } = made;
  const metrics = options.metrics ?? ['top1_error', ...(classes.length > 5 ? ['top5_error'] : [])];
  const share = options.shareInputs ? 'inputs' : 'hidden';
  const splits = Object.fromEntries(
    names.map((name) => [
      name,
      {
        inputs: `${name}/images.npy`,
        targets: `${name}/labels.npy`,
        ...(name === 'train'
          ? { share: 'download' }
          : {
              share,
              shown: name === 'public' ? 'at-once' : 'after-close',
              detail: name === 'public' ? options.detail : 'coarse',
            }),
      },
    ]),
  );
  return stringify({
    name: options.name,
    kind: 'image-classification',
    title: options.title,
    ...(options.description === undefined ? {} : { description: options.description }),
    input: {
      name: 'image',
      dtype,
      shape: [...shape],
      scale: options.scale ?? (dtype === 'uint8' ? 1 / 255 : 1),
    },
    output: { classes: [...classes], form: 'scores' },
    splits,
    metrics: metrics.map((name, index) => (index === 0 ? { name, primary: true } : { name })),
    accepts: [...options.accepts],
    ...(options.licence === undefined ? {} : { licence: options.licence }),
  });
}
