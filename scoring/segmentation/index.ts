import type { Metric } from '../metric.ts';

export const SEGMENTATION_METRICS: readonly Metric[] = [];
