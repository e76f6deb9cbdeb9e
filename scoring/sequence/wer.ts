import { defineErrorRate } from './word-error-metric.ts';

/** Corpus word error rate at unit cost: (S + D + I) / N. */
export const wer = defineErrorRate(
  {
    name: 'wer',
    domain: 'sequence',
    title: { en: 'Word error rate', es: 'Tasa de error de palabras' },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the words of all references, not a mean of utterances.',
      es: 'Corpus: los errores de todos los enunciados entre las palabras de todas las referencias, no una media de enunciados.',
    },
    definition: {
      en: 'The fewest words to substitute (S), delete (D) and insert (I) that turn the reference into the hypothesis, divided by the N words of the reference: (S + D + I) / N. Words are separated by whitespace; case and punctuation count.',
      es: 'El menor número de palabras que hay que sustituir (S), borrar (D) e insertar (I) para pasar de la referencia a la hipótesis, entre las N palabras de la referencia: (S + D + I) / N. Los espacios separan las palabras; cuentan las mayúsculas y la puntuación.',
    },
    edgeCases: {
      en: 'Insertions can take it above 1. If all references are empty it is the number of inserted words, and 0 if nothing was inserted. Not defined without utterances.',
      es: 'Las inserciones pueden llevarla por encima de 1. Si todas las referencias están vacías, es el número de palabras insertadas, y 0 si no se insertó ninguna. No está definida sin enunciados.',
    },
    source: 'Levenshtein 1966; jiwer 4 (wer), equal to it on words between spaces',
  },
  'word',
  'wer',
);
