import type { Metric } from '../metric.ts';
import { fcnClassAccuracy, fcnClassIou, fcnPixelAccuracy, fcnScore } from './fcn-score.ts';
import { miouCityscapes } from './miou-cityscapes.ts';
import { miouTorchmetrics } from './miou-torchmetrics.ts';

export const SEGMENTATION_METRICS: readonly Metric[] = [
  miouCityscapes,
  miouTorchmetrics,
  fcnScore,
  fcnPixelAccuracy,
  fcnClassAccuracy,
  fcnClassIou,
];
