/** What a schema says of an input that does not fit, in words that tell what to give instead. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What a message may say of a value that is not of the expected form. */
export function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? 'a text' : 'an object';
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'an integer',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  tuple: 'a list',
};

/** The first misfit, with the field it is in: `scores.3: expected a number, received null`. */
export function describeMisfit(issues: readonly Issue[]): string {
  const [issue] = issues;
  if (issue === undefined) return 'the input: not of the expected form';
  const { path, message } = locate(issue, []);
  return `${path.length === 0 ? 'the input' : path.join('.')}: ${message}`;
}

function locate(
  issue: Issue,
  above: readonly PropertyKey[],
): { readonly path: readonly PropertyKey[]; readonly message: string } {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return { path, message: messageOf(issue) };
  const nearest = nearestForm(issue.errors);
  if (nearest !== null) return locate(nearest, path);
  if (!isDefault(issue)) return { path, message: issue.message };
  const expected = [...new Set(formsOf(issue).map(expectation))].join(' or ');
  if (expected === '') return { path, message: 'not of the expected form' };
  return { path, message: `expected ${expected}, received ${nameOf(issue.input)}` };
}

/** What each form says of the value itself, forms of forms included. */
function formsOf(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || !isDefault(issue)) return [issue];
  return issue.errors
    .flat()
    .filter(({ path }) => path.length === 0)
    .flatMap(formsOf);
}

/** Of several forms the one that was meant, by its first misfit: the right kind, and the fewest misfits. */
function nearestForm(forms: readonly (readonly Issue[])[]): Issue | null {
  const ofKind = forms.filter((issues) => issues.every(isInside));
  const fewest = Math.min(...ofKind.map((issues) => issues.length));
  const nearest = ofKind.filter((issues) => issues.length === fewest);
  return nearest.length === 1 ? (nearest[0]?.[0] ?? null) : null;
}

/** Whether the misfit is in a part of the value. Lists of numbers are read in one piece: see input.ts. */
function isInside({ code, path, input }: Issue): boolean {
  return path.length > 0 || (code === 'custom' && Array.isArray(input));
}

function messageOf(issue: Issue): string {
  if (issue.code !== 'invalid_type' || !isDefault(issue)) return issue.message;
  return `expected ${expectation(issue)}, received ${nameOf(issue.input)}`;
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type') return TYPES[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(', ');
  return issue.message.replace(/^expected /, '').replace(/, received .*$/, '');
}

/** Whether the message is the library's own, not one that a schema of ours gave. */
function isDefault({ message }: Issue): boolean {
  return message.startsWith('Invalid input');
}
