import { withoutPaths } from '../failure.ts';

/** Longest message that is looked at; a text from a model may be of any length. */
const MAX_MESSAGE = 4000;
const MAX_DETAIL = 160;

/**
 * What an engine said, fit for the entrant: one line without paths, addresses and status prefixes of the
 * machine that built or runs the engine.
 */
export function engineDetail(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (
    withoutPaths(message.slice(0, MAX_MESSAGE))
      // Where in its own sources the engine stopped: line and C++ signature.
      .replaceAll(/…:\d+ [\w:<>~&*, ]*\([^()]*\)(?: const)? /gu, '')
      .replaceAll(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /gu, '')
      .replaceAll(/\b0x[0-9a-f]{6,}\b/giu, '…')
      .replaceAll(/\s+/gu, ' ')
      .trim()
      .slice(0, MAX_DETAIL)
  );
}
