import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_ERRORS, UnitAligner } from '../../../../scoring/sequence/unit-alignment.ts';
import { readAnswers } from './answers.ts';

const { alignments, long, near } = readAnswers();
const aligner = new UnitAligner();

function count(reference: Iterable<number>, hypothesis: Iterable<number>) {
  const counts = { ...NO_ERRORS };
  aligner.count(Int32Array.from(reference), Int32Array.from(hypothesis), counts);
  return counts;
}

function distance(first: Iterable<number>, second: Iterable<number>): number {
  return aligner.distance(Int32Array.from(first), Int32Array.from(second));
}

/** Cell by cell, as the textbook has it. */
function slowDistance(first: readonly number[], second: readonly number[]): number {
  let row = Array.from({ length: second.length + 1 }, (_, index) => index);
  for (const [place, token] of first.entries()) {
    const next = [place + 1];
    for (const [index, other] of second.entries()) {
      const across = (row[index] ?? 0) + (token === other ? 0 : 1);
      next.push(Math.min(across, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[second.length] ?? 0;
}

const short = fc.array(fc.nat(3), { maxLength: 90 });

describe('UnitAligner', () => {
  it('splits errors as RapidFuzz does, on which jiwer rests', () => {
    for (const { reference, hypothesis, edits } of alignments) {
      const { substitutions, deletions, insertions } = count(reference, hypothesis);
      expect([substitutions, deletions, insertions]).toEqual(edits);
    }
  });

  it.each(long)(
    'splits as RapidFuzz where it halves $length tokens',
    ({ length, kinds, edits }) => {
      const reference = Array.from({ length }, (_, i) => (i * i + Math.floor(i / 7)) % kinds);
      const hypothesis = Array.from(
        { length: length - 50 },
        (_, i) => (i * i + Math.floor(i / 5) + (i % 3)) % kinds,
      );
      const { substitutions, deletions, insertions } = count(reference, hypothesis);
      expect([substitutions, deletions, insertions]).toEqual(edits);
    },
  );

  it.each(near)('splits as RapidFuzz where $length tokens differ little', (answer) => {
    const reference = Array.from(
      { length: answer.length },
      (_, i) => (i * i + Math.floor(i / 7)) % answer.kinds,
    );
    const hypothesis = reference.flatMap((token, i) => {
      if (i % 97 === 0) return [];
      return i % 89 === 0 ? [token, token] : [token];
    });
    const { substitutions, deletions, insertions } = count(reference, hypothesis);
    expect([substitutions, deletions, insertions]).toEqual(answer.edits);
  });

  it('finds a beginning that is all insertions where it halves long sequences', () => {
    const reference = Array.from({ length: 3000 }, (_, i) => (i * i) % 7);
    const hypothesis = [...Array.from({ length: 7000 }, (_, i) => 10 + (i % 3)), 99, ...reference];
    expect(count([...reference, 98], hypothesis)).toMatchObject({ hits: 3000, deletions: 1 });
  });

  it('agrees with the textbook', () => {
    fc.assert(
      fc.property(short, short, (first, second) => {
        expect(distance(first, second)).toBe(slowDistance(first, second));
      }),
    );
  });

  it('is symmetric and obeys the triangle inequality', () => {
    fc.assert(
      fc.property(short, short, short, (first, second, third) => {
        expect(distance(second, first)).toBe(distance(first, second));
        const detour = distance(first, third) + distance(third, second);
        expect(distance(first, second)).toBeLessThanOrEqual(detour);
      }),
    );
  });

  it('stays between the difference of the lengths and the longer length', () => {
    fc.assert(
      fc.property(short, short, (first, second) => {
        const value = distance(first, second);
        expect(value).toBeGreaterThanOrEqual(Math.abs(first.length - second.length));
        expect(value).toBeLessThanOrEqual(Math.max(first.length, second.length));
      }),
    );
  });

  it('counts every token of both sides once, and as many errors as the distance', () => {
    fc.assert(
      fc.property(short, short, (reference, hypothesis) => {
        const { hits, substitutions, deletions, insertions } = count(reference, hypothesis);
        expect(hits + substitutions + deletions).toBe(reference.length);
        expect(hits + substitutions + insertions).toBe(hypothesis.length);
        expect(substitutions + deletions + insertions).toBe(distance(reference, hypothesis));
      }),
    );
  });

  it('takes tokens of any size', () => {
    expect(distance([5_000_000, 1], [1, 5_000_000, 7])).toBe(2);
  });
});
