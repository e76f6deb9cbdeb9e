import { z } from 'zod';

import { numberList, numberMatrix } from '../input.ts';
import { defineMetric } from '../metric.ts';

/**
 * 1 for each row that no perturbation of at most eps in L-infinity turns over, under the two-class
 * model sign(w.x + b) and without bounds on x: y (w.x + b) > eps ||w||_1. FGSM and PGD both reach
 * this bound, which makes it a check of an attack.
 *
 * Source: Goodfellow et al., "Explaining and harnessing adversarial examples" (2015), section 5.
 *
 * @param x rows x features, row-major, `w.length` features.
 * @param y -1 or 1 for each row.
 * @throws RangeError when a row has another number of features, or rows and labels differ in number.
 */
export function robustLinearRows(
  w: ArrayLike<number>,
  b: number,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  eps: number,
): Uint8Array {
  const features = w.length;
  if (x.length !== features * y.length) {
    throw new RangeError(
      `x has ${x.length} numbers, ${y.length} labels of ${features} features need ${features * y.length}`,
    );
  }
  let norm = 0;
  for (let i = 0; i < features; i++) norm += Math.abs(w[i] ?? 0);
  const robust = new Uint8Array(y.length);
  for (let row = 0; row < y.length; row++) {
    let score = b;
    for (let i = 0; i < features; i++) score += (w[i] ?? 0) * (x[row * features + i] ?? 0);
    robust[row] = (y[row] ?? 0) * score > eps * norm ? 1 : 0;
  }
  return robust;
}

const InputSchema = z.object({
  w: numberList,
  b: z.number().default(0),
  x: numberMatrix,
  y: numberList,
  eps: z.number().min(0),
});
type Input = z.infer<typeof InputSchema>;

function robust({ w, b, x, y, eps }: Input): Uint8Array {
  if (x.rows !== y.length || (x.rows > 0 && x.columns !== w.length)) {
    throw new RangeError(
      `x has ${x.rows} rows of ${x.columns} features, y has ${y.length} labels, w has ${w.length} features`,
    );
  }
  const odd = y.findIndex((label) => label !== 1 && label !== -1);
  if (odd >= 0) throw new RangeError(`the label of row ${odd} is ${y[odd] ?? NaN}, not -1 or 1`);
  return robustLinearRows(w, b, x.values, y, eps);
}

const finish = (sums: ArrayLike<number>, items: number) =>
  items === 0 ? null : (sums[0] ?? 0) / items;

export const linearRobustAccuracy = defineMetric<Input>({
  name: 'linear_robust_accuracy',
  domain: 'robustness',
  title: {
    en: 'Exact robust accuracy of a linear model',
    es: 'Exactitud robusta exacta de un modelo lineal',
  },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: { en: 'Mean over rows.', es: 'Media sobre las filas.' },
  definition: {
    en: 'The share of rows with y (w·x + b) > eps ‖w‖₁: those that no perturbation within eps of each feature can turn over. FGSM and PGD must both reach it on such a model.',
    es: 'La proporción de filas con y (w·x + b) > eps ‖w‖₁: las que ninguna perturbación de hasta eps en cada característica puede cambiar de clase. En un modelo así, FGSM y PGD deben alcanzarla.',
  },
  edgeCases: {
    en: 'Labels are -1 or 1; x is not bounded. A row on the very bound is not robust. Undefined without rows.',
    es: 'Las etiquetas son -1 o 1; x no está acotada. Una fila justo en el límite no es robusta. No está definida sin filas.',
  },
  source: 'Closed form; Goodfellow et al. 2015, section 5',
  input: InputSchema,
  report: (input) => {
    const rows = robust(input);
    return { value: finish([rows.reduce((sum, each) => sum + each, 0)], rows.length) };
  },
  itemwise: {
    item: { en: 'row', es: 'fila' },
    statistics: (input) => {
      const values = Float64Array.from(robust(input));
      return { items: values.length, width: 1, values };
    },
    finish,
  },
});
