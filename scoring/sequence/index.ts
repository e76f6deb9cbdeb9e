import type { Metric } from '../metric.ts';

export const SEQUENCE_METRICS: readonly Metric[] = [];
