import { z } from 'zod';
import type { NumberArray } from '../input.ts';
import { MetricInputError } from '../metric.ts';

/** Slack for logarithms of probabilities that rounding took above 1. */
const SLACK = 1e-6;

/** A natural logarithm of a probability; minus infinity, or the word for it, where that is 0. */
const LogProbSchema = z.union(
  [
    z.number().max(SLACK),
    z.literal('-Infinity').transform(() => -Infinity),
    z.custom<number>((value) => value === -Infinity),
  ],
  { error: 'expected the natural logarithm of a probability: a number of 0 or less' },
);

/** Log probabilities of the true tokens: one list, or a list for each sequence. */
export const logProbLists: z.ZodType<readonly (readonly number[])[]> = z.union(
  [z.array(LogProbSchema).transform((list) => [list]), z.array(z.array(LogProbSchema))],
  { error: 'expected a list of natural logarithms of probabilities (0 or less), or such lists' },
);

/** Negative log likelihood in nats, and the tokens it is of. Sums add up over sequences. */
export interface TokenLikelihood {
  nats: number;
  tokens: number;
}

export function addLogProbs(logProbs: readonly number[], sum: TokenLikelihood): void {
  for (const logProb of logProbs) sum.nats -= logProb;
  sum.tokens += logProbs.length;
}

/**
 * Adds the likelihood of one sequence under the softmax of its logits.
 *
 * @param logits row-major, tokens x classes, finite.
 * @param targets one class for each token; those equal to `ignoreIndex` count as nothing.
 * @throws RangeError naming the first token whose class there is not.
 */
export function addLogits(
  logits: Float64Array,
  targets: Float64Array,
  classes: number,
  ignoreIndex: number | null,
  sum: TokenLikelihood,
): void {
  for (let token = 0; token < targets.length; token++) {
    const target = targets[token] ?? -1;
    if (target === ignoreIndex) continue;
    if (!(Number.isInteger(target) && target >= 0 && target < classes)) {
      throw new RangeError(`the target of token ${token} is not a class index below ${classes}`);
    }
    const start = token * classes;
    let largest = -Infinity;
    for (let place = start; place < start + classes; place++) {
      const logit = logits[place] ?? 0;
      if (logit > largest) largest = logit;
    }
    let total = 0;
    for (let place = start; place < start + classes; place++) {
      total += Math.exp((logits[place] ?? 0) - largest);
    }
    sum.nats += Math.log(total) + largest - (logits[start + target] ?? 0);
    sum.tokens++;
  }
}

/** Logits and targets by sequence: the last axis of the logits holds the classes. */
export function splitSequences(
  logits: NumberArray,
  targets: NumberArray,
): { logits: Float64Array; targets: Float64Array; classes: number }[] {
  const classes = logits.shape.at(-1) ?? 0;
  const places = logits.shape.slice(0, -1);
  if (logits.values.length === 0 && targets.values.length === 0) return [];
  if (places.length === 0) throw new MetricInputError('logits: expected a list of logits a token');
  if (places.join() !== targets.shape.join()) {
    throw new RangeError(
      `logits are for ${places.join(' x ')} tokens, targets for ${targets.shape.join(' x ')}`,
    );
  }
  const length = places.at(-1) ?? 0;
  const sequences = length === 0 ? 0 : targets.values.length / length;
  return Array.from({ length: sequences }, (_, index) => {
    const [start, end] = [index * length, (index + 1) * length];
    return {
      logits: logits.values.subarray(start * classes, end * classes),
      targets: targets.values.subarray(start, end),
      classes,
    };
  });
}
