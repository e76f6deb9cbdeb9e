import type { z } from 'zod';

import { defineMetric, type ItemStatistics, type Metric, type MetricFacts } from '../metric.ts';
import type { Report } from '../metric.ts';
import type { ImageOptions, ImagePair } from './image-pair.ts';

/**
 * A metric that sees one pair of images at a time: its value is `finish` of the sums of the pairs'
 * statistics, so that a split of any length streams through it.
 */
export interface ImageMetric {
  /** How many statistics a pair has. */
  readonly width: number;
  /**
   * @returns the `width` additive statistics of one pair.
   * @throws RangeError where the pair does not fit the metric; the message states the sizes.
   */
  readonly statistics: (pair: ImagePair) => readonly number[];
  /** @returns null for "undefined". */
  readonly finish: (sums: ArrayLike<number>, images: number) => number | null;
}

export interface ImageAccumulator {
  update(pair: ImagePair): void;
  /** @returns null for "undefined", as before the first pair. */
  finish(): number | null;
}

export function accumulateImages(metric: ImageMetric): ImageAccumulator {
  const sums = new Float64Array(metric.width);
  let images = 0;
  return {
    update(pair) {
      const statistics = metric.statistics(pair);
      for (let index = 0; index < sums.length; index++) {
        sums[index] = (sums[index] ?? 0) + (statistics[index] ?? 0);
      }
      images++;
    },
    finish: () => metric.finish(sums, images),
  };
}

/** The mean of one number for each image; undefined without images or where one is not a number. */
export function meanOverImages(valueOf: (pair: ImagePair) => number): ImageMetric {
  return {
    width: 1,
    statistics: (pair) => [valueOf(pair)],
    finish: (sums, images) => definedOrNull((sums[0] ?? NaN) / images),
  };
}

export function definedOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** How the metrics of one registry name are chosen and finished. */
export interface ImageMetricRules<Options> {
  /** The metric that the options of an input ask for. */
  readonly metricOf: (options: Options) => ImageMetric;
  /** `finish` of whichever of those metrics has that width. */
  readonly finish: (sums: ArrayLike<number>, images: number, width: number) => number | null;
  /** Figures that stand beside the value. */
  readonly beside?: (given: ImageOptions<Options>) => Omit<Report, 'value'>;
}

export function defineImageMetric<Options>(
  facts: MetricFacts,
  input: z.ZodType<ImageOptions<Options>>,
  { metricOf, finish, beside }: ImageMetricRules<Options>,
): Metric {
  return defineMetric<ImageOptions<Options>>({
    ...facts,
    input,
    report: (given) => ({
      value: valueOver(metricOf(given), given.pairs),
      images: given.pairs.length,
      ...beside?.(given),
    }),
    itemwise: {
      item: { en: 'image', es: 'imagen' },
      statistics: (given) => statisticsOf(metricOf(given), given.pairs),
      finish,
    },
  });
}

export function valueOver(metric: ImageMetric, pairs: Iterable<ImagePair>): number | null {
  const accumulator = accumulateImages(metric);
  for (const pair of pairs) accumulator.update(pair);
  return accumulator.finish();
}

function statisticsOf(metric: ImageMetric, pairs: readonly ImagePair[]): ItemStatistics {
  const values = new Float64Array(pairs.length * metric.width);
  for (const [image, pair] of pairs.entries()) {
    values.set(metric.statistics(pair), image * metric.width);
  }
  return { items: pairs.length, width: metric.width, values };
}
