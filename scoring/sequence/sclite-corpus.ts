import { z } from 'zod';
import { defineMetric, type Metric, type ReportValue } from '../metric.ts';
import { checkSameCount, utteranceList, type Utterance } from './corpus.ts';
import { countsAsStatistics, countsFromSums, errorRates } from './error-rates.ts';
import { ScliteAligner, parseScliteFlags } from './sclite-aligner.ts';
import { matchTrn, parseTrn } from './trn.ts';
import { NO_ERRORS, type ErrorCounts } from './unit-alignment.ts';

interface ScliteCorpus {
  readonly reference: readonly Utterance[];
  readonly hypothesis: readonly Utterance[];
  readonly flags: string;
}

/** Lists of utterances, or two trn files. */
const ScliteCorpusSchema: z.ZodType<ScliteCorpus> = z
  .object({
    reference: utteranceList.optional(),
    hypothesis: utteranceList.optional(),
    referenceTrn: z.string().optional(),
    hypothesisTrn: z.string().optional(),
    flags: z.string().default('default'),
  })
  .transform(({ reference, hypothesis, referenceTrn, hypothesisTrn, flags }, context) => {
    if (referenceTrn !== undefined && hypothesisTrn !== undefined) {
      return { ...matchTrn(parseTrn(referenceTrn), parseTrn(hypothesisTrn)), flags };
    }
    if (reference !== undefined && hypothesis !== undefined)
      return { reference, hypothesis, flags };
    const message = 'expected reference and hypothesis, or referenceTrn and hypothesisTrn';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** Counts of every utterance as sclite aligns it. */
function countUtterances(
  { reference, hypothesis, flags }: ScliteCorpus,
  optionalInHypothesis: boolean,
): ErrorCounts[] {
  checkSameCount(reference, hypothesis);
  const options = parseScliteFlags(flags);
  const optionalWords = options.optionalWords && optionalInHypothesis;
  const aligner = new ScliteAligner();
  return reference.map((text, index) => {
    const counts = { ...NO_ERRORS };
    aligner.count(
      aligner.words(text, options),
      aligner.words(hypothesis[index] ?? '', { ...options, optionalWords }),
      counts,
    );
    return counts;
  });
}

function sum(counts: readonly ErrorCounts[]): ErrorCounts {
  const total = { ...NO_ERRORS };
  for (const one of counts) {
    total.hits += one.hits;
    total.substitutions += one.substitutions;
    total.deletions += one.deletions;
    total.insertions += one.insertions;
  }
  return total;
}

function percentages(counts: readonly ErrorCounts[]): Record<string, ReportValue> {
  const { hits, substitutions, deletions, insertions } = sum(counts);
  const words = hits + substitutions + deletions;
  const wrong = counts.filter((one) => one.substitutions + one.deletions + one.insertions > 0);
  const percent = (part: number, whole: number) => (whole === 0 ? null : (100 * part) / whole);
  return {
    utterances: counts.length,
    words,
    corrPct: percent(hits, words),
    subPct: percent(substitutions, words),
    delPct: percent(deletions, words),
    insPct: percent(insertions, words),
    errPct: percent(substitutions + deletions + insertions, words),
    sentErrPct: percent(wrong.length, counts.length),
  };
}

export const scliteCorpus: Metric = defineMetric<ScliteCorpus>({
  name: 'sclite_corpus',
  domain: 'sequence',
  title: { en: 'Corpus percentages (sclite)', es: 'Porcentajes del corpus (sclite)' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: {
    en: 'Corpus: counts of all utterances, in percent of the words of all references.',
    es: 'Corpus: cuentas de todos los enunciados, en porcentaje de las palabras de todas las referencias.',
  },
  definition: {
    en: "The words that are right, substituted, deleted and inserted, in percent of the reference words, from sclite's weighted alignment; errPct is the sum of the three errors, and sentErrPct the percentage of utterances with any error. The input is two lists, or two trn texts whose ids must match one to one.",
    es: 'Las palabras correctas, sustituidas, borradas e insertadas, en porcentaje de las palabras de la referencia, según el alineamiento ponderado de sclite; errPct es la suma de los tres errores y sentErrPct el porcentaje de enunciados con algún error. La entrada son dos listas, o dos textos trn cuyos identificadores deben coincidir uno a uno.',
  },
  edgeCases: {
    en: 'sclite prints them to 0.1; here they are not rounded. Without reference words the percentages of words are undefined. Null words are not counted as words.',
    es: 'sclite los muestra con una décima; aquí no se redondean. Sin palabras de referencia, los porcentajes de palabras quedan sin definir. Las palabras nulas no cuentan como palabras.',
  },
  source: 'NIST SCTK 2.4, sclite, equal to it',
  input: ScliteCorpusSchema,
  report: (corpus) => {
    const counts = countUtterances(corpus, true);
    const { hits, substitutions, deletions, insertions } = sum(counts);
    return { value: percentages(counts), correct: hits, substitutions, deletions, insertions };
  },
});

/**
 * The error rate of sclite as one number for a board. Optional words are optional in the reference alone:
 * in the hypothesis they would let an entrant add right words at will.
 */
export const scliteWer: Metric = defineMetric<ScliteCorpus>({
  name: 'sclite_wer',
  domain: 'sequence',
  title: { en: 'Word error rate (sclite)', es: 'Tasa de error de palabras (sclite)' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'rate',
  aggregation: {
    en: 'Corpus: the errors of all utterances divided by the words of all references.',
    es: 'Corpus: los errores de todos los enunciados entre las palabras de todas las referencias.',
  },
  definition: {
    en: "(S + D + I) / N from sclite's alignment, where an insertion or a deletion costs 3 and a substitution 4, so a swap of two words is a deletion and an insertion. Case is folded, unless flags has -s.",
    es: '(S + D + I) / N según el alineamiento de sclite, donde una inserción o un borrado cuesta 3 y una sustitución 4, así que intercambiar dos palabras es un borrado y una inserción. No distingue mayúsculas, salvo que flags tenga -s.',
  },
  edgeCases: {
    en: 'It can have more errors than the word error rate at unit cost. With -D words in parentheses are optional in the reference; in the hypothesis parentheses mean nothing. Without reference words it is the number of insertions. Not defined without utterances.',
    es: 'Puede tener más errores que la tasa de error de palabras a coste unitario. Con -D, las palabras entre paréntesis son opcionales en la referencia; en la hipótesis los paréntesis no significan nada. Sin palabras de referencia, es el número de inserciones. No está definida sin enunciados.',
  },
  source: 'NIST SCTK 2.4, sclite',
  input: ScliteCorpusSchema,
  report: (corpus) => {
    const counts = countUtterances(corpus, false);
    const { hits, substitutions, deletions, insertions } = sum(counts);
    const value = counts.length === 0 ? null : errorRates(sum(counts)).wer;
    return { value, hits, substitutions, deletions, insertions };
  },
  itemwise: {
    item: { en: 'utterance', es: 'enunciado' },
    statistics: (corpus) => countsAsStatistics(countUtterances(corpus, false)),
    finish: (sums, items) => (items === 0 ? null : errorRates(countsFromSums(sums)).wer),
  },
});
