/**
 * Numbers n-grams of integer tokens from 1 in order of first sight. An n-gram is its beginning (the number
 * of the n-gram without its last token, 0 for none) and its last token, so that all n-grams that start at
 * one place cost one look-up each.
 */
export class NgramTable {
  #size = 0;
  /** Open addressing: number of the n-gram, or 0. A power of two. */
  #slots = new Int32Array(1024);
  /** By number; place 0 is unused. */
  #beginnings = new Int32Array(512);
  #lasts = new Int32Array(512);
  #slotOf = new Int32Array(512);

  /** How many n-grams there are: the largest number. */
  get size(): number {
    return this.#size;
  }

  /** @returns 0 where the n-gram has not been added. */
  find(beginning: number, last: number): number {
    return this.#slots[this.#slot(beginning, last)] ?? 0;
  }

  add(beginning: number, last: number): number {
    const slot = this.#slot(beginning, last);
    const known = this.#slots[slot] ?? 0;
    if (known !== 0) return known;
    const number = ++this.#size;
    let place = slot;
    if (number >= this.#beginnings.length) {
      this.#grow();
      place = this.#slot(beginning, last);
    }
    this.#slots[place] = number;
    this.#beginnings[number] = beginning;
    this.#lasts[number] = last;
    this.#slotOf[number] = place;
    return number;
  }

  /** In time of what is in the table, not of its room. */
  clear(): void {
    for (let number = 1; number <= this.#size; number++) this.#slots[this.#slotOf[number] ?? 0] = 0;
    this.#size = 0;
  }

  /** The slot of an n-gram, or the empty one where it belongs. */
  #slot(beginning: number, last: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = Math.imul(beginning, 0x9e3779b1) ^ Math.imul(last + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (;;) {
      const number = slots[slot] ?? 0;
      if (number === 0) return slot;
      if (this.#beginnings[number] === beginning && this.#lasts[number] === last) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** Twice the room; never more than half of the slots are taken. */
  #grow(): void {
    this.#beginnings = enlarged(this.#beginnings);
    this.#lasts = enlarged(this.#lasts);
    this.#slotOf = new Int32Array(this.#beginnings.length);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let number = 1; number < this.#size; number++) {
      const slot = this.#slot(this.#beginnings[number] ?? 0, this.#lasts[number] ?? 0);
      this.#slots[slot] = number;
      this.#slotOf[number] = slot;
    }
  }
}

function enlarged(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}
