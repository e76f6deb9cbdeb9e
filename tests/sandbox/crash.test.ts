import { describe, expect, it } from 'vitest';
import { expectFailure, failureOf } from './expect-failure.ts';
import { levelsHere, predictOnce, withChild } from './run-child.ts';

describe.each(await levelsHere())('a child that crashes at level $level', (level) => {
  it.each([
    ['abort', 'SIGABRT'],
    ['segmentation-fault', 'SIGSEGV'],
    ['exit-3', 'exit code 3'],
    ['exit-quietly', 'exit code 0'],
  ])('fails the run and names how it ended: %s', async (name, signal) => {
    await expectFailure(() => predictOnce(level, name), 'crashed', { signal });
  });

  it('is our fault, and tried again, when it never became ready', async () => {
    const failure = await failureOf(() => withChild(level, 'exit-before-ready', () => undefined));
    expect(failure).toMatchObject({ reason: 'sandbox-start', kind: 'system' });
    expect(failure.params).toEqual({ detail: 'exit code 7' });
  });

  it('reports an engine error as clean text without paths', async () => {
    const failure = await failureOf(() => predictOnce(level, 'throw'));
    expect(failure).toMatchObject({
      reason: 'engine-run',
      params: { detail: 'node …\ufffd[31m failed \ufffdBackwards' },
    });
  });
});
