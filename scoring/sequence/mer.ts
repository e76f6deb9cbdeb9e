import { defineErrorRate } from './word-error-metric.ts';

/** Match error rate: (S + D + I) / (H + S + D + I). */
export const mer = defineErrorRate(
  {
    name: 'mer',
    domain: 'sequence',
    title: { en: 'Match error rate', es: 'Tasa de error de emparejamiento' },
    higherIsBetter: false,
    range: [0, 1],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the aligned places of all utterances.',
      es: 'Corpus: los errores de todos los enunciados entre las posiciones alineadas de todos los enunciados.',
    },
    definition: {
      en: 'The share of the places of the alignment that are errors: (S + D + I) / (H + S + D + I), with H hits, S substitutions, D deletions and I insertions. Unlike the word error rate it never exceeds 1.',
      es: 'La proporción de posiciones del alineamiento que son errores: (S + D + I) / (H + S + D + I), con H aciertos, S sustituciones, D borrados e I inserciones. A diferencia de la tasa de error de palabras, nunca pasa de 1.',
    },
    edgeCases: {
      en: 'Alignments of equal cost can split into different S, D and I: the one of RapidFuzz is taken. With empty references it is 1 if anything was inserted and 0 if not. Not defined without utterances.',
      es: 'Alineamientos de igual coste pueden repartirse en S, D e I distintas: se toma el de RapidFuzz. Con referencias vacías vale 1 si se insertó algo y 0 si no. No está definida sin enunciados.',
    },
    source: 'Morris, Maier and Green 2004; jiwer 4 (mer), equal to it on words between spaces',
  },
  'word',
  'mer',
);
