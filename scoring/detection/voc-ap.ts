import { z } from 'zod';

import { MetricInputError, defineMetric, type Report } from '../metric.ts';
import { sortedOrder } from '../sort.ts';
import { groupRows } from './groups.ts';
import { IdSchema, indexIds, placesOf } from './ids.ts';

/** Boxes of one class. Corners are inclusive pixels: `x1, y1, x2, y2`, row-major. */
export interface VocTruth {
  /** Image of each box, an index in [0, images). */
  readonly images: Int32Array;
  readonly boxes: Float64Array;
  /** 1: the box is neither asked for nor held against whoever finds it. */
  readonly difficult: Uint8Array;
}

export interface VocDetections {
  readonly images: Int32Array;
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
}

export interface VocMatches {
  /** In order of score, equal scores in order of input: 1 true, 0 false; ignored ones left out. */
  readonly flags: Uint8Array;
  /** Boxes to be found: those that are not difficult. */
  readonly positives: number;
}

/**
 * Matches the detections of one class as the VOC development kit does. By falling score, each detection
 * is held against the box of its image that it overlaps best (the first of equals), and no other: it is
 * true if the overlap reaches the threshold and the box is still free, ignored if that box is
 * difficult, false otherwise. Overlap is intersection over union of inclusive pixels: a side is
 * `x2 - x1 + 1` long.
 *
 * Source: Everingham et al., "The PASCAL Visual Object Classes (VOC) challenge" (2010), VOCevaldet.m;
 * `strict` is `voc_eval` of py-faster-rcnn, which wants more than the threshold.
 *
 * @param images how many images there are.
 * @param threshold in [0, 1].
 */
export function matchVoc(
  truth: VocTruth,
  detections: VocDetections,
  images: number,
  threshold: number,
  strict: boolean,
): VocMatches {
  const { scores } = detections;
  const order = sortedOrder(scores, 'descending');
  const byImage = groupRows(truth.images, images);
  const taken = new Uint8Array(truth.images.length);
  const flags = new Uint8Array(order.length);
  let kept = 0;
  for (const row of order) {
    const image = detections.images[row] ?? 0;
    let best = -1;
    let bestOverlap = -1;
    const end = byImage.starts[image + 1] ?? 0;
    for (let place = byImage.starts[image] ?? 0; place < end; place++) {
      const box = byImage.rows[place] ?? 0;
      const overlap = inclusiveOverlap(detections.boxes, 4 * row, truth.boxes, 4 * box);
      if (overlap > bestOverlap) {
        best = box;
        bestOverlap = overlap;
      }
    }
    const found = best >= 0 && (strict ? bestOverlap > threshold : bestOverlap >= threshold);
    if (found && truth.difficult[best] === 1) continue;
    if (found && taken[best] === 0) {
      taken[best] = 1;
      flags[kept] = 1;
    }
    kept++;
  }
  let positives = 0;
  for (const difficult of truth.difficult) positives += difficult === 1 ? 0 : 1;
  return { flags: flags.slice(0, kept), positives };
}

/** Intersection over union of two boxes of inclusive pixels. */
function inclusiveOverlap(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const ax1 = a[i] ?? 0;
  const ay1 = a[i + 1] ?? 0;
  const ax2 = a[i + 2] ?? 0;
  const ay2 = a[i + 3] ?? 0;
  const bx1 = b[j] ?? 0;
  const by1 = b[j + 1] ?? 0;
  const bx2 = b[j + 2] ?? 0;
  const by2 = b[j + 3] ?? 0;
  const width = Math.min(ax2, bx2) - Math.max(ax1, bx1) + 1;
  const height = Math.min(ay2, by2) - Math.max(ay1, by1) + 1;
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  const union = (ax2 - ax1 + 1) * (ay2 - ay1 + 1) + (bx2 - bx1 + 1) * (by2 - by1 + 1) - shared;
  return shared / union;
}

/** Both average precisions of one ranked list; null where nothing is to be found. */
export interface VocAp {
  /** Mean over recall 0, 0.1, ..., 1 of the best precision at that recall or a higher one. */
  readonly ap11: number | null;
  /** Area under the same envelope of precision, every recall counted (VOC 2010 and later). */
  readonly apAll: number | null;
}

/**
 * @param flags 1 true, 0 false, best score first.
 * @param positives what there is to be found.
 * @throws RangeError when more are found than there are.
 */
export function vocAp(flags: ArrayLike<number>, positives: number): VocAp {
  const precision = new Float64Array(flags.length);
  let found = 0;
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === 1) precision[found++] = found / (i + 1);
  }
  if (found > positives) {
    throw new RangeError(`${found} detections are true, but only ${positives} are to be found`);
  }
  if (positives === 0) return { ap11: null, apAll: null };
  // The envelope: precision falls only where something false stands, so its maxima are at true ones.
  let area = 0;
  for (let i = found - 1; i >= 0; i--) {
    precision[i] = Math.max(precision[i] ?? 0, i + 1 < found ? (precision[i + 1] ?? 0) : 0);
    area += precision[i] ?? 0;
  }
  let steps = 0;
  for (let tenth = 0; tenth <= 10; tenth++) {
    // Recall k / positives reaches tenth / 10 in whole numbers: 0.1 x 3 as a float would miss 0.3.
    const needed = Math.max(1, Math.ceil((tenth * positives) / 10));
    if (needed <= found) steps += precision[needed - 1] ?? 0;
  }
  return { ap11: steps / 11, apAll: area / positives };
}

const Flag = z.union([z.literal(0), z.literal(1), z.boolean()]);
const Box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

/** Either a matched list (`tpFlags`, `positives`), or boxes (`groundTruth`, `detections`). */
const InputSchema = z.object({
  tpFlags: z.array(Flag).optional(),
  positives: z.int().min(0).optional(),
  groundTruth: z
    .array(
      z.object({
        image: IdSchema,
        box: Box,
        class: IdSchema.optional(),
        difficult: Flag.optional(),
      }),
    )
    .optional(),
  detections: z
    .array(z.object({ image: IdSchema, box: Box, class: IdSchema.optional(), score: z.number() }))
    .optional(),
  iouThreshold: z.number().min(0).max(1).default(0.5),
  /** `xywh`: the far corner is `x + w, y + h`, and inclusive as any other. */
  boxFormat: z.enum(['xyxy', 'xywh']).default('xyxy'),
  method: z.enum(['11-point', 'all-point']).default('all-point'),
  strict: z.boolean().default(false),
});
type Input = z.infer<typeof InputSchema>;

function corners(
  boxes: readonly { readonly box: readonly [number, number, number, number] }[],
  format: Input['boxFormat'],
): Float64Array {
  const flat = new Float64Array(4 * boxes.length);
  for (const [row, { box }] of boxes.entries()) {
    const [x, y, third, fourth] = box;
    flat.set(format === 'xyxy' ? box : [x, y, x + third, y + fourth], 4 * row);
    if ((flat[4 * row + 2] ?? 0) < x || (flat[4 * row + 3] ?? 0) < y) {
      throw new RangeError(`box ${row} of ${boxes.length} (${box.join(', ')}) has a negative side`);
    }
  }
  return flat;
}

/** A box without a class among boxes with one would belong to nobody. */
function checkClasses(lists: Readonly<Record<string, readonly { class?: unknown }[]>>): void {
  const boxes = Object.entries(lists).flatMap(([list, rows]) =>
    rows.map((box, row) => ({ where: `${list}[${row}]`, isNamed: box.class !== undefined })),
  );
  const named = boxes.find(({ isNamed }) => isNamed);
  const unnamed = boxes.find(({ isNamed }) => !isNamed);
  if (named !== undefined && unnamed !== undefined) {
    throw new MetricInputError(
      `voc_ap: either every box has a class or none has: ${named.where} has one and ${unnamed.where} has none`,
    );
  }
}

function reportBoxes(input: Input): Report {
  const { groundTruth, detections, boxFormat, iouThreshold, strict, method } = input;
  if (groundTruth === undefined || detections === undefined) {
    throw new MetricInputError(
      'voc_ap: either tpFlags and positives, or groundTruth and detections, are expected',
    );
  }
  checkClasses({ groundTruth, detections });
  const images = indexIds(
    groundTruth.map(({ image }) => image),
    detections.map(({ image }) => image),
  );
  const classes = [...indexIds(groundTruth.map((item) => item.class ?? '')).keys()];
  const averages = classes.map((name) => {
    const boxes = groundTruth.filter((item) => (item.class ?? '') === name);
    const found = detections.filter((item) => (item.class ?? '') === name);
    const { flags, positives } = matchVoc(
      {
        images: placesOf(
          boxes.map(({ image }) => image),
          images,
        ),
        boxes: corners(boxes, boxFormat),
        difficult: Uint8Array.from(boxes, ({ difficult }) => Number(difficult ?? 0)),
      },
      {
        images: placesOf(
          found.map(({ image }) => image),
          images,
        ),
        boxes: corners(found, boxFormat),
        scores: Float64Array.from(found, ({ score }) => score),
      },
      images.size,
      iouThreshold,
      strict,
    );
    const { ap11, apAll } = vocAp(flags, positives);
    return [String(name), method === '11-point' ? ap11 : apAll] as const;
  });
  const defined = averages.flatMap(([, value]) => (value === null ? [] : [value]));
  const value =
    defined.length === 0 ? null : defined.reduce((sum, each) => sum + each, 0) / defined.length;
  const named = groundTruth.some((item) => item.class !== undefined);
  return named ? { value, classes: Object.fromEntries(averages) } : { value };
}

/**
 * VOC average precision: of boxes (one number; the mean over classes where `class` is given), or of a
 * list that is matched already (`tpFlags`: both `ap11` and `apAll`).
 */
export const vocApMetric = defineMetric<Input>({
  name: 'voc_ap',
  domain: 'detection',
  title: { en: 'VOC average precision', es: 'Precisión media VOC' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'rate',
  aggregation: {
    en: 'All images are pooled into one ranked list per class; classes are averaged.',
    es: 'Todas las imágenes forman una sola lista ordenada por clase; después se promedian las clases.',
  },
  definition: {
    en: 'Detections are taken by falling score. Each one is held against the annotated box of its image that it overlaps best; it is true if the overlap (intersection over union of inclusive pixels) reaches the threshold and the box is still free. Average precision is the area under the envelope of precision over recall (`all-point`), or the mean of that envelope at recall 0, 0.1, ..., 1 (`11-point`).',
    es: 'Las detecciones se recorren de mayor a menor puntuación. Cada una se compara con la caja anotada de su imagen con la que más se solapa; es correcta si el solape (intersección sobre unión, con píxeles inclusivos) alcanza el umbral y la caja sigue libre. La precisión media es el área bajo la envolvente de la precisión según la exhaustividad (`all-point`) o la media de esa envolvente en las exhaustividades 0, 0,1, ..., 1 (`11-point`).',
  },
  edgeCases: {
    en: 'A second detection of a box is false, even if another box is free. A detection matched to a difficult box is ignored. Equal scores keep the order of the input. An overlap equal to the threshold counts, unless `strict` is set. Recall steps are compared in whole numbers. Undefined when there is nothing to find; a class with nothing to find is left out of the mean.',
    es: 'Una segunda detección de la misma caja es falsa, aunque haya otra caja libre. Una detección asignada a una caja difícil no cuenta. Con puntuaciones iguales se respeta el orden de entrada. Un solape igual al umbral cuenta, salvo que indiques `strict`. Los escalones de exhaustividad se comparan con enteros. No está definida si no hay nada que encontrar; una clase sin nada que encontrar queda fuera de la media.',
  },
  source:
    'Everingham et al. 2010 and the VOC development kit (VOCevaldet.m); strict: voc_eval of py-faster-rcnn; xywh boxes as in rafaelpadilla/Object-Detection-Metrics',
  input: InputSchema,
  report: (input) => {
    const { tpFlags, positives } = input;
    if (tpFlags === undefined || positives === undefined) return reportBoxes(input);
    const { ap11, apAll } = vocAp(tpFlags.map(Number), positives);
    return { value: { ap11, apAll } };
  },
});
