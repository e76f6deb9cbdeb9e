/** JSON that is kept as text in the database: parsed through a schema on the way out. */
import { z } from 'zod';

export const LocalizedSchema = z.object({ en: z.string(), es: z.string() });

/** @throws when the text does not fit the schema: a row that we wrote ourselves is broken. */
export function parseJson<Value>(schema: z.ZodType<Value>, text: string): Value {
  return schema.parse(JSON.parse(text));
}
