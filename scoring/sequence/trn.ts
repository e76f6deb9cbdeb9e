import { MetricInputError } from '../metric.ts';
import { isWhitespace } from './tokens.ts';

/** An utterance of a trn file: its text without the id, and the id without its parentheses. */
export interface TrnUtterance {
  readonly id: string;
  readonly text: string;
}

/**
 * Reads sclite's trn format: an utterance a line, its text followed by `(speaker-utterance)`. Empty
 * lines and lines that begin with `;;` are left out.
 *
 * @throws MetricInputError naming the line without an id, or the id that stands twice.
 */
export function parseTrn(content: string): TrnUtterance[] {
  const utterances: TrnUtterance[] = [];
  const seen = new Set<string>();
  for (const [index, line] of content.split(/\r?\n/).entries()) {
    if (line.startsWith(';;') || line.trim() === '') continue;
    const open = line.lastIndexOf('(');
    const close = line.lastIndexOf(')');
    if (open === -1 || close < open) {
      throw new MetricInputError(`trn: line ${index + 1} does not end with (speaker-utterance)`);
    }
    const id = line.slice(open + 1, close);
    if (!/^[^-_\s]+[-_]\S+$/.test(id) || !blank(line.slice(close + 1))) {
      throw new MetricInputError(`trn: line ${index + 1} does not end with (speaker-utterance)`);
    }
    if (seen.has(id))
      throw new MetricInputError(`trn: the id ${id} stands twice (line ${index + 1})`);
    seen.add(id);
    utterances.push({ id, text: line.slice(0, open) });
  }
  return utterances;
}

/**
 * Pairs two trn files by id, in the order of the reference.
 *
 * @throws MetricInputError naming an id that one side lacks.
 */
export function matchTrn(
  reference: readonly TrnUtterance[],
  hypothesis: readonly TrnUtterance[],
): { reference: string[]; hypothesis: string[] } {
  const texts = new Map(hypothesis.map(({ id, text }) => [id, text]));
  const known = new Set(reference.map(({ id }) => id));
  for (const { id } of hypothesis) {
    if (!known.has(id)) throw new MetricInputError(`trn: the reference has no utterance ${id}`);
  }
  return {
    reference: reference.map(({ text }) => text),
    hypothesis: reference.map(({ id }) => {
      const text = texts.get(id);
      if (text === undefined)
        throw new MetricInputError(`trn: the hypothesis has no utterance ${id}`);
      return text;
    }),
  };
}

function blank(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (!isWhitespace(text.charCodeAt(index))) return false;
  }
  return true;
}
