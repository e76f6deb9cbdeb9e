import { defineMetric, type Metric, type MetricFacts } from '../metric.ts';
import {
  CaptionSetSchema,
  pairCaptions,
  type CaptionedImage,
  type CaptionSet,
} from './references.ts';

/** A score of each image, in their order. */
type ScoreImages = (images: readonly CaptionedImage[]) => Float64Array;

/** Facts that differ between a caption score and its mean as one number. */
type Names = Pick<MetricFacts, 'name' | 'title'>;

/**
 * A score that is the mean of its images, twice: with the score of every image beside it, as the
 * reference code answers, and as one number for a board.
 */
export function defineCaptionMean(
  facts: Omit<MetricFacts, 'name' | 'title' | 'higherIsBetter'>,
  detailed: Names,
  board: Names,
  scoreImages: ScoreImages,
): readonly [detailed: Metric, board: Metric] {
  const score = (captions: CaptionSet) => scoreImages(pairCaptions(captions));
  return [
    defineMetric<CaptionSet>({
      ...facts,
      ...detailed,
      higherIsBetter: null,
      range: null,
      input: CaptionSetSchema,
      report: (captions) => {
        const perImage = score(captions);
        return { value: { corpus: mean(perImage), perImage: Array.from(perImage) } };
      },
    }),
    defineMetric<CaptionSet>({
      ...facts,
      ...board,
      higherIsBetter: true,
      input: CaptionSetSchema,
      report: (captions) => ({ value: mean(score(captions)) }),
      itemwise: {
        item: { en: 'image', es: 'imagen' },
        statistics: (captions) => {
          const values = score(captions);
          return { items: values.length, width: 1, values };
        },
        finish: (sums, items) => (items === 0 ? null : (sums[0] ?? 0) / items),
      },
    }),
  ];
}

/** @returns null for no values. */
function mean(values: Float64Array): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
