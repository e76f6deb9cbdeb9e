/**
 * How much the answers to an entry can have told it about the hidden targets, in bits: an upper bound
 * from what could have been answered, not from what was. Derivation: docs/reference/probing.md.
 */
import type { ReleaseRule } from './release.ts';

/** Answers about one metric on one split to one entry, in their order. */
export type AnswerStream =
  /** Each answer is one of `values` whatever came before: log2(values) bits each. */
  | { readonly kind: 'free'; readonly answers: number; readonly values: number }
  /** Answers only go down a list of `levels` (a Ladder): log2 C(answers + levels - 1, answers) bits. */
  | { readonly kind: 'descending'; readonly answers: number; readonly levels: number }
  /** A Ladder on a score without bounds: which answers improved, and a number for each that did. */
  | { readonly kind: 'improvements'; readonly answers: number; readonly improvements: number };

/** What a release rule is told of a metric to count its possible answers. */
export interface AnswerSpace {
  /** Of what may be released: the range of the metric, cut at `from` where a Ladder begins there. */
  readonly range: readonly [number, number];
  /** Items of the split. */
  readonly items: number;
  /** The score is a count of items divided by their number. */
  readonly isCount: boolean;
}

/** Bits of a 64-bit float of which nothing is known. */
const BITS_OF_A_NUMBER = 64;

/** Bits that an entry has received at most, over all its streams: they add up. */
export function informationBits(transcript: readonly AnswerStream[]): number {
  return transcript.reduce((sum, stream) => sum + bitsOf(stream), 0);
}

function bitsOf(stream: AnswerStream): number {
  switch (stream.kind) {
    case 'free':
      return stream.answers * Math.log2(stream.values);
    case 'descending':
      return log2Choose(stream.answers + stream.levels - 1, stream.answers);
    case 'improvements': {
      const { answers, improvements } = stream;
      const places = Math.log2(answers + 1) + log2Choose(answers, improvements);
      return places + improvements * BITS_OF_A_NUMBER;
    }
  }
}

/**
 * The stream of `answers` released scores of one metric on one split.
 *
 * @param improvements how many of them improved, which only a Ladder over an unbounded score asks.
 */
export function answerStream(
  rule: ReleaseRule,
  { range, items, isCount }: AnswerSpace,
  answers: number,
  improvements: number,
): AnswerStream {
  const span = range[1] - range[0];
  // One more than the numbers, for "undefined", and for "none yet" of a Ladder.
  const steps = (step: number) => Math.floor(span / step + 1 + 1e-9) + 2;
  const ofCounts = isCount ? items + 2 : Infinity;
  switch (rule.rule) {
    case 'full':
      return { kind: 'free', answers, values: Math.min(ofCounts, 2 ** BITS_OF_A_NUMBER) };
    case 'rounded': {
      const values = Math.min(ofCounts, steps(rule.step), 2 ** BITS_OF_A_NUMBER);
      return { kind: 'free', answers, values };
    }
    case 'ladder':
    case 'ladder-free': {
      const levels = steps(rule.rule === 'ladder' ? rule.eta : 1 / items);
      return Number.isFinite(levels)
        ? { kind: 'descending', answers, levels: Math.min(ofCounts, levels) }
        : { kind: 'improvements', answers, improvements };
    }
  }
}

/**
 * What intervals tell beside the scores where they are not computed from the released numbers alone: under
 * `full` two numbers each, otherwise the arm of `releasedInterval`, in whole steps. A Ladder shows a new one
 * only when it improves.
 *
 * @param step of the arms; nothing is asked of it under `full`.
 */
export function intervalStream(
  rule: ReleaseRule,
  { range }: Pick<AnswerSpace, 'range'>,
  step: number,
  { answers, improvements }: { readonly answers: number; readonly improvements: number },
): AnswerStream {
  if (rule.rule === 'full') {
    return { kind: 'free', answers: 2 * answers, values: 2 ** BITS_OF_A_NUMBER };
  }
  const arms = Math.floor((range[1] - range[0]) / step + 1e-9) + 3;
  return {
    kind: 'free',
    answers: rule.rule === 'rounded' ? answers : improvements,
    values: Math.min(arms, 2 ** BITS_OF_A_NUMBER),
  };
}

/** Bits that would name every target: items x log2(classes). What an entry has received is a share of it. */
export function targetBits(items: number, classes: number): number {
  return items * Math.log2(classes);
}

/**
 * How far the public score of a submission can lie from what it is worth, with probability 1 - delta, after
 * an entry has received that many bits: sqrt((bits ln 2 + ln(2/delta)) / 2n), for a mean of items in [0, 1].
 * 1 or more says nothing.
 */
export function overfittingBound(bits: number, items: number, delta = 0.05): number {
  return Math.sqrt((bits * Math.LN2 + Math.log(2 / delta)) / (2 * items));
}

/** log2 of the binomial coefficient, by sums of logarithms: at most a few thousand terms. */
function log2Choose(n: number, k: number): number {
  let sum = 0;
  for (let term = 1; term <= Math.min(k, n - k); term++) {
    sum += Math.log2((n - Math.min(k, n - k) + term) / term);
  }
  return sum;
}
