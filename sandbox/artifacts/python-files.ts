/** What makes a submission one in Python: names alone tell, so the host may decide it too. */
import { EvaluationFailure } from '../failure.ts';
import type { ArtifactFile } from '../request.ts';

/** What the code is called inside, whatever its file was called. */
const ENTRY = 'model.py';
/** Each travels through a descriptor of its own. */
const MAX_FILES = 64;

/** The file with `predict`: `model.py`, or the only Python file; null when this is no Python submission. */
export function pythonEntry(names: readonly string[]): string | null {
  if (names.some((name) => /\.(?:zip|m?js)$/iu.test(name))) return null;
  const code = names.filter((name) => /\.py$/iu.test(name));
  if (code.includes(ENTRY)) return ENTRY;
  return code.length === 1 ? (code[0] as string) : null;
}

/**
 * The files as they lie beside each other inside, the entry under its own name. Everything but the
 * code belongs to the submission alone and is opened by nobody else.
 *
 * @throws EvaluationFailure when there are too many or too large files, or an empty one.
 */
export function pythonFiles(
  files: readonly ArtifactFile[],
  limits: { readonly artifact_mb: number; readonly memory_mb: number },
): ArtifactFile[] {
  const names = files.map(({ name }) => name);
  const entry = pythonEntry(names);
  if (entry === null || new Set(names).size !== names.length)
    throw new EvaluationFailure('mixed-artifact', { files: names.join(', ') });
  if (files.length > MAX_FILES) throw new EvaluationFailure('too-many-files', { limit: MAX_FILES });
  const empty = files.find(({ bytes }) => bytes.byteLength === 0);
  if (empty !== undefined) throw new EvaluationFailure('empty-file', { file: empty.name });
  const total = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (total > limits.artifact_mb * 2 ** 20)
    throw new EvaluationFailure('artifact-too-large', { limit_mb: limits.artifact_mb });
  // They lie in memory.
  if (total > limits.memory_mb * 2 ** 20)
    throw new EvaluationFailure('memory-limit', { limit_mb: limits.memory_mb });
  for (const name of names) {
    // Whoever took the upload has refused these names; here they would become paths and arguments.
    if (/[/\0]|^\.{0,2}$/u.test(name) || Buffer.byteLength(name) > 255)
      throw new Error('a file of the submission has no flat name');
  }
  return files.map(({ name, bytes }) => ({ name: name === entry ? ENTRY : name, bytes }));
}
