import type { Metric } from '../metric.ts';

export const GESTURE_METRICS: readonly Metric[] = [];
