import { z } from 'zod';

import { numberArray } from '../input.ts';
import { defineMetric } from '../metric.ts';
import { displacementsOfOne, mean, meanOverAgents } from './displacement.ts';

const InputSchema = z.object({ prediction: numberArray, truth: numberArray });
type Input = z.infer<typeof InputSchema>;

const facts = {
  domain: 'trajectory',
  higherIsBetter: false,
  unit: 'number',
  edgeCases: {
    en: 'All agents have the same number of steps; other shapes are rejected. In the unit of the positions. Undefined without agents.',
    es: 'Todos los agentes tienen el mismo número de pasos; otras formas se rechazan. En la unidad de las posiciones. No está definido sin agentes.',
  },
  source:
    'Pellegrini et al. 2009; displacement_error and final_displacement_error of Social-GAN, divided by their counts',
  input: InputSchema,
} as const;

export const adeFde = defineMetric<Input>({
  ...facts,
  name: 'ade_fde',
  title: {
    en: 'Average and final displacement error',
    es: 'Error de desplazamiento medio y final',
  },
  range: null,
  aggregation: { en: 'Mean over agents.', es: 'Media sobre los agentes.' },
  definition: {
    en: 'Euclidean distance between the predicted and the true position: its mean over all steps (ADE) and at the last step (FDE).',
    es: 'Distancia euclídea entre la posición predicha y la real: su media en todos los pasos (ADE) y en el último paso (FDE).',
  },
  report: ({ prediction, truth }) => {
    const { average, final } = displacementsOfOne(prediction, truth);
    return { value: { ade: mean(average), fde: mean(final) } };
  },
});

export const ade = defineMetric<Input>({
  ...facts,
  ...meanOverAgents<Input>(
    ({ prediction, truth }) => displacementsOfOne(prediction, truth).average,
  ),
  name: 'ade',
  title: { en: 'Average displacement error (ADE)', es: 'Error de desplazamiento medio (ADE)' },
  range: [0, Infinity],
  aggregation: {
    en: 'Mean over the steps of each agent, then over agents.',
    es: 'Media sobre los pasos de cada agente y después sobre los agentes.',
  },
  definition: {
    en: 'Mean Euclidean distance between the predicted and the true position over all steps.',
    es: 'Distancia euclídea media entre la posición predicha y la real en todos los pasos.',
  },
});

export const fde = defineMetric<Input>({
  ...facts,
  ...meanOverAgents<Input>(({ prediction, truth }) => displacementsOfOne(prediction, truth).final),
  name: 'fde',
  title: { en: 'Final displacement error (FDE)', es: 'Error de desplazamiento final (FDE)' },
  range: [0, Infinity],
  aggregation: { en: 'Mean over agents.', es: 'Media sobre los agentes.' },
  definition: {
    en: 'Mean Euclidean distance between the predicted and the true position at the last step.',
    es: 'Distancia euclídea media entre la posición predicha y la real en el último paso.',
  },
});
