import { z } from 'zod';
import { utteranceList, type Utterance } from '../sequence/corpus.ts';
import { Vocabulary, splitWords } from '../sequence/tokens.ts';

/** Distinct words after which the numbering starts anew, so that memory does not grow with the corpus. */
const LARGEST_VOCABULARY = 1 << 20;

/** For each hypothesis its references, one or more; one text alone is a list of one. */
export const referenceLists: z.ZodType<readonly (readonly Utterance[])[]> = z.array(
  utteranceList.refine((list) => list.length > 0, 'expected one reference or more'),
);

/** @throws RangeError stating both counts. */
export function checkPaired(
  hypotheses: { readonly length: number },
  references: { readonly length: number },
  [first, second]: readonly [string, string] = ['hypotheses', 'references'],
): void {
  if (hypotheses.length === references.length) return;
  throw new RangeError(
    `there are ${hypotheses.length} ${first}, and ${second} for ${references.length}`,
  );
}

/** Captions by image, as coco-caption has them: both objects have the same keys. */
export interface CaptionSet {
  readonly references: Readonly<Record<string, readonly string[]>>;
  readonly hypotheses: Readonly<Record<string, string>>;
}

const CaptionList = z
  .array(z.string())
  .refine((list) => list.length > 0, 'expected one reference or more');

export const CaptionSetSchema: z.ZodType<CaptionSet> = z.object({
  references: z.record(z.string(), CaptionList),
  // Results of coco-caption put their one caption in a list.
  hypotheses: z.record(
    z.string(),
    z.union([z.string(), z.tuple([z.string()]).transform(([caption]) => caption)], {
      error: 'expected one caption',
    }),
  ),
});

/** One image with its caption. */
export interface CaptionedImage {
  readonly hypothesis: string;
  readonly references: readonly string[];
}

/**
 * Images in the order of the references' keys, whole numbers first, ascending.
 *
 * @throws RangeError naming an image that one side lacks.
 */
export function pairCaptions({ references, hypotheses }: CaptionSet): CaptionedImage[] {
  for (const id of Object.keys(hypotheses)) {
    if (!Object.hasOwn(references, id))
      throw new RangeError(`there is no reference for image ${id}`);
  }
  return Object.entries(references).map(([id, list]) => {
    const hypothesis = Object.hasOwn(hypotheses, id) ? hypotheses[id] : undefined;
    if (hypothesis === undefined) throw new RangeError(`there is no hypothesis for image ${id}`);
    return { hypothesis, references: list };
  });
}

/** Words of texts as integers; the numbering holds for what is encoded between two calls of `next`. */
export class WordEncoder {
  readonly #vocabulary = new Vocabulary<string>();

  /** To be called before each sentence with its references. */
  next(): void {
    if (this.#vocabulary.size > LARGEST_VOCABULARY) this.#vocabulary.clear();
  }

  encode(utterance: Utterance): Int32Array {
    return this.#vocabulary.ids(typeof utterance === 'string' ? splitWords(utterance) : utterance);
  }
}
