import { defineMetric, type ItemStatistics, type Metric } from '../metric.ts';
import { NgramMatcher, matchWidth } from './ngram-matches.ts';
import { CaptionSetSchema, WordEncoder, pairCaptions, type CaptionSet } from './references.ts';

const ORDER = 4;
/** What coco-caption adds to matches and to n-grams instead of smoothing. */
const TINY = 1e-15;
const SMALL = 1e-9;

/**
 * BLEU of orders 1 to 4 from summed counts (see `MatchCounts`), as coco-caption computes it: an order
 * without a match gives about 1e-5 instead of 0, and a perfect one a little less than 1.
 *
 * Source: tylin/coco-caption, bleu_scorer.py, closest reference length.
 */
export function cocoBleuFromCounts(counts: ArrayLike<number>): number[] {
  const at = (index: number) => counts[index] ?? 0;
  const ratio = (at(0) + TINY) / (at(1) + SMALL);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from({ length: ORDER }, (_, index) => {
    product *= (at(2 + index) + TINY) / (at(2 + ORDER + index) + SMALL);
    return product ** (1 / (index + 1)) * penalty;
  });
}

function statistics(captions: CaptionSet): ItemStatistics {
  const images = pairCaptions(captions);
  const matcher = new NgramMatcher(ORDER);
  const encoder = new WordEncoder();
  const width = matchWidth(ORDER);
  const values = new Float64Array(images.length * width);
  for (const [item, { hypothesis, references }] of images.entries()) {
    encoder.next();
    matcher.count(
      encoder.encode(hypothesis),
      references.map((reference) => encoder.encode(reference)),
      values,
      item * width,
    );
  }
  return { items: images.length, width, values };
}

function scores(captions: CaptionSet): number[] | null {
  const { items, width, values } = statistics(captions);
  if (items === 0) return null;
  const sums = new Float64Array(width);
  for (let index = 0; index < values.length; index++) {
    sums[index % width] = (sums[index % width] ?? 0) + (values[index] ?? 0);
  }
  return cocoBleuFromCounts(sums);
}

const aggregation = {
  en: 'Corpus: matches, n-grams and lengths are summed over all images first.',
  es: 'Corpus: primero se suman las coincidencias, los n-gramas y las longitudes de todas las imágenes.',
};
const edgeCases = {
  en: 'Captions are split at whitespace: they come tokenised. 1e-15 is added to matches and 1e-9 to n-grams, so that no match gives about 1e-5 rather than 0. Ids of images must match one to one. Not defined without images.',
  es: 'Las descripciones se separan por espacios: llegan ya divididas en palabras. Se suma 1e-15 a las coincidencias y 1e-9 a los n-gramas, de modo que la ausencia de coincidencias da cerca de 1e-5 y no 0. Los identificadores de las imágenes deben coincidir uno a uno. No está definida sin imágenes.',
};
const source = 'Papineni et al. 2002; tylin/coco-caption, equal to it';

export const cocoBleu: Metric = defineMetric<CaptionSet>({
  name: 'coco_bleu',
  domain: 'text',
  title: { en: 'BLEU-1 to BLEU-4 of captions', es: 'BLEU-1 a BLEU-4 de descripciones' },
  higherIsBetter: null,
  range: null,
  unit: 'number',
  aggregation,
  definition: {
    en: 'The four BLEU scores of coco-caption: for n = 1 to 4 the geometric mean of the shares of n-grams found in the references of the image, times the brevity penalty against the closest reference lengths.',
    es: 'Las cuatro puntuaciones BLEU de coco-caption: para n = 1 a 4, la media geométrica de las proporciones de n-gramas que están en las referencias de la imagen, por la penalización de brevedad respecto a las longitudes de referencia más cercanas.',
  },
  edgeCases,
  source,
  input: CaptionSetSchema,
  report: (captions) => ({ value: scores(captions) }),
});

export const cocoBleu4: Metric = defineMetric<CaptionSet>({
  name: 'coco_bleu4',
  domain: 'text',
  title: { en: 'BLEU-4 of captions', es: 'BLEU-4 de descripciones' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'number',
  aggregation,
  definition: {
    en: 'The last of the four BLEU scores of coco-caption: the geometric mean of the shares of n-grams of orders 1 to 4 found in the references of the image, times the brevity penalty against the closest reference lengths.',
    es: 'La última de las cuatro puntuaciones BLEU de coco-caption: la media geométrica de las proporciones de n-gramas de órdenes 1 a 4 que están en las referencias de la imagen, por la penalización de brevedad respecto a las longitudes de referencia más cercanas.',
  },
  edgeCases,
  source,
  input: CaptionSetSchema,
  report: (captions) => ({ value: scores(captions)?.[ORDER - 1] ?? null }),
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics,
    finish: (sums, items) => (items === 0 ? null : (cocoBleuFromCounts(sums)[ORDER - 1] ?? null)),
  },
});
