import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findHierarchies } from '../../sandbox/isolation/cgroup.ts';
import { processTree } from '../../sandbox/isolation/process-tree.ts';
import { detectAfresh } from '../../sandbox/isolation/detect.ts';
import { expectFailure, failureOf } from '../sandbox/expect-failure.ts';
import { SHORT, batch, modelOf, predictOnce, withChild } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const levels = await walledLevels();

/** Folders of runs in the cgroups of this machine. */
function runFolders(): string[] {
  const { v1, v2 } = findHierarchies(
    readFileSync('/proc/self/cgroup', 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  return [...v1.values(), ...(v2 === null ? [] : [v2])].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith('certamen-'))
      .map((name) => path.join(folder, name)),
  );
}

/** What runs may have of the processor, beside 1 of everything else. */
function cpuShares(): number[] {
  const everythingElse: Record<string, number> = { 'cpu.shares': 1024, 'cpu.weight': 100 };
  return runFolders().flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => Object.hasOwn(everythingElse, name))
      .map(
        (name) =>
          Number(readFileSync(path.join(folder, name), 'utf8')) / Number(everythingElse[name]),
      ),
  );
}

describe.each(levels)('limits at level $level', (level) => {
  const limits = { wall_ms: 60_000, memory_mb: 256, artifact_mb: 10 };

  it.each(['loop-at-load', 'stop-itself'])('end a child by the wall clock: %s', async (name) => {
    await expectFailure(() => predictOnce(level, name, { limits: SHORT }), 'time-limit');
  });

  it.each(['buffer-bomb', 'heap-bomb'])('end a child for its memory: %s', async (name) => {
    let peak: number | null = null;
    const run = () =>
      withChild(
        level,
        name,
        async (session) => {
          const pending = modelOf(session).predict(batch(1, 2, 3, 4));
          await pending.finally(async () => {
            await session.close();
            peak = session.peakMemory();
          });
        },
        { limits },
      );
    await expectFailure(run, 'memory-limit');
    // A watchdog comes a moment late. Without it only the kernel's cap would be left, at seven times this.
    expect(peak).toBeGreaterThan(128 << 20);
    expect(peak).toBeLessThan(768 << 20);
  });

  it('leave the processor to the web server first', async () => {
    await withChild(level, 'echo', async (session) => {
      await modelOf(session).predict(batch(1, 2, 3, 4));
      const children = processTree(process.pid).filter((pid) => pid !== process.pid);
      expect(children).not.toEqual([]);
      expect(children.map((pid) => getPriority(pid))).toEqual(children.map(() => 10));
      if (level.level === 'full') expect(new Set(cpuShares())).toEqual(new Set([0.25]));
    });
  });

  it('bound what can be written', async () => {
    const [output] = await predictOnce(level, 'fill-tmp', { limits });
    const bytes = Number(output?.data[0]);
    if (level.level === 'full') expect(bytes).toBeGreaterThan(32 << 20);
    expect(bytes).toBeLessThanOrEqual(level.level === 'full' ? 64 << 20 : 0);
  });

  it('bound names of files, which are memory of the kernel', async () => {
    const failure = await failureOf(() => predictOnce(level, 'make-folders', { limits }));
    expect(failure.reason).toBe(level.level === 'full' ? 'memory-limit' : 'engine-run');
  });

  it('end a flood of threads as the fault of the submission', async () => {
    const failure = await failureOf(() => predictOnce(level, 'thread-bomb', { limits }));
    expect(failure.kind).toBe('submission');
  });

  it('leave neighbours alone that run beside a hostile child', async () => {
    const bomb = failureOf(() => predictOnce(level, 'buffer-bomb', { limits }));
    const honest = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        withChild(level, 'slow-echo', async (session) => {
          const [output] = await modelOf(session).predict(batch(n, 0, 0, 0));
          return output?.data[0];
        }),
      ),
    );
    expect(honest).toEqual([1, 2, 3, 4]);
    expect((await bomb).reason).toBe('memory-limit');
  });

  it('leave no cgroup behind', async () => {
    await predictOnce(level, 'echo');
    expect(
      runFolders().filter((folder) => folder.includes(`certamen-${String(process.pid)}-`)),
    ).toEqual([]);
  });
});

describe('cgroups of a worker that was killed', () => {
  it('are removed when the next one starts', async () => {
    const script = path.join(import.meta.dirname, '../sandbox/fixtures/host-process.ts');
    const host = spawn(process.execPath, [script, 'best', 'echo'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(host.stdout, 'data');
    const ofHost = () => runFolders().filter((folder) => folder.includes(`-${String(host.pid)}-`));
    if (levels.some(({ level }) => level === 'full')) expect(ofHost()).not.toEqual([]);
    host.kill('SIGKILL');
    await once(host, 'exit');
    await detectAfresh();
    // On a busy machine what ran in them takes a moment to end.
    await vi.waitFor(() => expect(ofHost()).toEqual([]), 10_000);
  });
});
