/** Everything that is wrong with a task folder, at once: for its author. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EvaluationFailure } from '../sandbox/failure.ts';
import { readArray, readClassIndices, readIds, splitReference } from './data/read-array.ts';
import { asRows, loadTask, readReferences, readTaskFile } from './load.ts';
import type { LoadOptions } from './load.ts';
import { TASK_FILE, checkTaskFile } from './task-schema.ts';
import type { SplitSpec, Task, TaskSpec } from './task.ts';

export interface TaskReport {
  /** Null when there are problems. */
  readonly task: Task | null;
  /** `task-invalid`, `split-data` and their like: the task does not run. */
  readonly problems: readonly EvaluationFailure[];
  /** The same form: the task runs, and is probably not what its author wants. */
  readonly warnings: readonly EvaluationFailure[];
}

const MIB = 1024 * 1024;

/** @throws what is no fault of the task. */
export async function lintTask(folder: string, options: LoadOptions = {}): Promise<TaskReport> {
  let text: string;
  try {
    text = await readTaskFile(folder);
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    return refuse([error]);
  }
  const { file, problems } = checkTaskFile(text);
  if (file === null) return refuse(problems);
  const { spec } = file;
  const found = await checkBaselines(folder, spec);
  const warnings = [...checkShares(spec), ...warn(spec)];
  let task: Task | null = null;
  try {
    task = await loadTask(folder, options);
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    const all = await collect(folder, spec, file.references);
    // What the first pass met is among them, unless it is about the whole task.
    found.push(...(all.length === 0 ? [error] : all));
  }
  if (task !== null) warnings.push(...(await findRareClasses(task)));
  return { task: found.length === 0 ? task : null, problems: found, warnings };
}

function refuse(problems: readonly EvaluationFailure[]): TaskReport {
  return { task: null, problems, warnings: [] };
}

function invalid(key: string, expected: string, received: string): EvaluationFailure {
  return new EvaluationFailure('task-invalid', { file: TASK_FILE, key, expected, received });
}

/** Reads every file of every split for itself. */
async function collect(
  folder: string,
  spec: TaskSpec | Omit<TaskSpec, 'references'>,
  references: string | TaskSpec['references'],
): Promise<EvaluationFailure[]> {
  const problems: EvaluationFailure[] = [];
  const attempt = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error;
      problems.push(error);
      return null;
    }
  };
  const seen = new Map<string, string>();
  for (const [name, split] of Object.entries(spec.splits)) {
    const { file } = splitReference(split.inputs);
    const rows = await attempt(async () =>
      asRows(await readArray(folder, split.inputs), spec.input, file),
    );
    const count = rows?.shape[0] ?? null;
    const ids = await attempt(() => readSplitIds(folder, name, split, count));
    for (const id of ids ?? []) {
      const other = seen.get(id);
      seen.set(id, name);
      if (other === undefined) continue;
      const detail = `the splits ${other} and ${name} have a row of the same id`;
      problems.push(new EvaluationFailure('split-data', { file: split.ids ?? TASK_FILE, detail }));
      break;
    }
    await attempt(async () => {
      const targets = await readClassIndices(folder, split.targets, spec.output.classes, ids ?? []);
      if (count === null || targets.length === count) return;
      throw new EvaluationFailure('split-data', {
        file: splitReference(split.targets).file,
        detail: `${targets.length} targets for ${count} rows`,
      });
    });
  }
  await attempt(() => readReferences(folder, references, spec.metrics));
  return problems;
}

async function readSplitIds(
  folder: string,
  name: string,
  { ids: file }: SplitSpec,
  count: number | null,
): Promise<string[]> {
  if (file === undefined) return Array.from({ length: count ?? 0 }, (_, row) => `${name}-${row}`);
  const ids = await readIds(folder, file);
  if (count !== null && ids.length !== count) {
    const detail = `${ids.length} ids for ${count} rows`;
    throw new EvaluationFailure('split-data', { file, detail });
  }
  return ids;
}

/** Their files are there and small enough to be submitted. */
async function checkBaselines(
  folder: string,
  { baselines, limits }: Pick<TaskSpec, 'baselines' | 'limits'>,
): Promise<EvaluationFailure[]> {
  const problems: EvaluationFailure[] = [];
  for (const [index, { artifact }] of baselines.entries()) {
    let bytes = 0;
    for (const file of artifact) {
      const info = await stat(path.join(folder, file)).catch(() => null);
      if (info?.isFile() !== true) {
        problems.push(invalid(`baselines.${index}.artifact`, 'files of the task folder', file));
      }
      bytes += info?.size ?? 0;
    }
    if (bytes > limits.artifact_mb * MIB) {
      const received = `${Math.ceil(bytes / MIB)} MiB`;
      const expected = `at most limits.artifact_mb, ${limits.artifact_mb} MiB`;
      problems.push(invalid(`baselines.${index}.artifact`, expected, received));
    }
  }
  return problems;
}

/** A predictions file can only answer rows that entrants can download. */
function checkShares({ accepts, splits }: Pick<TaskSpec, 'accepts' | 'splits'>) {
  if (!accepts.includes('predictions')) return [];
  return Object.entries(splits)
    .filter(([, { share }]) => share === 'hidden')
    .map(([name]) =>
      invalid(`splits.${name}.share`, 'inputs, since accepts has predictions', 'hidden'),
    );
}

function warn({ splits }: Pick<TaskSpec, 'splits'>): EvaluationFailure[] {
  const all = Object.entries(splits);
  const scored = all.filter(([, { share }]) => share !== 'download');
  if (scored.length === 0) {
    return [invalid('splits', 'a split whose answers cannot be downloaded', 'none')];
  }
  if (scored.every(([, { shown }]) => shown === 'after-close')) {
    return [invalid('splits', 'a split with shown: at-once for the open leaderboard', 'none')];
  }
  return [];
}

/** Classes that no row of a scored split has: nothing is learnt about them. */
async function findRareClasses(task: Task): Promise<EvaluationFailure[]> {
  const { classes } = task.spec.output;
  const warnings: EvaluationFailure[] = [];
  for (const [name, { share }] of Object.entries(task.spec.splits)) {
    if (share === 'download') continue;
    const present = new Set(await task.readTargets(name));
    if (present.size === classes.length) continue;
    warnings.push(
      invalid(
        `splits.${name}.targets`,
        `labels of all ${classes.length} classes`,
        `labels of ${present.size}`,
      ),
    );
  }
  return warnings;
}
