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

/** Bits of recorded matrix (two for each cell) from which RapidFuzz splits an alignment in halves: 1 MiB. */
const RECORDED_BITS = 8 * 1024 * 1024;

/** A strip is so many words of 32 places at most: then its masks stay in the processor's cache. */
const LARGEST_STRIP = 32;

/**
 * Levenshtein distance and alignment at unit cost, over integer tokens, 32 cells at a time.
 *
 * Of the alignments of equal cost it takes that of RapidFuzz, on which jiwer's split into
 * substitutions, deletions and insertions rests: from the end, a deletion where one is optimal, then
 * an insertion where the cell above is cheaper than the diagonal one, else the diagonal. Sequences of
 * more than about 2,000 x 2,000 tokens are split in two as RapidFuzz splits them (Hirschberg).
 *
 * The matrix has a row for each token of the text and a column for each of the pattern. It is computed
 * strip by strip of columns; of each strip only the rows that are within a bound of the diagonal, for no
 * path of that cost leaves them (Ukkonen). What lies outside counts as one more for each step.
 *
 * Holds its work space, so one aligner serves many pairs; tokens are integers >= 0 and the work space
 * is as large as the largest.
 *
 * Source: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances" (2003),
 * in blocks after Myers (1999); RapidFuzz 3, `Levenshtein.editops`.
 */
export class UnitAligner {
  readonly #masks = new PatternMasks();
  /** Vertical differences +1 and -1 of the row computed last in each strip, word by word. */
  #plus = new Int32Array(64);
  #minus = new Int32Array(64);
  /** The same for every row computed: plus and minus in turns. */
  #record = new Int32Array(4096);
  /** Horizontal differences, row by row, between the strip in work and the one before it. */
  #across = new Int8Array(64);
  #strips: Strip[] = [];

  /** @returns the fewest insertions, deletions and substitutions that turn one into the other. */
  distance(first: Int32Array, second: Int32Array): number {
    const [a, b] = withoutCommonEnds(first, second);
    const [pattern, text] = a.length <= b.length ? [a, b] : [b, a];
    if (pattern.length === 0) return text.length;
    let bound = Math.max(text.length - pattern.length, 512);
    for (;;) {
      const distance = this.#run(pattern, text, bound, false);
      if (distance <= bound) return distance;
      bound *= 2;
    }
  }

  /** Adds the edits that turn `reference` into `hypothesis`, and the hits, to `counts`. */
  count(reference: Int32Array, hypothesis: Int32Array, counts: ErrorCounts): void {
    const { substitutions, deletions } = counts;
    this.#split(reference, hypothesis, null, counts);
    counts.hits +=
      reference.length - (counts.substitutions - substitutions) - (counts.deletions - deletions);
  }

  /** @param known the distance, null where it is not known yet. */
  #split(
    reference: Int32Array,
    hypothesis: Int32Array,
    known: number | null,
    counts: ErrorCounts,
  ): void {
    const [a, b] = withoutCommonEnds(reference, hypothesis);
    if (a.length === 0 || b.length === 0) {
      counts.deletions += a.length;
      counts.insertions += b.length;
      return;
    }
    const bound = known ?? Math.max(a.length, b.length);
    const band = Math.min(a.length, 2 * bound + 1);
    if (a.length <= 64 || b.length < 10 || 2 * band * b.length < RECORDED_BITS) {
      this.#run(a, b, bound, true);
      this.#trace(a, b, counts);
      return;
    }
    const distance = known ?? this.distance(a, b);
    const half = b.length >>> 1;
    const left = this.#lastRow(a, b.subarray(0, half), distance);
    const right = this.#lastRow(a.toReversed(), b.subarray(half).toReversed(), distance);
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

  /** Distances of every beginning of `pattern` to the whole `text`; infinite beyond the bound's reach. */
  #lastRow(pattern: Int32Array, text: Int32Array, bound: number): Float64Array {
    this.#run(pattern, text, bound, false);
    const row = new Float64Array(pattern.length + 1).fill(Infinity);
    row[0] = text.length;
    for (const { start, end, lastRow, left } of this.#strips) {
      if (lastRow !== text.length - 1) continue;
      let value = left;
      for (let place = start; place < end; place++) {
        const word = place >>> 5;
        value += bit(this.#plus[word], place) - bit(this.#minus[word], place);
        row[place + 1] = value;
      }
    }
    return row;
  }

  /** Reads the recorded matrix from its end. */
  #trace(reference: Int32Array, hypothesis: Int32Array, counts: ErrorCounts): void {
    let column = reference.length;
    let row = hypothesis.length;
    while (row > 0 && column > 0) {
      if (this.#recorded(row - 1, column - 1, 0)) {
        counts.deletions++;
        column--;
        continue;
      }
      row--;
      if (row > 0 && this.#recorded(row - 1, column - 1, 1)) {
        counts.insertions++;
        continue;
      }
      column--;
      if (reference[column] !== hypothesis[row]) counts.substitutions++;
    }
    counts.deletions += column;
    counts.insertions += row;
  }

  /** A vertical difference of the recorded matrix: whether it is +1 (sign 0) or -1 (sign 1). */
  #recorded(row: number, column: number, sign: 0 | 1): boolean {
    const [first] = this.#strips;
    if (first === undefined) return false;
    const strip = this.#strips[Math.floor(column / first.width)];
    if (strip === undefined || row < strip.firstRow || row > strip.lastRow) return false;
    const words = (strip.end - strip.start + 31) >>> 5;
    const word = (column - strip.start) >>> 5;
    const cell = strip.record + 2 * ((row - strip.firstRow) * words + word) + sign;
    return bit(this.#record[cell], column) === 1;
  }

  /**
   * @param bound at least the difference of the lengths, where the distance is asked for.
   * @returns the distance where it is within the bound, something larger where it is not. Leaves the last
   * rows in `#plus` and `#minus`, and all rows in `#record` if asked to.
   */
  #run(pattern: Int32Array, text: Int32Array, bound: number, recorded: boolean): number {
    const words = (pattern.length + 31) >>> 5;
    // Narrow strips waste less around a narrow band.
    const narrow = 2 * bound < pattern.length;
    const width = 32 * (narrow ? Math.min(LARGEST_STRIP, Math.max(2, bound >>> 5)) : LARGEST_STRIP);
    this.#masks.reserve(pattern, text);
    if (words > this.#plus.length) {
      this.#plus = new Int32Array(2 * words);
      this.#minus = new Int32Array(2 * words);
    }
    if (text.length > this.#across.length) this.#across = new Int8Array(2 * text.length);
    this.#across.fill(1, 0, text.length);
    this.#strips = layStrips(pattern.length, text.length, width, bound);
    const last = this.#strips.at(-1);
    if (recorded && last !== undefined) {
      const needed = last.record + sizeOfRecord(last);
      if (needed > this.#record.length) this.#record = new Int32Array(2 * needed);
    }
    let distance = text.length;
    // What stands at the left of a strip, above its first row.
    let corner = 0;
    let reached = 0;
    for (const strip of this.#strips) {
      for (; reached < strip.firstRow; reached++) corner += this.#across[reached] ?? 0;
      strip.left = corner;
      for (let row = strip.firstRow; row <= strip.lastRow; row++) {
        strip.left += this.#across[row] ?? 0;
      }
      const part = pattern.subarray(strip.start, strip.end);
      this.#masks.mark(part);
      const rise =
        part.length <= 32
          ? this.#runWord(strip, text, recorded)
          : this.#runBlocks(strip, text, recorded);
      this.#masks.clear(part);
      corner += part.length;
      distance = corner + rise;
    }
    return distance;
  }

  /** @returns by how much the strip's last column rises over the rows. */
  #runWord(strip: Strip, text: Int32Array, recorded: boolean): number {
    const { masks, rowOfToken } = this.#masks;
    const across = this.#across;
    const record = this.#record;
    const { firstRow, lastRow } = strip;
    const last = strip.end - strip.start - 1;
    let plus = -1;
    let minus = 0;
    let rise = 0;
    let cell = strip.record;
    for (let row = firstRow; row <= lastRow; row++) {
      const entering = across[row] ?? 0;
      const match = (masks[rowOfToken[text[row] ?? 0] ?? 0] ?? 0) | (entering >>> 31);
      const diagonal = (((match & plus) + plus) ^ plus) | match | minus;
      const right = minus | ~(diagonal | plus);
      const left = diagonal & plus;
      const leaving = ((right >>> last) & 1) - ((left >>> last) & 1);
      across[row] = leaving;
      rise += leaving;
      const shiftedRight = (right << 1) | (entering === 1 ? 1 : 0);
      plus = (left << 1) | (entering >>> 31) | ~(diagonal | shiftedRight);
      minus = shiftedRight & diagonal;
      if (recorded) {
        record[cell++] = plus;
        record[cell++] = minus;
      }
    }
    this.#plus[strip.start >>> 5] = plus;
    this.#minus[strip.start >>> 5] = minus;
    return rise;
  }

  /** The same for a strip of several words. */
  #runBlocks(strip: Strip, text: Int32Array, recorded: boolean): number {
    const { masks, rowOfToken, words } = this.#masks;
    const across = this.#across;
    const record = this.#record;
    const first = strip.start >>> 5;
    const pluses = this.#plus.subarray(first, first + words).fill(-1);
    const minuses = this.#minus.subarray(first, first + words).fill(0);
    const { firstRow, lastRow } = strip;
    const last = (strip.end - strip.start - 1) & 31;
    let rise = 0;
    let cell = strip.record;
    for (let row = firstRow; row <= lastRow; row++) {
      const offset = (rowOfToken[text[row] ?? 0] ?? 0) * words;
      const entering = across[row] ?? 0;
      let rightCarry = entering === 1 ? 1 : 0;
      let leftCarry = entering >>> 31;
      let right = 0;
      let left = 0;
      for (let word = 0; word < words; word++) {
        const plus = pluses[word] ?? 0;
        const minus = minuses[word] ?? 0;
        const match = (masks[offset + word] ?? 0) | leftCarry;
        const diagonal = (((match & plus) + plus) ^ plus) | match | minus;
        right = minus | ~(diagonal | plus);
        left = diagonal & plus;
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
      const leaving = ((right >>> last) & 1) - ((left >>> last) & 1);
      across[row] = leaving;
      rise += leaving;
    }
    return rise;
  }
}

/** Columns that are computed together, and the rows in which they are. */
interface Strip {
  /** Places of the pattern: a multiple of 32, and one behind the last. */
  readonly start: number;
  readonly end: number;
  /** Places of a strip that is not the last. */
  readonly width: number;
  /** Rows of the text, both inclusive. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** Where its rows begin in the record. */
  readonly record: number;
  /** Value at the left of the strip in its last row. */
  left: number;
}

function layStrips(columns: number, rows: number, width: number, bound: number): Strip[] {
  const strips: Strip[] = [];
  let record = 0;
  for (let start = 0; start < columns; start += width) {
    const end = Math.min(columns, start + width);
    const strip: Strip = {
      start,
      end,
      width,
      firstRow: Math.min(rows, Math.max(0, start - bound)),
      lastRow: Math.min(rows - 1, end - 1 + bound),
      record,
      left: 0,
    };
    strips.push(strip);
    record += sizeOfRecord(strip);
  }
  return strips;
}

function sizeOfRecord({ start, end, firstRow, lastRow }: Strip): number {
  return 2 * ((end - start + 31) >>> 5) * Math.max(0, lastRow - firstRow + 1);
}

function bit(word: number | undefined, place: number): number {
  return ((word ?? 0) >>> place) & 1;
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
