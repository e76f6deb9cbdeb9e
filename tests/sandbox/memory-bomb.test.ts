import { describe, it } from 'vitest';
import { expectFailure } from './expect-failure.ts';
import { levelsHere, predictOnce } from './run-child.ts';

const limits = { wall_ms: 60_000, memory_mb: 256, artifact_mb: 10 };

describe.each(await levelsHere())(
  'a child that takes memory without end at level $level',
  (level) => {
    it.each(['buffer-bomb', 'heap-bomb'])('is ended for its memory: %s', async (name) => {
      await expectFailure(() => predictOnce(level, name, { limits }), 'memory-limit', {
        limit_mb: 256,
      });
    });
  },
);
