import { z } from 'zod';
import { defineMetric, MetricInputError } from '../metric.ts';

/** The noise of one question: of the threshold, of the comparison with it, of an answer from the holdout. */
export interface ThresholdNoise {
  readonly gamma: number;
  readonly eta: number;
  readonly xi: number;
}

export interface ThresholdAnswer {
  /** Null when the budget is spent: nothing is answered any more. */
  readonly answer: number | null;
  /** Whether the answer came from the holdout and lowered the budget. */
  readonly fromHoldout: boolean;
}

/** A difference that equals the mark but for the rounding of decimals, as 0.74 - 0.7 and 0.04, does not pass it. */
const SLACK = 1e-12;

/**
 * One question to Thresholdout. The training estimate is the answer unless it is off by more than the
 * noisy threshold; then the answer is the noisy estimate from the holdout.
 *
 * Source: Dwork et al., "The reusable holdout: preserving validity in adaptive data analysis" (2015).
 *
 * @param budget answers from the holdout that are left.
 */
export function askThresholdout(
  train: number,
  holdout: number,
  threshold: number,
  { gamma, eta, xi }: ThresholdNoise,
  budget: number,
): ThresholdAnswer {
  if (budget < 1) return { answer: null, fromHoldout: false };
  const rounding = SLACK * Math.max(Math.abs(train), Math.abs(holdout));
  if (Math.abs(train - holdout) > threshold + gamma + eta + rounding) {
    return { answer: holdout + xi, fromHoldout: true };
  }
  return { answer: train, fromHoldout: false };
}

const NO_NOISE: ThresholdNoise = { gamma: 0, eta: 0, xi: 0 };

const NoiseSchema = z.object({
  gamma: z.number().default(0),
  eta: z.number().default(0),
  xi: z.number().default(0),
});

export const thresholdout = defineMetric({
  name: 'thresholdout',
  domain: 'statistics',
  title: { en: 'Thresholdout', es: 'Thresholdout' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: {
    en: 'One answer for each question, in order.',
    es: 'Una respuesta por pregunta, en orden.',
  },
  definition: {
    en: 'A reusable holdout. A question is answered with the estimate from the training data unless |train - holdout| > threshold + gamma + eta; then with holdout + xi, which lowers the budget by one. gamma, eta and xi are random noise; here they are given, one triple for each question.',
    es: 'Un conjunto reservado reutilizable. Una pregunta se responde con la estimación de los datos de entrenamiento salvo que |train - holdout| > threshold + gamma + eta; entonces con holdout + xi, lo que reduce el presupuesto en uno. gamma, eta y xi son ruido aleatorio; aquí se dan, una terna por pregunta.',
  },
  edgeCases: {
    en: 'A difference that equals the threshold is answered with train. gamma is the one in force at its question. When the budget is spent nothing is answered: undefined. Without a budget it is endless; noise that is not given is 0.',
    es: 'Una diferencia igual al umbral se responde con train. gamma es el que rige en su pregunta. Agotado el presupuesto no se responde nada: no definido. Sin presupuesto es ilimitado; el ruido que no se da vale 0.',
  },
  source: 'Dwork et al. 2015, Thresholdout (noise given instead of drawn)',
  input: z.object({
    train: z.array(z.number()),
    holdout: z.array(z.number()),
    threshold: z.number(),
    noise: z.array(NoiseSchema).optional(),
    budget: z.number().nonnegative().optional(),
  }),
  report: ({ train, holdout, threshold, noise, budget = Infinity }) => {
    if (train.length !== holdout.length) {
      throw new MetricInputError(`train has ${train.length} values, holdout has ${holdout.length}`);
    }
    if (noise !== undefined && noise.length < train.length) {
      throw new MetricInputError(`noise has ${noise.length} entries for ${train.length} questions`);
    }
    let left = budget;
    const value = train.map((estimate, question) => {
      const drawn = noise?.[question] ?? NO_NOISE;
      const given = askThresholdout(estimate, holdout[question] ?? NaN, threshold, drawn, left);
      if (given.fromHoldout) left--;
      return given.answer;
    });
    return { value };
  },
});
