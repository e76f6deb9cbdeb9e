import { describe, expect, it } from 'vitest';

import { makeMirroredAxis, tickDigits } from '../../../server/presenters/axis.ts';
import { defaultPair, oddsText, presentComparison } from '../../../server/presenters/comparison.ts';
import type { Comparison } from '../../../server/services/comparisons.ts';
import type { CompetitionView, PhaseView } from '../../../server/services/competitions.ts';
import type { BoardRow } from '../../../server/services/leaderboards.ts';
import type { Language } from '../../../views/language.ts';

function entry(id: string, value: number): Comparison['a'] {
  return {
    entry_id: id,
    kind: 'entry',
    name: { en: id, es: id },
    own: false,
    rank: 1,
    value,
    interval: { low: value - 0.02, high: value + 0.02 },
  };
}

/** Ada makes 8 % errors and Eve 10 %. */
const CLEAR: Comparison = {
  split: 'public',
  metric: 'top1_error',
  higher_is_better: false,
  items: 1000,
  a: entry('Ada', 0.08),
  b: entry('Eve', 0.1),
  difference: -0.02,
  interval: { low: -0.033, high: -0.007 },
  p_value: 0.0021,
  test: 'mcnemar-exact',
  discordant: { only_a: 30, only_b: 10 },
  verdict: 'a-better',
  replicates: 1000,
};

function result(comparison: Partial<Comparison>, language: Language = 'en') {
  const phase = { slug: 'open', shown_splits: ['public'], public_split: 'public' } as unknown;
  const competition = { slug: 'digits', phases: [phase] } as unknown;
  const page = presentComparison(language, competition as CompetitionView, phase as PhaseView, {
    query: { split: 'public', metric: 'top1_error', a: 'Ada', b: 'Eve' },
    rows: [],
    metrics: [],
    problem: null,
    comparison: { ...CLEAR, ...comparison },
  });
  if (page.result === null) throw new Error('nothing was compared');
  return { page, ...page.result };
}

const plain = (sentences: readonly string[]) =>
  sentences.map((text) => text.replaceAll('\u00a0', ' '));

describe('the answer of a comparison', () => {
  it('says yes, by how much, and how seldom luck does that', () => {
    const { question, answer, look, sentences } = result({});
    expect([question, answer, look]).toEqual(['Is Ada better than Eve?', 'Yes', 'yes']);
    expect(plain(sentences)).toEqual([
      'On the same 1,000 items, Ada is 2.00 percentage points ahead of Eve.',
      'They differ only where one of them is right: Ada alone 30 times, Eve alone 10 times.',
      'Measured on other items of this kind, the lead would likely lie between 0.70 and 3.30 percentage points.',
      'If both were equally good, luck alone would make a difference this large about 2 times in 1,000 tests.',
    ]);
  });

  it('says who is better instead, from the side of that one', () => {
    const { answer, look, sentences } = result({
      ...{ a: CLEAR.b, b: CLEAR.a, difference: 0.02, verdict: 'b-better' },
      interval: { low: 0.007, high: 0.033 },
    });
    expect([answer, look]).toEqual(['No, Ada is better', 'no']);
    expect(plain(sentences)[0]).toContain('Ada is 2.00 percentage points ahead of Eve');
    expect(plain(sentences)[2]).toContain('between 0.70 and 3.30 percentage points');
  });

  it('says that nobody can tell, and how far it could be to either side', () => {
    const { answer, look, sentences } = result({
      ...{ difference: -0.005, p_value: 0.38, verdict: 'no-difference' },
      interval: { low: -0.016, high: 0.006 },
    });
    expect([answer, look]).toEqual(['Nobody can tell from these data', 'unclear']);
    expect(plain(sentences).slice(2)).toEqual([
      'Measured on other items of this kind, Ada could be up to 1.60 percentage points ahead, or Eve up to 0.60 percentage points.',
      'If both were equally good, luck alone would make a difference this large about 38 times in 100 tests: too often to call it proof.',
    ]);
  });

  it('says that two answer alike', () => {
    const alike = result({ difference: 0, interval: { low: 0, high: 0 }, verdict: 'identical' });
    expect(alike.look).toBe('unclear');
    expect(alike.sentences).toHaveLength(1);
    expect(alike.gap.whisker.dot).toBe(alike.gap.zero);
  });

  it('turns with the direction of the metric', () => {
    const { sentences } = result({
      ...{ metric: 'psnr', higher_is_better: true, discordant: null, difference: 0.5 },
      interval: { low: 0.2, high: 0.8 },
    });
    expect(plain(sentences)[0]).toContain('Ada is 0.50 dB ahead of Eve');
    expect(sentences).toHaveLength(3);
  });

  it('is said in Spanish too', () => {
    const { question, answer, sentences } = result({}, 'es');
    expect([question, answer]).toEqual(['¿Es Ada mejor que Eve?', 'Sí']);
    expect(plain(sentences)[0]).toBe(
      'En los mismos 1000 elementos, Ada aventaja a Eve en 2,00 puntos porcentuales.',
    );
  });

  it('is drawn with the lead of A to the right', () => {
    const { gap } = result({});
    const at = (text: string | null) => Number.parseFloat(text ?? '');
    expect(at(gap.whisker.from)).toBeGreaterThan(at(gap.zero));
    expect(at(gap.whisker.dot)).toBeGreaterThan(at(gap.whisker.from));
    expect([gap.left, gap.right]).toEqual(['Eve better', 'Ada better']);
    const labels = gap.axis.ticks.map(({ label }) => label);
    expect(labels).toEqual(labels.toReversed());
  });
});

describe('oddsText', () => {
  it.each([
    [0.5, '50 times in 100 tests'],
    [0.02, '2 times in 100 tests'],
    [0.012, '12 times in 1,000 tests'],
    [0.0021, '2 times in 1,000 tests'],
    [0.0004, '4 times in 10,000 tests'],
    [0.0001, 'once in 10,000 tests'],
    [1e-9, 'less than once in 10,000 tests'],
    [1, '100 times in 100 tests'],
  ])('writes %d as %s', (probability, text) => {
    expect(oddsText('en', probability)).toBe(text);
  });
});

describe('the pair to start with', () => {
  const row = (entry_id: string | null, own = false) => ({ entry_id, own }) as BoardRow;

  it('is the own entry against the best of the others', () => {
    const rows = [row(null), row('first'), row('second'), row('mine', true)];
    expect(defaultPair(rows)).toEqual({ a: 'mine', b: 'first' });
  });

  it('is the first against the second for anybody else', () => {
    expect(defaultPair([row('first'), row(null), row('second')])).toEqual({
      a: 'first',
      b: 'second',
    });
    expect(defaultPair([row('first')])).toEqual({ a: 'first', b: null });
    expect(defaultPair([])).toEqual({ a: null, b: null });
  });
});

describe('an axis around zero', () => {
  it('reaches as far to both sides, with round ticks', () => {
    const { low, high, ticks } = makeMirroredAxis(0.033);
    expect([low, high]).toEqual([-0.04, 0.04]);
    expect(ticks).toEqual([-0.04, -0.02, 0, 0.02, 0.04]);
  });

  it('has room where nothing differs', () => {
    const { low, high } = makeMirroredAxis(0);
    expect(low).toBeLessThan(0);
    expect(high).toBe(-low);
  });
});

describe('tickDigits', () => {
  it('is as few decimals as the ticks need', () => {
    expect(tickDigits({ low: 0, high: 1, ticks: [0, 0.5, 1] })).toBe(1);
    expect(tickDigits({ low: 0, high: 0.05, ticks: [0, 0.025, 0.05] }, 100)).toBe(1);
    expect(tickDigits({ low: 0, high: 20, ticks: [0, 10, 20] })).toBe(0);
  });
});
