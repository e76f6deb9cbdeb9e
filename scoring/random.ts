/**
 * The one seeded generator of the project: xoshiro128** 1.1, its 128-bit state filled by two outputs
 * of SplitMix64 (low word first). The same seed gives the same numbers on every machine. Not for secrets.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021), and the
 * authors' C code at https://prng.di.unimi.it/.
 */
export interface Random {
  /** Uniform integer in [0, 2^32). */
  nextUint32(): number;
  /** Uniform integer in [0, bound), bound in [1, 2^32], without modulo bias. */
  nextBelow(bound: number): number;
  /** Fills with uniform 32-bit integers: the same stream as `nextUint32`, many times as fast. */
  fill(target: Uint32Array): void;
  /** Fills with uniform integers in [0, bound), bound in [1, 2^31], without bias. */
  fillBelow(target: Int32Array, bound: number): void;
}

/** @param seed an integer in [-2^53, 2^53]; its low 64 bits in two's complement are used. */
export function createRandom(seed: number): Random {
  const [a, b] = splitmix64(BigInt(seed), 2) as [bigint, bigint];
  return xoshiro128(
    Number(a & 0xffffffffn),
    Number(a >> 32n),
    Number(b & 0xffffffffn),
    Number(b >> 32n),
  );
}

/** The first `count` outputs of SplitMix64. */
export function splitmix64(seed: bigint, count: number): bigint[] {
  let state = BigInt.asUintN(64, seed);
  return Array.from({ length: count }, () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    return mixed ^ (mixed >> 31n);
  });
}

/** xoshiro128** from four 32-bit words of state, not all zero. */
export function xoshiro128(s0: number, s1: number, s2: number, s3: number): Random {
  const nextUint32 = () => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotateLeft(s3, 11);
    return result;
  };
  const nextBelow = (bound: number) => {
    const usable = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const value = nextUint32();
      if (value < usable) return value % bound;
    }
  };
  // The two loops keep the state in local variables, which V8 leaves in registers: 2 to 3 ns a number.
  const fill = (target: Uint32Array) => {
    let [a, b, c, d] = [s0, s1, s2, s3];
    for (let index = 0; index < target.length; index++) {
      const scrambled = Math.imul(b, 5);
      target[index] = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
    }
    [s0, s1, s2, s3] = [a, b, c, d];
  };
  const fillBelow = (target: Int32Array, bound: number) => {
    const share = Math.floor(2 ** 32 / bound);
    const usable = share * bound;
    const scale = 1 / share;
    let [a, b, c, d] = [s0, s1, s2, s3];
    for (let index = 0; index < target.length;) {
      const scrambled = Math.imul(b, 5);
      const value = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      // Half a unit above an integer no quotient is close enough to the next one to be rounded up to it.
      if (value < usable) target[index++] = ((value + 0.5) * scale) | 0;
    }
    [s0, s1, s2, s3] = [a, b, c, d];
  };
  return { nextUint32, nextBelow, fill, fillBelow };
}

/** Shuffles in place (Fisher and Yates, from the end) and returns its argument. */
export function shuffle<T extends unknown[] | Int32Array | Uint32Array>(
  items: T,
  random: Random,
): T {
  const list = items as unknown[];
  for (let last = list.length - 1; last > 0; last--) {
    const other = random.nextBelow(last + 1);
    const moved = list[last];
    list[last] = list[other];
    list[other] = moved;
  }
  return items;
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
