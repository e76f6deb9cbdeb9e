import type { Metric } from '../metric.ts';

export const REINFORCEMENT_METRICS: readonly Metric[] = [];
