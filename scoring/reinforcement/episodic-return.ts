import { z } from 'zod';

import { numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { interquartileMean, mean, median } from './aggregate.ts';

/** The undiscounted return of each episode: the sum of its rewards. */
const InputSchema = z.object({ returns: numberList });
type Input = z.infer<typeof InputSchema>;

const facts = {
  domain: 'reinforcement',
  higherIsBetter: true,
  range: [-Infinity, Infinity],
  unit: 'number',
  edgeCases: {
    en: 'The number of episodes, the cut-off (30 minutes or 108,000 frames on Atari), the starts (no-op or human) and sticky actions belong to the task: scores under other rules cannot be compared. Undefined without episodes.',
    es: 'El número de episodios, el corte (30 minutos o 108.000 fotogramas en Atari), los inicios (sin acción o humanos) y las acciones pegajosas son parte de la tarea: no compares resultados con otras reglas. No está definido sin episodios.',
  },
  source: 'Mnih et al. 2015; Agarwal et al. 2021 (median, interquartile mean)',
  input: InputSchema,
} as const;

export const episodicReturn = defineMetric<Input>({
  ...facts,
  name: 'episodic_return',
  title: { en: 'Mean episodic return', es: 'Retorno medio por episodio' },
  aggregation: { en: 'Mean over episodes.', es: 'Media sobre los episodios.' },
  definition: {
    en: 'The sum of the rewards of an episode, not discounted, averaged over a fixed number of episodes.',
    es: 'La suma de las recompensas de un episodio, sin descuento, promediada sobre un número fijo de episodios.',
  },
  report: ({ returns }) => ({
    value: mean(returns),
    median: median(returns),
    iqm: interquartileMean(returns),
    episodes: returns.length,
  }),
  itemwise: {
    item: { en: 'episode', es: 'episodio' },
    statistics: ({ returns }) => ({ items: returns.length, width: 1, values: returns }),
    finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
  },
});

export const episodicReturnMedian = defineMetric<Input>({
  ...facts,
  name: 'episodic_return_median',
  title: { en: 'Median episodic return', es: 'Mediana del retorno por episodio' },
  aggregation: { en: 'Median over episodes.', es: 'Mediana sobre los episodios.' },
  definition: {
    en: 'The median of the undiscounted returns: half of the episodes did at least as well.',
    es: 'La mediana de los retornos sin descuento: la mitad de los episodios fue al menos así de bien.',
  },
  report: ({ returns }) => ({ value: median(returns) }),
});

export const episodicReturnIqm = defineMetric<Input>({
  ...facts,
  name: 'episodic_return_iqm',
  title: {
    en: 'Interquartile mean of the episodic return',
    es: 'Media intercuartílica del retorno por episodio',
  },
  aggregation: {
    en: 'Mean of the middle half of the episodes.',
    es: 'Media de la mitad central de los episodios.',
  },
  definition: {
    en: 'The mean of the undiscounted returns left when a quarter of them, rounded down, is cut off at either end.',
    es: 'La media de los retornos sin descuento que quedan al quitar un cuarto de ellos, redondeado hacia abajo, en cada extremo.',
  },
  report: ({ returns }) => ({ value: interquartileMean(returns) }),
});
