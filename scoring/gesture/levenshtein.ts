import { z } from 'zod';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import { Vocabulary } from '../sequence/tokens.ts';
import { UnitAligner } from '../sequence/unit-alignment.ts';

/** The gestures of one sequence, in their order: numbers or names. */
type Gestures = readonly (number | string)[];

interface GestureInput {
  readonly truth: readonly Gestures[];
  readonly prediction: readonly Gestures[];
}

const SequencesSchema = z.array(z.array(z.union([z.int(), z.string()])), {
  error: 'expected a list of sequences',
});

/** Distance and number of true gestures of each sequence. */
function statistics({ truth, prediction }: GestureInput): ItemStatistics {
  if (truth.length !== prediction.length) {
    throw new RangeError(
      `truth has ${truth.length} sequences, prediction has ${prediction.length}`,
    );
  }
  const aligner = new UnitAligner();
  const vocabulary = new Vocabulary<number | string>();
  const values = new Float64Array(2 * truth.length);
  for (const [item, gestures] of truth.entries()) {
    const distance = aligner.distance(
      vocabulary.ids(gestures),
      vocabulary.ids(prediction[item] ?? []),
    );
    values.set([distance, gestures.length], 2 * item);
  }
  return { items: truth.length, width: 2, values };
}

function finish(sums: ArrayLike<number>): number | null {
  const [distance = 0, gestures = 0] = Array.from(sums);
  return gestures === 0 ? null : distance / gestures;
}

export const gestureLevenshtein = defineMetric<GestureInput>({
  name: 'gesture_levenshtein',
  domain: 'gesture',
  title: { en: 'Gesture error rate (ChaLearn)', es: 'Tasa de error de gestos (ChaLearn)' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'rate',
  aggregation: {
    en: 'Pool: the distances of all sequences divided by the true gestures of all sequences.',
    es: 'Conjunto: las distancias de todas las secuencias entre los gestos verdaderos de todas las secuencias.',
  },
  definition: {
    en: 'The Levenshtein distance of each predicted sequence of gestures to the true one, which is the fewest insertions, deletions and substitutions; summed, and divided by the number of true gestures.',
    es: 'La distancia de Levenshtein de cada secuencia de gestos predicha a la verdadera, que es el menor número de inserciones, borrados y sustituciones; sumada y dividida entre el número de gestos verdaderos.',
  },
  edgeCases: {
    en: 'It can exceed 1. An empty prediction costs every gesture of its sequence. Not defined without true gestures.',
    es: 'Puede pasar de 1. Una predicción vacía cuesta todos los gestos de su secuencia. No está definida sin gestos verdaderos.',
  },
  source: 'Guyon et al. 2012, ChaLearn gesture challenge',
  input: z.object({ truth: SequencesSchema, prediction: SequencesSchema }),
  report: (input) => {
    const { values } = statistics(input);
    let distance = 0;
    let gestures = 0;
    for (let index = 0; index < values.length; index += 2) {
      distance += values[index] ?? 0;
      gestures += values[index + 1] ?? 0;
    }
    return { value: finish([distance, gestures]), distance, gestures };
  },
  itemwise: { item: { en: 'sequence', es: 'secuencia' }, statistics, finish },
});
