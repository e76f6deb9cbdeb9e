import { PatternMasks } from './pattern-masks.ts';

/**
 * Length of the longest common subsequence of two sequences of integers >= 0, 32 cells at a time.
 * Holds its work space, so that one serves many pairs.
 *
 * Source: Hyyrö, "Bit-parallel LCS-length computation revisited" (2004).
 */
export class CommonSubsequence {
  readonly #masks = new PatternMasks();
  #row = new Int32Array(64);

  length(first: Int32Array, second: Int32Array): number {
    const [pattern, text] = first.length <= second.length ? [first, second] : [second, first];
    if (pattern.length === 0) return 0;
    this.#masks.reserve(pattern, text);
    this.#masks.mark(pattern);
    const { masks, rowOfToken, words } = this.#masks;
    if (words > this.#row.length) this.#row = new Int32Array(2 * words);
    const row = this.#row.fill(-1, 0, words);
    for (const token of text) {
      const offset = (rowOfToken[token] ?? 0) * words;
      let carry = 0;
      for (let word = 0; word < words; word++) {
        const zeros = row[word] ?? 0;
        const matched = zeros & (masks[offset + word] ?? 0);
        const sum = (zeros >>> 0) + (matched >>> 0) + carry;
        carry = sum > 0xffffffff ? 1 : 0;
        row[word] = sum | (zeros & ~matched);
      }
    }
    this.#masks.clear(pattern);
    let length = 0;
    for (let place = 0; place < pattern.length; place++) {
      if ((((row[place >>> 5] ?? 0) >>> place) & 1) === 0) length++;
    }
    return length;
  }
}
