/**
 * Which releases of isolated-vm may run code. Leaf file, without the package itself: the trusted side
 * asks too, and never loads it.
 *
 * Releases before 7.0.1 for Node 24 let code in an isolate corrupt the memory of the process (advisory
 * GHSA-864f-rcv7-6rh4).
 */
const FIRST_FIXED = [7, 0, 1] as const;

/**
 * @param manifest the package's package.json, parsed.
 * @returns the version. @throws Error when it is not known to be fixed.
 */
export function requireFixedIsolate(manifest: unknown): string {
  const version: unknown = (manifest as { version?: unknown } | null)?.version;
  const numbers = /^(\d+)\.(\d+)\.(\d+)$/u.exec(typeof version === 'string' ? version : '');
  if (numbers === null) throw new Error('the release of isolated-vm cannot be told');
  for (const [index, fixed] of FIRST_FIXED.entries()) {
    const found = Number(numbers[index + 1]);
    if (found > fixed) break;
    if (found < fixed)
      throw new Error(
        `isolated-vm ${numbers[0]} has a known memory corruption; ${FIRST_FIXED.join('.')} or newer is needed`,
      );
  }
  return numbers[0];
}
