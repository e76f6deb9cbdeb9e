import { expect, it } from 'vitest';

import { mersenneTwister } from '../../../../scoring/image/mersenne-twister.ts';

/** The first and the 10,000th output for the seed 5489, as the C++ standard states for mt19937. */
it('gives the stream of the standard', () => {
  const next = mersenneTwister(5489);
  const outputs = Array.from({ length: 10_000 }, () => next());
  expect(outputs[0]).toBe(3_499_211_612);
  expect(outputs[9999]).toBe(4_123_659_995);
});
