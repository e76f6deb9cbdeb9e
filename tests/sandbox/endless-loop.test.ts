import { describe, it } from 'vitest';
import { expectFailure } from './expect-failure.ts';
import { SHORT, levelsHere, predictOnce } from './run-child.ts';

describe.each(await levelsHere())(
  'a child that does not come to an end at level $level',
  (level) => {
    it.concurrent.each(['loop-at-load', 'loop-at-predict', 'sleep', 'stop-itself'])(
      'ends at the wall limit: %s',
      async (name) => {
        const run = () => predictOnce(level, name, { limits: SHORT });
        await expectFailure(run, 'time-limit', { limit_s: 2.5 });
      },
    );
  },
);
