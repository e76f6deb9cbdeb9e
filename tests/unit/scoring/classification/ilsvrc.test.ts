import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ilsvrcFlatError } from '../../../../scoring/classification/ilsvrc-flat-error.ts';
import {
  createHierarchy,
  ilsvrcHierarchical,
} from '../../../../scoring/classification/ilsvrc-hierarchical.ts';
import { finishOfItems } from '../vectors.ts';

describe('ilsvrc_flat_error', () => {
  const report = (
    predictions: number[][],
    groundTruth: (number | number[])[],
    maxPredictions = 5,
  ) => ilsvrcFlatError.report({ predictions, groundTruth, maxPredictions }).value;

  it('lets a repeated guess use up a place', () => {
    expect(report([[1, 1, 2]], [2], 2)).toBe(1);
    expect(report([[1, 1, 2]], [2], 3)).toBe(0);
  });

  it('never counts padding, neither as an error nor as a hit nor in the divisor', () => {
    expect(report([[1]], [[1, 0, 0]])).toBe(0);
    expect(report([[0]], [[1, 0, 0]])).toBe(1);
    expect(report([[2]], [[1, 2, 3, 0]])).toBeCloseTo(2 / 3, 12);
  });

  it('counts five guesses unless told otherwise', () => {
    const input = { predictions: [[1, 2, 3, 4, 5, 6]], groundTruth: [6] };
    expect(ilsvrcFlatError.report(input).value).toBe(1);
  });

  it('never rises with more guesses counted, and does not depend on the order of the images', () => {
    const images = fc.array(
      fc.tuple(
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 7 }),
        fc.array(fc.nat(6), { minLength: 1, maxLength: 3 }).filter((truth) => truth.some(Boolean)),
      ),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 6 }), (drawn, k) => {
        const predictions = drawn.map(([guesses]) => guesses);
        const groundTruth = drawn.map(([, truth]) => truth);
        const value = report(predictions, groundTruth, k) as number;
        expect(report(predictions, groundTruth, k + 1)).toBeLessThanOrEqual(value);
        expect(report(predictions.toReversed(), groundTruth.toReversed(), k)).toBeCloseTo(
          value,
          12,
        );
        expect(
          finishOfItems(ilsvrcFlatError, { predictions, groundTruth, maxPredictions: k }),
        ).toBe(value);
      }),
    );
  });

  it('is undefined without images, and refuses what does not fit', () => {
    expect(report([], [])).toBeNull();
    expect(() => report([[1]], [1, 2])).toThrow(/1 rows.* 2/);
    expect(() => report([[1], [1]], [1, [0, 0]])).toThrow(/image 1 has no true label/);
    expect(() => report([[1.5]], [1])).toThrow(/predictions/);
  });
});

describe('ilsvrc_hierarchical', () => {
  const parent = {
    ...{ cat: 'feline', tiger: 'feline', dog: 'canine', feline: 'animal', canine: 'animal' },
    ...{ car: 'vehicle', truck: 'vehicle', animal: 'entity', vehicle: 'entity' },
  };
  const cost = (guesses: string[], label: string, more: Record<string, unknown> = {}) =>
    ilsvrcHierarchical.report({
      parent: { ...parent, ...more },
      predictions: [guesses],
      groundTruth: [label],
    }).value;

  it('costs the height of the lowest common ancestor, the longest way down to a leaf', () => {
    expect(cost(['cat'], 'cat')).toBe(0);
    expect(cost(['tiger'], 'cat')).toBe(1);
    expect(cost(['dog'], 'cat')).toBe(2);
    // entity is three above cat though only two above car.
    expect(cost(['truck'], 'car')).toBe(1);
    expect(cost(['cat'], 'car')).toBe(3);
  });

  it('counts a node as its own ancestor', () => {
    expect(cost(['feline'], 'cat')).toBe(1);
    expect(cost(['cat'], 'feline')).toBe(1);
    expect(cost(['feline'], 'feline')).toBe(0);
  });

  it('takes the cheapest of the first five guesses', () => {
    expect(cost(['car', 'truck', 'dog', 'tiger', 'dog', 'cat'], 'cat')).toBe(1);
    expect(cost(['car', 'truck', 'dog', 'dog', 'cat'], 'cat')).toBe(0);
  });

  it('charges the whole way up for no guess', () => {
    expect(cost([], 'car')).toBe(3);
  });

  it('takes the common ancestor of least height where a node has several parents', () => {
    const graph = { cat: ['feline', 'pet'], dog: ['canine', 'pet'], pet: ['animal'] };
    expect(cost(['dog'], 'cat', graph)).toBe(1);
    expect(cost(['dog'], 'tiger', graph)).toBe(2);
  });

  it('averages over images, and over the true labels of one', () => {
    const input = {
      parent,
      predictions: [['truck'], ['cat', 'car'], ['cat']],
      groundTruth: ['cat', 'truck', ['cat', 'dog']],
    };
    expect(ilsvrcHierarchical.report(input).value).toBeCloseTo((3 + 1 + 1) / 3, 12);
    expect(finishOfItems(ilsvrcHierarchical, input)).toBeCloseTo(5 / 3, 12);
  });

  it('is symmetric, and 0 only between a class and itself', () => {
    const nodes = ['cat', 'tiger', 'dog', 'car', 'truck', 'feline', 'entity'];
    fc.assert(
      fc.property(fc.constantFrom(...nodes), fc.constantFrom(...nodes), (a, b) => {
        expect(cost([a], b)).toBe(cost([b], a));
        expect(cost([a], b) === 0).toBe(a === b);
      }),
    );
  });

  it('knows a root named with null, and names that are numbers', () => {
    const input = { parent: { 1: 3, 2: 3, 3: null }, predictions: [[1]], groundTruth: [2] };
    expect(ilsvrcHierarchical.report(input).value).toBe(1);
  });

  it('refuses unknown names, classes without a common ancestor and cycles', () => {
    expect(() => cost(['cow'], 'cat')).toThrow(/predictions\.0: a name that is not/);
    expect(() => cost(['cat'], 'cow')).toThrow(/groundTruth\.0: a name that is not/);
    expect(() => cost(['rock'], 'cat', { rock: 'thing' })).toThrow(/no common ancestor/);
    expect(() => cost(['cat'], 'cat', { entity: 'cat' })).toThrow(/cycle/);
    expect(() => cost(['cat'], 'cat', { entity: 'entity' })).toThrow(/cycle/);
  });

  it('is undefined without images', () => {
    expect(
      ilsvrcHierarchical.report({ parent, predictions: [], groundTruth: [] }).value,
    ).toBeNull();
  });

  it('climbs hierarchies deeper than a call stack', () => {
    const depth = 20_000;
    const chain = new Map(
      Array.from({ length: depth }, (_, node) => [String(node), [String(node + 1)]]),
    );
    expect(createHierarchy(chain).cost('0', String(depth))).toBe(depth);
  });
});
