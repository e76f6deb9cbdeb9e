import type { Metric } from '../metric.ts';

export const IMAGE_METRICS: readonly Metric[] = [];
