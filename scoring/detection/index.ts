import type { Metric } from '../metric.ts';
import { cocoApMetric, cocoMeanAp } from './coco-ap.ts';
import { vocApMetric } from './voc-ap.ts';

export const DETECTION_METRICS: readonly Metric[] = [cocoApMetric, cocoMeanAp, vocApMetric];
