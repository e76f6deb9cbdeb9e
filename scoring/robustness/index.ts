import type { Metric } from '../metric.ts';
import { dlrLossMetric } from './dlr-loss.ts';
import { linearRobustAccuracy } from './linear-robust-accuracy.ts';
import { linfBall } from './linf-ball.ts';
import { robustAccuracyWorstCase } from './robust-accuracy.ts';

export const ROBUSTNESS_METRICS: readonly Metric[] = [
  robustAccuracyWorstCase,
  linearRobustAccuracy,
  dlrLossMetric,
  linfBall,
];
