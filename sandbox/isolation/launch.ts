/** What every way of starting a child offers to the host. Types and the facts shared by all levels. */
import type { Socket } from 'node:net';
import type { IsolationReport } from '../request.ts';

export interface LaunchSpec {
  /** Absolute path of the child's entry, a TypeScript module under the checkout. */
  readonly entry: string;
  readonly memory_mb: number;
  readonly wall_ms: number;
  readonly threads: number;
  /** Processor time of each process, in ms. Default: far above what the wall clock allows. */
  readonly cpu_ms?: number | undefined;
  /** Processes and threads at a time. Default: `MAX_PIDS` with a cgroup, `MAX_THREADS` without. */
  readonly processes?: number | undefined;
  /** Absent for every run that computes on the processor, and for all that run code. */
  readonly access?: DeviceAccess | undefined;
}

/** What a child gets beside its runtime to reach an accelerator. */
export interface DeviceAccess {
  readonly mounts: readonly Mount[];
  /** Device nodes, the same inside. */
  readonly devices: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The same where there are no walls. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
}

/** How the process ended; both null when it could not be started at all. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started child and its whole process tree. */
export interface Launched {
  readonly pid: number;
  /** The private protocol, descriptor 3 of the child. */
  readonly pipe: Socket;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** Settles once the first process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  /** Highest resident memory of the tree so far, in bytes; null where it cannot be read. */
  peakMemory(): number | null;
  /** True once the kernel or the watchdog has ended something of the tree for its memory. */
  outOfMemory(): boolean;
  /** Whether a process or thread was refused because there were too many; known only with a cgroup. */
  processesRefused(): boolean;
  /** Calls back once, soon after `outOfMemory` has become true. */
  onOutOfMemory(callback: () => void): void;
  /** Kills the tree and waits until nothing of it is left. Safe to call twice. */
  end(): Promise<void>;
}

/** A folder or file of the host and where it lies inside, read-only. */
export interface Mount {
  readonly from: string;
  readonly to: string;
}

/** A child that is not our own Node child: it brings its own world. */
export interface Program {
  /** Program and arguments, as seen inside. */
  readonly command: readonly string[];
  /** All that it sees of the host. */
  readonly mounts: readonly Mount[];
  /** Files made inside before it starts, read-only; their bytes go through descriptors. */
  readonly files: readonly { readonly to: string; readonly bytes: Uint8Array }[];
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it may start processes of its own. */
  readonly mayFork: boolean;
}

export interface Isolation {
  readonly report: IsolationReport;
  /** Starts a fresh child. @throws Error when it cannot be started; that is never the submission's fault. */
  launch(spec: LaunchSpec): Launched;
  /** The same for another program. Absent where there are no walls around it. */
  launchProgram?(program: Program, spec: Omit<LaunchSpec, 'entry'>): Launched;
}

/** The one variable that a child gets: ONNX Runtime would otherwise write and send telemetry. */
export const CHILD_ENVIRONMENT = { ORT_DISABLE_TELEMETRY: '1' } as const;

/**
 * Node's arguments for an entry. V8 cannot see the memory limit of a sandbox, so it is told.
 *
 * @param sandbox folder of `start.js`, as the child sees it; likewise `entry` and `codeCache`.
 */
export function nodeArguments(
  spec: LaunchSpec,
  sandbox: string,
  entry: string,
  codeCache: string | null,
): string[] {
  return [
    `--max-old-space-size=${Math.max(64, spec.memory_mb)}`,
    '--disable-warning=ExperimentalWarning',
    `${sandbox}/start.js`,
    entry,
    ...(codeCache === null ? [] : [codeCache]),
  ];
}

/**
 * CPU seconds after which the kernel ends a process. Where the task sets no limit they are far above any
 * honest run, and end only what has outlived its host.
 */
export function cpuSeconds(spec: Omit<LaunchSpec, 'entry'>): number {
  if (spec.cpu_ms !== undefined) return Math.max(1, Math.ceil(spec.cpu_ms / 1000));
  return Math.ceil(((spec.wall_ms + 5000) / 1000) * (spec.threads + 2));
}
