import type { ClassificationMetric, Metric } from '../metric.ts';
import { accuracyMetric, accuracyOfClasses } from './accuracy.ts';
import { aurocMetric, aurocOfClasses } from './auroc.ts';
import { brierMetric, brierOfClasses } from './brier.ts';
import { cohenKappaMetric, cohenKappaOfClasses } from './cohen-kappa.ts';
import { eceMetric, eceOfClasses } from './ece.ts';
import { ilsvrcFlatError } from './ilsvrc-flat-error.ts';
import { ilsvrcHierarchical } from './ilsvrc-hierarchical.ts';
import { macroF1Metric, macroF1OfClasses } from './macro-f1.ts';
import { top1Error, top1ErrorMetric, top5Error, top5ErrorMetric } from './top-k-error.ts';
import { topkScores } from './topk-scores.ts';

/** Metrics that read JSON. */
export const CLASSIFICATION_METRICS: readonly Metric[] = [
  top1ErrorMetric,
  top5ErrorMetric,
  accuracyMetric,
  topkScores,
  ilsvrcFlatError,
  ilsvrcHierarchical,
  macroF1Metric,
  aurocMetric,
  cohenKappaMetric,
  eceMetric,
  brierMetric,
];

/** Those of them that an image-classification task can name. */
export const CLASS_METRICS: readonly ClassificationMetric[] = [
  top1Error,
  top5Error,
  accuracyOfClasses,
  macroF1OfClasses,
  aurocOfClasses,
  cohenKappaOfClasses,
  eceOfClasses,
  brierOfClasses,
];
