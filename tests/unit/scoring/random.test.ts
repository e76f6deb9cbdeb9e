import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, shuffle, splitmix64, xoshiro128 } from '../../../scoring/random.ts';

describe('splitmix64', () => {
  it('gives the published outputs for seed 1234567', () => {
    // https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
    expect(splitmix64(1234567n, 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });
});

describe('xoshiro128', () => {
  it('gives the outputs of a C program for the state 1, 2, 3, 4', () => {
    // Printed by a C program of the published algorithm with this state.
    const random = xoshiro128(1, 2, 3, 4);
    expect(Array.from({ length: 10 }, () => random.nextUint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ]);
  });
});

describe('fill', () => {
  it('gives the stream of single draws', () => {
    const [single, many] = [createRandom(5), createRandom(5)];
    const drawn = new Uint32Array(100);
    many.fill(drawn);
    expect([...drawn]).toEqual(Array.from({ length: 100 }, () => single.nextUint32()));
    expect(many.nextUint32()).toBe(single.nextUint32());
  });
});

describe('fillBelow', () => {
  it('gives the quotient of each single draw, and draws again above the last whole share', () => {
    const bounds = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 31 }));
    fc.assert(
      fc.property(fc.integer(), bounds, (seed, bound) => {
        const [single, many] = [createRandom(seed), createRandom(seed)];
        const drawn = new Int32Array(20);
        many.fillBelow(drawn, bound);
        const share = (1n << 32n) / BigInt(bound);
        for (const value of drawn) {
          let draw = BigInt(single.nextUint32());
          while (draw >= share * BigInt(bound)) draw = BigInt(single.nextUint32());
          expect(value).toBe(Number(draw / share));
        }
      }),
    );
  });
});

describe('shuffle', () => {
  it('keeps every item and depends on the seed alone', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(200), (seed, length) => {
        const items = () => Int32Array.from({ length }, (_, index) => index);
        const shuffled = shuffle(items(), createRandom(seed));
        expect(shuffled).toEqual(shuffle(items(), createRandom(seed)));
        expect(shuffled.toSorted()).toEqual(items());
      }),
    );
  });

  it('reaches each order of three items about equally often', () => {
    const random = createRandom(7);
    const counts = new Map<string, number>();
    for (let trial = 0; trial < 6000; trial++) {
      const order = shuffle([0, 1, 2], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Six standard deviations of a binomial count around 1000.
    expect([...counts.values()].every((count) => Math.abs(count - 1000) < 175)).toBe(true);
    expect(counts.size).toBe(6);
  });
});
