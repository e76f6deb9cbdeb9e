import { isWhitespace } from '../sequence/tokens.ts';

/**
 * The tokeniser of mteval-v13a, as WMT uses it: punctuation and symbols become tokens of their own, but
 * for periods and commas between digits and dashes not behind a digit.
 *
 * Source: NIST mteval-v13a.pl; sacrebleu 2 (13a), equal to it.
 *
 * @returns tokens with whitespace between them, more than one space in places.
 */
export function tokenize13a(text: string): string {
  let end = text.length;
  while (end > 0 && isWhitespace(text.charCodeAt(end - 1))) end--;
  let line = text
    .slice(0, end)
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ');
  if (line.includes('&')) {
    line = line
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>');
  }
  return ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
}
