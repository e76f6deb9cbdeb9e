import { z } from 'zod';
import { defineMetric, type ItemStatistics, type Metric, type MetricFacts } from '../metric.ts';
import { checkSameCount, textList, utteranceList, type Utterance } from './corpus.ts';
import { ErrorCounter, type TokenUnit } from './error-counter.ts';
import {
  countsAsStatistics,
  countsFromSums,
  errorRates,
  reportWithCounts,
  type ErrorRates,
} from './error-rates.ts';
import { splitWords, stripWhitespace } from './tokens.ts';
import type { ErrorCounts } from './unit-alignment.ts';

/** Two lists of utterances, as the vectors have them. */
export interface Corpus {
  readonly reference: readonly Utterance[];
  readonly hypothesis: readonly Utterance[];
  /** `concatenate`: all utterances as one, so that the counts of utterances may differ. */
  readonly mode: 'per-sentence' | 'concatenate';
}

const ModeSchema = z.enum(['per-sentence', 'concatenate']).default('per-sentence');

export const CorpusSchema: z.ZodType<Corpus> = z.object({
  reference: utteranceList,
  hypothesis: utteranceList,
  mode: ModeSchema,
});

/** Characters are not listed: a text is its own list. */
export const TextCorpusSchema: z.ZodType<Corpus> = z.object({
  reference: textList,
  hypothesis: textList,
  mode: ModeSchema,
});

/** @throws RangeError where the modes asks for as many hypotheses as references; the message states both. */
export function countCorpus(
  { reference, hypothesis, mode }: Corpus,
  unit: TokenUnit,
): ErrorCounts & { readonly utterances: number } {
  const counter = new ErrorCounter(unit);
  if (mode === 'per-sentence') {
    counter.update(reference, hypothesis);
  } else if (reference.length > 0) {
    counter.update([joined(reference, unit)], [joined(hypothesis, unit)]);
  }
  return counter.finish();
}

/** One utterance out of all: words after words, texts with one space between. */
function joined(utterances: readonly Utterance[], unit: TokenUnit): Utterance {
  if (unit === 'word') {
    return utterances.flatMap((item) => (typeof item === 'string' ? splitWords(item) : item));
  }
  return utterances
    .map((item) => stripWhitespace(typeof item === 'string' ? item : item.join(' ')))
    .filter((text) => text !== '')
    .join(' ');
}

function statistics({ reference, hypothesis, mode }: Corpus, unit: TokenUnit): ItemStatistics {
  const counter = new ErrorCounter(unit);
  if (mode === 'concatenate') {
    const one = countCorpus({ reference, hypothesis, mode }, unit);
    return countsAsStatistics(one.utterances === 0 ? [] : [one]);
  }
  checkSameCount(reference, hypothesis);
  return countsAsStatistics(
    reference.map((item, index) => counter.pair(item, hypothesis[index] ?? '')),
  );
}

/** A metric that is one of the rates of a corpus; the item is the utterance. */
export function defineErrorRate(
  facts: MetricFacts,
  unit: TokenUnit,
  rate: keyof ErrorRates,
): Metric {
  return defineMetric<Corpus>({
    ...facts,
    input: unit === 'word' ? CorpusSchema : TextCorpusSchema,
    report: (corpus) => {
      const counts = countCorpus(corpus, unit);
      return reportWithCounts(counts.utterances === 0 ? null : errorRates(counts)[rate], counts);
    },
    itemwise: {
      item: { en: 'utterance', es: 'enunciado' },
      statistics: (corpus) => statistics(corpus, unit),
      finish: (sums, items) => (items === 0 ? null : errorRates(countsFromSums(sums))[rate]),
    },
  });
}
