import { definePhoneErrorRate } from './phone-error-metric.ts';

/** Phone error rate over the 39 classes of TIMIT, at unit cost, silence scored. */
export const perTimit = definePhoneErrorRate(
  {
    name: 'per_timit',
    domain: 'sequence',
    title: {
      en: 'TIMIT phone error rate (39 classes)',
      es: 'Tasa de error de fonos de TIMIT (39 clases)',
    },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the phones of all references, after folding.',
      es: 'Corpus: los errores de todos los enunciados entre los fonos de todas las referencias, después de reducirlos.',
    },
    definition: {
      en: 'Both sides are folded from the 61 phones of TIMIT to 39 classes, the glottal stop q is deleted from both, then they are aligned: (S + D + I) / N. Identity: 39 classes, alignment at unit cost, silence scored like any phone and not merged. The options fold, alignment and silence change it; rates with different options are not comparable.',
      es: 'Se reducen ambos lados de los 61 fonos de TIMIT a 39 clases, se borra de ambos la oclusión glotal q y se alinean: (S + D + I) / N. Identidad: 39 clases, alineamiento a coste unitario, silencio evaluado como cualquier fono y sin unir. Las opciones fold, alignment y silence la cambian; no compares tasas con opciones distintas.',
    },
    edgeCases: {
      en: 'A token that is no phone of TIMIT is an error. If all references are empty it is the number of inserted phones. Not defined without utterances.',
      es: 'Un símbolo que no es un fono de TIMIT es un error. Si todas las referencias están vacías, es el número de fonos insertados. No está definida sin enunciados.',
    },
    source: 'Lee and Hon 1989; kaldi egs/timit (basic scoring)',
  },
  { fold: 39, alignment: 'unit', silence: 'scored' },
);
