/**
 * MT19937, seeded by `init_genrand`: the stream of published examples (NumPy's RandomState, PyTorch's
 * generator on a processor). For nothing but test patterns; draws of our own use scoring/random.ts.
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister" (1998), and the authors' mt19937ar.c.
 */
const SIZE = 624;
const MIDDLE = 397;

/**
 * @param seed an integer in [0, 2^32).
 * @returns a function that gives the next integer in [0, 2^32).
 */
export function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let index = 1; index < SIZE; index++) {
    const before = state[index - 1] ?? 0;
    state[index] = Math.imul(before ^ (before >>> 30), 1_812_433_253) + index;
  }
  let next = SIZE;
  return () => {
    if (next === SIZE) {
      twist(state);
      next = 0;
    }
    let word = state[next++] ?? 0;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let index = 0; index < SIZE; index++) {
    const high = (state[index] ?? 0) & 0x80000000;
    const low = (state[(index + 1) % SIZE] ?? 0) & 0x7fffffff;
    const word = high | low;
    const far = state[(index + MIDDLE) % SIZE] ?? 0;
    state[index] = far ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
  }
}
