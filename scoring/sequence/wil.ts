import { defineErrorRate } from './word-error-metric.ts';

/** Word information lost: 1 - (H / N)(H / P). */
export const wil = defineErrorRate(
  {
    name: 'wil',
    domain: 'sequence',
    title: { en: 'Word information lost', es: 'Información de palabras perdida' },
    higherIsBetter: false,
    range: [0, 1],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: hits and words are summed over all utterances first.',
      es: 'Corpus: primero se suman los aciertos y las palabras de todos los enunciados.',
    },
    definition: {
      en: 'What word information preserved leaves to 1: 1 - (H / N)(H / P), with H hits, N words in the reference and P words in the hypothesis.',
      es: 'Lo que le falta a la información conservada para llegar a 1: 1 - (H / N)(H / P), con H aciertos, N palabras en la referencia y P en la hipótesis.',
    },
    edgeCases: {
      en: 'Hits depend on which alignment of equal cost is taken: the one of RapidFuzz. With an empty hypothesis it is 1; with both sides empty it is 0. Not defined without utterances.',
      es: 'Los aciertos dependen de qué alineamiento de igual coste se toma: el de RapidFuzz. Con la hipótesis vacía vale 1; con ambos lados vacíos, 0. No está definida sin enunciados.',
    },
    source: 'Morris, Maier and Green 2004; jiwer 4 (wil), equal to it on words between spaces',
  },
  'word',
  'wil',
);
