import { z } from 'zod';

import { numberArray } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { displacementsOfBest, mean, meanOverAgents } from './displacement.ts';

const InputSchema = z.object({ samples: numberArray, truth: numberArray });
type Input = z.infer<typeof InputSchema>;

const facts = {
  domain: 'trajectory',
  higherIsBetter: false,
  unit: 'number',
  aggregation: {
    en: 'Best sample of each agent, then the mean over agents.',
    es: 'La mejor muestra de cada agente y después la media sobre los agentes.',
  },
  edgeCases: {
    en: 'The best sample is chosen for each agent, not for a scene, and apart for the average and for the final error. All agents have the same number of samples and steps. Scores with different numbers of samples cannot be compared. Undefined without agents.',
    es: 'La mejor muestra se elige por agente, no por escena, y por separado para el error medio y el final. Todos los agentes tienen el mismo número de muestras y de pasos. No compares resultados con distinto número de muestras. No está definido sin agentes.',
  },
  source: 'Gupta et al. 2018 (Social GAN), best of N, taken per agent',
  input: InputSchema,
} as const;

export const minAdeFde = defineMetric<Input>({
  ...facts,
  name: 'min_ade_fde',
  title: {
    en: 'Best-of-K displacement errors',
    es: 'Errores de desplazamiento con la mejor de K muestras',
  },
  range: null,
  definition: {
    en: 'ADE and FDE of the best of K predicted trajectories, the two chosen apart.',
    es: 'ADE y FDE de la mejor de K trayectorias predichas, elegidas por separado.',
  },
  report: ({ samples, truth }) => {
    const { average, final } = displacementsOfBest(samples, truth);
    return { value: { minAde: mean(average), minFde: mean(final) } };
  },
});

export const minAde = defineMetric<Input>({
  ...facts,
  ...meanOverAgents<Input>(({ samples, truth }) => displacementsOfBest(samples, truth).average),
  name: 'min_ade',
  title: { en: 'Best-of-K ADE (minADE)', es: 'ADE con la mejor de K muestras (minADE)' },
  range: [0, Infinity],
  definition: {
    en: 'The lowest average displacement error among K predicted trajectories.',
    es: 'El menor error de desplazamiento medio entre K trayectorias predichas.',
  },
});

export const minFde = defineMetric<Input>({
  ...facts,
  ...meanOverAgents<Input>(({ samples, truth }) => displacementsOfBest(samples, truth).final),
  name: 'min_fde',
  title: { en: 'Best-of-K FDE (minFDE)', es: 'FDE con la mejor de K muestras (minFDE)' },
  range: [0, Infinity],
  definition: {
    en: 'The lowest final displacement error among K predicted trajectories.',
    es: 'El menor error de desplazamiento final entre K trayectorias predichas.',
  },
});
