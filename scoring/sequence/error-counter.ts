import { checkSameCount, type Utterance } from './corpus.ts';
import { Vocabulary, codePoints, splitWords, stripWhitespace } from './tokens.ts';
import { NO_ERRORS, UnitAligner, type ErrorCounts } from './unit-alignment.ts';

/** Words are runs without whitespace; characters are code points of the text without its outer whitespace. */
export type TokenUnit = 'word' | 'character';

/** Distinct words after which the numbering starts anew, so that memory does not grow with the corpus. */
const LARGEST_VOCABULARY = 1 << 20;

/**
 * Errors of a corpus at unit cost, utterance by utterance: `update` with as many batches as there are,
 * then `finish`.
 */
export class ErrorCounter {
  readonly #unit: TokenUnit;
  readonly #aligner = new UnitAligner();
  readonly #vocabulary = new Vocabulary<string>();
  readonly #counts: ErrorCounts = { ...NO_ERRORS };
  #utterances = 0;

  constructor(unit: TokenUnit) {
    this.#unit = unit;
  }

  /** @throws RangeError when the counts differ; the message states both. */
  update(reference: readonly Utterance[], hypothesis: readonly Utterance[]): void {
    checkSameCount(reference, hypothesis);
    for (let index = 0; index < reference.length; index++) {
      this.#count(reference[index] ?? '', hypothesis[index] ?? '', this.#counts);
    }
    this.#utterances += reference.length;
  }

  /** Counts of one pair, added to nothing. */
  pair(reference: Utterance, hypothesis: Utterance): ErrorCounts {
    const counts = { ...NO_ERRORS };
    this.#count(reference, hypothesis, counts);
    return counts;
  }

  finish(): ErrorCounts & { readonly utterances: number } {
    return { ...this.#counts, utterances: this.#utterances };
  }

  #count(reference: Utterance, hypothesis: Utterance, counts: ErrorCounts): void {
    if (this.#vocabulary.size > LARGEST_VOCABULARY) this.#vocabulary.clear();
    this.#aligner.count(this.#encode(reference), this.#encode(hypothesis), counts);
  }

  #encode(utterance: Utterance): Int32Array {
    if (typeof utterance !== 'string') return this.#vocabulary.ids(utterance);
    return this.#unit === 'word'
      ? this.#vocabulary.ids(splitWords(utterance))
      : codePoints(stripWhitespace(utterance));
  }
}
