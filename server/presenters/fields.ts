import { translate, type Language } from '../../views/language.ts';
import type { FieldProblem } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';

/** What is wrong with each field of a form, as a sentence; null where nothing is. */
export type FieldTexts<Name extends string> = Readonly<Record<Name, string | null>>;

export function presentFields<Name extends string>(
  language: Language,
  names: readonly Name[],
  problems: Readonly<Record<string, FieldProblem>>,
): FieldTexts<Name> {
  const texts = names.map((name) => {
    const problem = Object.hasOwn(problems, name) ? problems[name] : undefined;
    return [name, problem === undefined ? null : fieldText(language, name, problem)] as const;
  });
  return Object.fromEntries(texts) as Record<Name, string | null>;
}

function fieldText(language: Language, name: string, problem: FieldProblem): string {
  const limits = Object.entries(FIELD_LIMITS).find(([field]) => field === name)?.[1];
  return translate(language, `field.${problem}`, { ...limits });
}
