/** Longest detail that is kept of an engine's message. */
const MAX_DETAIL = 160;

/**
 * What an engine said, fit for the entrant: one line without file paths, addresses and C++ signatures
 * of the machine that built or runs the engine.
 */
export function engineDetail(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .slice(0, 4000)
    .replaceAll(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /gu, '')
    .replaceAll(/(?:file:\/\/)?(?:[A-Za-z]:)?(?:[/\\][\w.@+~-]+){2,}(?::\d+)*/gu, '…')
    .replaceAll(/\b0x[0-9a-f]{6,}\b/giu, '…')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .slice(0, MAX_DETAIL);
}
