import { z } from 'zod';
import { MetricInputError, defineMetric, type ItemStatistics } from '../metric.ts';
import { addLogProbs, logProbLists } from './token-likelihood.ts';

interface BitsInput {
  readonly logProbs: readonly (readonly number[])[];
  /** One for each sequence, or one for all. */
  readonly lengths: readonly number[];
  /** What the lengths count. */
  readonly denominator: 'characters' | 'bytes';
}

const LengthsSchema = z.union(
  [
    z
      .int()
      .min(0)
      .transform((length) => [length]),
    z.array(z.int().min(0)),
  ],
  { error: 'expected a count, or a list of counts' },
);

const BitsSchema: z.ZodType<BitsInput> = z
  .object({
    logProbs: logProbLists,
    characters: LengthsSchema.optional(),
    bytes: LengthsSchema.optional(),
  })
  .transform(({ logProbs, characters, bytes }, context): BitsInput => {
    if (characters !== undefined && bytes === undefined) {
      return { logProbs, lengths: characters, denominator: 'characters' };
    }
    if (bytes !== undefined && characters === undefined) {
      return { logProbs, lengths: bytes, denominator: 'bytes' };
    }
    context.addIssue({ code: 'custom', message: 'expected either characters or bytes' });
    return z.NEVER;
  });

/**
 * Bits for each character: nats / (length ln 2).
 *
 * @returns null without characters; infinite where a probability is 0.
 */
export function bitsPerCharacter(nats: number, length: number): number | null {
  return length === 0 ? null : nats / (length * Math.LN2);
}

function statistics({ logProbs, lengths, denominator }: BitsInput): ItemStatistics {
  const pooled = lengths.length === 1 && logProbs.length !== 1 ? [logProbs.flat()] : logProbs;
  if (pooled.length !== lengths.length) {
    throw new RangeError(
      `logProbs are of ${logProbs.length} sequences, lengths of ${lengths.length}`,
    );
  }
  const values = new Float64Array(2 * pooled.length);
  for (const [item, list] of pooled.entries()) {
    const length = lengths[item] ?? 0;
    if (list.length === 0 && length > 0) {
      throw new MetricInputError(
        `logProbs: sequence ${item} has no tokens for its ${length} ${denominator}`,
      );
    }
    const sum = { nats: 0, tokens: 0 };
    addLogProbs(list, sum);
    values.set([sum.nats, length], 2 * item);
  }
  return { items: pooled.length, width: 2, values };
}

export const bitsPerChar = defineMetric<BitsInput>({
  name: 'bits_per_char',
  domain: 'text',
  title: { en: 'Bits per character', es: 'Bits por carácter' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'bits',
  aggregation: {
    en: 'Corpus: the likelihoods of all tokens are summed and divided by the characters of the whole text.',
    es: 'Corpus: se suman las verosimilitudes de todos los tokens y se dividen entre los caracteres del texto entero.',
  },
  definition: {
    en: 'The total negative log likelihood of the text in bits, divided by the characters of the original text: nats / (characters × ln 2). Unlike perplexity it can be compared between tokenisers. With bytes instead of characters it is bits per byte.',
    es: 'La log-verosimilitud negativa total del texto en bits, entre los caracteres del texto original: nats / (caracteres × ln 2). A diferencia de la perplejidad, se puede comparar entre tokenizadores. Con bytes en lugar de caracteres son bits por byte.',
  },
  edgeCases: {
    en: 'The characters are those of the original text, not the tokens. A token of probability 0 makes it infinite. Characters without tokens are refused. Not defined without characters.',
    es: 'Los caracteres son los del texto original, no los tokens. Un token de probabilidad 0 la hace infinita. Se rechazan caracteres sin tokens. No está definida sin caracteres.',
  },
  source: 'Shannon 1951',
  input: BitsSchema,
  report: (input) => {
    const { values } = statistics(input);
    let nats = 0;
    let length = 0;
    for (let index = 0; index < values.length; index += 2) {
      nats += values[index] ?? 0;
      length += values[index + 1] ?? 0;
    }
    return { value: bitsPerCharacter(nats, length), denominator: input.denominator };
  },
  itemwise: {
    item: { en: 'sequence', es: 'secuencia' },
    statistics,
    finish: (sums) => bitsPerCharacter(sums[0] ?? 0, sums[1] ?? 0),
  },
});
