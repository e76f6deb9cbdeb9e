import { describe, expect, it } from 'vitest';
import { predictOnce } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

describe.each(await walledLevels())('a note that a run leaves at level $level', (level) => {
  it('is gone in the next one', async () => {
    for (let run = 0; run < 2; run++) {
      const [output] = await predictOnce(level, 'leave-notes');
      const [earlier, left, looked] = output?.data ?? [];
      expect(earlier).toBe(0);
      // The private /tmp, where there is one.
      expect(left).toBe(level.level === 'full' ? 1 : 0);
      expect(looked).toBeGreaterThan(20);
    }
  });
});
