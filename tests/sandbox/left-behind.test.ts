import { describe, expect, it } from 'vitest';
import { startTime } from '../../sandbox/isolation/process-tree.ts';
import { levelsHere, predictOnce } from './run-child.ts';

describe.each(await levelsHere())(
  'a process that a child leaves behind at level $level',
  (level) => {
    it('does not outlive the run, where it could be started at all', async () => {
      const [output] = await predictOnce(level, 'daemon');
      const pid = Number(output?.data[0]);
      if (level.level === 'process') {
        expect(pid).toBeGreaterThan(0);
        expect(startTime(pid)).toBeNull();
      } else expect(pid).toBe(0);
    });
  },
);
