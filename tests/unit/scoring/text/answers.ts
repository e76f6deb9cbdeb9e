import { readFileSync } from 'node:fs';
import { z } from 'zod';

const AnswersSchema = z.object({
  bleu: z.array(
    z.object({
      input: z.looseObject({
        hypotheses: z.array(z.string()),
        references: z.array(z.array(z.string())),
      }),
      score: z.number(),
    }),
  ),
  tokens13a: z.array(z.object({ text: z.string(), tokens: z.array(z.string()) })),
  perplexity: z.array(z.object({ input: z.unknown(), perplexity: z.number() })),
});

/** What sacrebleu and torchmetrics answered (tests/fixtures/text/make.py). */
export function readAnswers(): z.infer<typeof AnswersSchema> {
  const file = new URL('../../../fixtures/text/random.json', import.meta.url);
  return AnswersSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
