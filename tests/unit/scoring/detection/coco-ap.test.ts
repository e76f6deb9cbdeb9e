import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { cocoApMetric, cocoMeanAp, cocoSummary } from '../../../../scoring/detection/coco-ap.ts';
import { compare, loadVectors } from '../vectors.ts';

const FixtureSchema = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      input: z.object({ groundTruth: z.array(z.unknown()), detections: z.array(z.unknown()) }),
      expected: z.record(z.string(), z.number()),
    }),
  ),
});
const random = new URL('../../../fixtures/coco/random.json', import.meta.url);
const { cases } = FixtureSchema.parse(JSON.parse(readFileSync(random, 'utf8')));

type Summary = Readonly<Record<string, number>>;
const summaryOf = (input: unknown) => cocoApMetric.report(input).value as unknown as Summary;

const box = fc.tuple(
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 0, max: 60 }),
  fc.integer({ min: 1, max: 120 }),
  fc.integer({ min: 1, max: 120 }),
);
const place = {
  image_id: fc.integer({ min: 0, max: 3 }),
  category_id: fc.integer({ min: 1, max: 2 }),
  bbox: box,
};
const truths = fc.array(fc.record({ ...place, iscrowd: fc.constantFrom(0, 0, 0, 1) }), {
  minLength: 1,
  maxLength: 12,
});
const detections = fc.array(fc.record(place), { maxLength: 20 }).chain((items) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: 1000 }), {
      minLength: items.length,
      maxLength: items.length,
    })
    .map((scores) => items.map((item, i) => ({ ...item, score: (scores[i] ?? 0) / 1000 }))),
);

describe('COCO AP', () => {
  it.each(loadVectors('coco_ap'))('agrees with its vector: $name', (vector) => {
    const summary = summaryOf(vector.input);
    expect(compare(summary, vector.expected, vector.tolerance)).toEqual([]);
  });

  it.each(cases)('agrees with pycocotools on random boxes: $name', ({ input, expected }) => {
    expect(compare(summaryOf(input), expected, 1e-12)).toEqual([]);
  });

  it('reads ids that are texts and truth values, and ignores other fields', () => {
    const { input, expected } = cases.find(({ name }) => name === 'crowds') ?? cases[0] ?? fail();
    const renamed = (item: unknown) => {
      const { image_id, iscrowd, ...others } = item as Record<string, unknown>;
      return {
        ...others,
        image_id: `image-${String(image_id).padStart(6, '0')}`,
        ...(iscrowd === undefined ? {} : { iscrowd: iscrowd === 1 }),
        segmentation: [],
      };
    };
    const summary = summaryOf({
      groundTruth: input.groundTruth.map(renamed),
      detections: input.detections.map(renamed),
    });
    expect(compare(summary, expected, 1e-12)).toEqual([]);
  });

  it('keeps each number in [0, 1], or at -1 where there is nothing to find', () => {
    fc.assert(
      fc.property(truths, detections, (groundTruth, found) => {
        for (const value of Object.values(summaryOf({ groundTruth, detections: found }))) {
          expect(value === -1 || (value >= 0 && value <= 1)).toBe(true);
        }
      }),
    );
  });

  it('does not depend on the order of detections whose scores differ', () => {
    const shuffled = fc
      .tuple(truths, detections)
      .chain(([groundTruth, found]) =>
        fc
          .shuffledSubarray(found, { minLength: found.length })
          .map((other) => ({ groundTruth, found, other })),
      );
    fc.assert(
      fc.property(shuffled, ({ groundTruth, found, other }) => {
        expect(summaryOf({ groundTruth, detections: other })).toEqual(
          summaryOf({ groundTruth, detections: found }),
        );
      }),
    );
  });

  it('depends on the order of scores only', () => {
    fc.assert(
      fc.property(truths, detections, (groundTruth, found) => {
        const squeezed = found.map((item) => ({ ...item, score: Math.exp(item.score) - 7 }));
        expect(summaryOf({ groundTruth, detections: squeezed })).toEqual(
          summaryOf({ groundTruth, detections: found }),
        );
      }),
    );
  });

  it('is 1 for the truth itself', () => {
    fc.assert(
      fc.property(truths, (groundTruth) => {
        const found = groundTruth.map((item) => ({ ...item, score: 0.5 }));
        const { AP = NaN, AR100 = NaN } = summaryOf({ groundTruth, detections: found });
        const nothing = groundTruth.every(({ iscrowd }) => iscrowd === 1);
        expect(AP).toBeCloseTo(nothing ? -1 : 1, 12);
        expect(AR100).toBeCloseTo(nothing ? -1 : 1, 12);
      }),
    );
  });

  it('does not rise by a detection that overlaps nothing', () => {
    fc.assert(
      fc.property(
        truths,
        detections,
        place.image_id,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (groundTruth, found, image, score) => {
          const stray = { image_id: image, category_id: 1, bbox: [1000, 1000, 50, 50], score };
          const before = summaryOf({ groundTruth, detections: found });
          const after = summaryOf({ groundTruth, detections: [...found, stray] });
          for (const name of Object.keys(before)) {
            expect(after[name]).toBeLessThanOrEqual(before[name] ?? NaN);
          }
        },
      ),
    );
  });

  it('counts 100 detections of an image and category, no more', () => {
    const truth = { image_id: 1, category_id: 1, bbox: [0, 0, 50, 50] };
    const stray = { image_id: 1, category_id: 1, bbox: [500, 500, 50, 50], score: 0.9 };
    const late = { ...truth, score: 0.1 };
    const recallAfter = (strays: number) =>
      summaryOf({
        groundTruth: [truth],
        detections: [...Array.from({ length: strays }, () => stray), late],
      })['AR100'];
    expect(recallAfter(99)).toBe(1);
    expect(recallAfter(100)).toBe(0);
  });

  it.each([
    ['groundTruth', { detections: [] }],
    [
      'detections.0.score',
      {
        groundTruth: [],
        detections: [{ image_id: 1, category_id: 1, bbox: [0, 0, 1, 1], score: NaN }],
      },
    ],
    [
      'detections.0.bbox',
      { groundTruth: [], detections: [{ image_id: 1, category_id: 1, bbox: [0, 0, 1], score: 1 }] },
    ],
    [
      'groundTruth.0.bbox.2',
      { groundTruth: [{ image_id: 1, category_id: 1, bbox: [0, 0, -1, 1] }], detections: [] },
    ],
  ])('names the field that does not fit: %s', (field, input) => {
    expect(() => cocoApMetric.report(input)).toThrow(field);
    expect(() => cocoApMetric.report(input)).toThrow(RangeError);
  });
});

describe('cocoSummary', () => {
  const truth = {
    images: Int32Array.of(0),
    categories: Int32Array.of(0),
    boxes: Float64Array.of(0, 0, 9, 9),
    areas: Float64Array.of(81),
    crowd: Uint8Array.of(0),
  };
  const found = {
    images: Int32Array.of(0, 0),
    categories: Int32Array.of(0, 0),
    boxes: Float64Array.of(0, 0, 9, 9, 50, 50, 9, 9),
    scores: Float64Array.of(0.9, 0.8),
  };

  it.each([
    ['scores are missing', truth, { ...found, scores: Float64Array.of(1) }, /2 images.* 1 values/],
    ['boxes are cut short', truth, { ...found, boxes: found.boxes.slice(4) }, /4 box numbers/],
    ['areas are missing', { ...truth, areas: new Float64Array(0) }, found, /1 images.* 0 values/],
    ['crowds are missing', { ...truth, crowd: new Uint8Array(0) }, found, /1 images.* 0 crowd/],
    ['a score is no number', truth, { ...found, scores: Float64Array.of(1, NaN) }, /row 1 .* NaN/],
    [
      'a side is infinite',
      truth,
      { ...found, boxes: found.boxes.with(6, Infinity) },
      /row 1 .* Inf/,
    ],
  ])('refuses lists that do not fit: %s', (_, objects, detected, message) => {
    expect(() => cocoSummary(objects, detected, 1, 1)).toThrow(message);
    expect(cocoSummary(truth, found, 1, 1).AR100).toBe(1);
  });
});

describe('COCO mean AP', () => {
  it('is the first number of the summary, undefined where that is -1', () => {
    for (const { input, expected } of cases) {
      const wanted = expected['AP'] === -1 ? 'undefined' : expected['AP'];
      expect(compare(cocoMeanAp.report(input).value, wanted, 1e-12)).toEqual([]);
    }
  });
});

function fail(): never {
  throw new Error('the fixture holds no case');
}
