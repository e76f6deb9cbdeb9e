/** Facts about running processes, from /proc. Everywhere else than on Linux they are simply unknown. */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The process and all its living descendants; just the process itself where /proc cannot tell. */
export function processTree(pid: number): number[] {
  const tree = [pid];
  for (let index = 0; index < tree.length; index++) {
    const folder = `/proc/${String(tree[index])}/task`;
    let threads: string[];
    try {
      threads = readdirSync(folder);
    } catch {
      continue;
    }
    for (const thread of threads) {
      const children = read(`${folder}/${thread}/children`)?.trim();
      if (children) tree.push(...children.split(' ').map(Number));
    }
  }
  return tree;
}

/**
 * Bytes of one process now and at its highest, swap and page tables included: untouched address space has
 * tables, too. Null when it is gone or unknown.
 */
export function residentMemory(pid: number): { now: number; peak: number } | null {
  const status = read(`/proc/${String(pid)}/status`);
  const bytes = (key: string) => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'mu').exec(status ?? '')?.[1];
    return found === undefined ? null : Number(found) * 1024;
  };
  const [now, peak] = [bytes('VmRSS'), bytes('VmHWM')];
  if (now === null || peak === null) return null;
  const beside = (bytes('VmSwap') ?? 0) + (bytes('VmPTE') ?? 0);
  return { now: now + beside, peak: peak + beside };
}

/**
 * When the process started, in clock ticks since boot: with its number, the name of one process for
 * ever. Null when it has gone, which includes one that has ended and only waits for its parent.
 */
export function startTime(pid: number): string | null {
  // "pid (name) state ppid …": the name may hold anything, so count from its last parenthesis.
  const fields = /\) (.*)$/su.exec(read(`/proc/${String(pid)}/stat`) ?? '')?.[1]?.split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X'
    ? null
    : (fields[19] ?? null);
}

/** Processes by number, each with its start time, so that a number used again is not mistaken. */
export type Members = Map<number, string>;

/** The living members of a tree, added to those seen before. */
export function membersOf(pid: number, seen: Members = new Map()): Members {
  for (const member of processTree(pid)) {
    const start = startTime(member);
    if (start !== null) seen.set(member, start);
  }
  return seen;
}

export function stillAlive(members: Members): number[] {
  return [...members].filter(([pid, start]) => startTime(pid) === start).map(([pid]) => pid);
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has already gone.
  }
}

/** Kills what `alive` lists, again and again, until it lists nothing. */
export async function killAll(alive: () => readonly number[], patience_ms = 5000): Promise<void> {
  const deadline = performance.now() + patience_ms;
  for (let wait = 1; ; wait = Math.min(wait * 2, 20)) {
    const pids = alive();
    if (pids.length === 0) return;
    pids.forEach(killProcess);
    if (performance.now() > deadline) throw new Error(`processes ${pids.join(', ')} do not end`);
    await sleep(wait);
  }
}
