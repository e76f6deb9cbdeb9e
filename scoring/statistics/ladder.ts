import { z } from 'zod';
import { defineMetric, MetricInputError } from '../metric.ts';

/** The best loss released so far (Infinity before the first), and whether the last one moved it. */
export interface Rung {
  readonly best: number;
  readonly improved: boolean;
}

/** A loss that equals the mark but for the rounding of decimals does not pass it. */
const SLACK = 1e-9;

/**
 * The Ladder: a loss below best - eta becomes the best, rounded to a multiple of eta (half up); any other
 * answer is the best so far, and says no more than "not clearly better".
 *
 * Source: Blum and Hardt, "The Ladder: a reliable leaderboard for machine learning competitions" (2015),
 * algorithm 1.
 *
 * @param best released so far; Infinity before the first.
 * @param loss lower is better; negate a score.
 * @param eta above 0, in the unit of the loss.
 */
export function climb(best: number, loss: number, eta: number): Rung {
  if (!(eta > 0 && eta < Infinity)) throw new RangeError(`eta is ${eta}, not above 0`);
  if (!(loss < best - eta - SLACK * eta)) return { best, improved: false };
  return { best: roundToStep(loss, eta), improved: true };
}

/**
 * The parameter-free Ladder: the mark is one standard error of the difference to the submission that set
 * the best, and what is released is rounded to 1/n.
 *
 * Source: the same, algorithm 2. The authors' code does not round here; a zero-one loss is a multiple of
 * 1/n anyway.
 *
 * @param error s/sqrt(n), s the standard deviation (n - 1) of the differences of the items to the
 *   submission that set the best; ignored before the first. NaN, as for one item, never passes.
 * @param items n.
 */
export function climbFree(best: number, loss: number, error: number, items: number): Rung {
  const passes = best === Infinity ? loss < best : loss < best - error - SLACK / items;
  if (!passes) return { best, improved: false };
  return { best: roundToStep(loss, 1 / items), improved: true };
}

/** The nearest multiple of the step, half up. Infinite and undefined values stay. */
export function roundToStep(value: number, step: number): number {
  if (!Number.isFinite(value)) return value;
  const steps = Math.floor(value / step + 0.5 + SLACK);
  // Steps such as 0.05 are 1/20 sooner than they are 0.05: dividing gives 0.3, multiplying 0.30000000000000004.
  const inverse = Math.round(1 / step);
  if (Math.abs(inverse * step - 1) < 1e-12) return steps / inverse;
  // 5 steps of 0.07 are 0.35, not 0.35000000000000003.
  return Number((steps * step).toPrecision(15));
}

/** What the Ladder answers to losses in their order. */
export function ladderAnswers(losses: readonly number[], eta: number): number[] {
  let best = Infinity;
  return losses.map((loss) => (best = climb(best, loss, eta).best));
}

/**
 * What the parameter-free Ladder answers to submissions in their order.
 *
 * @param lossVectors the losses of the same n items for each submission.
 * @throws RangeError where they differ in length; the message states both.
 */
export function freeLadderAnswers(lossVectors: readonly (readonly number[])[]): number[] {
  const items = lossVectors[0]?.length ?? 0;
  let best = Infinity;
  let leader: readonly number[] = [];
  return lossVectors.map((losses, submission) => {
    if (losses.length !== items) {
      throw new RangeError(
        `submission ${submission} has ${losses.length} losses, the first has ${items}`,
      );
    }
    const loss = losses.reduce((sum, value) => sum + value, 0) / items;
    const differences = losses.map((value, item) => value - (leader[item] ?? 0));
    const rung = climbFree(best, loss, standardErrorOfMean(differences), items);
    if (rung.improved) leader = losses;
    return (best = rung.best);
  });
}

/** s/sqrt(n) with the n - 1 standard deviation; NaN for one value. */
function standardErrorOfMean(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

const IN_ORDER = {
  en: 'One answer for each submission, in the order in which they came.',
  es: 'Una respuesta por envío, en el orden en que llegaron.',
} as const;

export const ladder = defineMetric({
  name: 'ladder',
  domain: 'statistics',
  title: { en: 'Ladder', es: 'Ladder (escalera)' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: IN_ORDER,
  definition: {
    en: 'A release rule for public scores. Only a loss that is lower than the best released so far by more than eta moves it; the new best is released rounded to a multiple of eta. Every other submission gets the best so far as its answer, so small differences, the only thing that probing needs, are never shown.',
    es: 'Una regla de publicación para las puntuaciones públicas. Solo una pérdida menor que la mejor publicada hasta el momento en más de eta la mueve; la nueva se publica redondeada a un múltiplo de eta. Cualquier otro envío recibe como respuesta la mejor hasta el momento, de modo que las pequeñas diferencias, lo único que necesita quien sondea, nunca se muestran.',
  },
  edgeCases: {
    en: 'The first loss always counts. A loss lower by exactly eta does not. Half a step rounds up.',
    es: 'La primera pérdida cuenta siempre. Una pérdida menor en exactamente eta no cuenta. Medio escalón se redondea hacia arriba.',
  },
  source: 'Blum and Hardt 2015, algorithm 1',
  input: z.object({ losses: z.array(z.number()), eta: z.number().positive() }),
  report: ({ losses, eta }) => ({ value: ladderAnswers(losses, eta) }),
});

export const ladderFree = defineMetric({
  name: 'ladder_free',
  domain: 'statistics',
  title: { en: 'Parameter-free Ladder', es: 'Ladder sin parámetros' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: IN_ORDER,
  definition: {
    en: 'The Ladder with a mark that the data set themselves: a submission moves the best released loss R if its mean loss is below R - s/sqrt(n), where s is the standard deviation (n - 1) of the differences between its losses and those of the submission that set R. The new best is released rounded to 1/n.',
    es: 'La regla Ladder con un umbral que fijan los propios datos: un envío mueve la mejor pérdida publicada R si su pérdida media es menor que R - s/raíz(n), donde s es la desviación típica (n - 1) de las diferencias entre sus pérdidas y las del envío que fijó R. La nueva se publica redondeada a 1/n.',
  },
  edgeCases: {
    en: 'The first submission always counts. Equality does not. With one item s is unknown and nothing after the first counts. Vectors of different lengths are an error; without items nothing is defined.',
    es: 'El primer envío cuenta siempre. La igualdad no cuenta. Con un solo elemento s se desconoce y solo cuenta el primero. Vectores de distinta longitud son un error; sin elementos nada está definido.',
  },
  source: "Blum and Hardt 2015, algorithm 2 (the authors' code does not round here)",
  input: z.object({ lossVectors: z.array(z.array(z.number())) }),
  report: ({ lossVectors }) => {
    if (lossVectors[0]?.length === 0) {
      throw new MetricInputError('ladder_free: lossVectors: expected one item or more, got 0');
    }
    return { value: freeLadderAnswers(lossVectors) };
  },
});
