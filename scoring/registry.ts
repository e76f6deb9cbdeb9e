import { ANYTIME_METRICS } from './anytime/index.ts';
import { CLASSIFICATION_METRICS, CLASS_METRICS } from './classification/index.ts';
import { DETECTION_METRICS } from './detection/index.ts';
import { GENERATION_METRICS } from './generation/index.ts';
import { GESTURE_METRICS } from './gesture/index.ts';
import { IMAGE_METRICS } from './image/index.ts';
import type { ClassificationMetric, Metric } from './metric.ts';
import { REGRESSION_METRICS } from './regression/index.ts';
import { REINFORCEMENT_METRICS } from './reinforcement/index.ts';
import { ROBUSTNESS_METRICS } from './robustness/index.ts';
import { SEGMENTATION_METRICS } from './segmentation/index.ts';
import { SEQUENCE_METRICS } from './sequence/index.ts';
import { STATISTICS_METRICS } from './statistics/index.ts';
import { TEXT_METRICS } from './text/index.ts';
import { TRAJECTORY_METRICS } from './trajectory/index.ts';
import { VERIFICATION_METRICS } from './verification/index.ts';

/** Every metric there is, by domain: what `certamen metric --list` prints and the docs are made of. */
export const ALL_METRICS: readonly Metric[] = [
  ...CLASSIFICATION_METRICS,
  ...SEQUENCE_METRICS,
  ...TEXT_METRICS,
  ...IMAGE_METRICS,
  ...GENERATION_METRICS,
  ...SEGMENTATION_METRICS,
  ...DETECTION_METRICS,
  ...ROBUSTNESS_METRICS,
  ...VERIFICATION_METRICS,
  ...TRAJECTORY_METRICS,
  ...REGRESSION_METRICS,
  ...GESTURE_METRICS,
  ...ANYTIME_METRICS,
  ...REINFORCEMENT_METRICS,
  ...STATISTICS_METRICS,
];

const BY_NAME: ReadonlyMap<string, Metric> = new Map(
  ALL_METRICS.map((metric) => [metric.name, metric]),
);

/** @throws RangeError for an unknown name; the message lists the valid ones. */
export function findMetric(name: string): Metric {
  const metric = BY_NAME.get(name);
  if (metric === undefined) {
    const names = [...BY_NAME.keys()].toSorted().join(', ');
    throw new RangeError(`there is no metric ${name}; the metrics are ${names}`);
  }
  return metric;
}

const METRICS: ReadonlyMap<string, ClassificationMetric> = new Map(
  CLASS_METRICS.map((metric) => [metric.name, metric]),
);

export const METRIC_NAMES: readonly string[] = [...METRICS.keys()];

/**
 * A metric of class predictions.
 *
 * @throws RangeError for an unknown name; the message lists the valid ones.
 */
export function getMetric(name: string): ClassificationMetric {
  const metric = METRICS.get(name);
  if (metric === undefined) {
    throw new RangeError(`there is no metric ${name}; the metrics are ${METRIC_NAMES.join(', ')}`);
  }
  return metric;
}
