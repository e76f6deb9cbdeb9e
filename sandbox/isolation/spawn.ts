/** The part of starting and ending a child that all levels share. */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setPriority } from 'node:os';
import type { Exit, Launched } from './launch.ts';
import { watchMemory } from './memory-watch.ts';
import { killAll, killProcess, membersOf, stillAlive } from './process-tree.ts';

/** What a cgroup adds to a launch; without one the watchdog alone counts memory. */
export interface MemoryAccount {
  peak(): number | null;
  /** Processes that the kernel killed for their memory. */
  oomKills(): number;
  /** Processes and threads that were refused because there were too many. */
  refusedForks(): number;
  /** Living processes of the run. */
  pids(): readonly number[];
  /** Removes the account once its processes are gone. */
  remove(): Promise<void>;
}

export interface SpawnPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Written to descriptors 4, 5, … and closed, once `onSpawned` has returned. */
  readonly extraInputs: readonly Uint8Array[];
  readonly uid: number | null;
  readonly memory_mb: number;
  /** The child leads a process group that is to be killed as one. */
  readonly ownGroup: boolean;
  /** Called as soon as there is a pid, before the extra inputs are written. */
  readonly onSpawned: (pid: number) => MemoryAccount | null;
  /** Called when the tree is gone. */
  readonly onGone: () => void;
}

/**
 * Submissions wait for the processor, never the pages: beside as many busy children as there may be, the
 * web server is served first.
 */
const NICENESS = 10;

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already, which its exit will tell.
  }
}

const DRAIN_MS = 500;
/** How often the kernel's count of memory kills is read; a kill may leave the parent alive. */
const OOM_POLL_MS = 50;

/**
 * Descriptors that a child of ours would inherit: Node opens everything close-on-exec, but this process
 * may itself have been given some that are not.
 */
function inheritableDescriptors(): number[] {
  const CLOSE_ON_EXEC = 0o2000000;
  let entries: string[];
  try {
    entries = readdirSync('/proc/self/fdinfo');
  } catch {
    return [];
  }
  return entries.map(Number).filter((fd) => {
    if (fd <= 2) return false;
    try {
      const flags = /^flags:\s+(\d+)$/mu.exec(
        readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'utf8'),
      );
      return flags !== null && (Number.parseInt(flags[1] as string, 8) & CLOSE_ON_EXEC) === 0;
    } catch {
      // The descriptor of the listing itself.
      return false;
    }
  });
}

/** Spawns with /dev/null in the place of every descriptor that would be inherited by mistake. */
function spawnCovered(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
  wanted: readonly ('ignore' | 'pipe')[],
): ChildProcess {
  const stdio: ('ignore' | 'pipe' | number)[] = [...wanted];
  const stray = inheritableDescriptors().filter((fd) => fd >= wanted.length);
  if (stray.length === 0) return spawn(command, args, { ...options, stdio });
  const nothing = openSync('/dev/null', 'r');
  try {
    for (const fd of stray) {
      while (stdio.length < fd) stdio.push('ignore');
      stdio[fd] = nothing;
    }
    return spawn(command, args, { ...options, stdio });
  } finally {
    closeSync(nothing);
  }
}

export function launch(plan: SpawnPlan): Launched {
  const child = spawnCovered(
    plan.command,
    plan.args,
    {
      cwd: '/',
      env: plan.env,
      detached: plan.ownGroup,
      ...(plan.uid === null ? {} : { uid: plan.uid, gid: plan.uid }),
    },
    ['ignore', 'pipe', 'pipe', 'pipe', ...plan.extraInputs.map(() => 'pipe' as const)],
  );
  const { pid } = child;
  let spawnError: Error | null = null;
  child.on('error', (error) => (spawnError = error));
  if (pid === undefined) {
    plan.onGone();
    throw new Error(`cannot start ${plan.command}`, { cause: spawnError });
  }

  lowerPriority(pid);
  // A broken pipe only says that the child has ended, which `exited` tells better.
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
    // Output is read to its end first, unless a process left behind keeps the pipes open.
    child.on('exit', (code, signal) => {
      setTimeout(() => resolve({ code, signal }), DRAIN_MS).unref();
    });
  });

  let account: MemoryAccount | null;
  try {
    account = plan.onSpawned(pid);
  } catch (error) {
    killProcess(pid);
    void exited.then(plan.onGone);
    throw error;
  }
  for (const [index, bytes] of plan.extraInputs.entries()) {
    (child.stdio[4 + index] as Socket).end(bytes);
  }

  let outOfMemory = false;
  const callbacks: (() => void)[] = [];
  const reportOutOfMemory = () => {
    if (outOfMemory) return;
    outOfMemory = true;
    for (const callback of callbacks) callback();
  };
  // Where a cgroup counts, the watchdog would count pages twice that processes share.
  const watch =
    account === null ? watchMemory(pid, plan.memory_mb * 2 ** 20, reportOutOfMemory) : null;
  const checkOomKills = () => {
    if (account !== null && account.oomKills() > 0) reportOutOfMemory();
  };
  const oomTimer = account === null ? null : setInterval(checkOomKills, OOM_POLL_MS);
  const highest = () => (account ?? watch)?.peak() ?? null;

  const finish = async () => {
    peak = highest();
    checkOomKills();
    processesRefused = (account?.refusedForks() ?? 0) > 0;
    // A process that is ending has left its cgroup already, so the tree is remembered too.
    const tree = watch?.members() ?? membersOf(pid);
    watch?.stop();
    if (oomTimer !== null) clearInterval(oomTimer);
    if (plan.ownGroup) killProcess(-pid);
    killProcess(pid);
    await killAll(() => [...new Set([...(account?.pids() ?? []), ...stillAlive(tree)])]);
    await exited;
    await account?.remove();
    plan.onGone();
  };
  let peak: number | null = null;
  let processesRefused = false;
  let ending: Promise<void> | null = null;

  return {
    pid,
    pipe: child.stdio[3] as Socket,
    stdout: child.stdout as Socket,
    stderr: child.stderr as Socket,
    exited,
    peakMemory: () => (ending === null ? highest() : peak),
    outOfMemory() {
      if (ending === null) checkOomKills();
      return outOfMemory;
    },
    processesRefused: () =>
      ending === null ? (account?.refusedForks() ?? 0) > 0 : processesRefused,
    onOutOfMemory(callback) {
      if (outOfMemory) callback();
      else callbacks.push(callback);
    },
    end: () => (ending ??= finish()),
  };
}
