import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { loadTask } from '../../tasks/load.ts';
import type { FeedOptions, Task } from '../../tasks/task.ts';

/** Made by `tests/fixtures/models/make.py`: the counts are PyTorch's, of the network in memory. */
const FOLDER = path.resolve(import.meta.dirname, '../fixtures/models');
const SPLITS = ['public', 'private'] as const;

const CountsSchema = z.strictObject({ top1_errors: z.int(), top5_errors: z.int() });
const ExpectedSchema = z.strictObject({
  torch: z.string(),
  rows: z.record(z.enum(SPLITS), z.int()),
  models: z.record(
    z.string(),
    z.strictObject({
      files: z.array(z.string()),
      options: z.strictObject({
        mean: z.array(z.number()).optional(),
        std: z.array(z.number()).optional(),
      }),
      public: CountsSchema,
      private: CountsSchema,
    }),
  ),
  refused: z.record(
    z.string(),
    z.strictObject({ files: z.array(z.string()), code: z.string(), reason: z.string() }),
  ),
});

const expected = ExpectedSchema.parse(
  JSON.parse(await readFile(path.join(FOLDER, 'expected.json'), 'utf8')),
);

let task: Task;
beforeAll(async () => {
  task = await loadTask(path.resolve(import.meta.dirname, '../../tasks/digits'));
});

async function upload(files: readonly string[]): Promise<ArtifactFile[]> {
  return Promise.all(
    files.map(async (file) => ({
      name: path.basename(file),
      bytes: await readFile(path.join(FOLDER, file)),
    })),
  );
}

async function evaluate(files: readonly string[], options: FeedOptions) {
  return evaluateArtifact({ task, splits: SPLITS, files: await upload(files), options });
}

describe('a model exported elsewhere', () => {
  it.each(Object.entries(expected.models))(
    'makes exactly the errors that PyTorch counts: %s',
    async (_, { files, options, ...splits }) => {
      const result = await evaluate(files, options);
      const counts = Object.fromEntries(
        result.splits.map(({ split, rows, scores }) => {
          const errors = (metric: string) =>
            Math.round((scores.find((score) => score.metric === metric)?.value ?? NaN) * rows);
          return [
            split,
            { rows, top1_errors: errors('top1_error'), top5_errors: errors('top5_error') },
          ];
        }),
      );
      expect(counts).toEqual({
        public: { rows: expected.rows.public, ...splits.public },
        private: { rows: expected.rows.private, ...splits.private },
      });
    },
  );

  it('scores otherwise when the standardisation that it needs is left out', async () => {
    const standardised = expected.models['dynamo/normalised'];
    const result = await evaluate(standardised?.files ?? [], {});
    const error = result.splits[0]?.scores.find(({ metric }) => metric === 'top1_error')?.value;
    expect(error).not.toBe((standardised?.public.top1_errors ?? 0) / expected.rows.public);
  });
});

describe('a model that does not fit the task', () => {
  it.each(Object.entries(expected.refused))(
    'is refused with its code and reason: %s',
    async (_, { files, code, reason }) => {
      const failure = await evaluate(files, {}).then(
        () => null,
        (error: unknown) => (error instanceof EvaluationFailure ? error.failure : error),
      );
      expect(failure).toMatchObject({ kind: 'submission', code, reason });
    },
  );
});
