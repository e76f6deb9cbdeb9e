import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findMetric } from '../../../../scoring/registry.ts';
import { displacements } from '../../../../scoring/trajectory/displacement.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

type Path = number[][];
type Errors = Readonly<Record<string, number>>;
const [adeFde, ade, fde, minAdeFde, minAde, minFde] = [
  'ade_fde',
  'ade',
  'fde',
  'min_ade_fde',
  'min_ade',
  'min_fde',
].map(findMetric) as [M, M, M, M, M, M];
type M = ReturnType<typeof findMetric>;
const both = (input: unknown) => adeFde.report(input).value as unknown as Errors;
const best = (input: unknown) => minAdeFde.report(input).value as unknown as Errors;

const position = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
const scenes = fc
  .record({
    agents: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 1, max: 5 }),
    samples: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ agents, steps, samples }) => {
    const path = fc.array(position, { minLength: steps, maxLength: steps });
    return fc.record({
      truth: fc.array(path, { minLength: agents, maxLength: agents }),
      samples: fc.array(fc.array(path, { minLength: samples, maxLength: samples }), {
        minLength: agents,
        maxLength: agents,
      }),
    });
  });

const distance = (a: number[] = [], b: number[] = []) =>
  Math.hypot(...a.map((value, axis) => value - (b[axis] ?? NaN)));
const average = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const adeOf = (path: Path, truth: Path) =>
  average(path.map((at, step) => distance(at, truth[step])));
const fdeOf = (path: Path, truth: Path) => distance(path.at(-1), truth.at(-1));

describe('displacement errors', () => {
  it.each(loadVectors('ade_fde'))('agree with their vector: $name', (vector) => {
    expect(compare(both(vector.input), vector.expected, vector.tolerance)).toEqual([]);
  });

  it.each(loadVectors('min_ade_fde'))('agree with their vector, best of K: $name', (vector) => {
    expect(compare(best(vector.input), vector.expected, vector.tolerance)).toEqual([]);
  });

  it('are what the definition says, best of K for each agent', () => {
    fc.assert(
      fc.property(scenes, ({ truth, samples }) => {
        const of = (error: (path: Path, own: Path) => number) =>
          average(
            truth.map((own, i) => Math.min(...(samples[i] ?? []).map((path) => error(path, own)))),
          );
        const expected = { minAde: of(adeOf), minFde: of(fdeOf) };
        expect(compare(best({ truth, samples }), expected, 1e-9)).toEqual([]);
      }),
    );
  });

  it('are alike for one sample and for one prediction', () => {
    fc.assert(
      fc.property(scenes, ({ truth, samples }) => {
        const prediction = samples.map(([first]) => first);
        const one = best({ truth, samples: prediction.map((path) => [path]) });
        const { ade: mean, fde: last } = both({ prediction, truth });
        expect(one).toEqual({ minAde: mean, minFde: last });
      }),
    );
  });

  it('are symmetric, 0 for the truth, and blind to a common shift and to the order of agents', () => {
    fc.assert(
      fc.property(scenes, position, ({ truth, samples }, shift) => {
        const prediction = samples.map(([first]) => first ?? []);
        const errors = both({ prediction, truth });
        const shifted = (paths: readonly Path[]) =>
          paths.map((path) =>
            path.map((at) => at.map((value, axis) => value + (shift[axis] ?? 0))),
          );
        expect(both({ prediction: truth, truth: prediction })).toEqual(errors);
        expect(both({ prediction: truth, truth })).toEqual({ ade: 0, fde: 0 });
        expect(both({ prediction: shifted(prediction), truth: shifted(truth) })).toEqual(errors);
        const turned = both({ prediction: prediction.toReversed(), truth: truth.toReversed() });
        expect(compare(turned, errors, 1e-12)).toEqual([]);
      }),
    );
  });

  it('do not rise with another sample', () => {
    fc.assert(
      fc.property(scenes, ({ truth, samples }) => {
        const more = samples.map((list) => [...list, list[0]?.map(([x, y]) => [y, x])]);
        const before = best({ truth, samples });
        const after = best({ truth, samples: more });
        expect(after['minAde']).toBeLessThanOrEqual(before['minAde'] ?? NaN);
        expect(after['minFde']).toBeLessThanOrEqual(before['minFde'] ?? NaN);
      }),
    );
  });

  it('have numbers of their own, each the mean of its agents', () => {
    fc.assert(
      fc.property(scenes, ({ truth, samples }) => {
        const prediction = samples.map(([first]) => first);
        const one = both({ prediction, truth });
        const several = best({ truth, samples });
        for (const [metric, input, expected] of [
          [ade, { prediction, truth }, one['ade']],
          [fde, { prediction, truth }, one['fde']],
          [minAde, { samples, truth }, several['minAde']],
          [minFde, { samples, truth }, several['minFde']],
        ] as const) {
          expect(metric.report(input).value).toBe(expected);
          expect(compare(finishOfItems(metric, input), expected, 1e-12)).toEqual([]);
        }
      }),
    );
  });

  it('may leave out the agents where there is one', () => {
    const truth = [
      [0, 0],
      [0, 0],
    ];
    const samples = [
      [
        [3, 4],
        [3, 4],
      ],
      [
        [0, 1],
        [0, 9],
      ],
    ];
    expect(best({ truth, samples })).toEqual({ minAde: 5, minFde: 5 });
    expect(best({ truth: [truth], samples: [samples] })).toEqual({ minAde: 5, minFde: 5 });
  });

  it('take any number of dimensions', () => {
    expect(both({ prediction: [[[1, 2, 2]]], truth: [[[0, 0, 0]]] })).toEqual({ ade: 3, fde: 3 });
    expect(both({ prediction: [[[5]]], truth: [[[2]]] })).toEqual({ ade: 3, fde: 3 });
  });

  it('are undefined without agents', () => {
    expect(both({ prediction: [], truth: [] })).toEqual({ ade: null, fde: null });
    expect(best({ samples: [], truth: [] })).toEqual({ minAde: null, minFde: null });
  });

  it.each([
    [
      'agents differ in number',
      adeFde,
      { prediction: [[[0, 0]]], truth: [[[0, 0]], [[0, 0]]] },
      /1 x 1 x 2.* 2 x 1 x 2/,
    ],
    [
      'steps differ in number',
      adeFde,
      {
        prediction: [[[0, 0]]],
        truth: [
          [
            [0, 0],
            [1, 1],
          ],
        ],
      },
      /1 x 1 x 2.* 1 x 2 x 2/,
    ],
    [
      'an agent is shorter than the first',
      adeFde,
      {
        prediction: [
          [
            [0, 0],
            [1, 1],
          ],
          [[0, 0]],
        ],
        truth: [
          [
            [0, 0],
            [1, 1],
          ],
          [[0, 0]],
        ],
      },
      /prediction.* 1 items.* 2/,
    ],
    ['agents are left out', ade, { prediction: [[0, 0]], truth: [[0, 0]] }, /1 x 2/],
    [
      'a sample is of another length',
      minAdeFde,
      {
        samples: [[[0, 0]]],
        truth: [
          [0, 0],
          [1, 1],
        ],
      },
      /1 x 1 x 2.* 2 x 2/,
    ],
    ['there is no sample', minAde, { samples: [[]], truth: [[[0, 0]]] }, /1 x 0.* 1 x 1 x 2/],
    ['positions have no coordinates', ade, { prediction: [[[]]], truth: [[[]]] }, /0 dimensions/],
    [
      'a position is no number',
      fde,
      { prediction: [[[0, null]]], truth: [[[0, 0]]] },
      /prediction/,
    ],
  ])('are refused where %s', (_, metric, input, message) => {
    expect(() => metric.report(input)).toThrow(message);
    expect(() => metric.report(input)).toThrow(RangeError);
  });

  it('state both sizes where lists do not fit their shape', () => {
    const shape = { agents: 2, samples: 1, steps: 1, dimensions: 2 };
    expect(() => displacements(new Float64Array(4), new Float64Array(2), shape)).toThrow(
      /have 4 numbers, truth has 2;.* need 4 and 4/,
    );
  });
});
