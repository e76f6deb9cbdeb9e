import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { foldPhones } from './timit-phones.ts';
import { splitWords } from './tokens.ts';

export const timitFold = defineMetric({
  name: 'timit_fold',
  domain: 'sequence',
  title: { en: 'Folding of the TIMIT phones', es: 'Reducción de los fonos de TIMIT' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One utterance.', es: 'Un enunciado.' },
  definition: {
    en: 'The 61 phones of TIMIT, each replaced by its class among the 39 for scoring (or, with fold 48, among the 48 for training). The glottal stop q is left out; closures, pauses and h# become sil.',
    es: 'Los 61 fonos de TIMIT, cada uno sustituido por su clase entre las 39 de evaluación (o, con fold 48, entre las 48 de entrenamiento). La oclusión glotal q se quita; las oclusiones, las pausas y h# pasan a ser sil.',
  },
  edgeCases: {
    en: 'Neighbouring sil are not merged. Names of the 48 and 39 classes are taken as they are. Any other token is an error.',
    es: 'Los sil seguidos no se unen. Los nombres de las 48 y las 39 clases se aceptan tal cual. Cualquier otro símbolo es un error.',
  },
  source: 'Lee and Hon 1989; kaldi egs/timit/s5/conf/phones.60-48-39.map',
  input: z.object({
    phones61: z.union([z.string(), z.array(z.string())], {
      error: 'expected a text or a list of phones',
    }),
    fold: z.union([z.literal(39), z.literal(48)]).default(39),
  }),
  report: ({ phones61, fold }) => {
    const phones = typeof phones61 === 'string' ? splitWords(phones61) : phones61;
    return { value: foldPhones(phones, fold).join(' ') };
  },
});
