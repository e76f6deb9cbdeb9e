import { z } from 'zod';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import { stripWhitespace } from '../sequence/tokens.ts';
import { checkPaired } from './references.ts';
import { normaliseAnswer } from './vqa-normalise.ts';

/** Annotators of the others that must agree for a full point. */
const FULL = 3;

/**
 * Mean over the sets that leave out one annotator of min(agreeing / 3, 1). With ten annotators one that
 * agrees gives 0.3, two 0.6, three 0.9 and four 1.
 *
 * As in the reference code answers are normalised only where the annotators differ; where all gave the
 * same, the prediction must be that very text.
 *
 * Source: Antol et al., "VQA: visual question answering" (2015); GT-Vision-Lab/VQA.
 *
 * @param answers of the annotators, one or more.
 */
export function vqaAccuracy(prediction: string, answers: readonly string[]): number {
  const plain = answers.map(cleaned);
  const agreed = new Set(plain).size === 1;
  const normalise = agreed ? (text: string) => text : normaliseAnswer;
  const given = normalise(cleaned(prediction));
  const matches = plain.filter((answer) => normalise(answer) === given).length;
  const others = answers.length - matches;
  return (
    (matches * Math.min((matches - 1) / FULL, 1) + others * Math.min(matches / FULL, 1)) /
    answers.length
  );
}

function cleaned(text: string): string {
  return stripWhitespace(text.replaceAll(/[\n\t]/g, ' '));
}

interface VqaInput {
  readonly predictions: readonly string[];
  readonly answers: readonly (readonly string[])[];
}

const AnswersSchema = z.array(z.string()).min(1, 'expected one answer or more');

/** One question, or lists of predictions and of the answers to each. */
const VqaSchema: z.ZodType<VqaInput> = z.union(
  [
    z
      .object({ prediction: z.string(), answers: AnswersSchema })
      .transform(({ prediction, answers }) => ({ predictions: [prediction], answers: [answers] })),
    z.object({ predictions: z.array(z.string()), answers: z.array(AnswersSchema) }),
  ],
  {
    error: 'expected prediction and answers (a list), or predictions and answers (lists of lists)',
  },
);

function statistics({ predictions, answers }: VqaInput): ItemStatistics {
  checkPaired(predictions, answers, ['predictions', 'answers']);
  const values = Float64Array.from(predictions, (prediction, index) =>
    vqaAccuracy(prediction, answers[index] ?? []),
  );
  return { items: values.length, width: 1, values };
}

export const vqaAccuracyMetric = defineMetric<VqaInput>({
  name: 'vqa_accuracy',
  domain: 'text',
  title: { en: 'VQA accuracy', es: 'Exactitud VQA' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: { en: 'Mean of questions.', es: 'Media de las preguntas.' },
  definition: {
    en: 'For each question the mean, over the sets of annotators that leave out one, of min(annotators who gave the predicted answer / 3, 1). With ten annotators one who agrees gives 0.3, two 0.6, three 0.9, four or more 1.',
    es: 'Para cada pregunta, la media, sobre los conjuntos de anotadores que dejan fuera a uno, de min(anotadores que dieron la respuesta predicha / 3, 1). Con diez anotadores, uno que coincide da 0,3; dos, 0,6; tres, 0,9; cuatro o más, 1.',
  },
  edgeCases: {
    en: 'Answers are normalised (vqa_normalise) only where the annotators differ, as in the reference code: where all gave the same answer, the prediction must be that very text. Not defined without questions.',
    es: 'Las respuestas se normalizan (vqa_normalise) solo si los anotadores difieren, como en el código de referencia: si todos dieron la misma respuesta, la predicción debe ser ese mismo texto. No está definida sin preguntas.',
  },
  source: 'Antol et al. 2015; GT-Vision-Lab/VQA',
  input: VqaSchema,
  report: (input) => {
    const { items, values } = statistics(input);
    return { value: items === 0 ? null : values.reduce((sum, value) => sum + value, 0) / items };
  },
  itemwise: {
    item: { en: 'question', es: 'pregunta' },
    statistics,
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  },
});
