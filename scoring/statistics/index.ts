import type { Metric } from '../metric.ts';
import { ladder, ladderFree } from './ladder.ts';
import { mcnemar } from './mcnemar.ts';
import { pairedBootstrapExact } from './paired-bootstrap.ts';
import { approxRandomizationExact } from './randomization.ts';
import { rankInterval } from './rank-interval.ts';
import { thresholdout } from './thresholdout.ts';
import { wilson } from './wilson.ts';

export const STATISTICS_METRICS: readonly Metric[] = [
  wilson,
  mcnemar,
  pairedBootstrapExact,
  approxRandomizationExact,
  rankInterval,
  ladder,
  ladderFree,
  thresholdout,
];
