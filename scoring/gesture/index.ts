import type { Metric } from '../metric.ts';
import { gestureJaccard } from './jaccard.ts';
import { gestureLevenshtein } from './levenshtein.ts';

export const GESTURE_METRICS: readonly Metric[] = [gestureLevenshtein, gestureJaccard];
