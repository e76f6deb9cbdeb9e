import type { Metric } from '../metric.ts';
import { alcAutodl } from './alc.ts';
import { nauc } from './nauc.ts';

export const ANYTIME_METRICS: readonly Metric[] = [alcAutodl, nauc];
