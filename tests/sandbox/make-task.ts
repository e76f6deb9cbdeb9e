/** A task of noise in memory: whoever scores better than a constant on it has seen something hidden. */
import path from 'node:path';
import { createRandom } from '../../scoring/random.ts';
import { loadTask } from '../../tasks/load.ts';
import type { Lane, Task } from '../../tasks/task.ts';

export interface NoiseOptions {
  readonly splits: readonly string[];
  readonly rows: number;
  readonly classes: number;
  /** Ids are this and a number. */
  readonly ids: string;
  readonly accepts: readonly Lane[];
}

/** Classes lie in order in every split, as many data sets have them; each has as many rows as the others. */
export async function noiseTask(options: NoiseOptions): Promise<Task> {
  const { splits, rows, classes } = options;
  const digits = await loadTask(path.resolve(import.meta.dirname, '../../tasks/digits'));
  const random = createRandom(7);
  const pixels = new Map(
    splits.map((split) => [split, Uint8Array.from({ length: rows }, () => random.nextBelow(256))]),
  );
  return {
    ...digits,
    spec: {
      ...digits.spec,
      input: { ...digits.spec.input, shape: [1, 1, 1] },
      output: {
        ...digits.spec.output,
        classes: Array.from({ length: classes }, (_, c) => `c${c}`),
      },
      splits: Object.fromEntries(
        splits.map((split) => [
          split,
          {
            inputs: 'i.npy',
            targets: 't.npy',
            share: 'hidden',
            shown: 'at-once',
            detail: 'coarse',
          },
        ]),
      ),
      accepts: options.accepts,
      limits: { wall_ms: 60_000, memory_mb: 1024, artifact_mb: 10 },
    },
    readInputs: (split) =>
      Promise.resolve({
        split,
        ids: Array.from({ length: rows }, (_, row) => `${options.ids}${split}-${row}`),
        rows: {
          dtype: 'uint8',
          shape: [rows, 1, 1, 1],
          data: pixels.get(split) ?? new Uint8Array(0),
        },
      }),
    readTargets: () =>
      Promise.resolve(Int32Array.from({ length: rows }, (_, row) => targetOf(row, rows, classes))),
  };
}

function targetOf(row: number, rows: number, classes: number): number {
  return Math.floor((row * classes) / rows);
}
