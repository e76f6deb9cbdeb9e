/** The thread of `comparer.ts`: one comparison after the other. */
import { parentPort } from 'node:worker_threads';

import { getMetric } from '../../scoring/registry.ts';
import { compareEntries } from '../../scoring/statistics/compare.ts';
import type { Answer, Question } from './comparer.ts';

parentPort?.on('message', ({ id, metric, a, b, replicates, seed }: Question) => {
  let answer: Answer;
  try {
    const { name, higherIsBetter, range, ...functions } = getMetric(metric);
    const itemwise = {
      finish: (sums: ArrayLike<number>, items: number, width: number) =>
        functions.finish(sums, items, width),
    };
    const options = { seed, replicates };
    const compared = compareEntries({ name, higherIsBetter, range, itemwise }, a, b, options);
    answer = { id, compared };
  } catch (error) {
    answer = { id, error: String(error) };
  }
  parentPort?.postMessage(answer);
});
