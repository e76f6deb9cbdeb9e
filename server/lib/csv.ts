/** CSV as RFC 4180 has it, safe to open in a spreadsheet. */

/** A leading one of these makes a spreadsheet read the cell as a formula (CWE-1236); full-width ones do in some. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u;

export type CsvCell = string | number | null;

/**
 * One record with its line end. Numbers are written as they are; null is an empty cell. A text that a
 * spreadsheet would run gets an apostrophe in front.
 */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(writeCell).join(',')}\r\n`;
}

function writeCell(value: CsvCell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
