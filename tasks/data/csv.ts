/**
 * Label files that an organizer writes: a header, then one row per input, `label` or `id,label`.
 * Trusted input; predictions from a submission are parsed in the sandbox child instead.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { DataFormatError } from './format-error.ts';

export interface LabelTable {
  /** Null when the file has no `id` column: rows are then in the order of the inputs. */
  readonly ids: readonly string[] | null;
  readonly labels: readonly string[];
}

/** @throws DataFormatError naming the row, never a value. */
export function parseLabelsCsv(text: string): LabelTable {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    throw asFormatError(error);
  }
  checkSeparator(rows);
  const header = rows[0]?.map((name) => name.trim()) ?? [];
  const labelColumn = header.indexOf('label');
  const idColumn = header.indexOf('id');
  if (labelColumn < 0) {
    throw new DataFormatError('the first line of the CSV must name a column "label"');
  }
  const body = rows.slice(1);
  return {
    ids: idColumn < 0 ? null : body.map((row) => row[idColumn] ?? ''),
    labels: body.map((row) => row[labelColumn] ?? ''),
  };
}

/** Every row, the first one too, without outer spaces. */
export function parseRowsCsv(text: string): string[][] {
  let rows: string[][];
  try {
    rows = parse(text, { bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw asFormatError(error);
  }
  checkSeparator(rows);
  return rows;
}

/** As Excel writes them where the comma is the decimal mark. */
function checkSeparator([first]: readonly (readonly string[])[]): void {
  if (first?.length === 1 && /[;\t]/u.test(first[0] ?? '')) {
    throw new DataFormatError('the cells are separated by semicolons or tabs: save it with commas');
  }
}

/** Rows of a header-first CSV as objects by column name; for tables such as literature references. */
export function parseTableCsv(text: string): Record<string, string>[] {
  try {
    return parse(text, { bom: true, columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw asFormatError(error);
  }
}

/** Without the cause: the parser's error quotes the row, and the row holds labels. */
function asFormatError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const place = typeof error['lines'] === 'number' ? ` near line ${error['lines']}` : '';
  const why =
    error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
      ? ': not as many cells as in the first line'
      : '';
  return new DataFormatError(`the CSV cannot be read${place}${why}`);
}
