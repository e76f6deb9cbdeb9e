import { z } from 'zod';
import { defineMetric } from '../metric.ts';
import type { Metric } from '../metric.ts';
import { PairShape, itemwiseErrors, meanError, meanOfSums } from './errors.ts';

/** Mean absolute error under either of its names, from JSON: `{ pred, target }` of one shape. */
function meanAbsoluteError(name: 'l1' | 'mae'): Metric {
  return defineMetric({
    name,
    domain: 'regression',
    title:
      name === 'l1'
        ? { en: 'L1 distance', es: 'Distancia L1' }
        : { en: 'Mean absolute error', es: 'Error absoluto medio' },
    higherIsBetter: false,
    range: [0, Infinity],
    unit: 'number',
    aggregation: {
      en: 'Mean over all elements of all items.',
      es: 'Media sobre todos los elementos de todos los ítems.',
    },
    definition: {
      en: 'How far predictions are from the truth on average, in the unit of the targets. It is the mean of |prediction − target|.',
      es: 'A qué distancia quedan de media las predicciones de la verdad, en la unidad de los valores verdaderos. Es la media de |predicción − valor verdadero|.',
    },
    edgeCases: {
      en: 'Both sides must have one and the same shape; nothing is repeated to fit. Not defined without elements.',
      es: 'Ambos lados deben tener exactamente la misma forma; nada se repite para que encaje. No está definido si no hay elementos.',
    },
    source: 'scikit-learn mean_absolute_error; torchmetrics mean_absolute_error.',
    input: z.object(PairShape),
    report: (input) => ({ value: meanError(name, input, 'absolute') }),
    itemwise: {
      item: { en: 'item of the outermost list', es: 'ítem de la lista exterior' },
      statistics: (input) => itemwiseErrors(name, input, 'absolute'),
      finish: meanOfSums,
    },
  });
}

export const l1 = meanAbsoluteError('l1');
export const mae = meanAbsoluteError('mae');
