import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { CommonSubsequence } from '../../../../scoring/sequence/common-subsequence.ts';
import { editDistance } from '../../../../scoring/sequence/edit-distance.ts';
import { readAnswers } from './answers.ts';

const metric = findMetric('edit_distance');
const tokens = fc.array(fc.nat(3), { maxLength: 80 }).map((list) => Int32Array.from(list));

describe('edit_distance', () => {
  it('agrees with torchmetrics at every cost of a substitution', () => {
    for (const { distance, ...input } of readAnswers().distances) {
      expect(metric.report(input).value).toBe(distance);
    }
  });

  it('grows with the cost of a substitution, up to 2', () => {
    fc.assert(
      fc.property(tokens, tokens, (a, b) => {
        const costs = [0, 0.5, 1, 1.5, 2, 5].map((cost) => editDistance(a, b, cost));
        expect(costs).toEqual(costs.toSorted((left, right) => left - right));
        expect(costs.at(-1)).toBe(costs.at(-2));
      }),
    );
  });

  it('takes lists of tokens, and a text as the list of its characters', () => {
    expect(metric.report({ a: ['a', 1, 2], b: ['a', 2] }).value).toBe(1);
    expect(metric.report({ a: 'a𝄞', b: ['a', '𝄞', 'c'] }).value).toBe(1);
    expect(metric.report({ a: '', b: 'abc' }).value).toBe(3);
  });

  it('refuses a negative cost', () => {
    expect(() => metric.report({ a: 'a', b: 'b', substitutionCost: -1 })).toThrow(
      /substitutionCost/,
    );
  });
});

describe('CommonSubsequence', () => {
  it('is the length of the longest list that both sides contain in order', () => {
    fc.assert(
      fc.property(tokens, tokens, (first, second) => {
        let row = new Array<number>(second.length + 1).fill(0);
        for (const token of first) {
          const next = [0];
          for (const [index, other] of second.entries()) {
            const extended = (row[index] ?? 0) + 1;
            next.push(token === other ? extended : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
          }
          row = next;
        }
        expect(new CommonSubsequence().length(first, second)).toBe(row[second.length]);
      }),
    );
  });
});
