import { top1Error, top5Error } from './classification/top-k-error.ts';
import type { ClassificationMetric } from './metric.ts';

const METRICS: ReadonlyMap<string, ClassificationMetric> = new Map(
  [top1Error, top5Error].map((metric) => [metric.name, metric]),
);

export const METRIC_NAMES: readonly string[] = [...METRICS.keys()];

/** @throws RangeError for an unknown name; the message lists the valid ones. */
export function getMetric(name: string): ClassificationMetric {
  const metric = METRICS.get(name);
  if (metric === undefined) {
    throw new RangeError(`there is no metric ${name}; the metrics are ${METRIC_NAMES.join(', ')}`);
  }
  return metric;
}
