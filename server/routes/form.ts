import type { z } from 'zod';

import { AppError } from '../errors.ts';

/** A form of ours always has these fields: anything else is a malformed request. @throws AppError BAD_REQUEST */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new AppError('BAD_REQUEST', { cause: parsed.error });
  return parsed.data;
}

/** The form again, with what is wrong with its fields; everything else is for the error handler. */
export function isFieldError(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'INVALID_FORM';
}
