import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { CommonSubsequence } from './common-subsequence.ts';
import { Vocabulary, codePoints } from './tokens.ts';
import { UnitAligner } from './unit-alignment.ts';

/**
 * Fewest insertions and deletions at cost 1 and substitutions at `substitutionCost` that turn one
 * sequence of integers into the other.
 *
 * @param substitutionCost >= 0; from 2 on a substitution never pays.
 */
export function editDistance(a: Int32Array, b: Int32Array, substitutionCost = 1): number {
  if (substitutionCost === 1) return new UnitAligner().distance(a, b);
  if (substitutionCost >= 2) {
    return a.length + b.length - 2 * new CommonSubsequence().length(a, b);
  }
  const row = new Float64Array(b.length + 1);
  for (let column = 0; column <= b.length; column++) row[column] = column;
  for (let place = 0; place < a.length; place++) {
    const token = a[place];
    let diagonal = row[0] ?? 0;
    let left = place + 1;
    row[0] = left;
    for (let column = 1; column <= b.length; column++) {
      const above = row[column] ?? 0;
      const across = diagonal + (b[column - 1] === token ? 0 : substitutionCost);
      left = Math.min(across, above + 1, left + 1);
      row[column] = left;
      diagonal = above;
    }
  }
  return row[b.length] ?? 0;
}

const SequenceSchema = z.union([z.string(), z.array(z.union([z.string(), z.number()]))], {
  error: 'expected a text or a list of tokens',
});

export const editDistanceMetric = defineMetric({
  name: 'edit_distance',
  domain: 'sequence',
  title: { en: 'Edit distance', es: 'Distancia de edición' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'number',
  aggregation: { en: 'One pair of sequences.', es: 'Un par de secuencias.' },
  definition: {
    en: 'The lowest cost that turns one sequence into the other by inserting and deleting tokens at cost 1 each, and substituting them at cost substitutionCost (1 by default, then it is the Levenshtein distance). The tokens of a text are its characters.',
    es: 'El menor coste para pasar de una secuencia a la otra insertando y borrando elementos, a coste 1 cada uno, y sustituyéndolos, a coste substitutionCost (1 por defecto, y entonces es la distancia de Levenshtein). Los elementos de un texto son sus caracteres.',
  },
  edgeCases: {
    en: 'A character is a Unicode code point, spaces included. Two empty sequences are at distance 0.',
    es: 'Un carácter es un punto de código Unicode, espacios incluidos. Dos secuencias vacías están a distancia 0.',
  },
  source: 'Levenshtein 1966; torchmetrics 1 (edit_distance), equal to it',
  input: z.object({
    a: SequenceSchema,
    b: SequenceSchema,
    substitutionCost: z.number().min(0).default(1),
  }),
  report: ({ a, b, substitutionCost }) => {
    const vocabulary = new Vocabulary<string | number>();
    const bothTexts = typeof a === 'string' && typeof b === 'string';
    const encode = (sequence: typeof a) => {
      if (typeof sequence !== 'string') return vocabulary.ids(sequence);
      return bothTexts ? codePoints(sequence) : vocabulary.ids(Array.from(sequence));
    };
    return { value: editDistance(encode(a), encode(b), substitutionCost) };
  },
});
