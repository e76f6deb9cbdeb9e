import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dlrLoss, dlrLossMetric } from '../../../../scoring/robustness/dlr-loss.ts';
import { compare, loadVectors } from '../vectors.ts';

const rows = fc
  .array(fc.integer({ min: -20, max: 20 }), { minLength: 4, maxLength: 12 })
  .chain((logits) =>
    fc.record({
      logits: fc.constant(logits),
      label: fc.nat({ max: logits.length - 1 }),
      target: fc.option(fc.nat({ max: logits.length - 1 })),
    }),
  )
  // With equal logits at the top, the divisor is its floor of 1e-12: nothing is close to anything.
  .filter(({ logits }) => new Set(logits.toSorted((a, b) => b - a).slice(0, 3)).size > 1);

describe('DLR loss', () => {
  it.each(loadVectors('dlr_loss'))(
    'agrees with its vector: $name',
    ({ input, expected, tolerance }) => {
      expect(compare(dlrLossMetric.report(input).value, expected, tolerance)).toEqual([]);
    },
  );

  it('does not change when all logits are shifted or scaled alike', () => {
    fc.assert(
      fc.property(rows, ({ logits, label, target }) => {
        const loss = dlrLoss(logits, label, target) ?? NaN;
        const moved = logits.map((logit) => 3 * logit + 7);
        expect(dlrLoss(moved, label, target)).toBeCloseTo(loss, 9);
      }),
    );
  });

  it('is above 0 exactly where the label is not among the best', () => {
    fc.assert(
      fc.property(rows, ({ logits, label }) => {
        const loss = dlrLoss(logits, label, null) ?? NaN;
        expect(loss > 0).toBe((logits[label] ?? NaN) < Math.max(...logits));
        expect(loss).toBeGreaterThanOrEqual(-1);
      }),
    );
  });

  it('is undefined with too few classes', () => {
    expect(dlrLossMetric.report({ logits: [1, 2], label: 0 }).value).toBeNull();
    expect(dlrLossMetric.report({ logits: [1, 2, 3], label: 0, target: 1 }).value).toBeNull();
    expect(dlrLossMetric.report({ logits: [1, 2, 3], label: 0 }).value).not.toBeNull();
  });

  it.each([
    [{ logits: [1, 2, 3], label: 3 }, 'label 3'],
    [{ logits: [1, 2, 3], label: 0.5 }, 'label 0.5'],
    [{ logits: [1, 2, 3, 4], label: 0, target: -1 }, 'target -1'],
    [{ logits: [1, Infinity, 3], label: 0 }, 'logits'],
  ])('refuses %j', (input, message) => {
    expect(() => dlrLossMetric.report(input)).toThrow(message);
  });
});
