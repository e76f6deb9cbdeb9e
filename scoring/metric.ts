/** The contract of a metric: facts declared beside a pure function. */
import type { z } from 'zod';
import { describeMisfit } from './misfit.ts';

/** A 95 % confidence interval, both ends inclusive, in the metric's own unit. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** `null` is "undefined": it ranks last and is never shown as 0. */
export interface Score {
  readonly metric: string;
  readonly value: number | null;
  readonly interval: Interval | null;
}

export type Localized = Readonly<{ en: string; es: string }>;

/** The folder of a metric, and the heading it stands under in the docs. */
export type Domain =
  | 'classification'
  | 'sequence'
  | 'text'
  | 'image'
  | 'generation'
  | 'segmentation'
  | 'detection'
  | 'robustness'
  | 'verification'
  | 'trajectory'
  | 'regression'
  | 'gesture'
  | 'anytime'
  | 'reinforcement'
  | 'statistics';

/** What a metric can answer: null stands for "undefined" wherever it appears. */
export type ReportValue =
  | number
  | string
  | boolean
  | null
  | readonly ReportValue[]
  | { readonly [name: string]: ReportValue };

/** `value` first; further figures (an interval, counts, parts of the value) beside it. */
export type Report = { readonly value: ReportValue } & { readonly [name: string]: ReportValue };

/**
 * One row of additive statistics for each natural item of a metric (image, utterance, class of a
 * set, ...), row-major. The metric is `finish` of the column sums, so resampling items needs no model.
 */
export interface ItemStatistics {
  readonly items: number;
  readonly width: number;
  /** `items` x `width`. */
  readonly values: Float64Array;
}

/** What is true of a metric whatever it is given. */
export interface MetricFacts {
  /** Registry name, as in data and API. */
  readonly name: string;
  readonly domain: Domain;
  readonly title: Localized;
  /** Null for tools that rank nothing: an alignment, a test, a release rule. */
  readonly higherIsBetter: boolean | null;
  /** Closed range of the value; infinite ends allowed. Null where the value is no single number. */
  readonly range: readonly [number, number] | null;
  /** How a page writes the number. `rate` is a share in [0, 1] that pages show as percent. */
  readonly unit: 'rate' | 'decibel' | 'bits' | 'number';
  /** How items become one number: part of the metric's identity. */
  readonly aggregation: Localized;
  /** The formula in words and plain symbols, a few sentences. */
  readonly definition: Localized;
  /** What happens with ties, empty input, missing classes, and so on: short sentences. */
  readonly edgeCases: Localized;
  /** Paper or reference implementation, and what agrees with it exactly. */
  readonly source: string;
}

export interface MetricDefinition<Input> extends MetricFacts {
  /** The JSON that `certamen metric NAME` reads. */
  readonly input: z.ZodType<Input>;
  /** @throws RangeError where parts of the input do not fit; the message states both sizes. */
  readonly report: (input: Input) => Report;
  /** For metrics that decompose over items. `finish` of the sums equals the value of `report`. */
  readonly itemwise?: {
    readonly item: Localized;
    readonly statistics: (input: Input) => ItemStatistics;
    /** @returns null for "undefined". */
    readonly finish: (sums: ArrayLike<number>, items: number, width: number) => number | null;
  };
}

/** A definition behind its schema: what the registry holds. */
export interface Metric extends MetricFacts {
  /** The JSON that `report` reads, for documentation. */
  readonly input: z.ZodType;
  /** @throws MetricInputError naming the field, RangeError where sizes do not fit. */
  report(json: unknown): Report;
  readonly itemwise: {
    readonly item: Localized;
    /** @throws as `report` does. */
    statistics(json: unknown): ItemStatistics;
    finish(sums: ArrayLike<number>, items: number, width: number): number | null;
  } | null;
}

/** The input is not of the metric's form; the message names the field and what was expected. */
export class MetricInputError extends RangeError {}

export function defineMetric<Input>(definition: MetricDefinition<Input>): Metric {
  const { input, report, itemwise, ...facts } = definition;
  const parse = (json: unknown): Input => {
    const parsed = input.safeParse(withoutNulls(json), { reportInput: true });
    if (parsed.success) return parsed.data;
    throw new MetricInputError(`${facts.name}: ${describeMisfit(parsed.error.issues)}`);
  };
  return {
    ...facts,
    input,
    report: (json) => report(parse(json)),
    itemwise:
      itemwise === undefined
        ? null
        : { ...itemwise, statistics: (json) => itemwise.statistics(parse(json)) },
  };
}

/** A field that is null is one that is not given, as programs write options that have no value. */
function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

/** Row-major scores of N rows over C classes, or one hard label per row where no scores were given. */
export type ClassPredictions =
  | {
      readonly form: 'scores';
      readonly classes: number;
      readonly values: Float32Array | Float64Array;
    }
  | { readonly form: 'labels'; readonly classes: number; readonly labels: Int32Array };

export interface ClassificationMetric {
  /** Registry name, as in data and API. */
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** Closed range of the value. */
  readonly range: readonly [number, number];
  /** Where the definition comes from. */
  readonly source: string;
  /**
   * @param predictions N rows.
   * @param targets N class indices in [0, classes).
   * @throws RangeError when the row counts differ or a target is out of range; the message states both.
   */
  compute(predictions: ClassPredictions, targets: ArrayLike<number>): Score;
  /**
   * Additive statistics, one row for each row of the predictions and in their order: `finish` of the
   * column sums is the value of `compute`, and of the sums of resampled rows a bootstrap replicate.
   *
   * @returns null where the metric does not decompose over rows, is undefined for such predictions, or
   * would need more numbers than are worth keeping.
   * @throws RangeError as `compute` does.
   */
  itemwise(predictions: ClassPredictions, targets: ArrayLike<number>): ItemStatistics | null;
  /**
   * @param sums column sums over `items` rows of `itemwise`, `width` of them.
   * @returns null for "undefined".
   */
  finish(sums: ArrayLike<number>, items: number, width: number): number | null;
}
