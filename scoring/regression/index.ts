import type { Metric } from '../metric.ts';

export const REGRESSION_METRICS: readonly Metric[] = [];
