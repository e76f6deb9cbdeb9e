/** Kernel limits per process, set by util-linux's prlimit between the host and the child. */
import { accessSync, constants } from 'node:fs';
import { cpuSeconds } from './launch.ts';
import type { LaunchSpec } from './launch.ts';
import { ownThreads } from './uid.ts';

const MIB = 1 << 20;
/** What Node and an engine map beside the memory they use; less stops them from starting. */
const DATA_SLACK_MB = 1536;
/** Threads of one run where no cgroup counts them. */
export const MAX_THREADS = 256;

function findProgram(name: string): string | null {
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']) {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return `${folder}/${name}`;
    } catch {
      // Look in the next folder.
    }
  }
  return null;
}

export const programs = {
  bwrap: () => findProgram('bwrap'),
  prlimit: () => findProgram('prlimit'),
  setpriv: () => findProgram('setpriv'),
  ldd: () => findProgram('ldd'),
} as const;

export interface RlimitOptions {
  /** The child has a uid of its own. */
  readonly ownUid: boolean;
  /** No cgroup counts the memory of the tree. */
  readonly capData: boolean;
  /** Bytes of the largest file that is made before the child starts. */
  readonly largestFile?: number;
}

/**
 * Arguments of prlimit, `--` included. RLIMIT_DATA and not RLIMIT_AS: WebAssembly reserves address
 * space that it never uses, and Node gives up its fast memory checks when that is capped.
 */
export function prlimitArguments(
  spec: Omit<LaunchSpec, 'entry'>,
  options: RlimitOptions,
): string[] {
  // Where a cgroup counts, it has to be the first to refuse: it tells afterwards that it did.
  const threads = options.capData
    ? (spec.processes ?? MAX_THREADS)
    : Math.max(MAX_THREADS, 2 * (spec.processes ?? 0));
  return [
    '--core=0',
    '--nofile=256',
    `--fsize=${Math.max(256 * MIB, options.largestFile ?? 0)}`,
    '--memlock=65536',
    '--msgqueue=0',
    // At the first a process is told, and may not mind; at the second it is killed.
    `--cpu=${cpuSeconds(spec)}:${cpuSeconds(spec) + 2}`,
    // The kernel counts a user's threads, and the child shares our user unless it has its own.
    `--nproc=${threads + (options.ownUid ? 0 : ownThreads())}`,
    ...(options.capData ? [`--data=${(spec.memory_mb + DATA_SLACK_MB) * MIB}`] : []),
    '--',
  ];
}
