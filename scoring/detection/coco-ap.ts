import { z } from 'zod';

import { defineMetric } from '../metric.ts';
import { sortedOrder } from '../sort.ts';
import { groupRows } from './groups.ts';
import { IdSchema, indexIds, placesOf, type Id } from './ids.ts';

/** Ten overlaps, .50 to .95, with the very doubles of the reference (its .90 lies one step lower). */
const OVERLAPS = Float64Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5,
);
/** Recall 0, .01, ..., 1: likewise. */
const RECALLS = Float64Array.from({ length: 101 }, (_, i) => i * 0.01);
const AP50 = 0;
const AP75 = 5;
/** Square pixels, both ends inclusive: all, small, medium, large. */
const AREAS = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
] as const;
const MOST_DETECTIONS = 100;

/** Boxes are `x, y, width, height`, row-major; images and categories are indices from 0, in order of id. */
export interface CocoTruth {
  readonly images: Int32Array;
  readonly categories: Int32Array;
  readonly boxes: Float64Array;
  /** Area of the object, in square pixels: of its segment where there is one, not of its box. */
  readonly areas: Float64Array;
  /** 1: the box surrounds a crowd. */
  readonly crowd: Uint8Array;
}

export interface CocoDetections {
  readonly images: Int32Array;
  readonly categories: Int32Array;
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
}

/** The twelve numbers of the COCO summary, in [0, 1], or -1 where there is nothing to find. */
export interface CocoSummary {
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  readonly AR1: number;
  readonly AR10: number;
  readonly AR100: number;
  readonly ARs: number;
  readonly ARm: number;
  readonly ARl: number;
}

/**
 * Average precision and recall of boxes, as `COCOeval` of pycocotools computes them (`iouType` "bbox";
 * masks are not read). In each image and category the 100 best detections are taken by falling score,
 * equal scores in order of input; each takes the free object that it overlaps best (the last of
 * equals) at the threshold or above, one that counts before one that is ignored. Crowds and objects
 * outside the area range are ignored, so are detections matched to them, and unmatched detections
 * outside the range. A crowd may be matched many times, and overlap with it is intersection over the
 * area of the detection. Precision is the envelope at 101 recalls; means run over thresholds and
 * categories that have objects, never over images.
 *
 * Source: Lin et al., "Microsoft COCO: common objects in context" (2014), and pycocotools 2.0.11,
 * cocoeval.py, with which every match and every term agrees; sums are taken in another order.
 *
 * @param images how many images there are.
 * @param categories how many categories there are.
 * @throws RangeError where the parts of a list differ in length, or a number is not finite.
 */
export function cocoSummary(
  truth: CocoTruth,
  detections: CocoDetections,
  images: number,
  categories: number,
): CocoSummary {
  checkLengths('ground truth', truth.images.length, truth, truth.areas);
  if (truth.crowd.length !== truth.images.length) {
    throw new RangeError(
      `ground truth: ${truth.images.length} images, but ${truth.crowd.length} crowd flags`,
    );
  }
  checkLengths('detections', detections.images.length, detections, detections.scores);
  const { scores } = detections;
  // One sort serves all: later groupings keep this order. By image where scores are equal, since the
  // reference joins the lists of the images in the order of their ids.
  const { rows } = groupRows(detections.images, images);
  const order = sortedOrder(
    Float64Array.from(rows, (row) => scores[row] ?? 0),
    'descending',
  ).map((place) => rows[place] ?? 0);
  const detected = groupRows(detections.categories, categories, order);
  const wanted = groupRows(truth.categories, categories);
  const sums = new SummarySums();
  for (let category = 0; category < categories; category++) {
    const objects = wanted.rows.subarray(wanted.starts[category], wanted.starts[category + 1]);
    if (objects.length === 0) continue;
    const found = detected.rows.subarray(detected.starts[category], detected.starts[category + 1]);
    sums.add(matchCategory(truth, objects, detections, found, images));
  }
  return sums.finish();
}

function checkLengths(
  what: string,
  count: number,
  { categories, boxes }: { categories: Int32Array; boxes: Float64Array },
  values: Float64Array,
): void {
  if (categories.length !== count || boxes.length !== 4 * count || values.length !== count) {
    throw new RangeError(
      `${what}: ${count} images, but ${categories.length} categories, ${boxes.length} box numbers (4 each) and ${values.length} values`,
    );
  }
  for (const list of [boxes, values]) {
    const place = list.findIndex((value) => !Number.isFinite(value));
    if (place >= 0) {
      const row = list === boxes ? place >> 2 : place;
      throw new RangeError(`${what}: row ${row} of ${count} holds ${list[place] ?? NaN}`);
    }
  }
}

/** What became of the detections of one category, best first; one bit per overlap, lowest first. */
interface CategoryMatches {
  readonly count: number;
  /** Place of each detection among those of its image, from 0. */
  readonly places: Uint8Array;
  /** Area ranges x detections. */
  readonly matched: Uint16Array;
  readonly ignored: Uint16Array;
  /** Objects that count, per area range. */
  readonly positives: Int32Array;
}

const EVERY_OVERLAP = (1 << OVERLAPS.length) - 1;

function matchCategory(
  truth: CocoTruth,
  objects: Int32Array,
  detections: CocoDetections,
  found: Int32Array,
  images: number,
): CategoryMatches {
  const perImage = new Int32Array(images);
  const rows = new Int32Array(found.length);
  const places = new Uint8Array(found.length);
  let count = 0;
  for (const row of found) {
    const image = detections.images[row] ?? 0;
    const place = perImage[image] ?? 0;
    if (place === MOST_DETECTIONS) continue;
    perImage[image] = place + 1;
    places[count] = place;
    rows[count++] = row;
  }
  const matches = {
    count,
    places,
    matched: new Uint16Array(AREAS.length * count),
    ignored: new Uint16Array(AREAS.length * count),
    positives: Int32Array.from(
      AREAS,
      (_, area) => objects.filter((object) => counts(truth, object, area)).length,
    ),
  };
  const imageOf = Int32Array.from(
    { length: count },
    (_, i) => detections.images[rows[i] ?? 0] ?? 0,
  );
  const byImage = groupRows(imageOf, images);
  const objectsByImage = groupRows(truth.images, images, objects);
  for (let image = 0; image < images; image++) {
    const here = objectsByImage.rows.subarray(
      objectsByImage.starts[image],
      objectsByImage.starts[image + 1],
    );
    const mine = byImage.rows.subarray(byImage.starts[image], byImage.starts[image + 1]);
    if (here.length > 0 && mine.length > 0) {
      matchImage(truth, here, detections, rows, mine, matches);
    }
  }
  for (const [area, [least, most]] of AREAS.entries()) {
    for (let i = 0; i < count; i++) {
      const at = 4 * (rows[i] ?? 0);
      const size = (detections.boxes[at + 2] ?? 0) * (detections.boxes[at + 3] ?? 0);
      if (size >= least && size <= most) continue;
      const cell = area * count + i;
      matches.ignored[cell] =
        (matches.ignored[cell] ?? 0) | (EVERY_OVERLAP & ~(matches.matched[cell] ?? 0));
    }
  }
  return matches;
}

function counts(truth: CocoTruth, object: number, area: number): boolean {
  const size = truth.areas[object] ?? 0;
  const [least, most] = AREAS[area] ?? [0, 0];
  return truth.crowd[object] !== 1 && size >= least && size <= most;
}

/**
 * @param here the objects of one image and category.
 * @param rows row of each detection of the category, best first.
 * @param mine places in `rows` of the detections of this image, best first.
 */
function matchImage(
  truth: CocoTruth,
  here: Int32Array,
  detections: CocoDetections,
  rows: Int32Array,
  mine: Int32Array,
  matches: CategoryMatches,
): void {
  const width = here.length;
  const overlaps = new Float64Array(mine.length * width);
  const best = new Float64Array(mine.length);
  for (const [d, place] of mine.entries()) {
    for (const [g, object] of here.entries()) {
      const crowd = truth.crowd[object] === 1;
      const overlap = boxOverlap(
        detections.boxes,
        4 * (rows[place] ?? 0),
        truth.boxes,
        4 * object,
        crowd,
      );
      overlaps[d * width + g] = overlap;
      if (overlap > (best[d] ?? 0)) best[d] = overlap;
    }
  }
  const taken = new Uint16Array(width);
  for (const area of AREAS.keys()) {
    taken.fill(0);
    // Objects that count come first, each kind in order of input.
    const line: number[] = [];
    for (const [g, object] of here.entries()) if (counts(truth, object, area)) line.push(g);
    const counting = line.length;
    for (const [g, object] of here.entries()) if (!counts(truth, object, area)) line.push(g);

    for (const [d, place] of mine.entries()) {
      const cell = area * matches.count + place;
      for (const [t, threshold] of OVERLAPS.entries()) {
        if ((best[d] ?? 0) < threshold) break;
        const bit = 1 << t;
        let least = threshold;
        let match = -1;
        for (let k = 0; k < width; k++) {
          const g = line[k] ?? 0;
          if (((taken[g] ?? 0) & bit) !== 0 && truth.crowd[here[g] ?? 0] !== 1) continue;
          // An object that counts is not given up for one that does not.
          if (k >= counting && match >= 0 && match < counting) break;
          const overlap = overlaps[d * width + g] ?? 0;
          if (overlap < least) continue;
          least = overlap;
          match = k;
        }
        if (match < 0) continue;
        const g = line[match] ?? 0;
        taken[g] = (taken[g] ?? 0) | bit;
        matches.matched[cell] = (matches.matched[cell] ?? 0) | bit;
        if (match >= counting) matches.ignored[cell] = (matches.ignored[cell] ?? 0) | bit;
      }
    }
  }
}

/** Area under one box by the other: over their union, or over the detection where the object is a crowd. */
function boxOverlap(
  a: Float64Array,
  i: number,
  b: Float64Array,
  j: number,
  crowd: boolean,
): number {
  const ax = a[i] ?? 0;
  const ay = a[i + 1] ?? 0;
  const aw = a[i + 2] ?? 0;
  const ah = a[i + 3] ?? 0;
  const bx = b[j] ?? 0;
  const by = b[j + 1] ?? 0;
  const bw = b[j + 2] ?? 0;
  const bh = b[j + 3] ?? 0;
  const width = Math.min(aw + ax, bw + bx) - Math.max(ax, bx);
  if (width <= 0) return 0;
  const height = Math.min(ah + ay, bh + by) - Math.max(ay, by);
  if (height <= 0) return 0;
  const shared = width * height;
  return shared / (crowd ? aw * ah : aw * ah + bw * bh - shared);
}

/** Sums over categories of what the summary is the mean of. */
class SummarySums {
  readonly #categories = new Int32Array(AREAS.length);
  /** Area ranges x overlaps: precision, summed over recalls too. */
  readonly #precision = new Float64Array(AREAS.length * OVERLAPS.length);
  /** Area ranges x (1, 10, 100 detections an image): recall, summed over overlaps too. */
  readonly #recall = new Float64Array(AREAS.length * 3);

  add(matches: CategoryMatches): void {
    for (const area of AREAS.keys()) {
      if (matches.positives[area] === 0) continue;
      this.#categories[area] = (this.#categories[area] ?? 0) + 1;
      for (const t of OVERLAPS.keys()) this.#addCurve(matches, area, t);
    }
  }

  #addCurve(matches: CategoryMatches, area: number, t: number): void {
    const { count, places, matched, ignored } = matches;
    const positives = matches.positives[area] ?? 0;
    const precision = new Float64Array(Math.min(count, positives));
    let found = 0;
    let wrong = 0;
    let foundIn1 = 0;
    let foundIn10 = 0;
    for (let i = 0; i < count; i++) {
      const cell = area * count + i;
      if ((((ignored[cell] ?? 0) >> t) & 1) === 1) continue;
      if ((((matched[cell] ?? 0) >> t) & 1) === 0) {
        wrong++;
        continue;
      }
      precision[found++] = found / (wrong + found + Number.EPSILON);
      const place = places[i] ?? 0;
      if (place < 1) foundIn1++;
      if (place < 10) foundIn10++;
    }
    // Precision falls only where something wrong stands, so its envelope turns at what was found.
    for (let i = found - 2; i >= 0; i--) {
      precision[i] = Math.max(precision[i] ?? 0, precision[i + 1] ?? 0);
    }
    let sum = 0;
    let first = 0;
    for (const recall of RECALLS) {
      while (first < found && (first + 1) / positives < recall) first++;
      if (first === found) break;
      sum += precision[first] ?? 0;
    }
    const cell = area * OVERLAPS.length + t;
    this.#precision[cell] = (this.#precision[cell] ?? 0) + sum;
    for (const [limit, hits] of [foundIn1, foundIn10, found].entries()) {
      this.#recall[3 * area + limit] = (this.#recall[3 * area + limit] ?? 0) + hits / positives;
    }
  }

  finish(): CocoSummary {
    const [all, small, medium, large] = [0, 1, 2, 3] as const;
    const mean = (sum: number, area: number, terms: number) => {
      const categories = this.#categories[area] ?? 0;
      return categories === 0 ? -1 : sum / (categories * terms);
    };
    const precision = (area: number) => {
      const each = this.#precision.subarray(area * OVERLAPS.length, (area + 1) * OVERLAPS.length);
      const sum = each.reduce((total, value) => total + value, 0);
      return mean(sum, area, OVERLAPS.length * RECALLS.length);
    };
    const precisionAt = (t: number) => mean(this.#precision[t] ?? 0, all, RECALLS.length);
    const recall = (area: number, limit: number) =>
      mean(this.#recall[3 * area + limit] ?? 0, area, OVERLAPS.length);
    return {
      AP: precision(all),
      AP50: precisionAt(AP50),
      AP75: precisionAt(AP75),
      APs: precision(small),
      APm: precision(medium),
      APl: precision(large),
      AR1: recall(all, 0),
      AR10: recall(all, 1),
      AR100: recall(all, 2),
      ARs: recall(small, 2),
      ARm: recall(medium, 2),
      ARl: recall(large, 2),
    };
  }
}

const Side = z.number().min(0);
const Box = z.tuple([z.number(), z.number(), Side, Side]);

/** Lists as in COCO's annotation and result files; other fields are not read. */
const InputSchema = z.object({
  groundTruth: z.array(
    z.object({
      image_id: IdSchema,
      category_id: IdSchema,
      bbox: Box,
      /** Width times height of the box when left out. */
      area: z.number().min(0).optional(),
      iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional(),
    }),
  ),
  detections: z.array(
    z.object({ image_id: IdSchema, category_id: IdSchema, bbox: Box, score: z.number() }),
  ),
});
type Input = z.infer<typeof InputSchema>;

function summarize({ groundTruth, detections }: Input): CocoSummary {
  const images = indexIds(
    groundTruth.map((item) => item.image_id),
    detections.map((item) => item.image_id),
  );
  const categories = indexIds(
    groundTruth.map((item) => item.category_id),
    detections.map((item) => item.category_id),
  );
  const common = (
    items: readonly { image_id: Id; category_id: Id; bbox: readonly number[] }[],
  ) => ({
    images: placesOf(
      items.map((item) => item.image_id),
      images,
    ),
    categories: placesOf(
      items.map((item) => item.category_id),
      categories,
    ),
    boxes: Float64Array.from(items.flatMap((item) => item.bbox)),
  });
  return cocoSummary(
    {
      ...common(groundTruth),
      areas: Float64Array.from(groundTruth, ({ area, bbox }) => area ?? bbox[2] * bbox[3]),
      crowd: Uint8Array.from(groundTruth, ({ iscrowd }) => Number(iscrowd ?? 0)),
    },
    { ...common(detections), scores: Float64Array.from(detections, ({ score }) => score) },
    images.size,
    categories.size,
  );
}

const facts = {
  domain: 'detection',
  higherIsBetter: true,
  unit: 'rate',
  aggregation: {
    en: 'All images are pooled into one ranked list per category; then the mean over overlap thresholds and over categories that have objects.',
    es: 'Todas las imágenes forman una sola lista ordenada por categoría; después, la media sobre los umbrales de solape y sobre las categorías que tienen objetos.',
  },
  edgeCases: {
    en: 'Boxes only: masks are not read. Equal scores keep the order of images, then of the input. Only the 100 best detections of each image and category count. Detections matched to a crowd or to an object outside the area range count neither for nor against; unmatched ones outside the range neither. Sizes: small up to 32² square pixels, medium from 32² to 96², large from 96², both ends included; an object is sized by its annotated area, a detection by its box. A category without objects is left out.',
    es: 'Solo cajas: las máscaras no se leen. Con puntuaciones iguales se respeta el orden de las imágenes y después el de entrada. Solo cuentan las 100 mejores detecciones de cada imagen y categoría. Las detecciones asignadas a una multitud o a un objeto fuera del rango de áreas no suman ni restan; tampoco las que quedan sin asignar fuera del rango. Tamaños: pequeño hasta 32² píxeles cuadrados, mediano de 32² a 96², grande desde 96², con ambos extremos incluidos; el objeto se mide por su área anotada y la detección por su caja. Una categoría sin objetos queda fuera.',
  },
  source: 'Lin et al. 2014; pycocotools 2.0.11, COCOeval with iouType "bbox"',
  input: InputSchema,
} as const;

const DEFINITION = {
  en: 'For ten overlap thresholds (intersection over union .50 to .95) each detection, by falling score, takes the free object of its image and category that it overlaps best. AP is the mean over thresholds and categories of the envelope of precision, read at recall 0, .01, ..., 1.',
  es: 'Para diez umbrales de solape (intersección sobre unión de 0,50 a 0,95), cada detección, de mayor a menor puntuación, toma el objeto libre de su imagen y categoría con el que más se solapa. AP es la media, sobre umbrales y categorías, de la envolvente de la precisión leída en las exhaustividades 0, 0,01, ..., 1.',
};

/** The whole summary, -1 where there is nothing to find. */
export const cocoApMetric = defineMetric<Input>({
  ...facts,
  name: 'coco_ap',
  title: { en: 'COCO summary (AP and AR of boxes)', es: 'Resumen COCO (AP y AR de cajas)' },
  range: null,
  definition: {
    en: `${DEFINITION.en} AP50 and AP75 take one threshold; APs, APm and APl only small, medium or large objects. AR1, AR10 and AR100 are the recall reached with 1, 10 or 100 detections in each image and category, averaged in the same way. -1 stands for undefined.`,
    es: `${DEFINITION.es} AP50 y AP75 usan un solo umbral; APs, APm y APl, solo los objetos pequeños, medianos o grandes. AR1, AR10 y AR100 son la exhaustividad alcanzada con 1, 10 o 100 detecciones por imagen y categoría, promediada igual. -1 significa no definido.`,
  },
  report: (input) => ({ value: { ...summarize(input) } }),
});

/** The first number of the summary alone, for a board. */
export const cocoMeanAp = defineMetric<Input>({
  ...facts,
  name: 'coco_map',
  title: { en: 'COCO AP', es: 'AP de COCO' },
  range: [0, 1],
  definition: DEFINITION,
  report: (input) => {
    const { AP } = summarize(input);
    return { value: AP === -1 ? null : AP };
  },
});
