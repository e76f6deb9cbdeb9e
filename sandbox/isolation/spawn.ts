/** The part of starting and ending a child that all levels share. */
import { spawn } from 'node:child_process';
import type { SpawnOptions } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Exit, Launched } from './launch.ts';
import { watchMemory } from './memory-watch.ts';
import { killAll, killProcess } from './process-tree.ts';

/** What a cgroup adds to a launch; without one the watchdog alone counts memory. */
export interface MemoryAccount {
  peak(): number | null;
  /** Processes that the kernel killed for their memory. */
  oomKills(): number;
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

const DRAIN_MS = 500;
/** How often the kernel's count of memory kills is read; a kill may leave the parent alive. */
const OOM_POLL_MS = 50;

export function launch(plan: SpawnPlan): Launched {
  const options: SpawnOptions = {
    cwd: '/',
    env: plan.env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...plan.extraInputs.map(() => 'pipe' as const)],
    detached: plan.ownGroup,
    ...(plan.uid === null ? {} : { uid: plan.uid, gid: plan.uid }),
  };
  const child = spawn(plan.command, plan.args, options);
  const { pid } = child;
  let spawnError: Error | null = null;
  child.on('error', (error) => (spawnError = error));
  if (pid === undefined) {
    plan.onGone();
    throw new Error(`cannot start ${plan.command}`, { cause: spawnError });
  }

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
    watch?.stop();
    if (oomTimer !== null) clearInterval(oomTimer);
    if (plan.ownGroup) killProcess(-pid);
    killProcess(pid);
    await killAll(() => account?.pids() ?? watch?.alive() ?? []);
    await exited;
    await account?.remove();
    plan.onGone();
  };
  let peak: number | null = null;
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
    onOutOfMemory(callback) {
      if (outOfMemory) callback();
      else callbacks.push(callback);
    },
    end: () => (ending ??= finish()),
  };
}
