import { readFileSync } from 'node:fs';
import { z } from 'zod';

const ints = z.array(z.number());
const edits = z.tuple([z.number(), z.number(), z.number()]);
const long = z.array(z.object({ length: z.number(), kinds: z.number(), edits }));
const AnswersSchema = z.object({
  alignments: z.array(z.object({ reference: ints, hypothesis: ints, edits })),
  long,
  near: long,
  rates: z.array(
    z.object({
      reference: z.array(z.string()),
      hypothesis: z.array(z.string()),
      wer: z.number(),
      mer: z.number(),
      wil: z.number(),
      wip: z.number(),
      cer: z.number(),
    }),
  ),
  distances: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      substitutionCost: z.number(),
      distance: z.number(),
    }),
  ),
  sclite: z.array(
    z.object({
      reference: z.string(),
      hypothesis: z.string(),
      flags: z.string(),
      counts: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
});

/** What RapidFuzz, torchmetrics and sclite answered (tests/fixtures/sequence/make.py). */
export function readAnswers(): z.infer<typeof AnswersSchema> {
  const file = new URL('../../../fixtures/sequence/random.json', import.meta.url);
  return AnswersSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
