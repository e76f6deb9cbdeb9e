import { describe, expect, it } from 'vitest';

import { rowSeed } from '../../../server/services/row-seed.ts';
import type { SplitInputs } from '../../../tasks/task.ts';

function split(name: string, ...values: number[]): SplitInputs {
  const rows = {
    dtype: 'uint8',
    shape: [values.length, 1, 1, 1],
    data: Uint8Array.from(values),
  } as const;
  return { split: name, ids: values.map((_, row) => `${name}-${String(row)}`), rows };
}

const file = (name: string, ...bytes: number[]) => ({ name, bytes: Uint8Array.from(bytes) });
const INPUTS = [split('public', 1, 2, 3)];
const FILES = [file('model.js', 1, 2), file('net.onnx', 3)];

describe('the seed of the order of rows', () => {
  it('is the same for the same submission on the same rows, in whatever order its files come', () => {
    const seed = rowSeed(INPUTS, FILES);
    expect(seed).toBe(rowSeed([split('public', 1, 2, 3)], FILES.toReversed()));
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  });

  it('is another one for other files, names, rows and splits', () => {
    const seeds = [
      rowSeed(INPUTS, FILES),
      rowSeed(INPUTS, [file('model.js', 1, 2)]),
      rowSeed(INPUTS, [file('model.js', 1, 3), file('net.onnx', 3)]),
      rowSeed(INPUTS, [file('model.js', 1), file('net.onnx', 2, 3)]),
      rowSeed(INPUTS, [file('model.mjs', 1, 2), file('net.onnx', 3)]),
      rowSeed([split('public', 1, 2, 4)], FILES),
      rowSeed([split('private', 1, 2, 3)], FILES),
      rowSeed([...INPUTS, split('private', 1)], FILES),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});
