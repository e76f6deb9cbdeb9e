import { createHash } from 'node:crypto';

import type { ArtifactFile } from '../../sandbox/request.ts';
import type { SplitInputs } from '../../tasks/task.ts';

/** Enough of the inputs that nobody who lacks them can guess it. */
const BYTES_OF_SPLIT = 2 ** 20;

/**
 * Seed, in [0, 2^32), of the order in which a submission is fed its rows. The same submission on the
 * same rows is fed in the same order, so that sending it again is no second draw for code that depends
 * on the order. Any other submission gets another one, which only the holder of the inputs can tell.
 */
export function rowSeed(inputs: readonly SplitInputs[], files: readonly ArtifactFile[]): number {
  const hash = createHash('sha256');
  const add = (name: string, bytes: Uint8Array) =>
    hash.update(`${JSON.stringify(name)} ${String(bytes.byteLength)}\n`).update(bytes);
  for (const { split, rows } of inputs) {
    const { buffer, byteOffset, byteLength } = rows.data;
    add(split, new Uint8Array(buffer, byteOffset, Math.min(byteLength, BYTES_OF_SPLIT)));
  }
  for (const { name, bytes } of files.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    add(name, bytes);
  return hash.digest().readUInt32LE(0);
}
