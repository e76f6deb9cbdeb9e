import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { ScliteAligner, parseScliteFlags } from './sclite-aligner.ts';
import { NO_ERRORS, type ErrorCounts } from './unit-alignment.ts';

/** Counts of one utterance as sclite aligns it. */
export function alignAsSclite(
  reference: string | readonly string[],
  hypothesis: string | readonly string[],
  flags = 'default',
): ErrorCounts {
  const options = parseScliteFlags(flags);
  const aligner = new ScliteAligner();
  const counts = { ...NO_ERRORS };
  aligner.count(aligner.words(reference, options), aligner.words(hypothesis, options), counts);
  return counts;
}

const TextSchema = z.union([z.string(), z.array(z.string())], {
  error: 'expected a text or a list of words',
});

export const scliteAlignment = defineMetric({
  name: 'sclite_alignment',
  domain: 'sequence',
  title: { en: 'Alignment (sclite)', es: 'Alineamiento (sclite)' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One utterance.', es: 'Un enunciado.' },
  definition: {
    en: 'The words that are right, substituted, deleted and inserted in the alignment of lowest cost, where a right word costs 0, an insertion or a deletion 3 and a substitution 4. It can have more errors than the Levenshtein distance. Case is folded, unless flags has -s.',
    es: 'Las palabras correctas, sustituidas, borradas e insertadas en el alineamiento de menor coste, donde una palabra correcta cuesta 0, una inserción o un borrado 3 y una sustitución 4. Puede tener más errores que la distancia de Levenshtein. No distingue mayúsculas, salvo que flags tenga -s.',
  },
  edgeCases: {
    en: 'With -D in flags, words in parentheses are optional: left out, they count as right. The null word @ counts as nothing. Only the letters A to Z are folded. Alternations in braces are refused.',
    es: 'Con -D en flags, las palabras entre paréntesis son opcionales: si faltan, cuentan como correctas. La palabra nula @ no cuenta. Solo las letras de la A a la Z se igualan en mayúscula y minúscula. Las alternativas entre llaves se rechazan.',
  },
  source: 'NIST SCTK 2.4, sclite, equal to it',
  input: z.object({
    reference: TextSchema,
    hypothesis: TextSchema,
    flags: z.string().default('default'),
  }),
  report: ({ reference, hypothesis, flags }) => {
    const { hits, ...errors } = alignAsSclite(reference, hypothesis, flags);
    return { value: { correct: hits, ...errors } };
  },
});
