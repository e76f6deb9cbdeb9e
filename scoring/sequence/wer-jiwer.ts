import { defineMetric } from '../metric.ts';
import { errorRates, reportWithCounts } from './error-rates.ts';
import { CorpusSchema, countCorpus } from './word-error-metric.ts';

/** The four word rates of jiwer at once. */
export const werJiwer = defineMetric({
  name: 'wer_jiwer',
  domain: 'sequence',
  title: { en: 'Word rates (jiwer)', es: 'Tasas de palabras (jiwer)' },
  higherIsBetter: null,
  range: null,
  unit: 'rate',
  aggregation: {
    en: 'Corpus. In the mode per-sentence utterances are aligned one by one; in the mode concatenate all are aligned as one, which gives other numbers.',
    es: 'Corpus. En el modo per-sentence se alinea cada enunciado por separado; en el modo concatenate se alinean todos como uno solo, lo que da otros números.',
  },
  definition: {
    en: 'wer = (S + D + I) / N, mer = (S + D + I) / (N + I), wip = (H / N)(H / P) and wil = 1 - wip, with H hits, S substitutions, D deletions, I insertions, N words in the reference and P in the hypothesis.',
    es: 'wer = (S + D + I) / N, mer = (S + D + I) / (N + I), wip = (H / N)(H / P) y wil = 1 - wip, con H aciertos, S sustituciones, D borrados, I inserciones, N palabras en la referencia y P en la hipótesis.',
  },
  edgeCases: {
    en: 'In the mode per-sentence unequal counts of utterances are an error. Any whitespace separates words; for jiwer a lone tab or line break is part of a word. With empty references wer is the number of inserted words. All four are undefined without utterances.',
    es: 'En el modo per-sentence, un número distinto de enunciados es un error. Cualquier espacio en blanco separa palabras; para jiwer, un tabulador o un salto de línea suelto forma parte de una palabra. Con referencias vacías, wer es el número de palabras insertadas. Las cuatro quedan sin definir si no hay enunciados.',
  },
  source: 'Morris, Maier and Green 2004; jiwer 4, equal to it on words between spaces',
  input: CorpusSchema,
  report: (corpus) => {
    const counts = countCorpus(corpus, 'word');
    const value =
      counts.utterances === 0
        ? { wer: null, mer: null, wil: null, wip: null }
        : { ...errorRates(counts) };
    return reportWithCounts(value, counts);
  },
});
