import { formatNumber, translate, translateCount, type Language } from '../../views/language.ts';
import { percent } from '../../views/helpers.ts';

/** Up to so many classes the matrix is drawn; beyond, the list of pairs says more. */
const MOST_DRAWN_CLASSES = 20;
const LISTED_PAIRS = 8;
const CELL = 44;
const LABEL = 48;

export interface ConfusionModel {
  readonly caption: string;
  /** Null beyond 20 classes. */
  readonly drawing: {
    readonly width: number;
    readonly height: number;
    readonly middle: number;
    readonly columns: readonly { readonly x: number; readonly text: string }[];
    readonly rows: readonly { readonly y: number; readonly text: string }[];
    readonly cells: readonly Cell[];
  } | null;
  readonly pairs: readonly { readonly text: string; readonly times: string }[];
  readonly header: readonly string[];
  readonly table: readonly {
    readonly name: string;
    readonly counts: readonly string[];
    readonly wrong: string;
  }[];
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly text_x: number;
  readonly text_y: number;
  readonly size: number;
  readonly count: string;
  readonly is_diagonal: boolean;
  readonly is_empty: boolean;
  /** 0 to 1. */
  readonly opacity: string;
  readonly is_dark: boolean;
  readonly title: string;
}

/**
 * @param counts truth x prediction, row-major, `classes.length` squared whole numbers.
 * @throws RangeError when the sizes differ.
 */
export function presentConfusion(
  language: Language,
  counts: readonly number[],
  classes: readonly string[],
  split: string,
): ConfusionModel {
  const n = classes.length;
  if (counts.length !== n * n) {
    throw new RangeError(`${counts.length} counts do not make a matrix of ${n} classes`);
  }
  const at = (truth: number, guess: number) => counts[truth * n + guess] ?? 0;
  const name = (k: number) => classes[k] ?? '';
  const mistakes = counts
    .map((count, k) => ({ count, truth: Math.floor(k / n), guess: k % n }))
    .filter(({ count, truth, guess }) => truth !== guess && count > 0);
  const worst = Math.max(1, ...mistakes.map(({ count }) => count));
  const pairText = (truth: number, guess: number) =>
    translate(language, 'submission.confused_pair', { truth: name(truth), guess: name(guess) });
  const times = (count: number) => translateCount(language, 'submission.confused_times', count);

  const cells = counts.map((count, k): Cell => {
    const truth = Math.floor(k / n);
    const guess = k % n;
    const isDiagonal = truth === guess;
    // The root lifts the rare mistakes, which are the ones that a good model makes.
    const opacity = isDiagonal ? 0 : Math.sqrt(count / worst) * 0.9;
    const x = LABEL + guess * CELL;
    const y = LABEL + truth * CELL;
    return {
      x: x + 1,
      y: y + 1,
      text_x: x + CELL / 2,
      text_y: y + CELL / 2 + 5,
      size: CELL - 2,
      count: count === 0 ? '' : formatNumber(language, count),
      is_diagonal: isDiagonal,
      is_empty: count === 0,
      opacity: opacity.toFixed(2),
      is_dark: opacity > 0.55,
      title: isDiagonal
        ? `${name(truth)}: ${formatNumber(language, count)}`
        : `${pairText(truth, guess)}: ${times(count)}`,
    };
  });
  return {
    caption: translate(language, 'submission.confusion_caption', { split }),
    drawing:
      n > MOST_DRAWN_CLASSES
        ? null
        : {
            width: LABEL + n * CELL + 2,
            height: LABEL + n * CELL + 2,
            middle: LABEL + (n * CELL) / 2,
            columns: classes.map((text, k) => ({ x: LABEL + (k + 0.5) * CELL, text })),
            rows: classes.map((text, k) => ({ y: LABEL + (k + 0.5) * CELL + 5, text })),
            cells,
          },
    pairs: mistakes
      .toSorted((a, b) => b.count - a.count || a.truth - b.truth || a.guess - b.guess)
      .slice(0, LISTED_PAIRS)
      .map(({ count, truth, guess }) => ({ text: pairText(truth, guess), times: times(count) })),
    header: classes,
    table: classes.map((text, truth) => {
      const row = classes.map((_, guess) => at(truth, guess));
      const total = row.reduce((sum, count) => sum + count, 0);
      return {
        name: text,
        counts: row.map((count) => formatNumber(language, count)),
        wrong: total === 0 ? '–' : percent(language, 1 - at(truth, truth) / total, 1),
      };
    }),
  };
}
