import { z } from 'zod';

/** A text, or its tokens. */
export type Utterance = string | readonly string[];

/** A list of utterances; one text alone is a list of one. */
export const utteranceList: z.ZodType<readonly Utterance[]> = listOf<Utterance>(
  (item) =>
    typeof item === 'string' ||
    (Array.isArray(item) && item.every((token) => typeof token === 'string')),
  'a text or a list of words',
);

/** A list of texts; one text alone is a list of one. */
export const textList: z.ZodType<readonly string[]> = listOf<string>(
  (item) => typeof item === 'string',
  'a text',
);

function listOf<T>(accepts: (item: unknown) => boolean, expected: string): z.ZodType<readonly T[]> {
  return z.unknown().transform((value, context): readonly T[] => {
    const list: unknown = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list)) {
      context.addIssue({ code: 'custom', message: `expected a list, each item ${expected}` });
      return z.NEVER;
    }
    const misfit = list.findIndex((item) => !accepts(item));
    if (misfit !== -1) {
      context.addIssue({ code: 'custom', message: `item ${misfit}: expected ${expected}` });
      return z.NEVER;
    }
    return list as readonly T[];
  });
}

/** @throws RangeError stating both counts. */
export function checkSameCount(
  reference: { readonly length: number },
  hypothesis: { readonly length: number },
): void {
  if (reference.length === hypothesis.length) return;
  throw new RangeError(
    `reference has ${reference.length} utterances, hypothesis has ${hypothesis.length}`,
  );
}
