import { z } from 'zod';

import { numberArray } from '../input.ts';
import { MetricInputError, defineMetric } from '../metric.ts';

/** What float32 arithmetic may add to a perturbation of exactly the allowed size. */
const SIZE_SLACK = 1e-6;
/** What adding a perturbation to an image in float64 may add at the ends of [0, 1]. */
const SUM_SLACK = 1e-12;

/** @returns the largest absolute value; 0 for none. */
export function linfNorm(delta: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < delta.length; i++) largest = Math.max(largest, Math.abs(delta[i] ?? 0));
  return largest;
}

/**
 * Whether a perturbation keeps to the ball: no pixel moved by more than eps, with a slack of 1e-6.
 *
 * @param delta in the unit of eps, any shape laid out flat.
 * @param eps at least 0; 8/255 and 0.031 are different balls.
 */
export function isInLinfBall(delta: ArrayLike<number>, eps: number): boolean {
  return linfNorm(delta) <= eps + SIZE_SLACK;
}

/** Whether every pixel is in [0, 1], give or take `slack`. */
export function isInUnitBox(pixels: ArrayLike<number>, slack: number): boolean {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i] ?? NaN;
    if (!(pixel >= -slack && pixel <= 1 + slack)) return false;
  }
  return true;
}

const InputSchema = z.object({
  delta: numberArray.optional(),
  eps: z.number().min(0),
  /** The clean image: with it, what was classified must lie in [0, 1] too. */
  x: numberArray.optional(),
  /** The array that was classified, in place of `delta`. */
  adversarial: numberArray.optional(),
});
type Input = z.infer<typeof InputSchema>;

/** The perturbation, and the array that was classified where it is known. */
function resolve({ delta, x, adversarial }: Input): {
  moved: Float64Array;
  classified: Float64Array | null;
  slack: number;
} {
  const other = delta ?? adversarial;
  if (x !== undefined && other !== undefined && x.shape.join() !== other.shape.join()) {
    throw new RangeError(
      `x is ${x.shape.join(' x ')}, ${delta === undefined ? 'adversarial' : 'delta'} is ${other.shape.join(' x ')}`,
    );
  }
  if (delta !== undefined) {
    const sum = x?.values.map((pixel, i) => pixel + (delta.values[i] ?? 0)) ?? null;
    return { moved: delta.values, classified: sum, slack: SUM_SLACK };
  }
  if (x === undefined || adversarial === undefined) {
    throw new MetricInputError('linf_ball: either delta, or x and adversarial, are expected');
  }
  const moved = adversarial.values.map((pixel, i) => pixel - (x.values[i] ?? 0));
  return { moved, classified: adversarial.values, slack: 0 };
}

export const linfBall = defineMetric<Input>({
  name: 'linf_ball',
  domain: 'robustness',
  title: { en: 'Perturbation within the L∞ ball', es: 'Perturbación dentro de la bola L∞' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One image at a time.', es: 'Una imagen cada vez.' },
  definition: {
    en: 'True if no pixel was moved by more than eps and, where the clean image is given, every pixel of what was classified lies in [0, 1].',
    es: 'Verdadero si ningún píxel se movió más de eps y, cuando se da la imagen limpia, todos los píxeles de lo que se clasificó están en [0, 1].',
  },
  edgeCases: {
    en: 'The bound has a slack of 1e-6 for float32 arithmetic. 8/255 and 0.031 are different bounds. An empty perturbation is inside.',
    es: 'El límite tiene una holgura de 1e-6 por la aritmética float32. 8/255 y 0,031 son límites distintos. Una perturbación vacía está dentro.',
  },
  source: 'The threat model of Madry et al. 2018 and RobustBench',
  input: InputSchema,
  report: (input) => {
    const { moved, classified, slack } = resolve(input);
    const inBox = classified === null || isInUnitBox(classified, slack);
    return { value: isInLinfBall(moved, input.eps) && inBox, linf: linfNorm(moved) };
  },
});
