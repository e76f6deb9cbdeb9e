import type { Metric } from '../metric.ts';
import { eer } from './eer.ts';
import { lfwAccuracyMetric } from './lfw-accuracy.ts';
import { tarAtFarMetric } from './tar-at-far.ts';

export const VERIFICATION_METRICS: readonly Metric[] = [lfwAccuracyMetric, eer, tarAtFarMetric];
