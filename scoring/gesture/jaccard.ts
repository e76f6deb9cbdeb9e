import { z } from 'zod';
import { defineMetric, MetricInputError, type ItemStatistics } from '../metric.ts';

/** A gesture and the frames it lasts, both ends inclusive. */
type Interval = readonly [label: number | string, first: number, last: number];

interface GestureSequence {
  readonly truth: readonly Interval[];
  readonly prediction: readonly Interval[];
}

const IntervalsSchema: z.ZodType<readonly Interval[]> = z.array(
  z.tuple([z.union([z.int(), z.string()]), z.int(), z.int()], {
    error: 'expected [label, first frame, last frame]',
  }),
  { error: 'expected a list of [label, first frame, last frame]' },
);

/**
 * Mean over the gestures that occur in truth or prediction of the intersection of their frames over the
 * union. Intervals of one gesture that overlap count each frame once.
 *
 * @returns null where neither side has a gesture.
 * @throws MetricInputError for an interval that ends before it begins.
 */
export function sequenceJaccard({ truth, prediction }: GestureSequence): number | null {
  const wanted = framesByLabel(truth, 'truth');
  const found = framesByLabel(prediction, 'prediction');
  const labels = new Set([...wanted.keys(), ...found.keys()]);
  if (labels.size === 0) return null;
  let sum = 0;
  for (const label of labels) sum += overlap(wanted.get(label) ?? [], found.get(label) ?? []);
  return sum / labels.size;
}

/** Disjoint intervals of frames, ascending, ends inclusive. */
type Frames = [first: number, last: number][];

function framesByLabel(
  intervals: readonly Interval[],
  side: 'truth' | 'prediction',
): Map<number | string, Frames> {
  const byLabel = new Map<number | string, Frames>();
  const ordered = intervals.toSorted((left, right) => left[1] - right[1]);
  for (const [label, first, last] of ordered) {
    if (last < first)
      throw new MetricInputError(`${side}: frames ${first} to ${last} end too early`);
    const frames = byLabel.get(label);
    if (frames === undefined) {
      byLabel.set(label, [[first, last]]);
      continue;
    }
    const previous = frames.at(-1);
    if (previous !== undefined && first <= previous[1]) previous[1] = Math.max(previous[1], last);
    else frames.push([first, last]);
  }
  return byLabel;
}

/** Frames in both over frames in either; one of them has some. */
function overlap(left: Frames, right: Frames): number {
  let common = 0;
  let [i, j] = [0, 0];
  for (;;) {
    const a = left[i];
    const b = right[j];
    if (a === undefined || b === undefined) break;
    common += Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]) + 1);
    if (a[1] < b[1]) i++;
    else j++;
  }
  return common / (countFrames(left) + countFrames(right) - common);
}

function countFrames(frames: Frames): number {
  return frames.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Score of each sequence, and 1; both 0 where it has no gesture. */
function statistics({
  sequences,
}: {
  readonly sequences: readonly GestureSequence[];
}): ItemStatistics {
  const values = new Float64Array(2 * sequences.length);
  for (const [item, sequence] of sequences.entries()) {
    const score = sequenceJaccard(sequence);
    if (score !== null) values.set([score, 1], 2 * item);
  }
  return { items: sequences.length, width: 2, values };
}

function finish(sums: ArrayLike<number>): number | null {
  const [score = 0, count = 0] = Array.from(sums);
  return count === 0 ? null : score / count;
}

export const gestureJaccard = defineMetric({
  name: 'gesture_jaccard',
  domain: 'gesture',
  title: { en: 'Gesture Jaccard index (ChaLearn)', es: 'Índice de Jaccard de gestos (ChaLearn)' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'Mean over the gestures of each sequence first, then mean over sequences.',
    es: 'Primero la media sobre los gestos de cada secuencia, después la media sobre las secuencias.',
  },
  definition: {
    en: 'For each gesture that occurs in the truth or the prediction of a sequence, the frames in both divided by the frames in either.',
    es: 'Para cada gesto que aparece en la verdad o en la predicción de una secuencia, los fotogramas que están en ambas entre los que están en alguna.',
  },
  edgeCases: {
    en: 'First and last frames belong to their interval. A gesture that only the prediction has enters the mean as 0. A sequence without gestures on either side is left out; not defined where all are.',
    es: 'El primer y el último fotograma pertenecen a su intervalo. Un gesto que solo está en la predicción entra en la media como 0. Una secuencia sin gestos en ningún lado se deja fuera; no está definido si todas lo están.',
  },
  source: 'Escalera et al. 2014, ChaLearn Looking at People',
  input: z.object({
    sequences: z.array(z.object({ truth: IntervalsSchema, prediction: IntervalsSchema })),
  }),
  report: (input) => {
    const { values } = statistics(input);
    let score = 0;
    let count = 0;
    for (let index = 0; index < values.length; index += 2) {
      score += values[index] ?? 0;
      count += values[index + 1] ?? 0;
    }
    return { value: finish([score, count]), sequences: count };
  },
  itemwise: { item: { en: 'sequence', es: 'secuencia' }, statistics, finish },
});
