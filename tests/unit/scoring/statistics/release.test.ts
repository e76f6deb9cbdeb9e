import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freeLadderAnswers, ladderAnswers } from '../../../../scoring/statistics/ladder.ts';
import {
  errorOfDifference,
  errorOfScore,
  ladderStep,
  niceStep,
  releaseError,
  releasedInterval,
  releasedProportion,
  releaseScore,
  roundingStep,
} from '../../../../scoring/statistics/release.ts';
import type { ReleaseRule } from '../../../../scoring/statistics/release.ts';
import type { Interval } from '../../../../scoring/metric.ts';
import { wilsonInterval } from '../../../../scoring/statistics/wilson.ts';
import { column, mean } from './statistics.ts';

const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});

/** What an entry reads for its submissions in their order. */
function answers(rule: ReleaseRule, list: readonly (number | null)[], higherIsBetter: boolean) {
  let previous: number | null = null;
  return list.map((score) => {
    const { shown } = releaseScore(rule, higherIsBetter, previous, { score, items: 100 });
    return (previous = shown);
  });
}

describe('releaseScore', () => {
  it('shows scores as they are, or rounded', () => {
    const list = [0.1234, null, 0.5];
    expect(answers({ rule: 'full' }, list, true)).toEqual([0.1234, null, 0.5]);
    expect(answers({ rule: 'rounded', step: 0.01 }, list, true)).toEqual([0.12, null, 0.5]);
  });

  it('answers by the Ladder, whichever direction is better', () => {
    fc.assert(
      fc.property(scores, (list) => {
        const rule = { rule: 'ladder', eta: 0.05 } as const;
        expect(answers(rule, list, false)).toEqual(ladderAnswers(list, 0.05));
        const gains = list.map((score) => 0 - score);
        expect(answers(rule, gains, true)).toEqual(
          ladderAnswers(list, 0.05).map((answer) => 0 - answer),
        );
      }),
    );
  });

  it('shows the best so far for an undefined score, and nothing before the first defined one', () => {
    const rule = { rule: 'ladder', eta: 0.1 } as const;
    expect(answers(rule, [null, 0.5, null, 0.8], true)).toEqual([null, 0.5, 0.5, 0.8]);
  });

  it('begins at a baseline where the rule says so', () => {
    const rule = { rule: 'ladder', eta: 0.1, from: 0.7 } as const;
    expect(answers(rule, [34, 0.65, 0.52, 0.5, 0.3], false)).toEqual([null, null, 0.5, 0.5, 0.3]);
    expect(answers({ ...rule, from: 0.5 }, [0.1, 0.55, 0.7], true)).toEqual([null, null, 0.7]);
  });

  it('answers by the parameter-free Ladder from the error of the difference', () => {
    const vectors = fc.array(fc.array(fc.nat(1), { minLength: 9, maxLength: 9 }), {
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(vectors, (drawn) => {
        let previous: number | null = null;
        let leader = null as number[] | null;
        const shown = drawn.map((own) => {
          const error =
            leader === null ? null : errorOfDifference(mean, column(own), column(leader));
          const score = own.reduce((sum, value) => sum + value, 0) / own.length;
          const answer = releaseScore({ rule: 'ladder-free' }, false, previous, {
            score,
            items: own.length,
            error,
          });
          if (answer.improved) leader = own;
          previous = answer.shown;
          return answer.shown ?? NaN;
        });
        freeLadderAnswers(drawn).forEach((expected, index) =>
          expect(shown[index]).toBeCloseTo(expected, 9),
        );
      }),
    );
  });
});

describe('steps', () => {
  it('are the next of 1, 2 and 5', () => {
    expect([0.001, 0.0011, 0.0099, 0.3, 4, 6, 1 / 3].map(niceStep)).toEqual([
      0.001, 0.002, 0.01, 0.5, 5, 10, 0.5,
    ]);
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
        const step = niceStep(value);
        expect(step).toBeGreaterThanOrEqual(value * (1 - 1e-9));
        expect(step).toBeLessThanOrEqual(value * 2.5 * (1 + 1e-9));
      }),
    );
    expect(() => niceStep(0)).toThrow(/no step from 0/);
  });

  it('are at least what one item changes and what the task declares', () => {
    const rate = { range: [0, 1], unit: 'rate' } as const;
    expect(roundingStep(rate, 1000)).toBe(0.001);
    expect(roundingStep(rate, 900)).toBe(0.002);
    expect(roundingStep(rate, 1000, 0.01)).toBe(0.01);
    expect(roundingStep({ range: [0, Infinity], unit: 'decibel' }, 1000)).toBe(0.01);
  });

  it('of the Ladder are two standard errors', () => {
    expect(ladderStep(1000)).toBe(0.05);
    expect(ladderStep(10_000)).toBe(0.01);
    const values = column([1, 2, 3, 4]);
    // s = 1.29, s/sqrt(4) = 0.645.
    expect(errorOfScore(mean, values)).toBeCloseTo(0.6455, 4);
    expect(ladderStep(4, errorOfScore(mean, values) ?? NaN)).toBe(2);
  });
});

describe('releasedInterval', () => {
  it('has equal arms of whole steps around the released score, inside the range', () => {
    const interval = releasedInterval(31.3, 31.337, { low: 31.1, high: 31.52 }, 0.1, [0, Infinity]);
    expect(interval.low).toBeCloseTo(31, 9);
    expect(interval.high).toBeCloseTo(31.6, 9);
    expect(releasedInterval(0.05, 0.04, { low: 0, high: 0.12 }, 0.05, [0, 1])).toEqual({
      low: 0,
      high: 0.2,
    });
  });

  it('holds the true interval, wherever rounding moved the score', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const step = fc.constantFrom(0.001, 0.02, 0.05, 0.1, 0.5);
    fc.assert(
      fc.property(share, share, share, step, (a, b, c, eta) => {
        const [low, value, high] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const { shown } = releaseScore({ rule: 'ladder', eta }, true, null, {
          score: value,
          items: 1,
        });
        const released = releasedInterval(shown as number, value, { low, high }, eta, [0, 1]);
        expect(released.low).toBeLessThanOrEqual(low + 1e-9);
        expect(released.high).toBeGreaterThanOrEqual(high - 1e-9);
      }),
    );
  });
});

describe('releasedProportion', () => {
  it('holds the interval of the score, under every rule', () => {
    const rules = fc.constantFrom<ReleaseRule>(
      { rule: 'full' },
      { rule: 'rounded', step: 0.01 },
      { rule: 'ladder', eta: 0.1 },
      { rule: 'ladder', eta: 0.02 },
      { rule: 'ladder-free' },
    );
    fc.assert(
      fc.property(rules, fc.nat(400), fc.integer({ min: 1, max: 400 }), (rule, any, items) => {
        const count = any % (items + 1);
        const { shown } = releaseScore(rule, false, null, {
          score: count / items,
          items,
          error: 0,
        });
        const own = wilsonInterval(count, items) as Interval;
        const { low, high } = releasedProportion(shown as number, releaseError(rule, items), items);
        expect(low).toBeLessThanOrEqual(own.low);
        expect(high).toBeGreaterThanOrEqual(own.high);
      }),
    );
  });

  it('is that of the score where the rule moves no share of items', () => {
    expect(releasedProportion(0.05, releaseError({ rule: 'ladder-free' }, 1000), 1000)).toEqual(
      wilsonInterval(50, 1000),
    );
  });

  it('is wide where steps are: 0 of 150 by steps of 0.1 may have been 7', () => {
    const { low, high } = releasedProportion(
      0,
      releaseError({ rule: 'ladder', eta: 0.1 }, 150),
      150,
    );
    expect(low).toBe(0);
    expect(high).toBe(wilsonInterval(7, 150)?.high);
  });
});
