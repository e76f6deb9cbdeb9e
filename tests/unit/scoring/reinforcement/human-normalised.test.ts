import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  humanNormalisedIqm,
  humanNormalisedMean,
  humanNormalisedMedian,
} from '../../../../scoring/reinforcement/human-normalised.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

const METRICS = [humanNormalisedMean, humanNormalisedMedian, humanNormalisedIqm];
const game = fc
  .record({
    score: fc.integer({ min: -100, max: 1000 }),
    random: fc.integer({ min: -100, max: 100 }),
    human: fc.integer({ min: -100, max: 1000 }),
  })
  .filter(({ random, human }) => random !== human);
const games = fc.array(game, { minLength: 1, maxLength: 12 });
type Games = readonly { score: number; random: number; human: number }[];
const inputOf = (list: Games) => ({
  score: list.map(({ score }) => score),
  random: list.map(({ random }) => random),
  human: list.map(({ human }) => human),
});

describe('human-normalised score', () => {
  it.each(loadVectors('human_normalised'))('agrees with its vector: $name', (vector) => {
    for (const metric of METRICS) {
      const { value } = metric.report(vector.input);
      expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
    }
  });

  it('is 0 for the random player and 1 for the human, in every game', () => {
    fc.assert(
      fc.property(games, (list) => {
        for (const metric of METRICS) {
          const { random, human } = inputOf(list);
          expect(metric.report({ score: random, random, human }).value).toBe(0);
          expect(metric.report({ score: human, random, human }).value).toBe(1);
        }
      }),
    );
  });

  it('is not clipped', () => {
    const table = { random: 0, human: 10 };
    expect(humanNormalisedMean.report({ score: 500, ...table }).value).toBe(50);
    expect(humanNormalisedMean.report({ score: -5, ...table }).value).toBe(-0.5);
  });

  it('is the mean of its games, whatever their order', () => {
    fc.assert(
      fc.property(games, (list) => {
        const { value } = humanNormalisedMean.report(inputOf(list));
        expect(finishOfItems(humanNormalisedMean, inputOf(list))).toBe(value);
        for (const metric of METRICS) {
          const turned = metric.report(inputOf(list.toReversed())).value;
          expect(compare(turned, metric.report(inputOf(list)).value, 1e-9)).toEqual([]);
        }
      }),
    );
  });

  it('takes runs of each game: their mean for mean and median, all of them for the interquartile mean', () => {
    const input = {
      score: [
        [0, 2],
        [4, 4],
        [0, 90],
      ],
      random: [0, 0, 0],
      human: [1, 1, 1],
    };
    expect(humanNormalisedMean.report(input)).toEqual({
      value: 50 / 3,
      median: 4,
      iqm: 2.5,
      games: [1, 4, 45],
    });
    expect(humanNormalisedMedian.report(input).value).toBe(4);
    expect(humanNormalisedIqm.report(input).value).toBe(2.5);
  });

  it('is undefined without games, without runs, or where the human is as good as random', () => {
    for (const metric of METRICS) {
      expect(metric.report({ score: [], random: [], human: [] }).value).toBeNull();
      expect(metric.report({ score: [[]], random: [0], human: [1] }).value).toBeNull();
      expect(metric.report({ score: 3, random: 2, human: 2 }).value).toBeNull();
      expect(metric.report({ score: [3, 1], random: [2, 0], human: [2, 1] }).value).toBeNull();
    }
  });

  it('is refused where lists differ in games', () => {
    const input = { score: [1, 2], random: [0], human: [1, 1] };
    expect(() => humanNormalisedMean.report(input)).toThrow(
      /score is 2 .*random has 1 .*human has 2/,
    );
  });
});
