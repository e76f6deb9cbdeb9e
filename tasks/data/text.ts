/** Text files that an organizer brings. */
import { readFile } from 'node:fs/promises';
import { DataFormatError } from './format-error.ts';

/**
 * UTF-8, with or without its mark. Any other encoding is refused instead of guessed: a letter that is lost makes
 * two names of one class.
 *
 * @throws DataFormatError
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  try {
    if (!isUtf16) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Said below; the decoder's own words help nobody.
  }
  throw new DataFormatError(
    `this is no UTF-8 text${isUtf16 ? ' but UTF-16' : ''}: save it as UTF-8`,
  );
}

/** @throws DataFormatError, and what reading a file throws. */
export async function readTextFile(path: string): Promise<string> {
  return decodeText(await readFile(path));
}
