/** Opens a task folder: reads and checks `task.yaml` and every data file it names. */
import { createHash, createHmac } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { Tensor } from '../sandbox/tensor.ts';
import { parseTableCsv } from './data/csv.ts';
import { DataFormatError } from './data/format-error.ts';
import { readTextFile } from './data/text.ts';
import { readArray, readClassIndices, readIds, splitReference } from './data/read-array.ts';
import { hashFile, prepareTask } from './prepare.ts';
import { TASK_FILE, parseTaskFile } from './task-schema.ts';
import type { SplitInputs, SplitSpec, Task, TaskSpec } from './task.ts';

export interface LoadOptions {
  /** One log line of English text at a time, while data is being prepared. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Secret of a site: see `Task.version`. Without it the version is the content's hash. */
  readonly salt?: string | undefined;
}

/**
 * Data that the task makes itself is made when it is missing or damaged.
 *
 * @throws EvaluationFailure `task-invalid`, `task-not-prepared` or `split-data`.
 */
export async function loadTask(folder: string, options: LoadOptions = {}): Promise<Task> {
  const text = await readTaskFile(folder);
  const file = parseTaskFile(text);
  const references = await readReferences(folder, file.references, file.spec.metrics);
  const spec: TaskSpec = { ...file.spec, references };

  const prepared =
    file.prepare === null
      ? new Map<string, string>()
      : await prepareTask({ folder, name: spec.name }, file.prepare, (done, total) =>
          options.onProgress?.(`preparing ${spec.name}: ${done} of ${total}`),
        );
  const files = await fingerprint(folder, spec, prepared);
  const task = new LoadedTask(folder, { spec, text, files, salt: options.salt });
  await task.check();
  return task;
}

/** @throws EvaluationFailure `task-invalid` */
export async function readTaskFile(folder: string): Promise<string> {
  try {
    return await readTextFile(path.join(folder, TASK_FILE));
  } catch (cause) {
    const [key, expected, received] =
      cause instanceof DataFormatError
        ? ['(encoding)', 'UTF-8', 'another encoding']
        : ['(file)', `a folder with ${TASK_FILE}`, 'none'];
    throw new EvaluationFailure(
      'task-invalid',
      { file: TASK_FILE, key, expected, received },
      { cause },
    );
  }
}

interface FileState {
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number;
}

class LoadedTask implements Task {
  readonly folder: string;
  readonly spec: TaskSpec;
  readonly version: string;
  readonly contentHash: string;
  readonly splitHashes: Readonly<Record<string, string>>;
  readonly #files: ReadonlyMap<string, FileState>;
  readonly #inputs = new Map<string, Promise<SplitInputs>>();
  readonly #targets = new Map<string, Promise<Int32Array>>();

  constructor(
    folder: string,
    content: {
      spec: TaskSpec;
      text: string;
      files: ReadonlyMap<string, FileState>;
      salt: string | undefined;
    },
  ) {
    const { spec, text, files, salt } = content;
    this.folder = folder;
    this.spec = spec;
    this.#files = files;
    const line = (name: string) => `${name}\0${files.get(name)?.sha256 ?? ''}\n`;
    const hidden = hiddenFiles(spec);
    const publicLine = (name: string) =>
      salt !== undefined && hidden.has(name)
        ? `${name}\0${createHmac('sha256', salt).update(line(name)).digest('hex')}\n`
        : line(name);
    const hashOf = (lineOf: (name: string) => string) =>
      sha256(`${TASK_FILE}\0${sha256(text)}\n${[...files.keys()].sort().map(lineOf).join('')}`);
    this.version = hashOf(publicLine);
    this.contentHash = hashOf(line);
    this.splitHashes = Object.fromEntries(
      Object.entries(spec.splits).map(([name, split]) => [
        name,
        sha256(dataFiles(split).map(line).join('')),
      ]),
    );
  }

  /** Every split is whole, and no id comes twice in the task. */
  async check(): Promise<void> {
    const seen = new Set<string>();
    for (const name of Object.keys(this.spec.splits)) {
      const { ids } = await this.#openInputs(name);
      for (const [row, id] of ids.entries()) {
        if (seen.has(id)) {
          const file = this.#split(name).ids ?? TASK_FILE;
          throw new EvaluationFailure('split-data', {
            file,
            detail: `row ${row} of ${name}: another row has the same id`,
          });
        }
        seen.add(id);
      }
      await this.#cacheTargets(name, ids);
    }
  }

  async readInputs(split: string): Promise<SplitInputs> {
    return cached(this.#inputs, split, () => this.#openInputs(split));
  }

  async readTargets(split: string): Promise<Int32Array> {
    const known = this.#targets.get(split);
    if (known !== undefined) return known;
    const { ids } = await this.readInputs(split);
    return this.#cacheTargets(split, ids);
  }

  #split(name: string): SplitSpec {
    if (!Object.hasOwn(this.spec.splits, name)) {
      throw new EvaluationFailure('split-unknown', {
        split: name,
        known: Object.keys(this.spec.splits).join(', '),
      });
    }
    return this.spec.splits[name] as SplitSpec;
  }

  async #openInputs(name: string): Promise<SplitInputs> {
    const split = this.#split(name);
    await this.#checkUnchanged(split);
    const { input } = this.spec;
    const { file } = splitReference(split.inputs);
    const rows = asRows(await readArray(this.folder, split.inputs), input, file);
    const count = rows.shape[0] ?? 0;
    if (split.ids === undefined) {
      return {
        split: name,
        rows,
        ids: Array.from({ length: count }, (_, row) => `${name}-${row}`),
      };
    }
    const ids = await readIds(this.folder, split.ids);
    if (ids.length !== count) {
      throw new EvaluationFailure('split-data', {
        file: split.ids,
        detail: `${ids.length} ids for ${count} rows`,
      });
    }
    return { split: name, rows, ids };
  }

  #cacheTargets(name: string, ids: readonly string[]): Promise<Int32Array> {
    return cached(this.#targets, name, async () => {
      const split = this.#split(name);
      const { classes } = this.spec.output;
      const targets = await readClassIndices(this.folder, split.targets, classes, ids);
      if (targets.length !== ids.length) {
        throw new EvaluationFailure('split-data', {
          file: splitReference(split.targets).file,
          detail: `${targets.length} targets for ${ids.length} rows`,
        });
      }
      return targets;
    });
  }

  /** A task is opened as one version; data that changes under it must not be scored as that version. */
  async #checkUnchanged(split: SplitSpec): Promise<void> {
    for (const file of dataFiles(split)) {
      const known = this.#files.get(file);
      const now = await stat(path.join(this.folder, file)).catch(() => null);
      if (now?.size === known?.size && now?.mtimeMs === known?.mtimeMs) continue;
      if (now !== null && (await hashFile(path.join(this.folder, file))) === known?.sha256)
        continue;
      const detail = 'the file changed after the task was opened';
      throw new EvaluationFailure('split-data', { file, detail });
    }
  }
}

/** The rows in the shape and dtype that task.yaml declares; one channel may be left out of the file. */
export function asRows(tensor: Tensor, input: TaskSpec['input'], file: string): Tensor {
  const refuse = (detail: string) => new EvaluationFailure('split-data', { file, detail });
  const [count, ...shape] = tensor.shape;
  if (tensor.dtype !== input.dtype) {
    throw refuse(`input.dtype is ${input.dtype}, the file holds ${tensor.dtype}`);
  }
  const declared = input.shape.join(',');
  const withChannel = [...shape, ...(shape.length === 2 ? [1] : [])].join(',');
  if (count === undefined || withChannel !== declared) {
    throw refuse(`the rows should be [N,${declared}], the file holds [${tensor.shape.join(',')}]`);
  }
  if (count === 0) throw refuse('there are no rows');
  if (tensor.data instanceof Float32Array && !tensor.data.every(Number.isFinite)) {
    throw refuse('there are values that are not finite');
  }
  return { dtype: tensor.dtype, shape: [count, ...input.shape], data: tensor.data };
}

/** Files that hold anything that participants cannot download. */
function hiddenFiles({ splits }: TaskSpec): Set<string> {
  const hidden = Object.values(splits).flatMap((split) => {
    if (split.share === 'download') return [];
    return split.share === 'inputs' ? [splitReference(split.targets).file] : dataFiles(split);
  });
  return new Set(hidden);
}

function dataFiles(split: SplitSpec): string[] {
  const references = [split.inputs, split.targets, ...(split.ids === undefined ? [] : [split.ids])];
  return [...new Set(references.map((reference) => splitReference(reference).file))];
}

async function fingerprint(
  folder: string,
  spec: TaskSpec,
  prepared: ReadonlyMap<string, string>,
): Promise<Map<string, FileState>> {
  const root = await realpath(folder);
  const files = new Map<string, FileState>();
  for (const name of new Set(Object.values(spec.splits).flatMap(dataFiles))) {
    const file = path.join(folder, name);
    const real = await realpath(file).catch((cause: unknown) => {
      throw new EvaluationFailure(
        'split-data',
        { file: name, detail: 'the file is missing' },
        { cause },
      );
    });
    if (!real.startsWith(root + path.sep)) {
      throw new EvaluationFailure('split-data', {
        file: name,
        detail: 'the file is a link that leaves the task folder',
      });
    }
    const { size, mtimeMs } = await stat(file);
    files.set(name, { sha256: prepared.get(name) ?? (await hashFile(file)), size, mtimeMs });
  }
  return files;
}

/**
 * Literature rows from a CSV with the columns system, metric, value, unit (`%` or empty), source and
 * optionally note and note_es. Rows of one system and source become one reference.
 */
export async function readReferences(
  folder: string,
  references: string | TaskSpec['references'],
  metrics: TaskSpec['metrics'],
): Promise<TaskSpec['references']> {
  if (typeof references !== 'string') return references;
  const refuse = (key: string, expected: string, received: string, cause?: unknown) =>
    new EvaluationFailure('task-invalid', { file: references, key, expected, received }, { cause });
  let rows;
  try {
    rows = parseTableCsv(await readTextFile(path.join(folder, references)));
  } catch (error) {
    const received = error instanceof DataFormatError ? error.message : 'nothing';
    throw refuse('(file)', 'a CSV file', received, error);
  }
  const known = metrics.map(({ name }) => name);
  const bySystem = new Map<string, TaskSpec['references'][number]>();
  for (const [index, row] of rows.entries()) {
    const { system = '', metric = '', value = '', unit = '', source = '', note = '' } = row;
    const place = (column: string) => `row ${index + 2}, ${column}`;
    if (system === '') throw refuse(place('system'), 'a name', 'nothing');
    if (source === '') throw refuse(place('source'), 'where the figure was published', 'nothing');
    if (!known.includes(metric)) {
      throw refuse(place('metric'), `one of ${known.join(', ')}`, metric);
    }
    const number = Number(value);
    if (value === '' || !Number.isFinite(number)) throw refuse(place('value'), 'a number', value);
    if (unit !== '%' && unit !== '') throw refuse(place('unit'), '% or nothing', unit);
    const key = JSON.stringify([system, source]);
    const before = bySystem.get(key);
    bySystem.set(key, {
      name: system,
      source,
      scores: { ...before?.scores, [metric]: unit === '%' ? fromPercent(number) : number },
      ...(note === '' ? {} : { note: { en: note, es: row['note_es'] ?? note } }),
    });
  }
  return [...bySystem.values()];
}

/** 0.95 % is 0.0095, without the rounding error of the division. */
function fromPercent(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}

/** Keeps the promise, so that two callers share one read; a failed read is forgotten. */
function cached<T>(
  cache: Map<string, Promise<T>>,
  key: string,
  read: () => Promise<T>,
): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const promise = read();
  cache.set(key, promise);
  promise.catch(() => cache.delete(key));
  return promise;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
