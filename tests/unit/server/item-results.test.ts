import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeItems, encodeItems, seedOf } from '../../../server/services/item-results.ts';

function statistics(values: readonly number[], width = 1) {
  return { items: values.length / width, width, values: Float64Array.from(values) };
}

describe('results by item', () => {
  it('come back as they were stored, whatever they are', () => {
    const numbers = fc.oneof(
      fc.array(fc.constantFrom(0, 1)),
      fc.array(fc.integer({ min: -1000, max: 1000 })),
      fc.array(fc.double({ noNaN: true })),
    );
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 4 }), (values, width) => {
        const whole = values.slice(0, values.length - (values.length % width));
        const given = statistics(whole, width);
        const back = decodeItems(encodeItems(given));
        expect([back.items, back.width]).toEqual([given.items, width]);
        // 0 and -0 sum to the same.
        expect([...back.values].map((value) => value + 0)).toEqual(whole.map((value) => value + 0));
      }),
    );
  });

  it('take a bit where an item is right or wrong, and four bytes where that loses nothing', () => {
    const wrong = Array.from({ length: 10_000 }, (_, row) => Number((row * 7919) % 50 === 0));
    const bits = encodeItems(statistics(wrong));
    expect(bits.encoding).toBe('bits');
    expect(bits.data.length).toBeLessThan(10_000 / 8);
    expect(encodeItems(statistics([0, 1, 0.5])).encoding).toBe('float32');
    expect(encodeItems(statistics([0, 1, 0.1])).encoding).toBe('float64');
  });

  it('are refused where the data is not of the size that is said', () => {
    const encoded = encodeItems(statistics([1, 0, 1, 0, 1, 0, 1, 0, 1]));
    expect(() => decodeItems({ ...encoded, items: 8 })).toThrow(RangeError);
    expect(() => decodeItems({ ...encoded, items: 17 })).toThrow('2 bytes for 17 items');
    expect(() => encodeItems({ items: 2, width: 2, values: new Float64Array(3) })).toThrow(
      '3 values for 2 items of 2',
    );
  });

  it('are resampled with a seed of the evaluation', () => {
    expect(seedOf('a')).toBe(seedOf('a'));
    expect(seedOf('a')).not.toBe(seedOf('b'));
    expect(seedOf('a', 'b')).not.toBe(seedOf('b', 'a'));
  });
});
