import type { Metric } from '../metric.ts';
import { fid } from './fid.ts';
import { inceptionScore } from './inception-score.ts';
import { kid } from './kid.ts';

export const GENERATION_METRICS: readonly Metric[] = [fid, kid, inceptionScore];
