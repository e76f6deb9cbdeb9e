import { Vocabulary, splitWords } from '../sequence/tokens.ts';
import { defineCaptionMean } from './caption-mean.ts';
import { NgramTable } from './ngram-table.ts';
import type { CaptionedImage } from './references.ts';

const ORDER = 4;
const SIGMA = 6;

/** Counts of the n-grams of one caption. */
interface Caption {
  /** Numbers of the n-grams, each once, in order of first sight. */
  readonly ngrams: Int32Array;
  readonly orders: Uint8Array;
  readonly counts: Float64Array;
  /** The reference code's length: how many bigrams there are. */
  readonly length: number;
}

/**
 * CIDEr-D of each image: the mean over orders 1 to 4 and over references of the clipped cosine of tf-idf
 * vectors, times exp(-d² / 2 sigma²) for a difference d in length, times 10. The inverse document
 * frequencies are those of the reference sets of these very images.
 *
 * Source: Vedantam et al., "CIDEr: consensus-based image description evaluation" (2015);
 * tylin/coco-caption, cider_scorer.py.
 */
export function ciderD(images: readonly CaptionedImage[]): Float64Array {
  const counter = new CaptionCounter();
  const references = images.map((image) => image.references.map((text) => counter.count(text)));
  const hypotheses = images.map((image) => counter.count(image.hypothesis));
  const weights = inverseFrequencies(references, counter.size);
  const vector = new Float64Array(counter.size + 1);
  return Float64Array.from(hypotheses, (hypothesis, image) =>
    scoreImage(hypothesis, references[image] ?? [], weights, vector),
  );
}

/** log N - log df by number of the n-gram, where df is how many images have it in a reference, 1 at least. */
function inverseFrequencies(
  references: readonly (readonly Caption[])[],
  size: number,
): Float64Array {
  const frequencies = new Int32Array(size + 1);
  const lastImage = new Int32Array(size + 1).fill(-1);
  for (const [image, captions] of references.entries()) {
    for (const { ngrams } of captions) {
      for (const ngram of ngrams) {
        if (lastImage[ngram] === image) continue;
        lastImage[ngram] = image;
        frequencies[ngram] = (frequencies[ngram] ?? 0) + 1;
      }
    }
  }
  const all = Math.log(references.length);
  return Float64Array.from(frequencies, (frequency) => all - Math.log(Math.max(1, frequency)));
}

/** @param vector work space by number of the n-gram, all 0 before and after. */
function scoreImage(
  hypothesis: Caption,
  references: readonly Caption[],
  weights: Float64Array,
  vector: Float64Array,
): number {
  const norm = norms(hypothesis, weights);
  for (let index = 0; index < hypothesis.ngrams.length; index++) {
    const ngram = hypothesis.ngrams[index] ?? 0;
    vector[ngram] = (hypothesis.counts[index] ?? 0) * (weights[ngram] ?? 0);
  }
  let sum = 0;
  for (const reference of references) {
    const products = new Float64Array(ORDER);
    for (let index = 0; index < reference.ngrams.length; index++) {
      const ngram = reference.ngrams[index] ?? 0;
      const order = reference.orders[index] ?? 0;
      const weight = (reference.counts[index] ?? 0) * (weights[ngram] ?? 0);
      products[order] = (products[order] ?? 0) + Math.min(vector[ngram] ?? 0, weight) * weight;
    }
    const referenceNorm = norms(reference, weights);
    const difference = hypothesis.length - reference.length;
    const penalty = Math.exp(-(difference * difference) / (2 * SIGMA * SIGMA));
    for (let order = 0; order < ORDER; order++) {
      const scale = (norm[order] ?? 0) * (referenceNorm[order] ?? 0);
      if (scale !== 0) sum += ((products[order] ?? 0) / scale) * penalty;
    }
  }
  for (const ngram of hypothesis.ngrams) vector[ngram] = 0;
  return (10 * sum) / (ORDER * references.length);
}

/** Euclidean norm of the tf-idf vector of each order. */
function norms({ ngrams, orders, counts }: Caption, weights: Float64Array): Float64Array {
  const squares = new Float64Array(ORDER);
  for (let index = 0; index < ngrams.length; index++) {
    const weight = (counts[index] ?? 0) * (weights[ngrams[index] ?? 0] ?? 0);
    const order = orders[index] ?? 0;
    squares[order] = (squares[order] ?? 0) + weight * weight;
  }
  return squares.map(Math.sqrt);
}

class CaptionCounter {
  readonly #vocabulary = new Vocabulary<string>();
  readonly #table = new NgramTable();
  /** By number of the n-gram: place in the lists of the caption in work, and which caption that was. */
  #places = new Int32Array(1024);
  #captions = new Int32Array(1024);
  #caption = 0;

  get size(): number {
    return this.#table.size;
  }

  count(text: string): Caption {
    const words = this.#vocabulary.ids(splitWords(text));
    const most = ORDER * words.length;
    const ngrams = new Int32Array(most);
    const orders = new Uint8Array(most);
    const counts = new Float64Array(most);
    let size = 0;
    this.#caption++;
    for (let start = 0; start < words.length; start++) {
      let ngram = 0;
      const end = Math.min(words.length, start + ORDER);
      for (let place = start; place < end; place++) {
        ngram = this.#table.add(ngram, words[place] ?? 0);
        if (ngram >= this.#places.length) this.#grow();
        if (this.#captions[ngram] !== this.#caption) {
          this.#captions[ngram] = this.#caption;
          this.#places[ngram] = size;
          ngrams[size] = ngram;
          orders[size] = place - start;
          size++;
        }
        const known = this.#places[ngram] ?? 0;
        counts[known] = (counts[known] ?? 0) + 1;
      }
    }
    return {
      ngrams: ngrams.slice(0, size),
      orders: orders.slice(0, size),
      counts: counts.slice(0, size),
      length: Math.max(0, words.length - 1),
    };
  }

  #grow(): void {
    const [places, captions] = [this.#places, this.#captions];
    this.#places = new Int32Array(2 * places.length);
    this.#places.set(places);
    this.#captions = new Int32Array(2 * captions.length);
    this.#captions.set(captions);
  }
}

export const [ciderDMetric, cider] = defineCaptionMean(
  {
    domain: 'text',
    range: [0, 10],
    unit: 'number',
    aggregation: {
      en: 'Mean of images; the weights of n-grams come from the references of all images.',
      es: 'Media de las imágenes; los pesos de los n-gramas salen de las referencias de todas las imágenes.',
    },
    definition: {
      en: 'N-grams of orders 1 to 4 are counted and weighted by log N - log df, where df of the N images have the n-gram in a reference. For each order and reference it takes the cosine of caption and reference, with counts clipped to those of the reference, times exp(-d² / 72) for a difference d in bigrams; then the mean over orders and references, times 10.',
      es: 'Se cuentan los n-gramas de órdenes 1 a 4 y se ponderan con log N - log df, donde df de las N imágenes tienen el n-grama en una referencia. Para cada orden y referencia se toma el coseno entre descripción y referencia, con las cuentas recortadas a las de la referencia, por exp(-d² / 72) para una diferencia d de bigramas; después, la media de órdenes y referencias, por 10.',
    },
    edgeCases: {
      en: 'This is CIDEr-D, which coco-caption prints as CIDEr. One image alone gives 0. An n-gram that no reference has counts as if one had it. Captions come tokenised, and are not stemmed. Ids of images must match one to one. Not defined without images. Intervals keep the weights of the whole set.',
      es: 'Es CIDEr-D, que coco-caption muestra como CIDEr. Una sola imagen da 0. Un n-grama que no está en ninguna referencia cuenta como si estuviera en una. Las descripciones llegan ya divididas en palabras y no se reducen a su raíz. Los identificadores de las imágenes deben coincidir uno a uno. No está definida sin imágenes. Los intervalos conservan los pesos del conjunto entero.',
    },
    source: 'Vedantam et al. 2015; tylin/coco-caption, equal to it',
  },
  { name: 'cider_d', title: { en: 'CIDEr-D, by image', es: 'CIDEr-D, por imagen' } },
  { name: 'cider', title: { en: 'CIDEr-D', es: 'CIDEr-D' } },
  ciderD,
);
