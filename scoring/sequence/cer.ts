import { defineErrorRate } from './word-error-metric.ts';

/** Corpus character error rate: errors for each character of the references. */
export const cer = defineErrorRate(
  {
    name: 'cer',
    domain: 'sequence',
    title: { en: 'Character error rate', es: 'Tasa de error de caracteres' },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the characters of all references, not a mean of utterances.',
      es: 'Corpus: los errores de todos los enunciados entre los caracteres de todas las referencias, no una media de enunciados.',
    },
    definition: {
      en: 'The fewest characters to substitute, delete and insert that turn the reference into the hypothesis, divided by the characters of the reference. Spaces are characters; case and punctuation count.',
      es: 'El menor número de caracteres que hay que sustituir, borrar e insertar para pasar de la referencia a la hipótesis, entre los caracteres de la referencia. Los espacios son caracteres; cuentan las mayúsculas y la puntuación.',
    },
    edgeCases: {
      en: 'Whitespace at both ends of an utterance is left out. A character is a Unicode code point. If all references are empty it is the number of inserted characters, and 0 if nothing was inserted. Not defined without utterances.',
      es: 'Los espacios al principio y al final de un enunciado no cuentan. Un carácter es un punto de código Unicode. Si todas las referencias están vacías, es el número de caracteres insertados, y 0 si no se insertó ninguno. No está definida sin enunciados.',
    },
    source: 'jiwer 4 (cer), equal to it',
  },
  'character',
  'wer',
);
