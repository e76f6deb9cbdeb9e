import { defineErrorRate } from './word-error-metric.ts';

/** Word information preserved: (H / N)(H / P). */
export const wip = defineErrorRate(
  {
    name: 'wip',
    domain: 'sequence',
    title: { en: 'Word information preserved', es: 'Información de palabras conservada' },
    higherIsBetter: true,
    range: [0, 1],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: hits and words are summed over all utterances first.',
      es: 'Corpus: primero se suman los aciertos y las palabras de todos los enunciados.',
    },
    definition: {
      en: 'The share of the reference that was hit times the share of the hypothesis that is a hit: (H / N)(H / P), with H hits, N words in the reference and P words in the hypothesis.',
      es: 'La proporción de la referencia que se acertó por la proporción de la hipótesis que es acierto: (H / N)(H / P), con H aciertos, N palabras en la referencia y P en la hipótesis.',
    },
    edgeCases: {
      en: 'Hits depend on which alignment of equal cost is taken: the one of RapidFuzz. With an empty hypothesis it is 0; with both sides empty it is 1. Not defined without utterances.',
      es: 'Los aciertos dependen de qué alineamiento de igual coste se toma: el de RapidFuzz. Con la hipótesis vacía vale 0; con ambos lados vacíos, 1. No está definida sin enunciados.',
    },
    source: 'Morris, Maier and Green 2004; jiwer 4 (wip), equal to it on words between spaces',
  },
  'word',
  'wip',
);
