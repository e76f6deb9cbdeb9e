import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { checkSameCount, utteranceList, type Utterance } from './corpus.ts';
import { Vocabulary, splitWords } from './tokens.ts';
import { UnitAligner } from './unit-alignment.ts';

/** Sums over a corpus from which torchmetrics makes its rates. */
interface Sums {
  /** Levenshtein distances. */
  readonly errors: number;
  readonly reference: number;
  readonly hypothesis: number;
  /** Of each pair the longer length. */
  readonly longer: number;
}

type Output = 'wer' | 'mer' | 'wil' | 'wip';

function sumCorpus(reference: readonly Utterance[], hypothesis: readonly Utterance[]): Sums {
  checkSameCount(reference, hypothesis);
  const aligner = new UnitAligner();
  const vocabulary = new Vocabulary<string>();
  const encode = (item: Utterance) =>
    vocabulary.ids(typeof item === 'string' ? splitWords(item) : item);
  const sums = { errors: 0, reference: 0, hypothesis: 0, longer: 0 };
  for (let index = 0; index < reference.length; index++) {
    const target = encode(reference[index] ?? '');
    const guess = encode(hypothesis[index] ?? '');
    sums.errors += aligner.distance(target, guess);
    sums.reference += target.length;
    sums.hypothesis += guess.length;
    sums.longer += Math.max(target.length, guess.length);
  }
  return sums;
}

/** @returns null for 0 / 0, infinity for anything else by 0. */
function rate(output: Output, { errors, reference, hypothesis, longer }: Sums): number | null {
  const hits = longer - errors;
  const preserved = (hits / reference) * (hits / hypothesis);
  const value = {
    wer: errors / reference,
    mer: errors / longer,
    wil: 1 - preserved,
    wip: preserved,
  }[output];
  return Number.isNaN(value) ? null : value;
}

/** Word rates as torchmetrics counts hits: from the distance, without an alignment. */
export const werTorchmetrics = defineMetric({
  name: 'wer_torchmetrics',
  domain: 'sequence',
  title: { en: 'Word rates (torchmetrics)', es: 'Tasas de palabras (torchmetrics)' },
  higherIsBetter: null,
  range: null,
  unit: 'rate',
  aggregation: {
    en: 'Corpus: distances and lengths are summed over all utterances first.',
    es: 'Corpus: primero se suman las distancias y las longitudes de todos los enunciados.',
  },
  definition: {
    en: 'With the Levenshtein distance E, the lengths N and P of reference and hypothesis, M the longer of the two for each utterance, and hits taken as M - E: wer = E / N, mer = E / M, wip = (M - E)² / (N P), wil = 1 - wip. The option output names one of them.',
    es: 'Con la distancia de Levenshtein E, las longitudes N y P de referencia e hipótesis, M la mayor de las dos en cada enunciado, y M - E como aciertos: wer = E / N, mer = E / M, wip = (M - E)² / (N P), wil = 1 - wip. La opción output nombra una de ellas.',
  },
  edgeCases: {
    en: 'Where an utterance has insertions and deletions, M - E counts fewer hits than its alignment has, so mer, wip and wil can differ from jiwer. With empty references 0 / 0 is undefined, and any error divided by 0 is infinite.',
    es: 'Si un enunciado tiene inserciones y borrados, M - E cuenta menos aciertos que su alineamiento, así que mer, wip y wil pueden diferir de jiwer. Con referencias vacías, 0 / 0 queda sin definir y cualquier error entre 0 es infinito.',
  },
  source: 'torchmetrics 1 (functional.text), equal to it',
  input: z.object({
    reference: utteranceList,
    hypothesis: utteranceList,
    output: z.enum(['wer', 'mer', 'wil', 'wip']).default('wer'),
  }),
  report: ({ reference, hypothesis, output }) => {
    const sums = sumCorpus(reference, hypothesis);
    return { value: rate(output, sums), ...sums };
  },
});
