import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMetric } from '../../../../scoring/registry.ts';
import { finishOfItems } from '../vectors.ts';
import { readAnswers } from './answers.ts';

const perplexity = findMetric('perplexity');
const bits = findMetric('bits_per_char');

const logProb = fc.double({ min: -20, max: 0, noNaN: true });
const sequences = fc.array(fc.array(logProb, { minLength: 1, maxLength: 6 }), { minLength: 1 });

describe('perplexity', () => {
  it('agrees with torchmetrics', () => {
    for (const { input, perplexity: expected } of readAnswers().perplexity) {
      const value = perplexity.report(input).value as number;
      expect(value / expected).toBeCloseTo(1, 6);
    }
  });

  it('is 1 or more, pooled over tokens, and what the sums of its sequences finish to', () => {
    fc.assert(
      fc.property(sequences, (lists) => {
        const value = perplexity.report({ logProbs: lists }).value as number;
        expect(value).toBeGreaterThanOrEqual(1);
        expect(perplexity.report({ logProbs: lists.flat() }).value).toBeCloseTo(value, 6);
        expect(finishOfItems(perplexity, { logProbs: lists })).toBe(value);
      }),
    );
  });

  it('is the number of classes for equal logits, wherever they are', () => {
    const input = { logits: [[800, 800, 800, 800]], targets: [2] };
    expect(perplexity.report(input).value).toBeCloseTo(4, 12);
  });

  it('is infinite for a probability of 0', () => {
    expect(perplexity.report(JSON.parse('{"logProbs":[-1,-1e400]}')).value).toBe(Infinity);
    expect(perplexity.report({ logProbs: [-1, '-Infinity'] }).value).toBe(Infinity);
  });

  it('is undefined without tokens', () => {
    expect(perplexity.report({ logProbs: [] }).value).toBeNull();
    expect(perplexity.report({ logits: [], targets: [] }).value).toBeNull();
    expect(perplexity.report({ logits: [[]], targets: [[]] }).value).toBeNull();
    const ignored = { logits: [[[1, 2]]], targets: [[-100]], ignoreIndex: -100 };
    expect(perplexity.report(ignored)).toEqual({ value: null, tokens: 0 });
  });

  it.each([
    [{ logProbs: [0.5] }, /logProbs: expected/],
    [{ logProbs: [null] }, /logProbs: expected/],
    [{ logProbs: [[-1], [-1, 0.5]] }, /logProbs\.1\.1: /],
    [{ logits: [[1, 2]], targets: [2] }, /the target of token 0 is not a class index below 2/],
    [{ logits: [[1, 2]], targets: [0.5] }, /token 0/],
    [{ logits: [[1, 2]], targets: [0, 1] }, /logits are for 1 tokens, targets for 2/],
    [{ logits: [1, 2] }, /expected either logProbs, or logits and targets/],
    [{ logits: [1, 2], targets: [0] }, /logits: expected a list of logits a token/],
  ])('refuses %j', (input, message) => {
    expect(() => perplexity.report(input)).toThrow(message);
  });
});

describe('bits_per_char', () => {
  it('is what the sums of its sequences finish to, and does not depend on how tokens are cut', () => {
    fc.assert(
      fc.property(sequences, (lists) => {
        const characters = lists.map((list) => list.length + 1);
        const value = bits.report({ logProbs: lists, characters }).value as number;
        expect(finishOfItems(bits, { logProbs: lists, characters })).toBe(value);
        const whole = characters.reduce((sum, length) => sum + length, 0);
        const flat = bits.report({ logProbs: lists.flat(), characters: whole }).value;
        expect(flat).toBeCloseTo(value, 9);
      }),
    );
  });

  it('names what it divides by', () => {
    const nats = -8 * Math.LN2;
    expect(bits.report({ logProbs: [nats], characters: 4 })).toEqual({
      value: 2,
      denominator: 'characters',
    });
    expect(bits.report({ logProbs: [nats], bytes: 8 })).toEqual({ value: 1, denominator: 'bytes' });
  });

  it('is undefined without characters and infinite for a probability of 0', () => {
    expect(bits.report({ logProbs: [], characters: 0 }).value).toBeNull();
    expect(bits.report({ logProbs: ['-Infinity'], characters: 1 }).value).toBe(Infinity);
  });

  it.each([
    [{ logProbs: [-1] }, /expected either characters or bytes/],
    [{ logProbs: [-1], characters: 1, bytes: 1 }, /expected either characters or bytes/],
    [{ logProbs: [-1], characters: 1.5 }, /characters/],
    [{ logProbs: [[-1], [-2], [-3]], characters: [1, 2] }, /of 3 sequences, lengths of 2/],
    [{ logProbs: [], characters: 3 }, /sequence 0 has no tokens for its 3 characters/],
    [{ logProbs: [[-1], []], bytes: [1, 2] }, /sequence 1 has no tokens for its 2 bytes/],
  ])('refuses %j', (input, message) => {
    expect(() => bits.report(input)).toThrow(message);
  });
});
