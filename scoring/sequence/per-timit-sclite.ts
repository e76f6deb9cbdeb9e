import { definePhoneErrorRate } from './phone-error-metric.ts';

/** Phone error rate over the 39 classes of TIMIT, aligned as sclite does, silences of the reference optional. */
export const perTimitSclite = definePhoneErrorRate(
  {
    name: 'per_timit_sclite',
    domain: 'sequence',
    title: {
      en: 'TIMIT phone error rate (39 classes, sclite)',
      es: 'Tasa de error de fonos de TIMIT (39 clases, sclite)',
    },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'rate',
    aggregation: {
      en: 'Corpus: the errors of all utterances divided by the phones of all references, after folding.',
      es: 'Corpus: los errores de todos los enunciados entre los fonos de todas las referencias, después de reducirlos.',
    },
    definition: {
      en: "Both sides are folded to the 39 classes of TIMIT without the glottal stop q, then aligned at sclite's costs: 3 for an insertion or a deletion, 4 for a substitution. Identity: 39 classes, alignment sclite, silences of the reference optional: left out, they count as right. The options fold, alignment and silence change it; rates with different options are not comparable.",
      es: 'Se reducen ambos lados a las 39 clases de TIMIT sin la oclusión glotal q y se alinean con los costes de sclite: 3 por una inserción o un borrado y 4 por una sustitución. Identidad: 39 clases, alineamiento sclite, silencios de la referencia opcionales: si faltan, cuentan como correctos. Las opciones fold, alignment y silence la cambian; no compares tasas con opciones distintas.',
    },
    edgeCases: {
      en: 'A silence that the reference lacks is an insertion. A token that is no phone of TIMIT is an error. If all references are empty it is the number of inserted phones. Not defined without utterances.',
      es: 'Un silencio que no está en la referencia es una inserción. Un símbolo que no es un fono de TIMIT es un error. Si todas las referencias están vacías, es el número de fonos insertados. No está definida sin enunciados.',
    },
    source: 'Lee and Hon 1989; NIST SCTK 2.4, sclite -D; kaldi egs/timit (sclite scoring)',
  },
  { fold: 39, alignment: 'sclite', silence: 'optional' },
);
