import type { Metric } from '../metric.ts';
import { episodicReturn, episodicReturnIqm, episodicReturnMedian } from './episodic-return.ts';
import {
  humanNormalisedIqm,
  humanNormalisedMean,
  humanNormalisedMedian,
} from './human-normalised.ts';

export const REINFORCEMENT_METRICS: readonly Metric[] = [
  episodicReturn,
  episodicReturnMedian,
  episodicReturnIqm,
  humanNormalisedMean,
  humanNormalisedMedian,
  humanNormalisedIqm,
];
