/** Watches the resident memory of a process tree where no cgroup does it. */
import { membersOf, residentMemory, stillAlive } from './process-tree.ts';
import type { Members } from './process-tree.ts';

/** A poll costs 0.1 to 4 ms, so the next one comes when a fast bomb could have reached the limit. */
const POLL_MS = { shortest: 5, longest: 50 };
/** Bytes a millisecond: as fast as pages are touched. */
const FASTEST = 10e6;

export interface MemoryWatch {
  /** Highest sum seen, in bytes; a single process counts with the kernel's own high-water mark. */
  peak(): number | null;
  /** Every process of the tree that was ever seen. */
  members(): Members;
  stop(): void;
}

/** @param limit bytes of the whole tree; `onExceeded` is called once when it is passed. */
export function watchMemory(pid: number, limit: number, onExceeded: () => void): MemoryWatch {
  const members: Members = new Map();
  let peak: number | null = null;
  let exceeded = false;

  /** @returns bytes that the tree may still take. */
  const poll = (): number => {
    let sum = 0;
    let highest = 0;
    for (const member of stillAlive(membersOf(pid, members))) {
      const memory = residentMemory(member);
      if (memory === null) continue;
      sum += memory.now;
      highest = Math.max(highest, memory.peak);
    }
    if (highest > 0) peak = Math.max(peak ?? 0, sum, highest);
    if (sum > limit && !exceeded) {
      exceeded = true;
      onExceeded();
    }
    return exceeded ? Infinity : limit - sum;
  };
  let stopped = false;
  const look = () => {
    const { shortest, longest } = POLL_MS;
    const wait = Math.min(longest, Math.max(shortest, poll() / FASTEST));
    // What is told of the limit may stop the watch.
    if (!stopped) timer = setTimeout(look, wait);
  };
  let timer = setTimeout(look, POLL_MS.shortest);
  return {
    peak() {
      if (!stopped) poll();
      return peak;
    },
    members: () => members,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
