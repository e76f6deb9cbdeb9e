import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const FileSchema = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      input: z.unknown(),
      expected: z.unknown(),
      tolerance: z.number(),
    }),
  ),
});

/** Cases of one file of tests/fixtures/vectors, whose input and expected answer have the given shapes. */
export function readVectors<I, E>(
  name: string,
  input: z.ZodType<I>,
  expected: z.ZodType<E>,
): { name: string; input: I; expected: E; tolerance: number }[] {
  const file = path.resolve(import.meta.dirname, '../../fixtures/vectors', `${name}.json`);
  const { cases } = FileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return cases.map((vector) => ({
    name: vector.name,
    input: input.parse(vector.input),
    expected: expected.parse(vector.expected),
    tolerance: vector.tolerance,
  }));
}
