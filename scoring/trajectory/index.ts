import type { Metric } from '../metric.ts';
import { ade, adeFde, fde } from './ade-fde.ts';
import { minAde, minAdeFde, minFde } from './min-ade-fde.ts';

export const TRAJECTORY_METRICS: readonly Metric[] = [adeFde, ade, fde, minAdeFde, minAde, minFde];
