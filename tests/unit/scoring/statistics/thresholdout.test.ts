import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../scoring/random.ts';
import { createThresholdout, thresholdout } from '../../../../scoring/statistics/thresholdout.ts';

const quiet = { gamma: 0, eta: 0, xi: 0 };

describe('thresholdout', () => {
  it('answers from the holdout where the estimates differ by more than the noisy threshold', () => {
    const input = {
      train: [0.9, 0.9, 0.9],
      holdout: [0.5, 0.5, 0.5],
      threshold: 0.25,
      noise: [
        { ...quiet, xi: 0.01 },
        { ...quiet, gamma: 0.2 },
        { ...quiet, eta: 0.1, xi: -0.02 },
      ],
    };
    expect(thresholdout.report(input).value).toEqual([0.51, 0.9, 0.48]);
  });

  it('answers from the training data where the estimates differ by just the threshold', () => {
    // As doubles 0.74 - 0.7 is above 0.04, and 0.86 - 0.91 below -0.05.
    const input = { train: [0.74, 0.86], holdout: [0.7, 0.91], threshold: 0.04 };
    const noise = [quiet, { ...quiet, gamma: 0.02, eta: -0.01 }];
    expect(thresholdout.report({ ...input, noise }).value).toEqual([0.74, 0.86]);
    expect(thresholdout.report({ ...input, threshold: 0.039 }).value).toEqual([0.7, 0.91]);
  });

  it('answers nothing more when its budget is spent', () => {
    const input = { train: [1, 0.5, 1], holdout: [0, 0.5, 0], threshold: 0.1, budget: 1 };
    expect(thresholdout.report(input).value).toEqual([0, null, null]);
  });

  it('refuses lists that do not fit, stating both sizes', () => {
    expect(() => thresholdout.report({ train: [1], holdout: [1, 2], threshold: 0 })).toThrow(
      /train has 1 values, holdout has 2/,
    );
    expect(() =>
      thresholdout.report({ train: [1, 1], holdout: [1, 2], threshold: 0, noise: [quiet] }),
    ).toThrow(/noise has 1 entries for 2 questions/);
  });
});

describe('createThresholdout', () => {
  it('repeats the training estimate while the two agree and spends its budget while they do not', () => {
    const ask = createThresholdout({
      threshold: 0.1,
      sigma: 0.001,
      budget: 3,
      random: createRandom(1),
    });
    expect(ask(0.7, 0.71)).toBe(0.7);
    const answers = Array.from({ length: 5 }, () => ask(0.9, 0.5));
    answers
      .slice(0, 3)
      .forEach((answer) => expect(Math.abs((answer ?? NaN) - 0.5)).toBeLessThan(0.05));
    expect(answers.slice(3)).toEqual([null, null]);
    expect(ask(0.7, 0.7)).toBeNull();
  });

  it('draws Laplace noise of scale sigma', () => {
    const ask = createThresholdout({
      threshold: 0,
      sigma: 1,
      budget: 1e6,
      random: createRandom(3),
    });
    const noise = Array.from({ length: 20_000 }, () => (ask(1e6, 0) ?? NaN) - 0);
    const size = noise.reduce((sum, value) => sum + Math.abs(value), 0) / noise.length;
    const centre = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    // |Laplace| is exponential with mean and standard deviation 1: four standard errors.
    expect(Math.abs(size - 1)).toBeLessThan(0.03);
    expect(Math.abs(centre)).toBeLessThan(0.04);
  });
});
