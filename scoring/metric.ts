/** The contract of a metric: facts declared beside a pure function. */

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
}
