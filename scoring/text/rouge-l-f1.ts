import { z } from 'zod';
import { defineMetric, type ItemStatistics, type Metric } from '../metric.ts';
import { CommonSubsequence } from '../sequence/common-subsequence.ts';
import { textList } from '../sequence/corpus.ts';
import { Vocabulary } from '../sequence/tokens.ts';
import { checkPaired } from './references.ts';

export interface RougeL {
  readonly precision: number;
  readonly recall: number;
  readonly fmeasure: number;
}

/** Runs of a to z and 0 to 9 of the text in lower case: whatever else is there separates words. */
function tokens(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/**
 * ROUGE-L of one hypothesis: of its references the one with the best F, the first of several.
 *
 * Source: Lin, "ROUGE: a package for automatic evaluation of summaries" (2004); Google rouge-score
 * without stemming.
 *
 * @param common work space.
 */
export function rougeL(
  hypothesis: string,
  references: readonly string[],
  common = new CommonSubsequence(),
): RougeL {
  const vocabulary = new Vocabulary<string>();
  const guess = vocabulary.ids(tokens(hypothesis));
  let best: RougeL = { precision: 0, recall: 0, fmeasure: 0 };
  for (const reference of references) {
    const target = vocabulary.ids(tokens(reference));
    const length = common.length(target, guess);
    if (length === 0) continue;
    const precision = length / guess.length;
    const recall = length / target.length;
    const fmeasure = (2 * precision * recall) / (precision + recall);
    if (fmeasure > best.fmeasure) best = { precision, recall, fmeasure };
  }
  return best;
}

const ReferencesSchema = textList.refine(
  (list) => list.length > 0,
  'expected one reference or more',
);

const domain = 'text';
const definition = {
  en: 'From the longest common subsequence of words: its share of the hypothesis is the precision P, its share of the reference the recall R, and F = 2 P R / (P + R). Text is put in lower case first, and everything but the letters a to z and digits separates words.',
  es: 'A partir de la subsecuencia común más larga de palabras: su proporción de la hipótesis es la precisión P, su proporción de la referencia la exhaustividad R, y F = 2 P R / (P + R). Antes se pasa el texto a minúsculas, y todo lo que no sea una letra de la a a la z o una cifra separa palabras.',
} as const;
const edgeCases = {
  en: 'Of several references the one with the best F counts. Letters with accents separate words too, as in the reference code, which was made for English. Words are not stemmed. Without a common word all are 0.',
  es: 'De varias referencias cuenta la de mejor F. Las letras con tilde y la ñ también separan palabras, como en el código de referencia, hecho para el inglés. Las palabras no se reducen a su raíz. Sin palabras en común todo vale 0.',
} as const;
const source = 'Lin 2004; Google rouge-score (rougeL, no stemmer), torchmetrics 1, equal to them';

export const rougeLF1: Metric = defineMetric({
  name: 'rouge_l_f1',
  domain,
  title: { en: 'ROUGE-L of one text', es: 'ROUGE-L de un texto' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One hypothesis.', es: 'Una hipótesis.' },
  definition,
  edgeCases,
  source,
  input: z.object({ hypothesis: z.string(), reference: ReferencesSchema }),
  report: ({ hypothesis, reference }) => ({ value: { ...rougeL(hypothesis, reference) } }),
});

interface RougeInput {
  readonly hypotheses: readonly string[];
  readonly references: readonly (readonly string[])[];
}

function statistics({ hypotheses, references }: RougeInput): ItemStatistics {
  checkPaired(hypotheses, references);
  const common = new CommonSubsequence();
  const values = Float64Array.from(
    hypotheses,
    (hypothesis, index) => rougeL(hypothesis, references[index] ?? [], common).fmeasure,
  );
  return { items: values.length, width: 1, values };
}

export const rougeLMean: Metric = defineMetric<RougeInput>({
  name: 'rouge_l',
  domain,
  title: { en: 'ROUGE-L', es: 'ROUGE-L' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'number',
  aggregation: { en: 'Mean of the F of all texts.', es: 'Media de las F de todos los textos.' },
  definition,
  edgeCases: {
    en: `${edgeCases.en} Not defined without texts.`,
    es: `${edgeCases.es} No está definida sin textos.`,
  },
  source,
  input: z.object({ hypotheses: textList, references: z.array(ReferencesSchema) }),
  report: (input) => {
    const { items, values } = statistics(input);
    return { value: items === 0 ? null : values.reduce((sum, value) => sum + value, 0) / items };
  },
  itemwise: {
    item: { en: 'text', es: 'texto' },
    statistics,
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  },
});
