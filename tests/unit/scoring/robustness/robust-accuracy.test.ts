import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  robustAccuracyWorstCase,
  robustImages,
} from '../../../../scoring/robustness/robust-accuracy.ts';
import { compare, finishOfItems, loadVectors } from '../vectors.ts';

const bit = fc.constantFrom(0, 1);
const runs = fc.integer({ min: 1, max: 20 }).chain((images) => {
  const run = fc.array(bit, { minLength: images, maxLength: images });
  return fc.record({ cleanCorrect: run, correctAfterAttack: fc.array(run, { maxLength: 4 }) });
});
const valueOf = (input: unknown) => Number(robustAccuracyWorstCase.report(input).value);
const share = (flags: readonly number[]) =>
  flags.reduce((sum, flag) => sum + flag, 0) / flags.length;

describe('robust accuracy', () => {
  it.each(loadVectors('robust_accuracy_worst_case'))('agrees with its vector: $name', (vector) => {
    const { value } = robustAccuracyWorstCase.report(vector.input);
    expect(compare(value, vector.expected, vector.tolerance)).toEqual([]);
    expect(finishOfItems(robustAccuracyWorstCase, vector.input)).toBe(value);
  });

  it('is no higher than the clean accuracy and than that after any attack', () => {
    fc.assert(
      fc.property(runs, (input) => {
        const value = valueOf(input);
        for (const run of [input.cleanCorrect, ...input.correctAfterAttack]) {
          expect(value).toBeLessThanOrEqual(share(run));
        }
      }),
    );
  });

  it('does not depend on the order of attacks or of images', () => {
    fc.assert(
      fc.property(runs, (input) => {
        const turned = {
          cleanCorrect: input.cleanCorrect.toReversed(),
          correctAfterAttack: input.correctAfterAttack.map((run) => run.toReversed()).toReversed(),
        };
        expect(valueOf(turned)).toBe(valueOf(input));
      }),
    );
  });

  it('can be taken attack by attack', () => {
    fc.assert(
      fc.property(runs, ({ cleanCorrect, correctAfterAttack }) => {
        const inTurn = correctAfterAttack.reduce<Uint8Array>(
          (survivors, attack) => robustImages(survivors, [attack]),
          Uint8Array.from(cleanCorrect),
        );
        expect(inTurn).toEqual(robustImages(cleanCorrect, correctAfterAttack));
      }),
    );
  });

  it('is the mean of its images', () => {
    fc.assert(
      fc.property(runs, (input) => {
        expect(finishOfItems(robustAccuracyWorstCase, input)).toBe(valueOf(input));
      }),
    );
  });

  it('shows the clean accuracy, that after each attack and an interval beside it', () => {
    const input = { cleanCorrect: [1, 1, 0, 1], correctAfterAttack: [[1, 0, 1, 1]] };
    expect(robustAccuracyWorstCase.report(input)).toMatchObject({
      value: 0.5,
      interval: { low: expect.closeTo(0.15, 3) as number, high: expect.closeTo(0.85, 3) as number },
      clean_accuracy: 0.75,
      accuracy_after_attack: [0.75],
    });
  });

  it('is undefined without images', () => {
    const report = robustAccuracyWorstCase.report({ cleanCorrect: [], correctAfterAttack: [[]] });
    expect(report).toMatchObject({ value: null, clean_accuracy: null, interval: null });
  });

  it('is refused where an attack has another number of images', () => {
    const input = { cleanCorrect: [1, 1], correctAfterAttack: [[1, 1], [1]] };
    expect(() => robustAccuracyWorstCase.report(input)).toThrow(/attack 1 has 1 images.* has 2/);
  });
});
