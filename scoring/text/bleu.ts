import { z } from 'zod';
import { defineMetric, type ItemStatistics } from '../metric.ts';
import { utteranceList, type Utterance } from '../sequence/corpus.ts';
import { NgramMatcher, matchWidth } from './ngram-matches.ts';
import { WordEncoder, checkPaired, referenceLists } from './references.ts';
import { tokenize13a } from './tokenize-13a.ts';

const SMOOTHINGS = ['none', 'exp', 'floor', 'add-k'] as const;
type Smoothing = (typeof SMOOTHINGS)[number];

/** How counts become a score. */
export interface BleuOptions {
  /** Largest order of n-grams, >= 1. */
  readonly order: number;
  /** What an order without a match counts as; `none`: the score is 0. */
  readonly smoothing: Smoothing;
  /** For `floor` (0.1) the matches put in place of none, for `add-k` (1) what is added from order 2 on. */
  readonly smoothValue: number | null;
  /** Leave out the orders that the hypotheses are too short for. */
  readonly effectiveOrder: boolean;
  /** What 1 is printed as: 100 for sacrebleu. */
  readonly scale: number;
}

/** How texts become tokens. */
export interface BleuText {
  /** `none`: at whitespace. */
  readonly tokenize: 'none' | '13a';
  readonly lowercase: boolean;
}

interface BleuInput extends BleuOptions, BleuText {
  readonly hypotheses: readonly Utterance[];
  readonly references: readonly (readonly Utterance[])[];
}

/**
 * BLEU from summed counts (see `MatchCounts`): brevity penalty times the geometric mean of the
 * precisions of all orders. 0 where nothing matches.
 *
 * Source: Papineni et al. 2002; smoothing as in Chen and Cherry 2014 and sacrebleu 2.
 */
export function bleuFromCounts(counts: ArrayLike<number>, options: BleuOptions): number {
  const { order, smoothing, effectiveOrder, scale } = options;
  const smoothValue = options.smoothValue ?? (smoothing === 'floor' ? 0.1 : 1);
  const at = (index: number) => counts[index] ?? 0;
  const orders = Array.from({ length: order }, (_, index) => index);
  if (orders.every((index) => at(2 + index) === 0)) return 0;
  let logarithms = 0;
  let used = order;
  let halving = 1;
  for (const index of orders) {
    const added = smoothing === 'add-k' && index > 0 ? smoothValue : 0;
    const correct = at(2 + index) + added;
    const total = at(2 + order + index) + added;
    if (total === 0) {
      if (!effectiveOrder) return 0;
      used = index;
      break;
    }
    let matches = correct;
    if (correct === 0 && smoothing === 'exp') {
      halving *= 2;
      matches = 1 / halving;
    } else if (correct === 0 && smoothing === 'floor') {
      matches = smoothValue;
    }
    // The logarithm of 0 is the score 0.
    logarithms += Math.log(matches / total);
  }
  const [length, reference] = [at(0), at(1)];
  const penalty = length < reference ? Math.exp(1 - reference / length) : 1;
  return scale * penalty * Math.exp(logarithms / used);
}

/** Counts of many sentences: `update` with as many batches as there are, then `finish`. */
export class BleuCounter {
  readonly width: number;
  readonly #matcher: NgramMatcher;
  readonly #encoder = new WordEncoder();
  readonly #text: BleuText;
  readonly #sums: Float64Array;

  constructor(order: number, text: BleuText) {
    this.width = matchWidth(order);
    this.#matcher = new NgramMatcher(order);
    this.#text = text;
    this.#sums = new Float64Array(this.width);
  }

  /** @throws RangeError when the counts differ; the message states both. */
  update(hypotheses: readonly Utterance[], references: readonly (readonly Utterance[])[]): void {
    checkPaired(hypotheses, references);
    for (let index = 0; index < hypotheses.length; index++) {
      this.sentence(hypotheses[index] ?? '', references[index] ?? [], this.#sums, 0);
    }
  }

  /** Adds the counts of one sentence to `counts` from `offset` on. */
  sentence(
    hypothesis: Utterance,
    references: readonly Utterance[],
    counts: Float64Array,
    offset: number,
  ): void {
    this.#encoder.next();
    this.#matcher.count(
      this.#encode(hypothesis),
      references.map((reference) => this.#encode(reference)),
      counts,
      offset,
    );
  }

  finish(): Float64Array {
    return this.#sums.slice();
  }

  #encode(utterance: Utterance): Int32Array {
    if (typeof utterance !== 'string') return this.#encoder.encode(utterance);
    const text = this.#text.lowercase ? utterance.toLowerCase() : utterance;
    return this.#encoder.encode(this.#text.tokenize === '13a' ? tokenize13a(text) : text);
  }
}

/** What sacrebleu prints beside a score, so that it can be compared. */
function signature(input: BleuInput): string {
  const counts = new Set(input.references.map((list) => list.length));
  const references = counts.size === 1 ? [...counts].join('') : 'var';
  const smoothValue = input.smoothValue ?? (input.smoothing === 'floor' ? 0.1 : 1);
  const valued = input.smoothing === 'floor' || input.smoothing === 'add-k';
  return [
    `nrefs:${references}`,
    `case:${input.lowercase ? 'lc' : 'mixed'}`,
    `eff:${input.effectiveOrder ? 'yes' : 'no'}`,
    `tok:${input.tokenize}`,
    `smooth:${input.smoothing}${valued ? `[${smoothValue.toFixed(2)}]` : ''}`,
    `order:${input.order}`,
  ].join('|');
}

/** Columns behind the counts that carry the options, the same in every row, so that sums tell them. */
const OPTION_COLUMNS = 4;

function statistics(input: BleuInput): ItemStatistics {
  checkPaired(input.hypotheses, input.references);
  const counter = new BleuCounter(input.order, input);
  const width = counter.width + OPTION_COLUMNS;
  const items = input.hypotheses.length;
  const values = new Float64Array(items * width);
  const options = [
    SMOOTHINGS.indexOf(input.smoothing),
    input.smoothValue ?? -1,
    Number(input.effectiveOrder),
    input.scale,
  ];
  for (let item = 0; item < items; item++) {
    const [hypothesis = '', references = []] = [input.hypotheses[item], input.references[item]];
    counter.sentence(hypothesis, references, values, item * width);
    values.set(options, item * width + counter.width);
  }
  return { items, width, values };
}

function finish(sums: ArrayLike<number>, items: number, width: number): number | null {
  if (items === 0) return null;
  const first = width - OPTION_COLUMNS;
  const [smoothing = 0, smoothValue = -1, effective = 0, scale = 1] = Array.from(
    { length: OPTION_COLUMNS },
    (_, index) => (sums[first + index] ?? 0) / items,
  );
  return bleuFromCounts(sums, {
    order: (first - 2) / 2,
    smoothing: SMOOTHINGS[Math.round(smoothing)] ?? 'none',
    smoothValue: smoothValue < 0 ? null : smoothValue,
    effectiveOrder: effective > 0.5,
    scale,
  });
}

export const bleu = defineMetric<BleuInput>({
  name: 'bleu',
  domain: 'text',
  title: { en: 'BLEU', es: 'BLEU' },
  higherIsBetter: true,
  range: [0, 1],
  unit: 'number',
  aggregation: {
    en: 'Corpus: matches, n-grams and lengths are summed over all sentences first.',
    es: 'Corpus: primero se suman las coincidencias, los n-gramas y las longitudes de todas las frases.',
  },
  definition: {
    en: 'The geometric mean of the shares of n-grams (orders 1 to 4) of the hypotheses found in their references, each counted at most as often as in one reference, times the brevity penalty exp(1 - r / c) where the hypotheses (c words) are shorter than the closest references (r words). Options: order, tokenize (none or 13a), lowercase, smoothing (none, exp, floor, add-k) with smoothValue, effectiveOrder, scale.',
    es: 'La media geométrica de las proporciones de n-gramas (órdenes 1 a 4) de las hipótesis que están en sus referencias, contando cada uno a lo sumo tantas veces como en una referencia, por la penalización de brevedad exp(1 - r / c) cuando las hipótesis (c palabras) son más cortas que las referencias más cercanas (r palabras). Opciones: order, tokenize (none o 13a), lowercase, smoothing (none, exp, floor, add-k) con smoothValue, effectiveOrder y scale.',
  },
  edgeCases: {
    en: 'Of two references equally near in length the shorter counts. Without smoothing an order with no match makes the score 0, and with any smoothing so does no match at all. The signature beside the value says which BLEU it is: compare only equal ones. Not defined without sentences.',
    es: 'De dos referencias igual de cercanas en longitud cuenta la más corta. Sin suavizado, un orden sin coincidencias hace que la puntuación sea 0; con cualquier suavizado, también la ausencia total de coincidencias. La firma junto al valor dice qué BLEU es: compara solo valores con la misma firma. No está definida sin frases.',
  },
  source: 'Papineni et al. 2002; sacrebleu 2, equal to it at scale 100',
  input: z.object({
    hypotheses: utteranceList,
    references: referenceLists,
    order: z.int().min(1).max(32).default(4),
    smoothing: z.enum(SMOOTHINGS).default('none'),
    smoothValue: z.number().min(0).nullable().default(null),
    effectiveOrder: z.boolean().default(false),
    scale: z.number().positive().default(1),
    tokenize: z.enum(['none', '13a']).default('none'),
    lowercase: z.boolean().default(false),
  }),
  report: (input) => {
    const counter = new BleuCounter(input.order, input);
    counter.update(input.hypotheses, input.references);
    const counts = counter.finish();
    const value = input.hypotheses.length === 0 ? null : bleuFromCounts(counts, input);
    const [hypothesisLength = 0, referenceLength = 0] = counts;
    return { value, signature: signature(input), hypothesisLength, referenceLength };
  },
  itemwise: { item: { en: 'sentence', es: 'frase' }, statistics, finish },
});
