import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerStream,
  informationBits,
  intervalStream,
  overfittingBound,
  targetBits,
} from '../../../../scoring/statistics/information.ts';
import type { ReleaseRule } from '../../../../scoring/statistics/release.ts';
import { releaseScore } from '../../../../scoring/statistics/release.ts';

const accuracy = (items: number) => ({ range: [0, 1] as const, items, isCount: true });

/** How many different answers a few items allow: every sequence of counts that submissions can have. */
function transcripts(rule: ReleaseRule, items: number, answers: number): number {
  const seen = new Set<string>();
  const follow = (left: number, previous: number | null, text: string) => {
    if (left === 0) {
      seen.add(text);
      return;
    }
    for (let count = -1; count <= items; count++) {
      const score = count < 0 ? null : count / items;
      const { shown } = releaseScore(rule, true, previous, { score, items });
      follow(left - 1, shown, `${text} ${shown ?? 'undefined'}`);
    }
  };
  follow(answers, null, '');
  return seen.size;
}

const RULES: readonly ReleaseRule[] = [
  { rule: 'full' },
  { rule: 'rounded', step: 0.5 },
  { rule: 'ladder', eta: 0.25 },
  { rule: 'ladder', eta: 0.5 },
];

describe('informationBits', () => {
  it.each(RULES)('bounds what can be answered under %o', (rule) => {
    for (const answers of [1, 2, 3, 4]) {
      const stream = answerStream(rule, accuracy(4), answers, 0);
      const possible = transcripts(rule, 4, answers);
      expect(informationBits([stream])).toBeGreaterThanOrEqual(Math.log2(possible) - 1e-9);
      // And is no wild guess: at most a few values more for each answer.
      expect(informationBits([stream])).toBeLessThan(Math.log2(possible) + 1.2 * answers);
    }
  });

  it('counts falling sequences of a Ladder', () => {
    // Three answers on a list of four levels: C(6, 3) = 20 sequences that never rise.
    expect(informationBits([{ kind: 'descending', answers: 3, levels: 4 }])).toBeCloseTo(
      Math.log2(20),
      12,
    );
  });

  it('adds over metrics and grows with every answer, for a Ladder ever more slowly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.constantFrom(...RULES), (answers, rule) => {
        const bits = (count: number) =>
          informationBits([answerStream(rule, accuracy(1000), count, 0)]);
        const stream = answerStream(rule, accuracy(1000), answers, 0);
        expect(informationBits([stream, stream])).toBeCloseTo(2 * bits(answers), 9);
        const [last, next] = [bits(answers) - bits(answers - 1), bits(answers + 1) - bits(answers)];
        expect(next).toBeGreaterThan(0);
        expect(next).toBeLessThanOrEqual(last + 1e-9);
      }),
    );
    expect(informationBits([])).toBe(0);
  });

  it('takes a number without bounds for 64 bits, and a Ladder over it for its improvements', () => {
    const psnr = { range: [0, Infinity] as const, items: 1000, isCount: false };
    expect(informationBits([answerStream({ rule: 'full' }, psnr, 10, 0)])).toBe(640);
    const stream = answerStream({ rule: 'ladder', eta: 0.1 }, psnr, 10, 2);
    // One of 11 numbers of improvements, their places among 10, and two numbers.
    expect(informationBits([stream])).toBeCloseTo(Math.log2(11) + Math.log2(45) + 128, 9);
  });

  it('counts the arms of intervals that scores do not tell', () => {
    const told = { answers: 20, improvements: 3 };
    const space = { range: [0, 1] as const };
    const bits = (rule: ReleaseRule) => informationBits([intervalStream(rule, space, 0.01, told)]);
    // Arms of 0 to 100 steps, and two more for rounding.
    expect(bits({ rule: 'rounded', step: 0.01 })).toBeCloseTo(20 * Math.log2(103), 9);
    expect(bits({ rule: 'ladder', eta: 0.01 })).toBeCloseTo(3 * Math.log2(103), 9);
    expect(bits({ rule: 'full' })).toBe(20 * 2 * 64);
  });

  it('is far less under the Ladder than in full, at the quota of a season', () => {
    const bits = (rule: ReleaseRule) =>
      informationBits([answerStream(rule, accuracy(1000), 300, 9)]);
    expect(bits({ rule: 'full' })).toBeGreaterThan(2900);
    expect(bits({ rule: 'full' })).toBeGreaterThan(targetBits(1000, 2));
    expect(bits({ rule: 'ladder', eta: 0.05 })).toBeLessThan(125);
  });
});

describe('overfittingBound', () => {
  it('is that of a single look for no bits, and says nothing when all is told', () => {
    // Hoeffding: 2 exp(-2 n t^2) = 0.05.
    expect(2 * Math.exp(-2 * 1000 * overfittingBound(0, 1000) ** 2)).toBeCloseTo(0.05, 12);
    expect(overfittingBound(3000, 1000)).toBeGreaterThan(1);
    expect(overfittingBound(100, 10_000)).toBeLessThan(0.07);
  });
});
