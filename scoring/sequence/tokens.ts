/** Whitespace as Python's `str.split()` sees it: the reference implementations split there. */
export function isWhitespace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 9 && code <= 13) || code >= 0x1c;
  if (code < 0x85) return false;
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The words of a text: runs without whitespace, never empty. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const { length } = text;
  let start = -1;
  for (let index = 0; index < length; index++) {
    if (isWhitespace(text.charCodeAt(index))) {
      if (start !== -1) words.push(text.slice(start, index));
      start = -1;
    } else if (start === -1) {
      start = index;
    }
  }
  if (start !== -1) words.push(text.slice(start));
  return words;
}

/** Without the whitespace at both ends, as Python's `str.strip()`. */
export function stripWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (end > start && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Unicode code points, so that one character outside the basic plane counts once. */
export function codePoints(text: string): Int32Array {
  const points = new Int32Array(text.length);
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index) ?? 0;
    if (point > 0xffff) index++;
    points[count++] = point;
  }
  return points.subarray(0, count);
}

/** Numbers tokens from 0 in order of first sight, so that comparing two is comparing integers. */
export class Vocabulary<Token extends string | number> {
  readonly #ids = new Map<Token, number>();

  get size(): number {
    return this.#ids.size;
  }

  id(token: Token): number {
    const known = this.#ids.get(token);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(token, id);
    return id;
  }

  ids(tokens: readonly Token[]): Int32Array {
    const ids = new Int32Array(tokens.length);
    for (let index = 0; index < tokens.length; index++)
      ids[index] = this.id(tokens[index] as Token);
    return ids;
  }

  /** Numbers given before mean nothing afterwards. */
  clear(): void {
    this.#ids.clear();
  }
}
