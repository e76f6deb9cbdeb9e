/**
 * Models that look at no pixel and hope to learn something from where, when or how often they are asked.
 * The rows of the task lie in the order of their classes, so that order would tell everything.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { noiseTask } from '../sandbox/make-task.ts';

const FOLDER = path.join(import.meta.dirname, 'hostile/cheats');
const CLASSES = 10;
const SPLITS = ['public', 'private'];
const task = await noiseTask({
  splits: SPLITS,
  rows: 2000,
  classes: CLASSES,
  ids: '',
  accepts: ['onnx', 'javascript', 'python'],
});

async function fileOf(name: string): Promise<ArtifactFile> {
  const file = path.join(FOLDER, name);
  if (name.endsWith('.ts')) return ((await import(file)) as { file: ArtifactFile }).file;
  return { name: `model${path.extname(name)}`, bytes: readFileSync(file) };
}

/** Top-1 error by split. */
async function errors(file: ArtifactFile, seed: number): Promise<number[]> {
  const { splits } = await evaluateArtifact({
    task,
    splits: SPLITS,
    files: [file],
    options: {},
    seed,
  });
  return splits.map(
    ({ scores }) => scores.find(({ metric }) => metric === 'top1_error')?.value ?? 0,
  );
}

describe('a cheat', () => {
  it.each(readdirSync(FOLDER))('scores as a constant does: %s', async (name) => {
    const file = await fileOf(name);
    for (const seed of [1, 2]) {
      const found = await errors(file, seed);
      expect(found).toHaveLength(2);
      // A constant errs on 9 of 10; four standard deviations of luck over 2,000 rows are 0.027.
      for (const error of found) expect(Math.abs(error - 0.9)).toBeLessThan(0.027);
    }
  });
});
