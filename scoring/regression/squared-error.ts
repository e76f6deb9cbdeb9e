import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import { PairShape, itemwiseErrors, meanError, meanOfSums } from './errors.ts';

const OUTPUTS = ['rmse', 'mse'] as const;
type Output = (typeof OUTPUTS)[number];

function rootIfAsked(mean: number | null, output: Output): number | null {
  return mean === null || output === 'mse' ? mean : Math.sqrt(mean);
}

const SHARED = {
  domain: 'regression',
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'number',
  edgeCases: {
    en: 'Both sides must have one and the same shape; nothing is repeated to fit. Not defined without elements.',
    es: 'Ambos lados deben tener exactamente la misma forma; nada se repite para que encaje. No está definido si no hay elementos.',
  },
} as const;

/**
 * Root mean squared error from JSON: `{ pred, target, output? }`, `output` "rmse" (the default) or "mse".
 *
 * scikit-learn differs on targets of several columns, where it averages the roots of the columns.
 */
export const rmse = defineMetric({
  ...SHARED,
  name: 'rmse',
  title: { en: 'Root mean squared error', es: 'Raíz del error cuadrático medio' },
  aggregation: {
    en: 'Root of the mean over all elements of all items: of the pool, not a mean of roots.',
    es: 'Raíz de la media sobre todos los elementos de todos los ítems: del conjunto, no una media de raíces.',
  },
  definition: {
    en: 'The typical size of an error, in the unit of the targets, with large errors weighing more. It is the square root of the mean of (prediction − target)²; output "mse" gives the mean itself.',
    es: 'El tamaño típico de un error, en la unidad de los valores verdaderos; los errores grandes pesan más. Es la raíz cuadrada de la media de (predicción − valor verdadero)²; con output "mse" obtienes la propia media.',
  },
  source: 'scikit-learn root_mean_squared_error for one column of targets.',
  input: z.object({ ...PairShape, output: z.enum(OUTPUTS).default('rmse') }),
  report: (input) => ({ value: rootIfAsked(meanError('rmse', input, 'squared'), input.output) }),
  itemwise: {
    item: { en: 'item of the outermost list', es: 'ítem de la lista exterior' },
    // The third column says which output was asked, for `finish` sees sums only.
    statistics: (input) => itemwiseErrors('rmse', input, 'squared', OUTPUTS.indexOf(input.output)),
    finish: (sums) => rootIfAsked(meanOfSums(sums), (sums[2] ?? 0) > 0 ? 'mse' : 'rmse'),
  },
});

/** Mean squared error from JSON: `{ pred, target }` of one shape. */
export const mse = defineMetric({
  ...SHARED,
  name: 'mse',
  title: { en: 'Mean squared error', es: 'Error cuadrático medio' },
  aggregation: {
    en: 'Mean over all elements of all items.',
    es: 'Media sobre todos los elementos de todos los ítems.',
  },
  definition: {
    en: 'The mean of the squared errors, in the squared unit of the targets. It is the mean of (prediction − target)².',
    es: 'La media de los errores al cuadrado, en la unidad de los valores verdaderos al cuadrado. Es la media de (predicción − valor verdadero)².',
  },
  source: 'scikit-learn mean_squared_error; torchmetrics mean_squared_error.',
  input: z.object(PairShape),
  report: (input) => ({ value: meanError('mse', input, 'squared') }),
  itemwise: {
    item: { en: 'item of the outermost list', es: 'ítem de la lista exterior' },
    statistics: (input) => itemwiseErrors('mse', input, 'squared'),
    finish: meanOfSums,
  },
});
