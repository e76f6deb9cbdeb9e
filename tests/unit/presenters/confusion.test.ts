import { describe, expect, it } from 'vitest';

import { presentConfusion } from '../../../server/presenters/confusion.ts';

const CLASSES = ['cat', 'dog', 'eel'];
//             cat dog eel
const COUNTS = [8, 2, 0, 1, 1_250, 3, 0, 0, 0];

describe('presentConfusion', () => {
  it('lists the mistakes, most frequent first, and the share of each class', () => {
    const model = presentConfusion('en', COUNTS, CLASSES, 'public');
    expect(model.pairs).toEqual([
      { text: 'dog taken for eel', times: '3 times' },
      { text: 'cat taken for dog', times: '2 times' },
      { text: 'dog taken for cat', times: '1 time' },
    ]);
    expect(model.table.map(({ name, wrong }) => [name, wrong])).toEqual([
      ['cat', '20.0\u202f%'],
      ['dog', '0.3\u202f%'],
      ['eel', '–'],
    ]);
    expect(model.table[1]?.counts).toEqual(['1', '1,250', '3']);
  });

  it('draws rows as true classes and columns as guesses', () => {
    const { drawing } = presentConfusion('en', COUNTS, CLASSES, 'public');
    const cell = drawing?.cells.find(({ title }) => title === 'dog taken for eel: 3 times');
    expect(cell?.x).toBeGreaterThan(drawing?.columns[1]?.x ?? Infinity);
    expect(cell?.y).toBeLessThan(drawing?.rows[1]?.y ?? 0);
    expect(Number(cell?.opacity)).toBeCloseTo(0.9);
    expect(drawing?.cells.filter(({ is_diagonal }) => is_diagonal)).toHaveLength(3);
    expect(drawing?.cells.map(({ count }) => count)).toContain('1,250');
  });

  it('draws nothing beyond 20 classes and still names the pairs', () => {
    const classes = Array.from({ length: 21 }, (_, k) => `c${k}`);
    const counts = new Array<number>(21 * 21).fill(0);
    counts[1] = 5;
    const model = presentConfusion('es', counts, classes, 'public');
    expect(model.drawing).toBeNull();
    expect(model.pairs).toEqual([{ text: 'c0 tomado por c1', times: '5 veces' }]);
  });

  it('refuses counts that are no square of the classes', () => {
    expect(() => presentConfusion('en', [1, 2, 3], CLASSES, 'public')).toThrow(RangeError);
  });
});
