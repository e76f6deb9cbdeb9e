/** Longest name, in UTF-16 units. */
const MAX_NAME = 255;

/**
 * Whether a model may refer to a file of its upload by this text: a bare name, with no folder, drive,
 * scheme, wildcard or control character. Whether such a file exists is another question.
 */
export function isFlatName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_NAME &&
    name !== '.' &&
    name !== '..' &&
    !/[\u0000-\u001f\u007f/\\:*?"<>|]/u.test(name)
  );
}
