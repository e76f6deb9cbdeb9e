import { NgramTable } from './ngram-table.ts';

/**
 * Row of additive counts of one sentence: its length, the length of the reference closest to it, then
 * for each order the n-grams found in a reference, and all n-grams.
 */
export type MatchCounts = Float64Array;

export function matchWidth(order: number): number {
  return 2 + 2 * order;
}

/**
 * Counts the n-grams of orders 1 to `order` that a hypothesis shares with its references: each as often as
 * it stands in the reference that has it most often. Holds its work space.
 *
 * Source: Papineni et al., "BLEU: a method for automatic evaluation of machine translation" (2002).
 */
export class NgramMatcher {
  readonly #order: number;
  readonly #table = new NgramTable();
  /** By number of the n-gram: the most that one reference has, what the reference in work has, what is left. */
  #most = new Int32Array(1024);
  #current = new Int32Array(1024);
  #reference = new Int32Array(1024);

  /** @param order >= 1. */
  constructor(order: number) {
    this.#order = order;
  }

  /** Adds the counts of one sentence, tokens as integers, to `counts` from `offset` on. */
  count(
    hypothesis: Int32Array,
    references: readonly Int32Array[],
    counts: MatchCounts,
    offset = 0,
  ): void {
    this.#table.clear();
    for (const [index, reference] of references.entries()) this.#addReference(reference, index + 1);
    const order = this.#order;
    const { length } = hypothesis;
    add(counts, offset, length);
    add(counts, offset + 1, closestLength(length, references));
    const left = this.#most;
    for (let start = 0; start < length; start++) {
      let ngram = 0;
      const end = Math.min(length, start + order);
      for (let place = start; place < end; place++) {
        ngram = this.#table.find(ngram, hypothesis[place] ?? 0);
        // What no reference has, none has with more words behind it.
        if (ngram === 0) break;
        const count = left[ngram] ?? 0;
        if (count > 0) {
          left[ngram] = count - 1;
          add(counts, offset + 2 + place - start, 1);
        }
      }
    }
    for (let n = 1; n <= order; n++) {
      add(counts, offset + 1 + order + n, Math.max(0, length - n + 1));
    }
  }

  #addReference(reference: Int32Array, index: number): void {
    const { length } = reference;
    for (let start = 0; start < length; start++) {
      let ngram = 0;
      const end = Math.min(length, start + this.#order);
      for (let place = start; place < end; place++) {
        const known = this.#table.size;
        ngram = this.#table.add(ngram, reference[place] ?? 0);
        if (ngram > known) this.#reset(ngram);
        if (this.#reference[ngram] !== index) {
          this.#reference[ngram] = index;
          this.#current[ngram] = 0;
        }
        const count = (this.#current[ngram] ?? 0) + 1;
        this.#current[ngram] = count;
        if (count > (this.#most[ngram] ?? 0)) this.#most[ngram] = count;
      }
    }
  }

  #reset(ngram: number): void {
    if (ngram >= this.#most.length) {
      this.#most = enlarged(this.#most);
      this.#current = enlarged(this.#current);
      this.#reference = enlarged(this.#reference);
    }
    this.#most[ngram] = 0;
    this.#reference[ngram] = 0;
  }
}

/** The reference length nearest to a length, the shorter of two equally near. */
function closestLength(length: number, references: readonly Int32Array[]): number {
  let closest = Infinity;
  for (const reference of references) {
    const nearer = Math.abs(reference.length - length) - Math.abs(closest - length);
    if (nearer < 0 || (nearer === 0 && reference.length < closest)) closest = reference.length;
  }
  return closest;
}

function add(counts: MatchCounts, index: number, value: number): void {
  counts[index] = (counts[index] ?? 0) + value;
}

function enlarged(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}
