import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  freeLadderAnswers,
  ladder,
  ladderAnswers,
  ladderFree,
  roundToStep,
} from '../../../../scoring/statistics/ladder.ts';

const losses = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
});
const steps = fc.constantFrom(0.001, 0.01, 0.02, 0.05, 0.1, 0.25);

describe('ladderAnswers', () => {
  it('never rises, and falls by a step or more, onto multiples of the step', () => {
    fc.assert(
      fc.property(losses, steps, (drawn, eta) => {
        const answers = ladderAnswers(drawn, eta);
        answers.forEach((answer, index) => {
          const before = answers[index - 1] ?? Infinity;
          expect(answer === before || answer <= before - eta * (1 - 1e-6)).toBe(true);
          expect(Math.abs(answer / eta - Math.round(answer / eta))).toBeLessThan(1e-6);
        });
      }),
    );
  });

  it('answers a clear improvement with its own loss, rounded', () => {
    fc.assert(
      fc.property(losses, steps, (drawn, eta) => {
        const answers = ladderAnswers(drawn, eta);
        drawn.forEach((loss, index) => {
          const before = answers[index - 1] ?? Infinity;
          if (loss < before - 1.001 * eta) {
            expect(Math.abs((answers[index] ?? NaN) - loss)).toBeLessThanOrEqual(eta * 0.501);
          } else if (loss > before - 0.999 * eta) {
            expect(answers[index]).toBe(before);
          }
        });
      }),
    );
  });

  it('does not take the rounding of decimals for an improvement', () => {
    // 0.2 - 0.05 is 0.15000000000000002 in binary.
    expect(ladderAnswers([0.2, 0.15], 0.05)).toEqual([0.2, 0.2]);
    expect(ladderAnswers([0.5, 0.25], 0.25)).toEqual([0.5, 0.5]);
  });

  it('refuses a step that is not above 0', () => {
    expect(() => ladderAnswers([1], 0)).toThrow(/eta is 0/);
    expect(() => ladder.report({ losses: [1], eta: -1 })).toThrow(RangeError);
  });
});

describe('roundToStep', () => {
  it('rounds halves up, and prints decimals as they are written', () => {
    expect(roundToStep(0.25, 0.5)).toBe(0.5);
    expect(roundToStep(-0.25, 0.5)).toBe(0);
    expect(roundToStep(0.31, 0.05)).toBe(0.3);
    expect(roundToStep(0.675, 0.05)).toBe(0.7);
    expect(roundToStep(31.337, 0.01)).toBe(31.34);
    expect(roundToStep(1234, 500)).toBe(1000);
    expect(roundToStep(0.36, 0.07)).toBe(0.35);
    expect(roundToStep(Infinity, 0.1)).toBe(Infinity);
  });
});

describe('freeLadderAnswers', () => {
  const vectors = fc.integer({ min: 2, max: 12 }).chain((items) =>
    fc.array(fc.array(fc.nat(1), { minLength: items, maxLength: items }), {
      minLength: 1,
      maxLength: 12,
    }),
  );

  it('moves only below one standard error of the difference to the one that moved it last', () => {
    fc.assert(
      fc.property(vectors, (drawn) => {
        const answers = freeLadderAnswers(drawn);
        let leader = null as number[] | null;
        drawn.forEach((own, index) => {
          const n = own.length;
          const loss = own.reduce((sum, value) => sum + value, 0) / n;
          const before = answers[index - 1] ?? Infinity;
          const differences = own.map((value, item) => value - (leader?.[item] ?? 0));
          const centre = differences.reduce((sum, value) => sum + value, 0) / n;
          const variance =
            differences.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
          const moves = leader === null || loss < before - Math.sqrt(variance / n) - 1e-9;
          expect(answers[index]).toBeCloseTo(moves ? loss : before, 9);
          if (moves) leader = own;
        });
      }),
    );
  });

  it('stays with the first answer of one item, whose spread nobody knows', () => {
    expect(freeLadderAnswers([[1], [0]])).toEqual([1, 1]);
  });

  it('rounds other losses to one item', () => {
    expect(freeLadderAnswers([[0.1, 0.2, 0.3, 0.5]])).toEqual([0.25]);
  });

  it('refuses vectors of different lengths, stating both, and of none', () => {
    expect(() => freeLadderAnswers([[1, 0], [1]])).toThrow(
      /submission 1 has 1 losses, the first has 2/,
    );
    expect(() => ladderFree.report({ lossVectors: [[]] })).toThrow(/got 0/);
  });
});
