import { z } from 'zod';

import { auroc } from '../classification/auroc.ts';
import { numberArray, type NumberArray } from '../input.ts';
import { defineMetric } from '../metric.ts';

/**
 * Normalised AUC of AutoDL: the mean of 2 AUC - 1 over the columns of which both classes occur. 0 is
 * chance, 1 perfect order, -1 reversed order; equal scores count half.
 *
 * Source: Liu et al., "Winning solutions and post-challenge analyses of the ChaLearn AutoDL challenge
 * 2019" (2021), autodl_auc of its scoring program.
 *
 * @param scores rows x columns, row-major.
 * @param labels 0 or 1, of the same shape.
 * @returns null where no column has both classes.
 * @throws RangeError when the lengths do not fit.
 */
export function normalisedAuc(
  scores: Float64Array,
  labels: ArrayLike<number>,
  columns: number,
): number | null {
  if (scores.length !== labels.length || scores.length % columns !== 0) {
    throw new RangeError(
      `there are ${scores.length} scores and ${labels.length} labels in ${columns} columns`,
    );
  }
  const rows = scores.length / columns;
  const ofColumn = new Float64Array(rows);
  const labelsOfColumn = new Uint8Array(rows);
  let sum = 0;
  let valid = 0;
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      ofColumn[row] = scores[row * columns + column] ?? 0;
      labelsOfColumn[row] = labels[row * columns + column] ?? 0;
    }
    const area = auroc(ofColumn, labelsOfColumn);
    if (area === null) continue;
    sum += 2 * area - 1;
    valid++;
  }
  return valid === 0 ? null : sum / valid;
}

/** Both rows x columns; of one column each may be a plain list. */
const InputSchema = z.object({ scores: numberArray, labels: numberArray });

function shown({ shape }: NumberArray): string {
  return shape.join(' x ');
}

export const nauc = defineMetric<z.infer<typeof InputSchema>>({
  name: 'nauc',
  domain: 'anytime',
  title: { en: 'Normalised AUC', es: 'AUC normalizada' },
  higherIsBetter: true,
  range: [-1, 1],
  unit: 'number',
  aggregation: {
    en: 'Plain mean over the columns in which both classes occur.',
    es: 'Media simple sobre las columnas en las que aparecen las dos clases.',
  },
  definition: {
    en: 'Twice the area under the ROC curve, minus 1, for each column of labels: 0 is chance, 1 is perfect.',
    es: 'El doble del área bajo la curva ROC, menos 1, para cada columna de etiquetas: 0 es el azar y 1, lo perfecto.',
  },
  edgeCases: {
    en: 'Ties count half. Columns with only one class are left out. Undefined if none is left.',
    es: 'Los empates cuentan la mitad. Las columnas con una sola clase quedan fuera. No está definida si no queda ninguna.',
  },
  source: 'Liu et al. 2021, autodl_auc of the AutoDL scoring program',
  input: InputSchema,
  report: ({ scores, labels }) => {
    if (scores.shape.join() !== labels.shape.join() || scores.shape.length > 2) {
      throw new RangeError(
        `the scores are ${shown(scores)}, the labels ${shown(labels)}: both should be rows x columns`,
      );
    }
    const odd = labels.values.find((label) => label !== 0 && label !== 1);
    if (odd !== undefined) throw new RangeError(`a label is ${odd}, not 0 or 1`);
    return { value: normalisedAuc(scores.values, labels.values, scores.shape[1] ?? 1) };
  },
});
