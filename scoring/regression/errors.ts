import { numberArray } from '../input.ts';
import type { NumberArray } from '../input.ts';
import { MetricInputError } from '../metric.ts';
import type { ItemStatistics } from '../metric.ts';

/** What an error counts for. */
export type ErrorNorm = 'absolute' | 'squared';

/** Sums over any number of batches, in constant memory. */
export interface ErrorCounter {
  /** @throws RangeError when the lengths differ, stating both. */
  update(predictions: ArrayLike<number>, targets: ArrayLike<number>): void;
  /** Mean over all elements of all batches; null where there were none. */
  mean(): number | null;
}

export function createErrorCounter(norm: ErrorNorm): ErrorCounter {
  let sum = 0;
  let count = 0;
  return {
    update(predictions, targets) {
      if (predictions.length !== targets.length) {
        throw new RangeError(
          `predictions have ${predictions.length} elements, targets have ${targets.length}`,
        );
      }
      sum = addErrors(sum, predictions, targets, 0, targets.length, norm);
      count += targets.length;
    },
    mean: () => (count === 0 ? null : sum / count),
  };
}

/** @returns `sum` plus the errors of the elements from `start` to `end`, added in order. */
function addErrors(
  sum: number,
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  start: number,
  end: number,
  norm: ErrorNorm,
): number {
  let total = sum;
  if (norm === 'absolute') {
    for (let index = start; index < end; index++) {
      total += Math.abs((predictions[index] ?? NaN) - (targets[index] ?? NaN));
    }
  } else {
    for (let index = start; index < end; index++) {
      const error = (predictions[index] ?? NaN) - (targets[index] ?? NaN);
      total += error * error;
    }
  }
  return total;
}

/** `pred` and `target` of one shape: numbers, or rows of numbers to any depth. */
export const PairShape = { pred: numberArray, target: numberArray };
export type Pair = Readonly<Record<keyof typeof PairShape, NumberArray>>;

/** @throws MetricInputError when the shapes differ, stating both. */
export function meanError(name: string, { pred, target }: Pair, norm: ErrorNorm): number | null {
  checkShapes(name, pred, target);
  const counter = createErrorCounter(norm);
  counter.update(pred.values, target.values);
  return counter.mean();
}

/** Columns, for each item of the outermost list: its sum of errors, its number of elements, `extra`. */
export function itemwiseErrors(
  name: string,
  { pred, target }: Pair,
  norm: ErrorNorm,
  extra = 0,
): ItemStatistics {
  checkShapes(name, pred, target);
  const items = target.shape[0] ?? 0;
  const size = items === 0 ? 0 : target.values.length / items;
  const values = new Float64Array(items * 3);
  for (let item = 0; item < items; item++) {
    const start = item * size;
    values[item * 3] = addErrors(0, pred.values, target.values, start, start + size, norm);
    values[item * 3 + 1] = size;
    values[item * 3 + 2] = extra;
  }
  return { items, width: 3, values };
}

/** Mean over all elements, from the sums of `itemwiseErrors`. */
export function meanOfSums(sums: ArrayLike<number>): number | null {
  const count = sums[1] ?? 0;
  return count === 0 ? null : (sums[0] ?? 0) / count;
}

function checkShapes(name: string, pred: NumberArray, target: NumberArray): void {
  const [ofPred, ofTarget] = [pred, target].map(({ shape }) => `[${shape.join(', ')}]`);
  if (ofPred === ofTarget) return;
  throw new MetricInputError(
    `${name}: pred has shape ${ofPred ?? ''}, target has shape ${ofTarget ?? ''}`,
  );
}
