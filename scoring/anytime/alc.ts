import { z } from 'zod';

import { numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';

/**
 * Area under the learning curve of AutoDL, in [-1, 1] for scores in [-1, 1]. The curve is 0 at the
 * start and holds each score until the next; time t counts as log(1 + t/t0) / log(1 + T/t0), so that
 * early seconds weigh most and the whole budget T is 1.
 *
 * Source: Liu et al., "Winning solutions and post-challenge analyses of the ChaLearn AutoDL challenge
 * 2019" (2021), and its scoring program.
 *
 * @param timestamps seconds since the start, at least 0, in any order; of equal times the later one in
 * the list holds.
 * @param scores of the predictions made then.
 * @param timeBudget T in seconds, above 0: 1,200 in the final rounds, 7,200 before.
 * @param t0 in seconds, above 0.
 * @throws RangeError when times and scores differ in number, or a time is before the start.
 */
export function areaUnderLearningCurve(
  timestamps: ArrayLike<number>,
  scores: ArrayLike<number>,
  timeBudget: number,
  t0: number,
): number {
  if (timestamps.length !== scores.length) {
    throw new RangeError(`there are ${timestamps.length} timestamps and ${scores.length} scores`);
  }
  const early = Array.from(timestamps).find((time) => time < 0);
  if (early !== undefined) throw new RangeError(`a timestamp is ${early}, before the start`);
  const order = Array.from(timestamps, (time, index) => ({ time, score: scores[index] ?? 0 }))
    .filter(({ time }) => time <= timeBudget)
    .sort((left, right) => left.time - right.time);
  const transformed = (time: number) => Math.log1p(time / t0) / Math.log1p(timeBudget / t0);
  let area = 0;
  for (const [index, { time, score }] of order.entries()) {
    const until = order[index + 1]?.time ?? timeBudget;
    area += score * (transformed(until) - transformed(time));
  }
  return area;
}

const InputSchema = z.object({
  timestamps: numberList,
  scores: numberList,
  timeBudget: z.number().positive().default(1200),
  t0: z.number().positive().default(60),
});

export const alcAutodl = defineMetric<z.infer<typeof InputSchema>>({
  name: 'alc_autodl',
  domain: 'anytime',
  title: {
    en: 'Area under the learning curve (ALC)',
    es: 'Área bajo la curva de aprendizaje (ALC)',
  },
  higherIsBetter: true,
  range: [-1, 1],
  unit: 'number',
  aggregation: {
    en: 'One run of one learner; tasks are ranked apart.',
    es: 'Una ejecución de un sistema que aprende; cada tarea se clasifica por separado.',
  },
  definition: {
    en: 'Every prediction made within the time budget T is scored, usually by normalised AUC. The curve of scores, each held until the next, is integrated over log(1 + t/60) / log(1 + T/60): early progress weighs most.',
    es: 'Se puntúa cada predicción hecha dentro del tiempo T, normalmente con la AUC normalizada. La curva de puntuaciones, cada una mantenida hasta la siguiente, se integra sobre log(1 + t/60) / log(1 + T/60): avanzar pronto pesa más.',
  },
  edgeCases: {
    en: 'The curve starts at 0, so no prediction gives 0. The last score is carried to T. A score that falls counts as it is. Predictions after T are ignored.',
    es: 'La curva empieza en 0, así que sin predicciones el valor es 0. La última puntuación se mantiene hasta T. Una puntuación que baja cuenta tal cual. Las predicciones posteriores a T no cuentan.',
  },
  source: 'Liu et al. 2021, the scoring program of AutoDL 2019-2020',
  input: InputSchema,
  report: ({ timestamps, scores, timeBudget, t0 }) => ({
    value: areaUnderLearningCurve(timestamps, scores, timeBudget, t0),
  }),
});
