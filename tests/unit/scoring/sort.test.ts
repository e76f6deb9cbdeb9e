import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createRandom } from '../../../scoring/random.ts';
import { sortedOrder } from '../../../scoring/sort.ts';

function byComparison(values: Float64Array | Float32Array, sign: number): number[] {
  return [...values.keys()].toSorted(
    (left, right) => sign * ((values[left] ?? NaN) - (values[right] ?? NaN)),
  );
}

/** Long enough for the radix sort: hard values over and over. */
function longList(seed: number, value: (index: number) => number): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: 3000 }, () => value(random.nextUint32()));
}

const HARD = [
  0,
  -0,
  1,
  -1,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.EPSILON,
  2 ** 32,
  -(2 ** -1022),
];

const LISTS: [string, Float64Array | Float32Array][] = [
  ['of any size', longList(1, (bits) => (bits - 2 ** 31) * 10 ** ((bits % 40) - 20))],
  ['with many equal ones', longList(2, (bits) => (bits % 7) - 3)],
  ['at the ends of the range', longList(3, (bits) => HARD[bits % HARD.length] ?? 0)],
  ['that are all the same', longList(4, () => -2.5)],
  ['that differ in the lowest bit', longList(5, (bits) => 1 + (bits % 4) * Number.EPSILON)],
  ['in 32 bits', Float32Array.from(longList(6, (bits) => bits / 2 ** 31 - 1))],
];

describe('sortedOrder', () => {
  it.each(LISTS)('sorts numbers %s, equal ones in the order they came in', (_, values) => {
    expect([...sortedOrder(values)]).toEqual(byComparison(values, 1));
    expect([...sortedOrder(values, 'descending')]).toEqual(byComparison(values, -1));
  });

  it('sorts short lists alike', () => {
    fc.assert(
      fc.property(fc.float64Array({ noNaN: true, noDefaultInfinity: true }), (values) => {
        expect([...sortedOrder(values)]).toEqual(byComparison(values, 1));
        expect([...sortedOrder(values, 'descending')]).toEqual(byComparison(values, -1));
      }),
    );
  });
});
