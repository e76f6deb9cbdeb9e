import { z } from 'zod';
import { numberArray, type NumberArray } from '../input.ts';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import {
  addLogProbs,
  addLogits,
  logProbLists,
  splitSequences,
  type TokenLikelihood,
} from './token-likelihood.ts';

/** Log probabilities of the true tokens, or logits and targets to take them from. */
interface PerplexityInput {
  readonly logProbs?: readonly (readonly number[])[] | undefined;
  readonly logits?: NumberArray | undefined;
  readonly targets?: NumberArray | undefined;
  readonly ignoreIndex: number | null;
}

const PerplexitySchema: z.ZodType<PerplexityInput> = z
  .object({
    logProbs: logProbLists.optional(),
    logits: numberArray.optional(),
    targets: numberArray.optional(),
    ignoreIndex: z.int().nullable().default(null),
  })
  .refine(
    ({ logProbs, logits, targets }) =>
      logProbs === undefined
        ? logits !== undefined && targets !== undefined
        : logits === undefined && targets === undefined,
    'expected either logProbs, or logits and targets',
  );

/**
 * exp(nats / tokens): the geometric mean of 1 / p of the true tokens.
 *
 * @returns null without tokens; infinite where a probability is 0.
 */
export function perplexityOf({ nats, tokens }: TokenLikelihood): number | null {
  return tokens === 0 ? null : Math.exp(nats / tokens);
}

/** One sum for each sequence. */
function sequences(input: PerplexityInput): TokenLikelihood[] {
  const { logProbs, logits, targets, ignoreIndex } = input;
  if (logProbs !== undefined) {
    return logProbs.map((list) => {
      const sum = { nats: 0, tokens: 0 };
      addLogProbs(list, sum);
      return sum;
    });
  }
  if (logits === undefined || targets === undefined) return [];
  return splitSequences(logits, targets).map((sequence) => {
    const sum = { nats: 0, tokens: 0 };
    addLogits(sequence.logits, sequence.targets, sequence.classes, ignoreIndex, sum);
    return sum;
  });
}

function statistics(input: PerplexityInput): ItemStatistics {
  const sums = sequences(input);
  const values = Float64Array.from(sums.flatMap(({ nats, tokens }) => [nats, tokens]));
  return { items: sums.length, width: 2, values };
}

export const perplexity = defineMetric<PerplexityInput>({
  name: 'perplexity',
  domain: 'text',
  title: { en: 'Perplexity', es: 'Perplejidad' },
  higherIsBetter: false,
  range: [1, Infinity],
  unit: 'number',
  aggregation: {
    en: 'Corpus: the mean is over all tokens of all sequences, not over sequences.',
    es: 'Corpus: la media es sobre todos los tokens de todas las secuencias, no sobre las secuencias.',
  },
  definition: {
    en: 'exp of the mean negative log likelihood of the true tokens, in nats: the number of equally likely tokens that would be as hard to guess. From logits the probabilities are their softmax.',
    es: 'La exponencial de la media de la log-verosimilitud negativa de los tokens verdaderos, en nats: el número de tokens igual de probables que serían igual de difíciles de adivinar. De los logits se obtienen las probabilidades con softmax.',
  },
  edgeCases: {
    en: 'Tokens whose target is ignoreIndex do not count. A true token of probability 0 makes it infinite. It depends on the tokeniser: compare only where that is the same. Not defined without tokens.',
    es: 'Los tokens cuyo objetivo es ignoreIndex no cuentan. Un token verdadero de probabilidad 0 la hace infinita. Depende del tokenizador: compara solo cuando sea el mismo. No está definida sin tokens.',
  },
  source: 'Jelinek et al. 1977; torchmetrics 1 (perplexity)',
  input: PerplexitySchema,
  report: (input) => {
    const total = { nats: 0, tokens: 0 };
    for (const { nats, tokens } of sequences(input)) {
      total.nats += nats;
      total.tokens += tokens;
    }
    return { value: perplexityOf(total), tokens: total.tokens };
  },
  itemwise: {
    item: { en: 'sequence', es: 'secuencia' },
    statistics,
    finish: (sums) => perplexityOf({ nats: sums[0] ?? 0, tokens: sums[1] ?? 0 }),
  },
});
