import type { Metric } from '../metric.ts';
import { bitsPerChar } from './bits-per-char.ts';
import { bleu } from './bleu.ts';
import { cider, ciderDMetric } from './cider-d.ts';
import { cocoBleu, cocoBleu4 } from './coco-bleu.ts';
import { perplexity } from './perplexity.ts';
import { cocoRougeLMean, rougeLCoco } from './rouge-l-coco.ts';
import { rougeLF1, rougeLMean } from './rouge-l-f1.ts';
import { vqaAccuracyMetric } from './vqa-accuracy.ts';
import { vqaNormalise } from './vqa-normalise.ts';

/** METEOR is not here: without the tables of its authors for synonyms and paraphrases it is not METEOR. */
export const TEXT_METRICS: readonly Metric[] = [
  perplexity,
  bitsPerChar,
  bleu,
  rougeLMean,
  rougeLF1,
  cocoBleu4,
  cocoBleu,
  cocoRougeLMean,
  rougeLCoco,
  cider,
  ciderDMetric,
  vqaAccuracyMetric,
  vqaNormalise,
];
