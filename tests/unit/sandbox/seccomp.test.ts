import { describe, expect, it } from 'vitest';
import {
  ENOSYS,
  EPERM,
  REFUSED_CALLS,
  UNKNOWN_CALLS,
  seccompFilter,
} from '../../../sandbox/isolation/seccomp.ts';
import type { Architecture } from '../../../sandbox/isolation/seccomp.ts';

const AUDIT_ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ALLOW = 'allow';
const KILL = 'kill';

interface Call {
  readonly nr: number;
  readonly args?: readonly number[];
  readonly arch?: number;
}

/** Runs a classic BPF program over one `struct seccomp_data`, as the kernel would. */
function decide(filter: Uint8Array, architecture: Architecture, call: Call): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.nr >>> 0, 0);
  data.writeUInt32LE(call.arch ?? AUDIT_ARCH[architecture], 4);
  for (const [index, value] of (call.args ?? []).entries())
    data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index);
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const code = program.getUint16(at * 8, true);
    const k = program.getUint32(at * 8 + 4, true);
    const jump = (yes: boolean) => (at += program.getUint8(at * 8 + (yes ? 2 : 3)));
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) jump(accumulator === k);
    else if (code === 0x35) jump(accumulator >= k);
    else if (code === 0x25) jump(accumulator > k);
    else if (code === 0x45) jump((accumulator & k) !== 0);
    else if (code === 0x06) {
      if (k === 0x7fff0000) return ALLOW;
      if (k === 0x80000000) return KILL;
      if (k >>> 16 === 5) return `errno ${String(k & 0xffff)}`;
      throw new Error(`unknown action ${k.toString(16)}`);
    } else throw new Error(`unknown instruction ${code.toString(16)} at ${String(at)}`);
  }
}

const architectures: Architecture[] = ['x64', 'arm64'];
const CLONE = { x64: 56, arm64: 220 };
const IOCTL = { x64: 16, arm64: 29 };
const MMAP = { x64: 9, arm64: 222 };
const FCNTL = { x64: 72, arm64: 25 };
/** What glibc passes to make a thread. */
const THREAD = 0x3d0f00;
const FORK = 0x01200011;

describe.each(architectures)('the seccomp filter for %s', (architecture) => {
  const filter = seccompFilter(architecture);
  const verdict = (call: Call) => decide(filter, architecture, call);

  it('is a short program of whole instructions', () => {
    expect(filter.byteLength % 8).toBe(0);
    expect(filter.byteLength / 8).toBeLessThan(4096);
  });

  it('refuses every listed call and no other known one', () => {
    const expected = new Map<number, string>();
    for (const [calls, errno] of [
      [UNKNOWN_CALLS, ENOSYS],
      [REFUSED_CALLS, EPERM],
    ] as const)
      for (const numbers of Object.values(calls)) {
        const number = numbers[architecture];
        if (number !== null) expected.set(number, `errno ${String(errno)}`);
      }
    expected.set(CLONE[architecture], `errno ${String(EPERM)}`);
    if (architecture === 'x64')
      for (const number of [57, 58]) expected.set(number, `errno ${String(EPERM)}`);
    for (let nr = 0; nr <= 450; nr++)
      expect([nr, verdict({ nr })]).toEqual([nr, expected.get(nr) ?? ALLOW]);
  });

  it('kills calls of another architecture', () => {
    for (const arch of [0x40000003, 0x40000028, 0]) expect(verdict({ nr: 0, arch })).toBe(KILL);
  });

  it('knows no call that is newer than its table', () => {
    expect(verdict({ nr: 451 })).toBe(`errno ${String(ENOSYS)}`);
    expect(verdict({ nr: 0x3fff_ffff })).toBe(`errno ${String(ENOSYS)}`);
  });

  it('lets engines make threads, and neither processes nor namespaces', () => {
    const nr = CLONE[architecture];
    expect(verdict({ nr, args: [THREAD] })).toBe(ALLOW);
    expect(verdict({ nr, args: [FORK] })).toBe(`errno ${String(EPERM)}`);
    for (const namespace of [
      0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
    ])
      expect(verdict({ nr, args: [THREAD | namespace] })).toBe(`errno ${String(EPERM)}`);
  });

  it('lets a lane that may fork do that, still without namespaces', () => {
    const forking = seccompFilter(architecture, { mayFork: true, counted: true });
    const nr = CLONE[architecture];
    expect(decide(forking, architecture, { nr, args: [FORK] })).toBe(ALLOW);
    expect(decide(forking, architecture, { nr, args: [0x10000011] })).toBe(
      `errno ${String(EPERM)}`,
    );
    if (architecture === 'x64')
      for (const fork of [57, 58]) expect(decide(forking, architecture, { nr: fork })).toBe(ALLOW);
  });

  it('refuses memory that a process can hold and not show, where no cgroup counts it', () => {
    const counted = seccompFilter(architecture, { mayFork: true, counted: true });
    const shared = [0x21, 0x4021, 0x23].map((flags) => ({
      nr: MMAP[architecture],
      args: [0, 4096, 3, flags],
    }));
    const locks = [6, 7, 37, 38, 0x1_0000_0006].map((command) => ({
      nr: FCNTL[architecture],
      args: [3, command],
    }));
    for (const call of [...shared, ...locks]) {
      expect(verdict(call)).toBe(`errno ${String(EPERM)}`);
      expect(decide(counted, architecture, call)).toBe(ALLOW);
    }
    // A file that is shared, memory of one's own, a descriptor's flags.
    for (const call of [
      { nr: MMAP[architecture], args: [0, 4096, 1, 0x01] },
      { nr: MMAP[architecture], args: [0, 4096, 3, 0x22] },
      { nr: FCNTL[architecture], args: [3, 2, 1] },
    ])
      expect(verdict(call)).toBe(ALLOW);
  });

  it('refuses the large pages that an operator put aside', () => {
    const counted = seccompFilter(architecture, { mayFork: true, counted: true });
    const call = { nr: MMAP[architecture], args: [0, 4096, 3, 0x40022] };
    for (const each of [filter, counted])
      expect(decide(each, architecture, call)).toBe(`errno ${String(EPERM)}`);
  });

  it('refuses to hear what others do in a folder', () => {
    expect(verdict({ nr: FCNTL[architecture], args: [3, 0x402] })).toBe(`errno ${String(EPERM)}`);
  });

  it('refuses to put keys into a terminal, whatever the high bits of the request', () => {
    const nr = IOCTL[architecture];
    for (const request of [0x5412, 0x541c, 0x1_0000_5412, 0xdead_0000_541c])
      expect(verdict({ nr, args: [0, request] })).toBe(`errno ${String(EPERM)}`);
    expect(verdict({ nr, args: [0, 0x5401] })).toBe(ALLOW);
  });
});

describe('the seccomp filter for x64', () => {
  it('kills the x32 twin of every call', () => {
    for (let nr = 0; nr <= 600; nr++)
      expect(decide(seccompFilter('x64'), 'x64', { nr: 0x40000000 + nr })).toBe(KILL);
  });
});
