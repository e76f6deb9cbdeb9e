import { PatternMasks } from './pattern-masks.ts';

/** How one sequence became another: `hits` tokens kept, the rest changed. */
export interface ErrorCounts {
  hits: number;
  substitutions: number;
  deletions: number;
  insertions: number;
}

export const NO_ERRORS: Readonly<ErrorCounts> = {
  hits: 0,
  substitutions: 0,
  deletions: 0,
  insertions: 0,
};

/** Bits of recorded matrix (two for each cell) from which the alignment is split in halves: 1 MiB. */
const RECORDED_BITS = 8 * 1024 * 1024;
/** The same for what we really record, which is the whole matrix and not a band of it: 64 MiB. */
const LARGEST_RECORD_BITS = 64 * RECORDED_BITS;

/**
 * Levenshtein distance and alignment at unit cost, over integer tokens, 32 cells at a time.
 *
 * Of the alignments of equal cost it takes that of RapidFuzz, on which jiwer's split into
 * substitutions, deletions and insertions rests: from the end, a deletion where one is optimal, then
 * an insertion where the cell above is cheaper than the diagonal one, else the diagonal. Sequences of
 * more than about 2,000 x 2,000 tokens are split in two as RapidFuzz splits them (Hirschberg).
 *
 * Holds its work space, so one aligner serves many pairs; tokens are integers >= 0 and the work space
 * is as large as the largest.
 *
 * Source: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances" (2003),
 * in blocks after Myers (1999); RapidFuzz 3, `Levenshtein.editops`.
 */
export class UnitAligner {
  readonly #masks = new PatternMasks();
  /** Vertical differences +1 and -1 of the row computed last, block by block. */
  #plus = new Int32Array(64);
  #minus = new Int32Array(64);
  /** The same for every row: plus and minus in turns. */
  #record = new Int32Array(4096);

  /** @returns the fewest insertions, deletions and substitutions that turn one into the other. */
  distance(first: Int32Array, second: Int32Array): number {
    const [a, b] = withoutCommonEnds(first, second);
    const [pattern, text] = a.length <= b.length ? [a, b] : [b, a];
    if (pattern.length === 0) return text.length;
    return this.#run(pattern, text, false);
  }

  /** Adds the edits that turn `reference` into `hypothesis`, and the hits, to `counts`. */
  count(reference: Int32Array, hypothesis: Int32Array, counts: ErrorCounts): void {
    const { substitutions, deletions } = counts;
    this.#split(reference, hypothesis, Math.max(reference.length, hypothesis.length), counts);
    counts.hits +=
      reference.length - (counts.substitutions - substitutions) - (counts.deletions - deletions);
  }

  /** @param bound the distance is no larger. */
  #split(reference: Int32Array, hypothesis: Int32Array, bound: number, counts: ErrorCounts): void {
    const [a, b] = withoutCommonEnds(reference, hypothesis);
    if (a.length === 0 || b.length === 0) {
      counts.deletions += a.length;
      counts.insertions += b.length;
      return;
    }
    const band = Math.min(a.length, 2 * Math.min(bound, Math.max(a.length, b.length)) + 1);
    const small = a.length <= 64 || b.length < 10 || 2 * band * b.length < RECORDED_BITS;
    if (small && 2 * a.length * b.length < LARGEST_RECORD_BITS) {
      this.#run(a, b, true);
      this.#trace(a, b, counts);
      return;
    }
    const half = b.length >>> 1;
    const left = this.#lastRow(a, b.subarray(0, half));
    const right = this.#lastRow(a.toReversed(), b.subarray(half).toReversed());
    let best = 0;
    let bestCost = Infinity;
    // Place 0 last: RapidFuzz does not look at it, so it may only win where it alone is best.
    for (let place = 1; place <= a.length + 1; place++) {
      const at = place % (a.length + 1);
      const cost = (left[at] ?? 0) + (right[a.length - at] ?? 0);
      if (cost < bestCost) {
        best = at;
        bestCost = cost;
      }
    }
    this.#split(a.subarray(0, best), b.subarray(0, half), left[best] ?? 0, counts);
    this.#split(a.subarray(best), b.subarray(half), right[a.length - best] ?? 0, counts);
  }

  /** Distances of every beginning of `pattern` to the whole `text`. */
  #lastRow(pattern: Int32Array, text: Int32Array): Int32Array {
    this.#run(pattern, text, false);
    const row = new Int32Array(pattern.length + 1);
    row[0] = text.length;
    let value = text.length;
    for (let place = 0; place < pattern.length; place++) {
      const block = place >>> 5;
      value +=
        (((this.#plus[block] ?? 0) >>> place) & 1) - (((this.#minus[block] ?? 0) >>> place) & 1);
      row[place + 1] = value;
    }
    return row;
  }

  /** Reads the recorded matrix from its end. */
  #trace(reference: Int32Array, hypothesis: Int32Array, counts: ErrorCounts): void {
    const record = this.#record;
    const width = 2 * ((reference.length + 31) >>> 5);
    let column = reference.length;
    let row = hypothesis.length;
    while (row > 0 && column > 0) {
      const cell = (row - 1) * width + 2 * ((column - 1) >>> 5);
      if (((record[cell] ?? 0) >>> (column - 1)) & 1) {
        counts.deletions++;
        column--;
        continue;
      }
      row--;
      if (row > 0 && ((record[cell - width + 1] ?? 0) >>> (column - 1)) & 1) {
        counts.insertions++;
        continue;
      }
      column--;
      if (reference[column] !== hypothesis[row]) counts.substitutions++;
    }
    counts.deletions += column;
    counts.insertions += row;
  }

  /** @returns the distance; leaves the last row in `#plus` and `#minus`, and all rows if asked to. */
  #run(pattern: Int32Array, text: Int32Array, recorded: boolean): number {
    this.#masks.mark(pattern, text);
    const { words } = this.#masks;
    if (words > this.#plus.length) {
      this.#plus = new Int32Array(2 * words);
      this.#minus = new Int32Array(2 * words);
    }
    const needed = 2 * words * text.length;
    if (recorded && needed > this.#record.length) this.#record = new Int32Array(2 * needed);
    const distance =
      words === 1
        ? this.#runWord(pattern.length, text, recorded)
        : this.#runBlocks(pattern.length, text, recorded);
    this.#masks.clear(pattern);
    return distance;
  }

  #runWord(length: number, text: Int32Array, recorded: boolean): number {
    const { masks, rowOfToken } = this.#masks;
    const record = this.#record;
    const last = length - 1;
    let plus = -1;
    let minus = 0;
    let distance = length;
    for (let row = 0; row < text.length; row++) {
      const match = masks[rowOfToken[text[row] ?? 0] ?? 0] ?? 0;
      const diagonal = (((match & plus) + plus) ^ plus) | match | minus;
      let right = minus | ~(diagonal | plus);
      let left = diagonal & plus;
      distance += ((right >>> last) & 1) - ((left >>> last) & 1);
      right = (right << 1) | 1;
      left <<= 1;
      plus = left | ~(diagonal | right);
      minus = right & diagonal;
      if (recorded) {
        record[2 * row] = plus;
        record[2 * row + 1] = minus;
      }
    }
    this.#plus[0] = plus;
    this.#minus[0] = minus;
    return distance;
  }

  #runBlocks(length: number, text: Int32Array, recorded: boolean): number {
    const { masks, rowOfToken, words } = this.#masks;
    const record = this.#record;
    const pluses = this.#plus.fill(-1, 0, words);
    const minuses = this.#minus.fill(0, 0, words);
    const last = (length - 1) & 31;
    let distance = length;
    let cell = 0;
    for (let row = 0; row < text.length; row++) {
      const offset = (rowOfToken[text[row] ?? 0] ?? 0) * words;
      let rightCarry = 1;
      let leftCarry = 0;
      for (let word = 0; word < words; word++) {
        const plus = pluses[word] ?? 0;
        const minus = minuses[word] ?? 0;
        const match = (masks[offset + word] ?? 0) | leftCarry;
        const diagonal = (((match & plus) + plus) ^ plus) | match | minus;
        const right = minus | ~(diagonal | plus);
        const left = diagonal & plus;
        if (word === words - 1) distance += ((right >>> last) & 1) - ((left >>> last) & 1);
        const shiftedRight = (right << 1) | rightCarry;
        const shiftedLeft = (left << 1) | leftCarry;
        rightCarry = right >>> 31;
        leftCarry = left >>> 31;
        const nextPlus = shiftedLeft | ~(diagonal | shiftedRight);
        const nextMinus = shiftedRight & diagonal;
        pluses[word] = nextPlus;
        minuses[word] = nextMinus;
        if (recorded) {
          record[cell++] = nextPlus;
          record[cell++] = nextMinus;
        }
      }
    }
    return distance;
  }
}

/** Both without their common beginning and their common end, which no optimal alignment changes. */
function withoutCommonEnds(first: Int32Array, second: Int32Array): [Int32Array, Int32Array] {
  const shorter = Math.min(first.length, second.length);
  let start = 0;
  while (start < shorter && first[start] === second[start]) start++;
  let end = 0;
  const left = shorter - start;
  while (end < left && first[first.length - 1 - end] === second[second.length - 1 - end]) end++;
  if (start === 0 && end === 0) return [first, second];
  return [first.subarray(start, first.length - end), second.subarray(start, second.length - end)];
}
