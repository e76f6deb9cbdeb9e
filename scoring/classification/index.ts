import type { Metric } from '../metric.ts';

export const CLASSIFICATION_METRICS: readonly Metric[] = [];
