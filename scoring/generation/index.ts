import type { Metric } from '../metric.ts';

export const GENERATION_METRICS: readonly Metric[] = [];
