/**
 * Reads a predictions file: RFC 4180 with nothing guessed. Ids stay exact texts, numbers follow a plain
 * decimal grammar, and the first thing that is not so ends the reading with its place.
 */
import { EvaluationFailure } from '../failure.ts';
import type { PredictionsTable } from '../model.ts';

export const CSV_LIMITS = {
  /** Numbers in the table. */
  cells: 10_000_000,
  columns: 20_000,
  /** Characters of one row. */
  line: 2 ** 20,
  /** Characters of one cell. */
  cell: 1000,
} as const;

/** What the header must be, as a person would write it. */
const EXPECTED_HEADER = 'id,label | id,p0,p1,…';

/** No sign but minus, no blanks, no hex, no `NaN`; one decimal point; an exponent may follow. */
const DECIMAL = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

const COMMA = 0x2c;
const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;

/**
 * @throws EvaluationFailure `csv-empty`, `csv-encoding`, `csv-syntax`, `csv-separator`, `csv-header`,
 *   `csv-row-columns`, `csv-value`, `csv-too-large`. Rows are counted as people do: the header is row 1.
 */
export function parsePredictions(file: {
  readonly name: string;
  readonly bytes: Uint8Array;
}): PredictionsTable {
  const text = decode(file);
  const rows = new CsvRows(text);
  const header = rows.next();
  if (header === null) throw new EvaluationFailure('csv-empty', { file: file.name });
  const columns = checkHeader(header);

  const isLabels = columns.length === 1 && columns[0] === 'label';
  const ids: string[] = [];
  const labels: string[] = [];
  let scores = new Float64Array(isLabels ? 0 : 1024 * columns.length);
  let filled = 0;
  for (let cells = rows.next(); cells !== null; cells = rows.next()) {
    const row = rows.row;
    if (cells.length !== header.length) {
      throw new EvaluationFailure('csv-row-columns', {
        row,
        expected: header.length,
        received: cells.length,
      });
    }
    if ((ids.length + 1) * columns.length > CSV_LIMITS.cells) throw tooLarge('cells');
    ids.push(cells[0] ?? '');
    if (isLabels) {
      labels.push(cells[1] ?? '');
      continue;
    }
    if (filled + columns.length > scores.length) {
      const grown = new Float64Array(scores.length * 2);
      grown.set(scores);
      scores = grown;
    }
    for (let column = 0; column < columns.length; column += 1) {
      const cell = cells[column + 1] ?? '';
      const value = DECIMAL.test(cell) ? Number(cell) : NaN;
      if (!Number.isFinite(value)) {
        throw new EvaluationFailure('csv-value', {
          row,
          column: columns[column] ?? '',
          value: cell,
        });
      }
      scores[filled] = value;
      filled += 1;
    }
  }
  if (ids.length === 0) throw new EvaluationFailure('csv-empty', { file: file.name });
  return isLabels
    ? { columns, ids, labels, scores: null }
    : { columns, ids, labels: null, scores: scores.slice(0, filled) };
}

function decode(file: { readonly name: string; readonly bytes: Uint8Array }): string {
  let text: string;
  try {
    // Takes off a byte order mark by itself.
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch (error) {
    throw new EvaluationFailure('csv-encoding', { file: file.name }, { cause: error });
  }
  // What UTF-16 without a byte order mark looks like.
  if (text.includes('\0')) throw new EvaluationFailure('csv-encoding', { file: file.name });
  return text;
}

/** The column names after `id`. */
function checkHeader(header: readonly string[]): string[] {
  const [first = '', ...columns] = header;
  if (columns.length === 0) {
    const found = [';', '\t', '|'].find((separator) => first.includes(separator));
    if (found !== undefined) {
      throw new EvaluationFailure('csv-separator', { found: found === '\t' ? '\\t' : found });
    }
  }
  if (columns.length > CSV_LIMITS.columns) throw tooLarge('columns');
  const isNamed =
    columns.every((name) => name !== '' && name === name.trim()) &&
    new Set(header).size === header.length;
  if (first !== 'id' || columns.length === 0 || !isNamed) {
    throw new EvaluationFailure('csv-header', {
      expected: EXPECTED_HEADER,
      received: header.join(','),
    });
  }
  return columns;
}

/** `what` is a key of CSV_LIMITS. */
function tooLarge(what: keyof typeof CSV_LIMITS): EvaluationFailure {
  return new EvaluationFailure('csv-too-large', { what, limit: CSV_LIMITS[what] });
}

/** Splits a text into rows of cells, one row at a time. */
class CsvRows {
  readonly #text: string;
  #pos = 0;
  /** Number of the row that `next` gave last. */
  row = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next row's cells, or null at the end. Empty lines may only be the last ones. */
  next(): string[] | null {
    const text = this.#text;
    if (this.#pos >= text.length) return null;
    this.row += 1;
    const start = this.#pos;
    const first = text.charCodeAt(start);
    if (first === LF || first === CR) {
      if (/[^\r\n]/u.test(text.slice(start, start + CSV_LIMITS.line))) throw this.#syntax();
      if (text.length - start > CSV_LIMITS.line) throw tooLarge('line');
      this.#pos = text.length;
      return null;
    }
    const cells: string[] = [];
    for (;;) {
      cells.push(text.charCodeAt(this.#pos) === QUOTE ? this.#quoted() : this.#plain());
      if (this.#pos - start > CSV_LIMITS.line) throw tooLarge('line');
      if (cells.length > CSV_LIMITS.columns + 1) throw tooLarge('columns');
      if (this.#pos >= text.length) return cells;
      const code = text.charCodeAt(this.#pos);
      this.#pos += 1;
      if (code === COMMA) continue;
      if (code === LF) return cells;
      if (code === CR && text.charCodeAt(this.#pos) === LF) {
        this.#pos += 1;
        return cells;
      }
      throw this.#syntax();
    }
  }

  /** Up to a comma or the end of the line. */
  #plain(): string {
    const text = this.#text;
    const start = this.#pos;
    let at = start;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === COMMA || code === LF || code === CR) break;
      if (code === QUOTE || (code < 0x20 && code !== 0x09)) throw this.#syntax();
      if (at - start >= CSV_LIMITS.cell) throw tooLarge('cell');
    }
    this.#pos = at;
    return text.slice(start, at);
  }

  /** From an opening quote to past its closing one; two quotes inside stand for one. */
  #quoted(): string {
    const text = this.#text;
    const start = this.#pos + 1;
    let at = start;
    let hasPairs = false;
    for (; ; at += 1) {
      // A quote that nobody closes swallows the rest of the file.
      if (at >= text.length || at - start > CSV_LIMITS.cell) throw this.#syntax();
      if (text.charCodeAt(at) !== QUOTE) continue;
      if (text.charCodeAt(at + 1) !== QUOTE) break;
      hasPairs = true;
      at += 1;
    }
    this.#pos = at + 1;
    const cell = text.slice(start, at);
    return hasPairs ? cell.replaceAll('""', '"') : cell;
  }

  #syntax(): EvaluationFailure {
    return new EvaluationFailure('csv-syntax', { row: this.row });
  }
}
