import type { Metric } from '../metric.ts';

export const DETECTION_METRICS: readonly Metric[] = [];
