/** Levels `full` and `partial`: the child behind all namespaces, with nothing but its runtime to see. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CgroupFactory } from './cgroup.ts';
import { CHILD_ENVIRONMENT, nodeArguments } from './launch.ts';
import type { Isolation, Launched, LaunchSpec, Mount } from './launch.ts';
import { prlimitArguments } from './rlimits.ts';
import { CHECKOUT, NODE_INSIDE, ROOT_INSIDE, insidePath } from './runtime.ts';
import { seccompFilter } from './seccomp.ts';
import type { Architecture } from './seccomp.ts';
import { launch } from './spawn.ts';
import { giveBackUid, canDropUid, takeUid } from './uid.ts';

const ARGUMENTS_FD = 4;
const SECCOMP_FD = 5;
const FIRST_FILE_FD = 6;
/** The pages of /tmp count to the cgroup of the run. */
const TMP_BYTES = 64 << 20;

export interface BubblewrapOptions {
  readonly bwrap: string;
  readonly prlimit: string;
  readonly mounts: readonly Mount[];
  /** Absent: level `partial`, where rlimits and the watchdog stand in. */
  readonly cgroups: CgroupFactory | null;
  /** False only where /proc/sys is read-only; the seccomp filter refuses nesting all the same. */
  readonly disableUserns: boolean;
  readonly notes: readonly string[];
  /** Folder of the code cache on the host; a child may write to it only to make it. */
  readonly codeCache: { readonly folder: string; readonly writable: boolean } | null;
}

const CODE_CACHE_INSIDE = `${ROOT_INSIDE}/cache`;

export interface SandboxCommand {
  readonly mounts: readonly Mount[];
  /** Device nodes beside the harmless ones. */
  readonly devices?: readonly string[];
  readonly disableUserns: boolean;
  /**
   * A /tmp to write to. Only under a cgroup: otherwise nothing would bound its files' names, which are
   * kernel memory that bubblewrap cannot limit.
   */
  readonly withTmp: boolean;
  readonly codeCache: BubblewrapOptions['codeCache'];
  /** Programs to be made inside; each is read from a descriptor of its own, from 6 on. */
  readonly programs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** bubblewrap's arguments in the order that it needs: later mounts lie over earlier ones. */
export function bubblewrapArguments(command: SandboxCommand): string[] {
  const { devices = [] } = command;
  // Pages of /dev/zero can be shared, which only a cgroup counts. Drivers ask for it.
  const zero = command.withTmp || devices.length > 0 ? ['/dev/zero'] : [];
  const nodes = ['/dev/null', '/dev/urandom', ...zero, ...devices];
  return [
    '--unshare-user',
    '--unshare-ipc',
    '--unshare-pid',
    '--unshare-net',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(command.disableUserns ? ['--disable-userns'] : []),
    '--die-with-parent',
    '--new-session',
    ...['--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000', '--hostname', 'sandbox'],
    '--clearenv',
    ...command.mounts.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    ...(command.codeCache === null
      ? []
      : [
          command.codeCache.writable ? '--bind' : '--ro-bind',
          command.codeCache.folder,
          CODE_CACHE_INSIDE,
        ]),
    // No /proc: it would show mount sources. ONNX Runtime looks for the processor's abilities only.
    ...['--ro-bind', '/proc/cpuinfo', '/proc/cpuinfo'],
    ...nodes.flatMap((device) => ['--dev-bind', device, device]),
    ...command.programs.flatMap((to, index) => [
      ...['--perms', '0755', '--file', String(FIRST_FILE_FD + index), to],
    ]),
    ...(command.withTmp ? ['--size', String(TMP_BYTES), '--tmpfs', '/tmp'] : []),
    ...['--remount-ro', '/', '--chdir', command.withTmp ? '/tmp' : '/'],
    ...['--seccomp', String(SECCOMP_FD)],
    ...Object.entries(command.environment).flatMap(([key, value]) => ['--setenv', key, value]),
  ];
}

/** The cache, unless somebody has emptied node_modules meanwhile. */
function codeCacheOf({ codeCache }: BubblewrapOptions): BubblewrapOptions['codeCache'] {
  return codeCache !== null && existsSync(codeCache.folder) ? codeCache : null;
}

export interface RunInside {
  /** Program and arguments, as seen inside. */
  readonly command: readonly string[];
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly string[];
  /** Programs and other files that exist only inside. */
  readonly programs?: readonly { readonly to: string; readonly bytes: Uint8Array }[];
  /** Default: false, as for engines. */
  readonly mayFork?: boolean;
  /** What tests try instead of the filter of runs. */
  readonly filter?: Uint8Array;
  /** Default: what our own child gets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly spec: Omit<LaunchSpec, 'entry'>;
}

/** Starts any command inside; the self-test uses it too, so that it tests what runs. */
export function launchInside(options: BubblewrapOptions, run: RunInside): Launched {
  const { cgroups } = options;
  const { spec, programs = [] } = run;
  // A root caller would stay root of the host behind the uid map, so it gives that up first.
  const uid = canDropUid() ? takeUid() : null;
  const args = bubblewrapArguments({
    mounts: [...options.mounts, ...(run.mounts ?? [])],
    devices: run.devices ?? [],
    disableUserns: options.disableUserns,
    codeCache: codeCacheOf(options),
    withTmp: cgroups !== null,
    programs: programs.map(({ to }) => to),
    environment: run.environment ?? CHILD_ENVIRONMENT,
  });
  return launch({
    command: options.prlimit,
    args: [
      ...prlimitArguments(spec, {
        ownUid: uid !== null,
        capData: cgroups === null,
        largestFile: Math.max(0, ...programs.map(({ bytes }) => bytes.byteLength)),
      }),
      options.bwrap,
      ...['--args', String(ARGUMENTS_FD)],
      ...run.command,
    ],
    env: {},
    // bubblewrap waits for its arguments, so it is in its cgroup before it makes any namespace.
    extraInputs: [
      Buffer.from(args.map((argument) => `${argument}\0`).join('')),
      run.filter ??
        seccompFilter(process.arch as Architecture, {
          mayFork: run.mayFork ?? false,
          counted: cgroups !== null,
        }),
      ...programs.map(({ bytes }) => bytes),
    ],
    uid,
    memory_mb: spec.memory_mb,
    ownGroup: true,
    onSpawned: (pid) => cgroups?.create(pid, spec) ?? null,
    onGone: () => {
      if (uid !== null) giveBackUid(uid);
    },
  });
}

export function bubblewrapIsolation(options: BubblewrapOptions): Isolation {
  return {
    report: { level: options.cgroups === null ? 'partial' : 'full', notes: options.notes },
    launch(spec) {
      const inRuntime = spec.entry.startsWith(path.join(CHECKOUT, 'sandbox') + path.sep);
      const inside = insidePath(spec.entry);
      return launchInside(options, {
        command: [
          NODE_INSIDE,
          ...nodeArguments(
            spec,
            `${ROOT_INSIDE}/sandbox`,
            inside,
            codeCacheOf(options) === null ? null : CODE_CACHE_INSIDE,
          ),
        ],
        // Another entry may have files beside it.
        mounts: [
          ...(inRuntime ? [] : [{ from: path.dirname(spec.entry), to: path.dirname(inside) }]),
          ...(spec.access?.mounts ?? []),
        ],
        devices: spec.access?.devices ?? [],
        environment: { ...CHILD_ENVIRONMENT, ...spec.access?.environment },
        spec,
      });
    },
    launchProgram({ command, mounts, files, environment, mayFork }, spec) {
      return launchInside(
        { ...options, mounts, codeCache: null },
        {
          command,
          programs: files,
          environment,
          mayFork,
          spec,
        },
      );
    },
  };
}
