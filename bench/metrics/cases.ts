/** What bench/metrics.ts measures: for each metric its data, and the call that is timed. */
import type { Tensor } from '../../sandbox/tensor.ts';
import { auroc } from '../../scoring/classification/auroc.ts';
import { brierRows } from '../../scoring/classification/brier.ts';
import { createKappaCounter } from '../../scoring/classification/cohen-kappa.ts';
import { createF1Counter } from '../../scoring/classification/macro-f1.ts';
import { cocoSummary } from '../../scoring/detection/coco-ap.ts';
import { frechetDistanceOfFeatures } from '../../scoring/generation/fid.ts';
import { kernelDistance } from '../../scoring/generation/kid.ts';
import type { ImagePair } from '../../scoring/image/image-pair.ts';
import { accumulateImages, type ImageMetric } from '../../scoring/image/image-metric.ts';
import { meanPsnr } from '../../scoring/image/psnr.ts';
import { meanSsim } from '../../scoring/image/ssim.ts';
import type { Random } from '../../scoring/random.ts';
import { createErrorCounter } from '../../scoring/regression/errors.ts';
import { spearmanRho } from '../../scoring/regression/spearman.ts';
import { getMetric } from '../../scoring/registry.ts';
import { createPixelCounter } from '../../scoring/segmentation/label-maps.ts';
import { cityscapesRules, meanIou } from '../../scoring/segmentation/miou-cityscapes.ts';
import { ErrorCounter, type TokenUnit } from '../../scoring/sequence/error-counter.ts';
import { errorRates } from '../../scoring/sequence/error-rates.ts';
import { BleuCounter, bleuFromCounts } from '../../scoring/text/bleu.ts';
import {
  detections,
  features,
  float32,
  float64,
  imagePairs,
  int32,
  normal,
  predictedLabels,
  sentences,
  tensor,
} from './data.ts';

/** One metric on one set of data. */
export interface Prepared {
  readonly size: string;
  /** What the reference reads, by file name. */
  readonly arrays?: Readonly<Record<string, Tensor>>;
  readonly texts?: Readonly<Record<string, readonly string[]>>;
  /** The timed call: one number, or several that are all compared. */
  readonly compute: () => number | null | readonly number[] | Promise<number | null>;
}

export interface Case {
  readonly metric: string;
  /** Largest difference from a reference that counts as agreement; relative for values above 1. */
  readonly tolerance: number;
  /** @param scale 1 for the real size, smaller for a quick look. */
  readonly prepare: (random: Random, scale: number) => Prepared;
}

const shown = (count: number) => count.toLocaleString('en');

/** Scores of a class each, the true one raised so that about half of the rows are right. */
function classScores(rows: number, classes: number, random: Random) {
  const labels = int32(rows, () => random.nextBelow(classes));
  const scores = float32(rows * classes, () => normal(random));
  for (let row = 0; row < rows; row++) {
    const at = row * classes + (labels[row] ?? 0);
    scores[at] = (scores[at] ?? 0) + 2.5;
  }
  return { labels, scores };
}

/** The same as probabilities: softmax of twice the score. */
function classProbabilities(rows: number, classes: number, random: Random) {
  const { labels, scores } = classScores(rows, classes, random);
  for (let start = 0; start < scores.length; start += classes) {
    let sum = 0;
    for (let i = start; i < start + classes; i++) sum += scores[i] = Math.exp(2 * (scores[i] ?? 0));
    for (let i = start; i < start + classes; i++) scores[i] = (scores[i] ?? 0) / sum;
  }
  return { labels, scores };
}

function ofScores(metric: 'top5_error' | 'ece', make: typeof classScores): Case {
  return {
    metric,
    tolerance: 1e-6,
    prepare(random, scale) {
      const rows = Math.ceil(50_000 * scale);
      const classes = 1000;
      const { labels, scores } = make(rows, classes, random);
      return {
        size: `${shown(rows)} x ${shown(classes)} scores`,
        arrays: {
          scores: tensor('float32', [rows, classes], scores),
          labels: tensor('int32', [rows], labels),
        },
        compute: () =>
          getMetric(metric).compute({ form: 'scores', classes, values: scores }, labels).value,
      };
    },
  };
}

/** Two lists of labels: truth and prediction. */
function ofLabels(
  metric: string,
  value: (labels: Int32Array, predictions: Int32Array, classes: number) => number | null,
): Case {
  return {
    metric,
    tolerance: 1e-6,
    prepare(random, scale) {
      const rows = Math.ceil(1_000_000 * scale);
      const classes = 100;
      const labels = int32(rows, () => random.nextBelow(classes));
      const predictions = predictedLabels(labels, classes, random);
      return {
        size: `${shown(rows)} labels, ${classes} classes`,
        arrays: {
          labels: tensor('int32', [rows], labels),
          predictions: tensor('int32', [rows], predictions),
        },
        compute: () => value(labels, predictions, classes),
      };
    },
  };
}

/** One probability a row, and whether the row is positive. */
function ofBinary(
  metric: string,
  value: (scores: Float64Array, labels: Int32Array) => number | null,
): Case {
  return {
    metric,
    tolerance: 1e-6,
    prepare(random, scale) {
      const rows = Math.ceil(1_000_000 * scale);
      const labels = int32(rows, () => random.nextBelow(2));
      const scores = float64(
        rows,
        (row) => 1 / (1 + Math.exp(-normal(random) - (labels[row] ?? 0))),
      );
      return {
        size: `${shown(rows)} probabilities`,
        arrays: {
          labels: tensor('int32', [rows], labels),
          scores: tensor('float64', [rows], scores),
        },
        compute: () => value(scores, labels),
      };
    },
  };
}

/** Two lists of numbers. */
function ofNumbers(
  metric: string,
  value: (a: Float64Array, b: Float64Array) => number | null,
): Case {
  return {
    metric,
    tolerance: 1e-9,
    prepare(random, scale) {
      const rows = Math.ceil(1_000_000 * scale);
      const a = float64(rows, () => normal(random));
      // To three places, so that some values are equal.
      const b = float64(rows, (row) => Math.round(1000 * ((a[row] ?? 0) + normal(random))) / 1000);
      return {
        size: `${shown(rows)} numbers`,
        arrays: { a: tensor('float64', [rows], a), b: tensor('float64', [rows], b) },
        compute: () => value(a, b),
      };
    },
  };
}

function ofSentences(
  metric: string,
  value: (references: readonly string[], hypotheses: readonly string[]) => number,
): Case {
  return {
    metric,
    tolerance: 1e-6,
    prepare(random, scale) {
      const count = Math.ceil(20_000 * scale);
      const texts = sentences(count, random);
      return {
        size: `${shown(count)} utterances`,
        texts,
        compute: () => value(texts.references, texts.hypotheses),
      };
    },
  };
}

function errorRate(unit: TokenUnit) {
  return (references: readonly string[], hypotheses: readonly string[]) => {
    const counter = new ErrorCounter(unit);
    counter.update(references, hypotheses);
    return errorRates(counter.finish()).wer;
  };
}

function bleu(references: readonly string[], hypotheses: readonly string[]): number {
  const counter = new BleuCounter(4, { tokenize: '13a', lowercase: false });
  counter.update(
    hypotheses,
    references.map((text) => [text]),
  );
  return bleuFromCounts(counter.finish(), {
    order: 4,
    smoothing: 'exp',
    smoothValue: null,
    effectiveOrder: false,
    scale: 1,
  });
}

function ofImages(metric: string, makeMetric: () => ImageMetric): Case {
  return {
    metric,
    tolerance: 1e-6,
    prepare(random, scale) {
      const images = Math.ceil(1000 * scale);
      const [channels, height, width] = [3, 256, 256];
      const { a, b } = imagePairs(images, channels, height, width, random);
      const size = channels * height * width;
      const pairs = Array.from({ length: images }, (_, image): ImagePair => {
        const of = (all: Uint8Array) => all.subarray(image * size, (image + 1) * size);
        return { channels, height, width, a: of(a), b: of(b), dataRange: 255 };
      });
      const shape = [images, channels, height, width];
      return {
        size: `${shown(images)} pairs, ${height} x ${width} RGB`,
        arrays: { a: tensor('uint8', shape, a), b: tensor('uint8', shape, b) },
        compute: () => {
          const accumulator = accumulateImages(makeMetric());
          for (const pair of pairs) accumulator.update(pair);
          return accumulator.finish();
        },
      };
    },
  };
}

const coco: Case = {
  metric: 'coco_ap',
  tolerance: 1e-12,
  prepare(random, scale) {
    const images = Math.ceil(5000 * scale);
    const categories = 80;
    const { truth, found } = detections(images, categories, random);
    const list = (data: Int32Array<ArrayBuffer>) => tensor('int32', [data.length], data);
    const numbers = (data: Float64Array<ArrayBuffer>) => tensor('float64', [data.length], data);
    const boxes = (data: Float64Array<ArrayBuffer>) =>
      tensor('float64', [data.length / 4, 4], data);
    return {
      size: `${shown(images)} images, ${shown(found.scores.length)} detections`,
      arrays: {
        truth_images: list(truth.images),
        truth_categories: list(truth.categories),
        truth_boxes: boxes(truth.boxes),
        truth_areas: numbers(truth.areas),
        truth_crowd: tensor('uint8', [truth.crowd.length], truth.crowd),
        found_images: list(found.images),
        found_categories: list(found.categories),
        found_boxes: boxes(found.boxes),
        found_scores: numbers(found.scores),
      },
      compute: () => Object.values(cocoSummary(truth, found, images, categories)) as number[],
    };
  },
};

const miou: Case = {
  metric: 'miou_cityscapes',
  tolerance: 1e-6,
  prepare(random, scale) {
    const [images, height, width, classes] = [Math.ceil(100 * scale), 512, 1024, 19];
    const size = height * width;
    const truth = new Uint8Array(images * size);
    const predicted = new Uint8Array(images * size);
    for (let start = 0; start < truth.length; start += 16) {
      const label = random.nextBelow(classes);
      const right = random.nextBelow(3) > 0;
      truth.fill(label, start, start + 16);
      predicted.fill(right ? label : random.nextBelow(classes), start, start + 16);
    }
    const shape = [images, height, width];
    return {
      size: `${shown(images)} maps of ${height} x ${width}`,
      arrays: {
        truth: tensor('uint8', shape, truth),
        predicted: tensor('uint8', shape, predicted),
      },
      compute: () => {
        const counter = createPixelCounter(cityscapesRules(classes, []));
        for (let image = 0; image < images; image++) {
          const of = (all: Uint8Array) => all.subarray(image * size, (image + 1) * size);
          counter.update({ truth: of(truth), predicted: of(predicted) });
        }
        return meanIou(counter.counts());
      },
    };
  },
};

const fid: Case = {
  metric: 'fid',
  tolerance: 1e-6,
  prepare(random, scale) {
    // Fewer rows than columns would be another problem: both shrink.
    const columns = Math.ceil(2048 * Math.sqrt(scale));
    const rows = Math.ceil(10_000 * Math.sqrt(scale));
    const first = features(rows, columns, 0, random);
    const second = features(rows, columns, 0.05, random);
    return {
      size: `2 x ${shown(rows)} x ${shown(columns)} features`,
      arrays: {
        a: tensor('float32', [rows, columns], first),
        b: tensor('float32', [rows, columns], second),
      },
      compute: () =>
        frechetDistanceOfFeatures(
          { rows, columns, values: first },
          { rows, columns, values: second },
        ),
    };
  },
};

const kid: Case = {
  metric: 'kid',
  tolerance: 1e-6,
  prepare(random, scale) {
    const [rows, columns] = [Math.ceil(1000 * scale), 2048];
    const first = features(rows, columns, 0, random);
    const second = features(rows, columns, 0.05, random);
    return {
      size: `2 x ${shown(rows)} x ${shown(columns)} features`,
      arrays: {
        a: tensor('float32', [rows, columns], first),
        b: tensor('float32', [rows, columns], second),
      },
      compute: () =>
        kernelDistance({ rows, columns, values: first }, { rows, columns, values: second }),
    };
  },
};

export const CASES: readonly Case[] = [
  ofScores('top5_error', classScores),
  ofLabels('macro_f1', (labels, predictions, classes) => {
    const counter = createF1Counter(classes);
    counter.update(labels, predictions);
    return counter.finish('leave-out');
  }),
  ofLabels('cohen_kappa', (labels, predictions, classes) => {
    const counter = createKappaCounter(classes, 'none');
    counter.update(labels, predictions);
    return counter.finish();
  }),
  ofBinary('auroc', auroc),
  ofBinary('brier', (scores, labels) => {
    const errors = brierRows(scores, null, labels);
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  }),
  ofScores('ece', classProbabilities),
  ofNumbers('spearman', spearmanRho),
  ofNumbers('rmse', (a, b) => {
    const counter = createErrorCounter('squared');
    counter.update(a, b);
    return Math.sqrt(counter.mean() ?? NaN);
  }),
  coco,
  ofSentences('wer', errorRate('word')),
  ofSentences('cer', errorRate('character')),
  ofSentences('bleu', bleu),
  ofImages('ssim', () => meanSsim()),
  ofImages('psnr', () => meanPsnr()),
  miou,
  fid,
  kid,
];
