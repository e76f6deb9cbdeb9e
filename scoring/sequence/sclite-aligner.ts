import { MetricInputError } from '../metric.ts';
import { Vocabulary, splitWords } from './tokens.ts';
import type { ErrorCounts } from './unit-alignment.ts';

/** What the flags of sclite change here. */
export interface ScliteOptions {
  /** `-s`: upper and lower case differ. Otherwise A to Z are folded, and no other letter. */
  readonly caseSensitive: boolean;
  /** `-D`: a word in parentheses may be left out, or be there, without an error. */
  readonly optionalWords: boolean;
}

/** One side of an alignment. */
export interface ScliteTokens {
  readonly ids: Int32Array;
  /** `WORD`, `NULL` or `OPTIONAL`, one for each id. */
  readonly kinds: Uint8Array;
}

const WORD = 0;
const NULL = 1;
const OPTIONAL = 2;

/** Cost of leaving out, or putting in, a word of each kind; sclite adds in 32-bit floats. */
const GAP = Float32Array.of(3, 0.001, 2);
const SUBSTITUTION = 4;
const NULL_FOR_NULL = 1;

const FROM_SUBSTITUTION = 0;
const FROM_DELETION = 1;
const FROM_INSERTION = 2;

/** More cells than this would not fit: sclite aligns utterances. */
const CELL_LIMIT = 2 ** 30;

/**
 * Reads options as sclite's command line gives them: words of `-s` and `-D`, `no` before one to say
 * that it is off, `default` for none.
 *
 * @throws MetricInputError for any other flag.
 */
export function parseScliteFlags(flags: string): ScliteOptions {
  let caseSensitive = false;
  let optionalWords = false;
  let on = true;
  for (const word of splitWords(flags)) {
    if (word === '-s') caseSensitive = on;
    else if (word === '-D') optionalWords = on;
    else if (word !== 'default' && word !== 'no') {
      throw new MetricInputError(`flags: ${word} is none of default, -s, -D, no -s, no -D`);
    }
    on = word !== 'no';
  }
  return { caseSensitive, optionalWords };
}

/**
 * Alignment of NIST's sclite: cost 0 for a right word, 3 for an insertion or a deletion, 4 for a
 * substitution; 2 to leave out or put in an optional word (`-D`), which then counts as right; 0.001 to
 * leave out or put in the null word `@`, which counts as nothing. Among equal costs a substitution or
 * hit comes first, then an insertion, then a deletion, as in sclite. Alternations (`{ a / b }`) are refused.
 *
 * Source: NIST SCTK 2.4, sclite: net_dp.c, word.c; its answers were compared.
 */
export class ScliteAligner {
  readonly #vocabulary = new Vocabulary<string>();
  #origins = new Uint8Array(4096);
  #costs = new Float32Array(128);

  /**
   * Words as sclite reads them.
   *
   * @throws MetricInputError for an alternation.
   */
  words(text: string | readonly string[], options: ScliteOptions): ScliteTokens {
    const list = typeof text === 'string' ? splitWords(text) : text;
    const ids = new Int32Array(list.length);
    const kinds = new Uint8Array(list.length);
    for (let index = 0; index < list.length; index++) {
      let word = plainWord(list[index] ?? '');
      if (!options.caseSensitive) word = word.replaceAll(/[A-Z]+/g, (run) => run.toLowerCase());
      if (word.startsWith('{')) {
        throw new MetricInputError(`alternations ({ a / b }) are not read: word ${index + 1}`);
      }
      if (word === '@') {
        kinds[index] = NULL;
      } else if (options.optionalWords && word.startsWith('(') && word.endsWith(')')) {
        kinds[index] = OPTIONAL;
        word = word.slice(1, -1);
      }
      ids[index] = this.#vocabulary.id(word);
    }
    return { ids, kinds };
  }

  /** Tokens that stand for nothing but themselves, such as phones; `optional` is one of them. */
  tokens(list: readonly string[], optional: string | null): ScliteTokens {
    const kinds = Uint8Array.from(list, (token) => (token === optional ? OPTIONAL : WORD));
    return { ids: this.#vocabulary.ids(list), kinds };
  }

  /**
   * Adds hits, substitutions, deletions and insertions of one utterance to `counts`. Without the null
   * word hits, substitutions and deletions add up to the words of the reference, to which sclite
   * counts optional words put in by the hypothesis.
   *
   * @throws RangeError for texts too long to be aligned; the message states both lengths.
   */
  count(reference: ScliteTokens, hypothesis: ScliteTokens, counts: ErrorCounts): void {
    const origins = this.#fill(reference, hypothesis);
    const width = hypothesis.ids.length + 1;
    let row = reference.ids.length;
    let column = hypothesis.ids.length;
    while (row > 0 || column > 0) {
      const origin = origins[row * width + column];
      const referenceKind = row > 0 ? reference.kinds[row - 1] : WORD;
      const hypothesisKind = column > 0 ? hypothesis.kinds[column - 1] : WORD;
      if (origin === FROM_DELETION) {
        row--;
        if (referenceKind === OPTIONAL) counts.hits++;
        else if (referenceKind === WORD) counts.deletions++;
      } else if (origin === FROM_INSERTION) {
        column--;
        if (hypothesisKind === OPTIONAL) counts.hits++;
        else if (hypothesisKind === WORD) counts.insertions++;
      } else {
        row--;
        column--;
        if (referenceKind === NULL && hypothesisKind === NULL) continue;
        if (reference.ids[row] === hypothesis.ids[column]) counts.hits++;
        else counts.substitutions++;
      }
    }
  }

  /** @returns where each cell of the matrix (reference + 1) x (hypothesis + 1) comes from. */
  #fill(reference: ScliteTokens, hypothesis: ScliteTokens): Uint8Array {
    const rows = reference.ids.length;
    const columns = hypothesis.ids.length;
    const width = columns + 1;
    const cells = (rows + 1) * width;
    if (cells > CELL_LIMIT) {
      throw new RangeError(`the texts are too long to align: ${rows} and ${columns} words`);
    }
    if (cells > this.#origins.length) this.#origins = new Uint8Array(2 * cells);
    if (width > this.#costs.length) this.#costs = new Float32Array(2 * width);
    const origins = this.#origins;
    // The row above, overwritten from the left by the row in work.
    const costs = this.#costs;
    const { ids, kinds } = hypothesis;
    costs[0] = 0;
    for (let column = 1; column <= columns; column++) {
      costs[column] = (costs[column - 1] ?? 0) + (GAP[kinds[column - 1] ?? WORD] ?? 0);
      origins[column] = FROM_INSERTION;
    }
    for (let row = 1; row <= rows; row++) {
      const id = reference.ids[row - 1];
      const kind = reference.kinds[row - 1] ?? WORD;
      const gap = GAP[kind] ?? 0;
      let above: number = costs[0];
      costs[0] = above + gap;
      const start = row * width;
      origins[start] = FROM_DELETION;
      for (let column = 1; column <= columns; column++) {
        const other = kinds[column - 1] ?? WORD;
        const step =
          ids[column - 1] !== id
            ? SUBSTITUTION
            : kind === NULL && other === NULL
              ? NULL_FOR_NULL
              : 0;
        const substitution = Math.fround(above + step);
        above = costs[column] ?? 0;
        const deletion = Math.fround(above + gap);
        const insertion = Math.fround((costs[column - 1] ?? 0) + (GAP[other] ?? 0));
        if (substitution <= deletion && substitution <= insertion) {
          costs[column] = substitution;
          origins[start + column] = FROM_SUBSTITUTION;
        } else if (deletion < insertion) {
          costs[column] = deletion;
          origins[start + column] = FROM_DELETION;
        } else {
          costs[column] = insertion;
          origins[start + column] = FROM_INSERTION;
        }
      }
    }
    return origins;
  }
}

/** Without tags (from a `;`) and without the mark `*` at its end: sclite aligns neither. */
function plainWord(word: string): string {
  const tag = word.indexOf(';');
  const plain = tag > 0 ? word.slice(0, tag) : word;
  return plain.length > 1 && plain.endsWith('*') ? plain.slice(0, -1) : plain;
}
