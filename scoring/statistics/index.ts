import type { Metric } from '../metric.ts';

export const STATISTICS_METRICS: readonly Metric[] = [];
