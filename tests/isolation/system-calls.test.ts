import { describe, expect, it } from 'vitest';
import type { RawCall } from '../../sandbox/isolation/call-probe.ts';
import { SCRATCH_ADDRESS } from '../../sandbox/isolation/call-probe.ts';
import { rawCalls, refusedCalls } from '../../sandbox/isolation/probe.ts';
import { walledLevels } from './levels.ts';

/** One instruction: RET ALLOW. */
const OPEN_FILTER = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);

describe.each(await walledLevels())('system calls at level $level', ({ level, bubblewrap }) => {
  it('are refused with their error when they lead outside', async () => {
    const calls = refusedCalls(level === 'full');
    const results = await rawCalls(bubblewrap, calls);
    const named = (values: readonly number[]) =>
      calls.map(({ name }, index) => `${name}: ${String(values[index])}`);
    expect(named(results)).toEqual(named(calls.map(({ errno }) => -errno)));
  });

  it('would reach the kernel without the filter', async () => {
    const calls: RawCall[] = [
      { name: 'socket', number: 41, args: [1, 1] },
      { name: 'memfd_create', number: 319, args: [SCRATCH_ADDRESS, 0] },
      { name: 'personality', number: 135, args: [0xffffffff] },
      { name: 'shmget', number: 29, args: [0, 4096, 0o1600] },
      { name: 'fork', number: 57, args: [], copies: true },
    ];
    const results = await rawCalls(bubblewrap, calls, OPEN_FILTER);
    expect(results).toHaveLength(calls.length);
    for (const result of results) expect(result).toBeGreaterThanOrEqual(0);
  });

  it('cannot make namespaces even without the filter', async () => {
    const calls = [
      { name: 'unshare user', number: 272, args: [0x10000000] },
      { name: 'unshare net', number: 272, args: [0x40000000] },
      { name: 'unshare mount', number: 272, args: [0x20000] },
    ];
    for (const result of await rawCalls(bubblewrap, calls, OPEN_FILTER))
      expect(result).toBeLessThan(0);
  });

  it('of the x32 table end the program', async () => {
    const calls = [{ name: 'getpid, x32', number: 0x40000027, args: [] }];
    expect(await rawCalls(bubblewrap, calls)).toEqual([]);
  });

  it('still serve what engines do', async () => {
    const calls = [
      { name: 'getpid', number: 39, args: [] },
      { name: 'getuid', number: 102, args: [] },
      { name: 'mmap', number: 9, args: [0, 4096, 3, 0x22, -1, 0] },
      { name: 'eventfd2', number: 290, args: [0, 0] },
      { name: 'epoll_create1', number: 291, args: [0] },
      { name: 'thread', number: 56, args: [0x50f00], copies: true },
    ];
    const results = await rawCalls(bubblewrap, calls);
    expect(results).toHaveLength(calls.length);
    expect(results[1]).toBe(1000);
    for (const result of results) expect(result).toBeGreaterThan(0);
  });

  it('stop making threads at the cap', async () => {
    const threads = Array.from({ length: 400 }, () => ({
      name: 'thread',
      number: 56,
      args: [0x50f00],
      copies: true,
    }));
    const started = (await rawCalls(bubblewrap, threads)).filter((result) => result > 0).length;
    expect(started).toBeGreaterThan(20);
    expect(started).toBeLessThan(level === 'full' ? 64 : 257);
  });
});
