import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Pair = z.tuple([z.number(), z.number()]);
const AnswersSchema = z.object({
  bootstrap: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.array(z.number())),
      bca: Pair,
      percentile: Pair,
      standardError: z.number().nullable(),
    }),
  ),
  normalQuantile: z.array(Pair),
  erfc: z.array(Pair),
  binomialTest: z.array(z.tuple([z.number(), z.number(), z.number()])),
});

/** What SciPy answered: tests/fixtures/statistics/answers.py made it. */
export const ANSWERS = AnswersSchema.parse(
  JSON.parse(
    readFileSync(
      path.resolve(import.meta.dirname, '../../../fixtures/statistics/answers.json'),
      'utf8',
    ),
  ),
);
