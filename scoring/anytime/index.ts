import type { Metric } from '../metric.ts';

export const ANYTIME_METRICS: readonly Metric[] = [];
