import { z } from 'zod';

import { numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';

/** Keeps the ratio finite where all the logits in it are equal. */
const FLOOR = 1e-12;

/**
 * Difference of logits ratio, the loss that AutoAttack's APGD-DLR climbs: with z_(1) >= z_(2) >= ...,
 *
 *   untargeted  -(z_y - max_{i != y} z_i) / (z_(1) - z_(3) + 1e-12)
 *   targeted    -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2 + 1e-12)
 *
 * Negative or 0 while the label is (or ties as) the best class; unchanged when all logits are shifted
 * or scaled alike.
 *
 * Source: Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse
 * parameter-free attacks" (2020); autopgd_base.py of auto-attack.
 *
 * @param target class that a targeted attack aims at; null for the untargeted loss.
 * @returns null with fewer than 3 classes, targeted with fewer than 4.
 * @throws RangeError when label or target is no class.
 */
export function dlrLoss(
  logits: ArrayLike<number>,
  label: number,
  target: number | null,
): number | null {
  const classes = logits.length;
  for (const [what, index] of [
    ['label', label],
    ['target', target ?? label],
  ] as const) {
    if (!(Number.isInteger(index) && index >= 0 && index < classes)) {
      throw new RangeError(`the ${what} ${index} is not a class index below ${classes}`);
    }
  }
  if (classes < (target === null ? 3 : 4)) return null;
  const [first = 0, second = 0, third = 0, fourth = 0] = Float64Array.from(logits).sort().reverse();
  const own = logits[label] ?? 0;
  // Where the label ties as best, the runner-up is equal to it: both rules give the same numerator.
  const rival = target === null ? (own === first ? second : first) : (logits[target] ?? 0);
  const spread = target === null ? first - third : first - (third + fourth) / 2;
  return (rival - own) / (spread + FLOOR);
}

const InputSchema = z.object({
  logits: numberList,
  label: z.number(),
  target: z.number().nullable().default(null),
});

export const dlrLossMetric = defineMetric<z.infer<typeof InputSchema>>({
  name: 'dlr_loss',
  domain: 'robustness',
  title: { en: 'Difference of logits ratio', es: 'Razón de diferencias de logits' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation: { en: 'One row of logits at a time.', es: 'Una fila de logits cada vez.' },
  definition: {
    en: 'How far the logit of the label lies below the best other one (or below the target’s), divided by the distance of the best logit from the third (targeted: from the mean of the third and the fourth).',
    es: 'Cuánto queda el logit de la etiqueta por debajo del mejor de los demás (o del de la clase objetivo), dividido por la distancia entre el mejor logit y el tercero (con objetivo: la media del tercero y el cuarto).',
  },
  edgeCases: {
    en: 'A tie for the best class gives 0. The divisor carries +1e-12. Undefined with fewer than 3 classes, or 4 with a target.',
    es: 'Un empate en la mejor clase da 0. El divisor lleva +1e-12. No está definida con menos de 3 clases, o de 4 si hay objetivo.',
  },
  source: 'Croce and Hein 2020; autopgd_base.py of auto-attack',
  input: InputSchema,
  report: ({ logits, label, target }) => ({ value: dlrLoss(logits, label, target) }),
});
