import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { vocAp, vocApMetric } from '../../../../scoring/detection/voc-ap.ts';
import { compare, loadVectors } from '../vectors.ts';

/** Straight from the definition: precision at each recall, best at or beyond it. */
function byDefinition(flags: readonly number[], positives: number) {
  const points = flags.map((_, i) => {
    const found = flags.slice(0, i + 1).reduce((sum, flag) => sum + flag, 0);
    return { found, precision: found / (i + 1) };
  });
  const bestFrom = (enough: (found: number) => boolean) =>
    Math.max(0, ...points.filter(({ found }) => enough(found)).map(({ precision }) => precision));
  const tenths = Array.from({ length: 11 }, (_, tenth) =>
    bestFrom((found) => found * 10 >= tenth * positives),
  );
  const steps = Array.from({ length: positives }, (_, k) => bestFrom((found) => found >= k + 1));
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  return { ap11: total(tenths) / 11, apAll: total(steps) / positives };
}

const box = fc
  .tuple(
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 20 }),
  )
  .map(([x, y, w, h]) => [x, y, x + w, y + h]);
const image = fc.constantFrom('a', 'b');
const groundTruth = fc.array(fc.record({ image, box, difficult: fc.boolean() }), { maxLength: 8 });
const detections = fc.array(
  fc.record({ image, box, score: fc.integer({ min: 0, max: 5 }).map((score) => score / 5) }),
  { maxLength: 12 },
);

const truth = [{ image: 'a', box: [0, 0, 9, 9] }];
const value = (input: object) => vocApMetric.report(input).value;

describe('VOC AP', () => {
  it.each(loadVectors('voc_ap'))('agrees with its vector: $name', (vector) => {
    const { value: answer } = vocApMetric.report(vector.input);
    expect(compare(answer, vector.expected, vector.tolerance)).toEqual([]);
  });

  it('gives 24.57 % on the worked example with every recall counted, as published', () => {
    const [worked] = loadVectors('voc_ap');
    const input = { ...(worked?.input as object), method: 'all-point' };
    expect(value(input)).toBeCloseTo(0.2457, 4);
  });

  it('is the envelope of its definition for any ranked list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1), { maxLength: 40 }),
        fc.integer({ min: 0, max: 20 }),
        (flags, missed) => {
          const positives = Math.max(
            1,
            flags.reduce<number>((sum, flag) => sum + flag, 0) + missed,
          );
          expect(compare(vocAp(flags, positives), byDefinition(flags, positives), 1e-12)).toEqual(
            [],
          );
        },
      ),
    );
  });

  it('reaches each recall step in whole numbers', () => {
    // Recall 3/10: as floats, 0.1 + 0.1 + 0.1 is more than 3 / 10.
    expect(vocAp([1, 1, 1], 10).ap11).toBeCloseTo(4 / 11, 12);
  });

  it('stays in [0, 1], and is undefined where nothing is to be found', () => {
    fc.assert(
      fc.property(
        groundTruth,
        detections,
        fc.constantFrom('11-point', 'all-point'),
        (boxes, found, method) => {
          const ap = value({ groundTruth: boxes, detections: found, method });
          if (boxes.every(({ difficult }) => difficult)) expect(ap).toBeNull();
          else expect(Number(ap) >= 0 && Number(ap) <= 1 + 1e-12).toBe(true);
        },
      ),
    );
    expect(value({ tpFlags: [], positives: 0 })).toEqual({ ap11: null, apAll: null });
  });

  it('does not depend on how images are called', () => {
    fc.assert(
      fc.property(groundTruth, detections, (boxes, found) => {
        const renamed = <T extends { image: string }>(items: readonly T[]) =>
          items.map((item) => ({ ...item, image: item.image === 'a' ? 7 : 3 }));
        expect(value({ groundTruth: renamed(boxes), detections: renamed(found) })).toEqual(
          value({ groundTruth: boxes, detections: found }),
        );
      }),
    );
  });

  it('counts an overlap equal to the threshold, unless it is strict', () => {
    // 10 x 10 pixels and 5 x 10 of them, corners included: one half.
    const found = [{ image: 'a', box: [0, 0, 4, 9], score: 1 }];
    expect(value({ groundTruth: truth, detections: found })).toBe(1);
    expect(value({ groundTruth: truth, detections: found, strict: true })).toBe(0);
  });

  it('holds a detection against its best box only', () => {
    const boxes = [...truth, { image: 'a', box: [0, 0, 9, 7] }];
    const found = [
      { image: 'a', box: [0, 0, 9, 9], score: 0.9 },
      { image: 'a', box: [0, 0, 9, 9], score: 0.8 },
    ];
    expect(value({ groundTruth: boxes, detections: found })).toBe(0.5);
  });

  it('ignores what finds a difficult box', () => {
    const boxes = [...truth, { image: 'b', box: [0, 0, 9, 9], difficult: 1 }];
    const found = [
      { image: 'b', box: [0, 0, 9, 9], score: 0.9 },
      { image: 'a', box: [0, 0, 9, 9], score: 0.8 },
    ];
    expect(value({ groundTruth: boxes, detections: found })).toBe(1);
  });

  it('keeps the order of the input where scores are equal', () => {
    const hit = { image: 'a', box: [0, 0, 9, 9], score: 0.5 };
    const miss = { image: 'b', box: [0, 0, 9, 9], score: 0.5 };
    expect(value({ groundTruth: truth, detections: [hit, miss] })).toBe(1);
    expect(value({ groundTruth: truth, detections: [miss, hit] })).toBe(0.5);
  });

  it('averages classes that have something to find', () => {
    const boxes = [
      { ...truth[0], class: 'cat' },
      { ...truth[0], class: 'dog' },
      { ...truth[0], class: 'bird', difficult: true },
    ];
    const found = [{ image: 'a', box: [0, 0, 9, 9], score: 1, class: 'cat' }];
    expect(vocApMetric.report({ groundTruth: boxes, detections: found })).toEqual({
      value: 0.5,
      classes: { bird: null, cat: 1, dog: 0 },
    });
  });

  it.each([
    ['more are found than there are', { tpFlags: [1, 1], positives: 1 }, /2 .* only 1/],
    ['the list comes without its positives', { tpFlags: [1] }, /tpFlags and positives/],
    ['a flag is neither', { tpFlags: [2], positives: 3 }, /tpFlags/],
    [
      'a box is turned inside out',
      { groundTruth: [{ image: 1, box: [5, 0, 1, 9] }], detections: [] },
      /box 0 of 1/,
    ],
    [
      'a detection has no class where the truth has one',
      {
        groundTruth: [{ ...truth[0], class: 'cat' }],
        detections: [{ image: 'a', box: [0, 0, 9, 9], score: 1 }],
      },
      /groundTruth\[0\] has one and detections\[0\] has none/,
    ],
    [
      'the method is unknown',
      { groundTruth: truth, detections: [], method: '101-point' },
      /method/,
    ],
  ])('is refused where %s', (_, input, message) => {
    expect(() => vocApMetric.report(input)).toThrow(message);
    expect(() => vocApMetric.report(input)).toThrow(RangeError);
  });
});
