/**
 * Which releases of isolated-vm may run code. Leaf file that never loads the package: the trusted side
 * asks too.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Earlier ones let code in an isolate corrupt the memory of the process (GHSA-864f-rcv7-6rh4). */
const FIRST_FIXED = [7, 0, 1] as const;

/**
 * The version of the installed package.
 *
 * @throws Error when it is not there, or not known to be fixed.
 */
export function requireFixedIsolate(): string {
  const { resolve } = createRequire(import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(resolve('isolated-vm/package.json'), 'utf8'));
  return checkIsolateVersion((manifest as { version?: unknown }).version);
}

/** @throws Error when the version is not known to be fixed. */
export function checkIsolateVersion(version: unknown): string {
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
