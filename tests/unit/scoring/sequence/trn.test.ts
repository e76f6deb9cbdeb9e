import { describe, expect, it } from 'vitest';
import { matchTrn, parseTrn } from '../../../../scoring/sequence/trn.ts';

describe('parseTrn', () => {
  it('takes the last parentheses for the id', () => {
    expect(parseTrn('(um) hello (bob-01)\n(bob-02)\n')).toEqual([
      { id: 'bob-01', text: '(um) hello ' },
      { id: 'bob-02', text: '' },
    ]);
  });

  it.each([
    ['without an id', 'hello', /line 1 does not end with \(speaker-utterance\)/],
    ['whose id has no speaker', 'hello (1)', /line 1/],
    ['with text behind the id', 'hello (a-1) there', /line 1/],
    ['with an id that stands twice', 'a (a-1)\nb (a-1)', /the id a-1 stands twice \(line 2\)/],
  ])('refuses a line %s', (_, content, message) => {
    expect(() => parseTrn(content)).toThrow(message);
  });
});

describe('matchTrn', () => {
  const one = [{ id: 'a-1', text: 'x' }];
  const two = [...one, { id: 'a-2', text: 'y' }];

  it('names the id that one side lacks', () => {
    expect(() => matchTrn(two, one)).toThrow(/the hypothesis has no utterance a-2/);
    expect(() => matchTrn(one, two)).toThrow(/the reference has no utterance a-2/);
  });
});
