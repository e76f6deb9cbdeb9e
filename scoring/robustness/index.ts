import type { Metric } from '../metric.ts';

export const ROBUSTNESS_METRICS: readonly Metric[] = [];
