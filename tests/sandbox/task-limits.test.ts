import { describe, expect, it } from 'vitest';
import { expectFailure, failureOf } from './expect-failure.ts';
import { levelsHere, predictOnce } from './run-child.ts';

const LIMITS = { wall_ms: 60_000, memory_mb: 512, artifact_mb: 10 };

describe.each(await levelsHere())('a limit that a task sets, at level $level', (level) => {
  it('ends a run that uses too much processor time, long before the wall clock does', async () => {
    const limits = { ...LIMITS, cpu_ms: 2000 };
    const run = () => predictOnce(level, 'loop-at-predict', { limits });
    await expectFailure(run, 'cpu-limit', { limit_s: 2 });
  });

  it('ends a run that returns too much', async () => {
    const limits = { ...LIMITS, output_mb: 1 };
    const run = () => predictOnce(level, 'large-output', { limits });
    await expectFailure(run, 'output-limit', { limit_mb: 1 });
  });

  it('ends a run that wants too many threads', async () => {
    const limits = { ...LIMITS, processes: 40 };
    const failure = await failureOf(() => predictOnce(level, 'thread-bomb', { limits }));
    // Without a cgroup nobody counts what was refused: the run only ends like any other that breaks.
    if (level.level === 'full') {
      expect(failure).toMatchObject({ code: 'PROCESS_LIMIT', params: { limit: 40 } });
    } else expect(failure.kind).toBe('submission');
  });
});
