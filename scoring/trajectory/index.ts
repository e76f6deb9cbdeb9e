import type { Metric } from '../metric.ts';

export const TRAJECTORY_METRICS: readonly Metric[] = [];
