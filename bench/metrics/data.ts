/** Seeded data of real size for the metrics that are measured beside their references. */
import type { DType, Tensor, TensorData } from '../../sandbox/tensor.ts';
import type { Random } from '../../scoring/random.ts';

/** A number in [0, 1). */
export function uniform(random: Random): number {
  return random.nextUint32() / 2 ** 32;
}

/** Standard normal, by Box and Muller. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(random)));
  return radius * Math.cos(2 * Math.PI * uniform(random));
}

export function tensor(dtype: DType, shape: readonly number[], data: TensorData): Tensor {
  return { dtype, shape, data };
}

export function float32(
  length: number,
  next: (index: number) => number,
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = next(i);
  return data;
}

export function float64(
  length: number,
  next: (index: number) => number,
): Float64Array<ArrayBuffer> {
  const data = new Float64Array(length);
  for (let i = 0; i < length; i++) data[i] = next(i);
  return data;
}

export function int32(length: number, next: (index: number) => number): Int32Array<ArrayBuffer> {
  const data = new Int32Array(length);
  for (let i = 0; i < length; i++) data[i] = next(i);
  return data;
}

/** Predicted labels that are right two times in three. */
export function predictedLabels(
  labels: Int32Array<ArrayBuffer>,
  classes: number,
  random: Random,
): Int32Array<ArrayBuffer> {
  return int32(labels.length, (i) =>
    random.nextBelow(3) === 0 ? random.nextBelow(classes) : (labels[i] ?? 0),
  );
}

/**
 * Sentences of 5 to 25 words whose frequency falls with their rank, and the same with about 15 % of the
 * words put in, left out or taken for others.
 */
export function sentences(
  count: number,
  random: Random,
): { references: string[]; hypotheses: string[] } {
  const vocabulary = Array.from({ length: 10_000 }, (_, rank) => word(rank, random));
  const anyWord = () => {
    const rank = Math.floor(vocabulary.length ** uniform(random)) - 1;
    return vocabulary[rank] ?? 'a';
  };
  const references: string[] = [];
  const hypotheses: string[] = [];
  for (let i = 0; i < count; i++) {
    const words = Array.from({ length: 5 + random.nextBelow(21) }, anyWord);
    const heard = words.flatMap((each) => {
      const chance = random.nextBelow(100);
      if (chance < 8) return [anyWord()];
      if (chance < 12) return [];
      return chance < 15 ? [each, anyWord()] : [each];
    });
    references.push(words.join(' '));
    hypotheses.push(heard.join(' '));
  }
  return { references, hypotheses };
}

/** Rare words are longer, as words are. */
function word(rank: number, random: Random): string {
  const letters = 2 + Math.floor(Math.log2(rank + 1) / 2) + random.nextBelow(4);
  return Array.from({ length: letters }, () => String.fromCharCode(97 + random.nextBelow(26))).join(
    '',
  );
}

/** Smooth noisy planes, 8 bits, and the same with noise on them: images x channels x height x width. */
export function imagePairs(
  images: number,
  channels: number,
  height: number,
  width: number,
  random: Random,
): { a: Uint8Array<ArrayBuffer>; b: Uint8Array<ArrayBuffer> } {
  const size = channels * height * width;
  const a = new Uint8Array(images * size);
  const b = new Uint8Array(images * size);
  for (let plane = 0; plane < images * channels; plane++) {
    const [fx, fy, phase] = [uniform(random), uniform(random), 6 * uniform(random)];
    const noise = 1 + random.nextBelow(30);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (plane * height + y) * width + x;
        const clean = 128 + 90 * Math.sin(0.2 * (fx * x + fy * y) + phase) + random.nextBelow(21);
        const value = Math.min(255, Math.max(0, Math.round(clean)));
        a[at] = value;
        b[at] = Math.min(255, Math.max(0, value + random.nextBelow(2 * noise + 1) - noise));
      }
    }
  }
  return { a, b };
}

export interface DetectionData {
  readonly truth: {
    images: Int32Array<ArrayBuffer>;
    categories: Int32Array<ArrayBuffer>;
    boxes: Float64Array<ArrayBuffer>;
    areas: Float64Array<ArrayBuffer>;
    crowd: Uint8Array<ArrayBuffer>;
  };
  readonly found: {
    images: Int32Array<ArrayBuffer>;
    categories: Int32Array<ArrayBuffer>;
    boxes: Float64Array<ArrayBuffer>;
    scores: Float64Array<ArrayBuffer>;
  };
}

/** As in COCO's validation set: 7 objects an image, 100 detections an image, 80 categories. */
export function detections(images: number, categories: number, random: Random): DetectionData {
  const objects: number[][] = [];
  const found: number[][] = [];
  const side = () => Math.round(10 * Math.exp(2 + 3.4 * uniform(random))) / 10;
  const tenth = (value: number) => Math.round(10 * value) / 10;
  for (let image = 0; image < images; image++) {
    let left = 100;
    for (let object = random.nextBelow(15); object > 0; object--) {
      const category = random.nextBelow(categories);
      const [width, height] = [side(), side()];
      const box = [tenth(400 * uniform(random)), tenth(300 * uniform(random)), width, height];
      const crowd = random.nextBelow(50) === 0 ? 1 : 0;
      objects.push([
        image,
        category,
        ...box,
        tenth(width * height * (0.5 + uniform(random) / 2)),
        crowd,
      ]);
      for (let copy = random.nextBelow(4); copy > 0 && left > 0; copy--, left--) {
        const moved = box.map((value, axis) => {
          const shifted = value + 0.08 * (axis % 2 === 0 ? width : height) * normal(random);
          return axis < 2 ? tenth(shifted) : Math.max(1, tenth(shifted));
        });
        found.push([
          image,
          category,
          ...moved,
          Math.round(1000 * Math.sqrt(uniform(random))) / 1000,
        ]);
      }
    }
    for (; left > 0; left--) {
      const box = [tenth(400 * uniform(random)), tenth(300 * uniform(random)), side(), side()];
      found.push([
        image,
        random.nextBelow(categories),
        ...box,
        Math.round(500 * uniform(random)) / 1000,
      ]);
    }
  }
  const column = (rows: readonly number[][], at: number) => rows.map((row) => row[at] ?? 0);
  const boxes = (rows: readonly number[][]) =>
    Float64Array.from(rows.flatMap((row) => row.slice(2, 6)));
  return {
    truth: {
      images: Int32Array.from(column(objects, 0)),
      categories: Int32Array.from(column(objects, 1)),
      boxes: boxes(objects),
      areas: Float64Array.from(column(objects, 6)),
      crowd: Uint8Array.from(column(objects, 7)),
    },
    found: {
      images: Int32Array.from(column(found, 0)),
      categories: Int32Array.from(column(found, 1)),
      boxes: boxes(found),
      scores: Float64Array.from(column(found, 6)),
    },
  };
}

/**
 * What a judge network might say of images: rows of features, none negative, that vary together by a few
 * dozen factors and each by itself.
 */
export function features(
  rows: number,
  columns: number,
  shift: number,
  random: Random,
): Float32Array<ArrayBuffer> {
  const factors = 64;
  const loads = float32(columns, () => random.nextBelow(factors));
  const means = float32(columns, () => 0.4 + 0.2 * normal(random));
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const common = float32(factors, () => normal(random));
    for (let column = 0; column < columns; column++) {
      const own = 0.25 * (common[loads[column] ?? 0] ?? 0) + 0.25 * normal(random);
      values[row * columns + column] = Math.max(0, (means[column] ?? 0) + shift + own);
    }
  }
  return values;
}
