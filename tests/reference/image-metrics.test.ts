/**
 * Image, generation and segmentation metrics beside scikit-image, PyTorch, SciPy and scikit-learn.
 * The script that made the answers is tests/fixtures/metrics/image_metrics.py; the inputs are drawn
 * here as it draws them.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { frechetDistance, frechetDistanceOfFeatures } from '../../scoring/generation/fid.ts';
import { momentsOf, type Features } from '../../scoring/generation/features.ts';
import { inceptionScore } from '../../scoring/generation/inception-score.ts';
import { kernelDistance } from '../../scoring/generation/kid.ts';
import type { ImagePair } from '../../scoring/image/image-pair.ts';
import { lpipsOfImage } from '../../scoring/image/lpips.ts';
import { mersenneTwister } from '../../scoring/image/mersenne-twister.ts';
import { msSsimOfImage } from '../../scoring/image/ms-ssim.ts';
import { psnrOfImage } from '../../scoring/image/psnr.ts';
import { ssimOfImage } from '../../scoring/image/ssim.ts';
import { fcnCounts, fcnScoreOf } from '../../scoring/segmentation/fcn-score.ts';
import { miouTorchmetrics } from '../../scoring/segmentation/miou-torchmetrics.ts';

const Part = z.intersection(z.object({ version: z.string() }), z.record(z.string(), z.unknown()));
const answers = z
  .object({ skimage: Part, torch: Part, numpy: Part })
  .parse(
    JSON.parse(
      readFileSync(
        path.resolve(import.meta.dirname, '../fixtures/metrics/image-metrics.json'),
        'utf8',
      ),
    ),
  );

function answer(part: keyof typeof answers, name: string): number {
  return z.number().parse(answers[part][name]);
}

function words(seed: number, count: number): number[] {
  const next = mersenneTwister(seed);
  return Array.from({ length: count }, () => next());
}

function images(seed: number, count: number, sizes: [number, number, number]): ImagePair[] {
  const [channels, height, width] = sizes;
  const size = channels * height * width;
  const drawn = words(seed, 2 * count * size);
  const a = Float64Array.from(drawn.slice(0, count * size), (word) => word % 256);
  const b = a.map((value, at) =>
    Math.min(255, Math.max(0, value + ((drawn[count * size + at] ?? 0) % 81) - 40)),
  );
  return Array.from({ length: count }, (_, image) => {
    const part = (samples: Float64Array) => samples.subarray(image * size, (image + 1) * size);
    return { channels, height, width, a: part(a), b: part(b), dataRange: 255 };
  });
}

function features(seed: number, rows: number, columns: number, shift = 0): Features {
  const values = Float64Array.from(
    words(seed, rows * columns),
    (word) => (word / 2 ** 32) ** 2 + shift,
  );
  return { rows, columns, values };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe(`images, as scikit-image ${answers.skimage.version}`, () => {
  const gray = images(1, 1, [1, 40, 37]);
  const colour = images(2, 1, [3, 24, 31]);

  it('gives its SSIM and PSNR', () => {
    expect(mean(gray.map((pair) => ssimOfImage(pair)))).toBeCloseTo(
      answer('skimage', 'ssim_gray'),
      10,
    );
    expect(mean(colour.map((pair) => ssimOfImage(pair)))).toBeCloseTo(
      answer('skimage', 'ssim_rgb'),
      10,
    );
    expect(mean(gray.map(psnrOfImage))).toBeCloseTo(answer('skimage', 'psnr_gray'), 10);
    expect(mean(colour.map(psnrOfImage))).toBeCloseTo(answer('skimage', 'psnr_rgb'), 10);
  });
});

describe(`images, as PyTorch ${answers.torch.version} convolves them`, () => {
  it('gives SSIM over mirrored borders', () => {
    const pairs = images(3, 2, [3, 16, 21]);
    const value = mean(pairs.map((pair) => ssimOfImage(pair, 'reflect')));
    expect(value).toBeCloseTo(answer('torch', 'ssim_reflect'), 10);
  });

  it('gives MS-SSIM under both borders', () => {
    const pairs = images(4, 2, [3, 180, 177]);
    const reflected = mean(pairs.map((pair) => msSsimOfImage(pair, 'reflect')));
    expect(reflected).toBeCloseTo(answer('torch', 'ms_ssim_reflect'), 10);
    const valid = mean(pairs.map((pair) => msSsimOfImage(pair)));
    expect(valid).toBeCloseTo(answer('torch', 'ms_ssim_valid'), 10);
  });

  it('gives LPIPS from features', () => {
    const layers = [
      { channels: 4, places: 30 },
      { channels: 7, places: 6 },
    ].map(({ channels, places }, layer) => ({
      channels,
      a: features(10 + 3 * layer, channels, places).values,
      b: features(11 + 3 * layer, channels, places).values,
      weights: features(12 + 3 * layer, 1, channels).values,
    }));
    expect(lpipsOfImage(layers)).toBeCloseTo(answer('torch', 'lpips'), 10);
  });
});

describe(`sets of images, as ${answers.numpy.version}`, () => {
  const many = features(20, 300, 37);
  const others = features(21, 250, 37, 0.3);
  const few = features(22, 9, 37);
  const fewer = features(23, 12, 37, 0.3);

  it('gives the Frechet distance of full and of deficient rank', () => {
    expect(frechetDistanceOfFeatures(many, others)).toBeCloseTo(answer('numpy', 'fid'), 9);
    expect(frechetDistanceOfFeatures(many, fewer)).toBeCloseTo(answer('numpy', 'fid_mixed'), 9);
    expect(frechetDistanceOfFeatures(few, fewer)).toBeCloseTo(answer('numpy', 'fid_few'), 9);
    const fromMoments = frechetDistance(momentsOf(few), momentsOf(fewer));
    expect(fromMoments).toBeCloseTo(answer('numpy', 'fid_few'), 6);
  });

  it('gives the kernel distance, in one block of images and in several', () => {
    expect(kernelDistance(many, others)).toBeCloseTo(answer('numpy', 'kid'), 10);
    const large = [features(24, 700, 5), features(25, 600, 5, 0.3)] as const;
    expect(kernelDistance(...large)).toBeCloseTo(answer('numpy', 'kid_blocks'), 10);
  });

  it('gives the Inception Score and both standard deviations', () => {
    const { values } = features(26, 53, 11);
    const probabilities = Array.from({ length: 53 }, (_, row) => {
      const part = Array.from(values.slice(11 * row, 11 * row + 11), (value) => value + 1e-3);
      const total = part.reduce((sum, value) => sum + value, 0);
      return part.map((value) => value / total);
    });
    const population = inceptionScore.report({ probabilities });
    expect(population.value).toBeCloseTo(answer('numpy', 'inception_score'), 12);
    expect(population['sd']).toBeCloseTo(answer('numpy', 'inception_score_sd'), 12);
    const sample = inceptionScore.report({ probabilities, sd: 'sample' });
    expect(sample['sd']).toBeCloseTo(answer('numpy', 'inception_score_sample_sd'), 12);
  });
});

describe(`label maps, as ${answers.numpy.version}`, () => {
  const drawn = words(27, 10_000);
  const truth = drawn.slice(0, 5000).map((word) => word % 7);
  const predicted = drawn
    .slice(5000)
    .map((word, at) => (word % 3 === 0 ? Math.floor(word / 3) % 7 : (truth[at] ?? 0)));

  it('gives the Jaccard index, macro and micro', () => {
    const input = { gt: truth, pred: predicted, classes: 9 };
    const macro = miouTorchmetrics.report(input).value;
    expect(macro).toBeCloseTo(answer('numpy', 'jaccard_macro'), 12);
    const micro = miouTorchmetrics.report({ ...input, average: 'micro' }).value;
    expect(micro).toBeCloseTo(answer('numpy', 'jaccard_micro'), 12);
  });

  it('gives the FCN-score', () => {
    const score = fcnScoreOf(fcnCounts([{ truth, predicted }], 9));
    expect(score.pixelAcc).toBeCloseTo(answer('numpy', 'fcn_pixel_acc'), 12);
    expect(score.classAcc).toBeCloseTo(answer('numpy', 'fcn_class_acc'), 12);
    expect(score.classIoU).toBeCloseTo(answer('numpy', 'fcn_class_iou'), 12);
  });
});
