import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import {
  compareInThread,
  MOST_COMPARISONS_WAITING,
  type Question,
} from '../../../server/services/comparer.ts';

const ITEMS = 1000;

/** Wrong at every so manieth item. */
const every = (step: number) => ({
  items: ITEMS,
  width: 1,
  values: Float64Array.from({ length: ITEMS }, (_, item) => (item % step === 0 ? 1 : 0)),
});
const question = (seed: number): Omit<Question, 'id'> => ({
  ...{ metric: 'top1_error', a: every(10), b: every(5), seed },
  replicates: 2000,
});

describe('comparisons in a thread', () => {
  it('leave the server free to answer others meanwhile', async () => {
    let turns = 0;
    const state = { done: false };
    const compared = compareInThread('free', question(1)).finally(() => (state.done = true));
    for (; !state.done; turns++) await turn();
    expect(await compared).toMatchObject({ a: 0.1, b: 0.2, better: 'a', items: ITEMS });
    expect(turns).toBeGreaterThan(10);
  });

  it('are made once for the same question', async () => {
    const first = compareInThread('once', question(2));
    expect(compareInThread('once', question(2))).toBe(first);
    await first;
    expect(compareInThread('once', question(2))).toBe(first);
  });

  it('are refused while too many wait, and taken again after', async () => {
    const taken = Array.from({ length: MOST_COMPARISONS_WAITING }, (_, index) =>
      compareInThread(`waiting ${index}`, question(index)),
    );
    expect(() => compareInThread('one more', question(9))).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }) as Error,
    );
    await Promise.all(taken);
    expect(await compareInThread('one more', question(9))).toMatchObject({ better: 'a' });
  });

  it('that fail are not remembered, and end no other', async () => {
    const broken = { ...question(3), b: { ...every(5), items: 999 } };
    const other = compareInThread('beside', question(4));
    await expect(compareInThread('broken', broken)).rejects.toThrow('a comparison failed');
    expect(await other).toMatchObject({ better: 'a' });
    expect(await compareInThread('broken', question(3))).toMatchObject({ better: 'a' });
  });
});
