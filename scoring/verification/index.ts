import type { Metric } from '../metric.ts';

export const VERIFICATION_METRICS: readonly Metric[] = [];
