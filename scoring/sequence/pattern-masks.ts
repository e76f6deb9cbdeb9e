/**
 * Where each token stands in a pattern, one bit for each place, 32 places a word: what bit-parallel
 * comparison of sequences looks up for every token of the other sequence. Tokens are integers >= 0; the
 * work space is as large as the largest and serves one pattern after the other.
 */
export class PatternMasks {
  /** Token -> number of its row in `masks`; 0, a row of zeros, for a token outside the pattern. */
  rowOfToken = new Int32Array(1024);
  /** Row after row of `words` integers. */
  masks = new Int32Array(1024);
  words = 0;

  /** Makes room for tokens up to the largest of these. Must come before `mark`. */
  reserve(pattern: Int32Array, other: Int32Array): void {
    let largest = 0;
    for (const token of pattern) if (token > largest) largest = token;
    for (const token of other) if (token > largest) largest = token;
    if (largest >= this.rowOfToken.length) this.rowOfToken = new Int32Array(2 * (largest + 1));
  }

  mark(pattern: Int32Array): void {
    const words = (pattern.length + 31) >>> 5;
    this.words = words;
    const { rowOfToken } = this;
    let { masks } = this;
    let rows = 1;
    if (words > masks.length) this.masks = masks = new Int32Array(4 * words);
    masks.fill(0, 0, words);
    for (let place = 0; place < pattern.length; place++) {
      const token = pattern[place] ?? 0;
      let row = rowOfToken[token] ?? 0;
      if (row === 0) {
        row = rows++;
        rowOfToken[token] = row;
        if (rows * words > masks.length) {
          const larger = new Int32Array(2 * rows * words);
          larger.set(masks);
          this.masks = masks = larger;
        }
        masks.fill(0, row * words, rows * words);
      }
      const word = row * words + (place >>> 5);
      masks[word] = (masks[word] ?? 0) | (1 << place);
    }
  }

  /** Must follow every `mark`. */
  clear(pattern: Int32Array): void {
    for (const token of pattern) this.rowOfToken[token] = 0;
  }
}
