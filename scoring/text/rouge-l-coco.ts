import { CommonSubsequence } from '../sequence/common-subsequence.ts';
import { Vocabulary } from '../sequence/tokens.ts';
import { defineCaptionMean } from './caption-mean.ts';
import type { CaptionedImage } from './references.ts';

const BETA_SQUARED = 1.2 ** 2;

/**
 * ROUGE-L of each image as coco-caption computes it: precision and recall are each the best over the
 * references, and F = (1 + b²) P R / (R + b² P) with b = 1.2.
 *
 * Source: Lin 2004; tylin/coco-caption, rouge.py.
 */
export function cocoRougeL(images: readonly CaptionedImage[]): Float64Array {
  const common = new CommonSubsequence();
  return Float64Array.from(images, ({ hypothesis, references }) => {
    const vocabulary = new Vocabulary<string>();
    // At every single space, as the reference code: two in a row hold an empty word.
    const tokens = vocabulary.ids(hypothesis.split(' '));
    let precision = 0;
    let recall = 0;
    for (const reference of references) {
      const target = vocabulary.ids(reference.split(' '));
      const length = common.length(target, tokens);
      precision = Math.max(precision, length / tokens.length);
      recall = Math.max(recall, length / target.length);
    }
    if (precision === 0 || recall === 0) return 0;
    return ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision);
  });
}

export const [rougeLCoco, cocoRougeLMean] = defineCaptionMean(
  {
    domain: 'text',
    range: [0, 1],
    unit: 'number',
    aggregation: { en: 'Mean of images.', es: 'Media de las imágenes.' },
    definition: {
      en: 'From the longest common subsequence of words of caption and reference: its share of the caption is the precision P, its share of the reference the recall R, each the best over the references of the image, and F = (1 + b²) P R / (R + b² P) with b = 1.2.',
      es: 'A partir de la subsecuencia común más larga de palabras entre descripción y referencia: su proporción de la descripción es la precisión P y su proporción de la referencia la exhaustividad R, cada una la mejor entre las referencias de la imagen, y F = (1 + b²) P R / (R + b² P) con b = 1,2.',
    },
    edgeCases: {
      en: 'The best precision and the best recall may come from different references. Captions are split at spaces: they come tokenised. Without a common word it is 0. Ids of images must match one to one. Not defined without images.',
      es: 'La mejor precisión y la mejor exhaustividad pueden venir de referencias distintas. Las descripciones se separan por espacios: llegan ya divididas en palabras. Sin palabras en común vale 0. Los identificadores de las imágenes deben coincidir uno a uno. No está definida sin imágenes.',
    },
    source: 'Lin 2004; tylin/coco-caption, equal to it',
  },
  {
    name: 'rouge_l_coco',
    title: { en: 'ROUGE-L of captions, by image', es: 'ROUGE-L de descripciones, por imagen' },
  },
  { name: 'coco_rouge_l', title: { en: 'ROUGE-L of captions', es: 'ROUGE-L de descripciones' } },
  cocoRougeL,
);
