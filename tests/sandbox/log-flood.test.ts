import { describe, expect, it } from 'vitest';
import { expectFailure } from './expect-failure.ts';
import { batch, levelsHere, modelOf, predictOnce, withChild } from './run-child.ts';

describe.each(await levelsHere())('what a child writes to its log at level $level', (level) => {
  it('ends the run above a hard cap', async () => {
    await expectFailure(() => predictOnce(level, 'log-flood'), 'log-limit', { limit_kb: 65_536 });
  });

  it('ends the run above the cap of its task', async () => {
    const limits = { wall_ms: 30_000, memory_mb: 512, artifact_mb: 10, log_kb: 100 };
    const run = () => predictOnce(level, 'log-flood', { limits });
    await expectFailure(run, 'log-limit', { limit_kb: 100 });
  });

  it('is kept in its first part, without control bytes', async () => {
    const log = await withChild(level, 'log-some', async (session) => {
      await modelOf(session).predict(batch(1, 2, 3, 4));
      await session.close();
      return session.log();
    });
    expect(log.text).toContain('loss \ufffd[31m0.5\ufffd[0m\ufffd\n');
    expect(log.text.length).toBeLessThanOrEqual(64 * 1024);
    expect(log.truncated).toBe(true);
  });
});
