import { describe, expect, it } from 'vitest';
import { thresholdout } from '../../../../scoring/statistics/thresholdout.ts';

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
