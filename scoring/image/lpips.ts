import { z } from 'zod';

import { numberArray, numberList } from '../input.ts';
import { defineMetric } from '../metric.ts';

/** One layer of a judge network for both images of a pair, and the learned weight of each channel. */
export interface FeatureLayer {
  readonly channels: number;
  /** `channels` planes one after another, of any one size. */
  readonly a: Float32Array | Float64Array;
  /** As `a`. */
  readonly b: Float32Array | Float64Array;
  /** `channels` numbers. */
  readonly weights: ArrayLike<number>;
}

/** Added to the length of a feature vector before it is divided by it, as in the reference. */
const SLACK = 1e-10;

/**
 * Learned perceptual distance of one pair of images from the features of a judge network: at each place
 * of a layer both feature vectors are divided by their lengths, their squared differences weighted by
 * channel and summed; the mean over places; the sum over layers.
 *
 * @throws RangeError when a layer's sizes do not fit; the message states both.
 */
export function lpipsOfImage(layers: readonly FeatureLayer[]): number {
  return layers.reduce((sum, layer) => sum + layerDistance(layer), 0);
}

function layerDistance({ channels, a, b, weights }: FeatureLayer): number {
  if (a.length !== b.length || weights.length !== channels || a.length % channels !== 0) {
    throw new RangeError(
      `a layer of ${channels} channels has ${weights.length} weights, ${a.length} features of a and ${b.length} of b`,
    );
  }
  const places = a.length / channels;
  const scalesA = inverseLengths(a, channels);
  const scalesB = inverseLengths(b, channels);
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * places;
    let squares = 0;
    for (let place = 0; place < places; place++) {
      const difference =
        (a[start + place] ?? 0) * (scalesA[place] ?? 0) -
        (b[start + place] ?? 0) * (scalesB[place] ?? 0);
      squares += difference * difference;
    }
    sum += (weights[channel] ?? 0) * squares;
  }
  return sum / places;
}

/** One over the length of the feature vector at each place. */
function inverseLengths(features: Float32Array | Float64Array, channels: number): Float64Array {
  const places = features.length / channels;
  const squares = new Float64Array(places);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * places;
    for (let place = 0; place < places; place++) {
      squares[place] = (squares[place] ?? 0) + (features[start + place] ?? 0) ** 2;
    }
  }
  return squares.map((square) => 1 / (Math.sqrt(square) + SLACK));
}

const LayersSchema = z.array(z.object({ a: numberArray, b: numberArray, weights: numberList }));

const InputSchema = z
  .object({
    layers: LayersSchema.optional(),
    images: z.array(z.object({ layers: LayersSchema })).optional(),
    network: z.string().optional(),
  })
  .transform(({ layers, images, network }, context) => {
    if (layers === undefined && images === undefined) {
      context.addIssue({ code: 'custom', message: 'expected layers, or images' });
      return z.NEVER;
    }
    const given = images ?? [{ layers: layers ?? [] }];
    return { network, images: given.map((image) => image.layers.map(toLayer)) };
  });

/** The first axis is the channels, whatever axes follow. */
function toLayer({ a, b, weights }: z.output<typeof LayersSchema>[number]): FeatureLayer {
  if (a.shape.join() !== b.shape.join()) {
    throw new RangeError(
      `lpips: a layer of a has shape [${a.shape.join()}], of b [${b.shape.join()}]`,
    );
  }
  return { channels: a.shape[0] ?? 0, a: a.values, b: b.values, weights };
}

export const lpips = defineMetric({
  name: 'lpips',
  domain: 'image',
  title: { en: 'LPIPS', es: 'LPIPS' },
  higherIsBetter: false,
  range: [0, Infinity],
  unit: 'number',
  aggregation: {
    en: 'Mean over the places of a layer, sum over layers, mean over images.',
    es: 'Media sobre los lugares de una capa, suma de las capas, media de las imágenes.',
  },
  definition: {
    en: 'Learned perceptual distance: a judge network turns both images into features at several layers. At each place the two feature vectors are scaled to length 1, their squared differences are weighted channel by channel with learned weights and summed; then the mean over places and the sum over layers.',
    es: 'Distancia perceptual aprendida: una red juez convierte las dos imágenes en características en varias capas. En cada lugar los dos vectores se llevan a longitud 1, sus diferencias al cuadrado se ponderan canal por canal con pesos aprendidos y se suman; después, la media de los lugares y la suma de las capas.',
  },
  edgeCases: {
    en: 'The features and weights come from the organizer: network and version of the weights are part of the name of the score, and `network` repeats them beside the value. A feature vector of zeros stays zero. No images: undefined.',
    es: 'Las características y los pesos los aporta quien organiza: la red y la versión de los pesos son parte del nombre del resultado, y `network` los repite junto al valor. Un vector de ceros se queda en ceros. Sin imágenes: no definido.',
  },
  source: 'Zhang et al. 2018; richzhang/PerceptualSimilarity.',
  input: InputSchema,
  report({ images, network }) {
    const values = images.map(lpipsOfImage);
    const value = meanOf(
      values.reduce((sum, image) => sum + image, 0),
      images.length,
    );
    return { value, images: images.length, ...(network === undefined ? {} : { network }) };
  },
  itemwise: {
    item: { en: 'image', es: 'imagen' },
    statistics: ({ images }) => ({
      items: images.length,
      width: 1,
      values: Float64Array.from(images, lpipsOfImage),
    }),
    finish: (sums, items) => meanOf(sums[0] ?? NaN, items),
  },
});

function meanOf(sum: number, images: number): number | null {
  return images === 0 ? null : sum / images;
}
