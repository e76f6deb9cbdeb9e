import { exactTime } from '../../views/helpers.ts';
import { translate, type Language } from '../../views/language.ts';
import type { AppError } from '../errors.ts';

export interface ErrorModel {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly next: string;
}

/** Parameters that are times are written out; the rest is safe to show as it is. */
export function presentError(
  language: Language,
  error: Pick<AppError, 'code' | 'status' | 'params'>,
): ErrorModel {
  const params = Object.fromEntries(
    Object.entries(error.params).map(([name, value]) => [
      name,
      name.endsWith('_at') && typeof value === 'string' && value !== ''
        ? exactTime(language, value)
        : value,
    ]),
  );
  return {
    status: error.status,
    code: error.code,
    text: translate(language, `error.${error.code}.text`, params),
    next: translate(language, `error.${error.code}.next`, params),
  };
}
