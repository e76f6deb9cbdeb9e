import { definePhoneErrorRate } from './phone-error-metric.ts';

/** Phone error rate of any phones, as they stand. */
export const per = definePhoneErrorRate(
  {
    name: 'per',
    domain: 'sequence',
    title: { en: 'Phone error rate', es: 'Tasa de error de fonos' },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the phones of all references.',
      es: 'Corpus: los errores de todos los enunciados entre los fonos de todas las referencias.',
    },
    definition: {
      en: 'Phones to substitute, delete and insert, divided by the phones of the reference: (S + D + I) / N. Identity: no folding, alignment at unit cost, silence scored like any phone. The options fold, alignment and silence change it; rates with different options are not comparable.',
      es: 'Fonos que hay que sustituir, borrar e insertar, entre los fonos de la referencia: (S + D + I) / N. Identidad: sin reducción, alineamiento a coste unitario, silencio evaluado como cualquier fono. Las opciones fold, alignment y silence la cambian; no compares tasas con opciones distintas.',
    },
    edgeCases: {
      en: 'Insertions can take it above 1. If all references are empty it is the number of inserted phones. Not defined without utterances.',
      es: 'Las inserciones pueden llevarla por encima de 1. Si todas las referencias están vacías, es el número de fonos insertados. No está definida sin enunciados.',
    },
    source: 'Levenshtein 1966; Lee and Hon 1989',
  },
  { fold: 'none', alignment: 'unit', silence: 'scored' },
);
