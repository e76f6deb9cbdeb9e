import { z } from 'zod';
import {
  defineMetric,
  MetricInputError,
  type Metric,
  type MetricFacts,
  type ReportValue,
} from '../metric.ts';
import { checkSameCount, utteranceList, type Utterance } from './corpus.ts';
import { countsAsStatistics, countsFromSums, errorRates, reportWithCounts } from './error-rates.ts';
import { ScliteAligner } from './sclite-aligner.ts';
import { SILENCE, foldPhones, isSilence, type PhoneSet } from './timit-phones.ts';
import { Vocabulary, splitWords } from './tokens.ts';
import { NO_ERRORS, UnitAligner, type ErrorCounts } from './unit-alignment.ts';

/**
 * What a phone error rate is a rate of. Rates are comparable only where all three agree, so they are part
 * of the metric's identity and are reported beside every value.
 */
export interface PhoneScoring {
  /** TIMIT classes that both sides are folded to before alignment; `none` takes any tokens as they are. */
  readonly fold: PhoneSet | 'none';
  /** `unit`: every error costs 1 (Levenshtein). `sclite`: 3 for insertions and deletions, 4 for substitutions. */
  readonly alignment: 'unit' | 'sclite';
  /**
   * `scored`: silence is a phone like any other. `optional`: the reference's silences may be left out and
   * then count as right (kaldi's route through sclite). `removed`: taken out of both sides first.
   */
  readonly silence: 'scored' | 'optional' | 'removed';
}

interface PhoneCorpus extends PhoneScoring {
  readonly reference: readonly Utterance[];
  readonly hypothesis: readonly Utterance[];
}

function schemaFor(scoring: PhoneScoring): z.ZodType<PhoneCorpus> {
  return z.object({
    reference: utteranceList,
    hypothesis: utteranceList,
    fold: z.union([z.literal([39, 48, 61]), z.literal('none')]).default(scoring.fold),
    alignment: z.enum(['unit', 'sclite']).default(scoring.alignment),
    silence: z.enum(['scored', 'optional', 'removed']).default(scoring.silence),
  });
}

/** The tokens of an utterance as they are aligned. */
function preparePhones(
  utterance: Utterance,
  { fold, silence }: PhoneScoring,
  where: string,
): string[] {
  const tokens = typeof utterance === 'string' ? splitWords(utterance) : [...utterance];
  const phones = fold === 'none' ? tokens : foldPhones(tokens, fold, where);
  if (silence !== 'removed') return phones;
  return phones.filter((phone) => (fold === 'none' ? phone !== SILENCE : !isSilence(phone)));
}

function countUtterances(corpus: PhoneCorpus): ErrorCounts[] {
  const { reference, hypothesis, alignment, silence } = corpus;
  checkSameCount(reference, hypothesis);
  if (silence === 'optional' && alignment !== 'sclite') {
    throw new MetricInputError('silence: optional silences need the alignment sclite');
  }
  if (silence === 'optional' && corpus.fold === 61) {
    throw new MetricInputError('silence: optional silences need one name, so fold to 39 or 48');
  }
  const count = alignment === 'unit' ? countAtUnitCost() : countAsSclite(silence === 'optional');
  return reference.map((item, index) => {
    const counts = { ...NO_ERRORS };
    count(
      preparePhones(item, corpus, `utterance ${index + 1} of the reference`),
      preparePhones(hypothesis[index] ?? '', corpus, `utterance ${index + 1} of the hypothesis`),
      counts,
    );
    return counts;
  });
}

type Count = (reference: string[], hypothesis: string[], counts: ErrorCounts) => void;

function countAtUnitCost(): Count {
  const aligner = new UnitAligner();
  const vocabulary = new Vocabulary<string>();
  return (reference, hypothesis, counts) =>
    aligner.count(vocabulary.ids(reference), vocabulary.ids(hypothesis), counts);
}

function countAsSclite(optionalSilence: boolean): Count {
  const aligner = new ScliteAligner();
  return (reference, hypothesis, counts) =>
    aligner.count(
      aligner.tokens(reference, optionalSilence ? SILENCE : null),
      aligner.tokens(hypothesis, null),
      counts,
    );
}

/** A phone error rate; the scoring is what it does unless its input says otherwise. */
export function definePhoneErrorRate(facts: MetricFacts, scoring: PhoneScoring): Metric {
  return defineMetric<PhoneCorpus>({
    ...facts,
    input: schemaFor(scoring),
    report: (corpus) => {
      const total = { ...NO_ERRORS };
      const counts = countUtterances(corpus);
      for (const one of counts) {
        total.hits += one.hits;
        total.substitutions += one.substitutions;
        total.deletions += one.deletions;
        total.insertions += one.insertions;
      }
      const value = counts.length === 0 ? null : errorRates(total).wer;
      const { fold, alignment, silence } = corpus;
      const identity: Record<string, ReportValue> = { fold, alignment, silence };
      return { ...reportWithCounts(value, total), ...identity };
    },
    itemwise: {
      item: { en: 'utterance', es: 'enunciado' },
      statistics: (corpus) => countsAsStatistics(countUtterances(corpus)),
      finish: (sums, items) => (items === 0 ? null : errorRates(countsFromSums(sums)).wer),
    },
  });
}
