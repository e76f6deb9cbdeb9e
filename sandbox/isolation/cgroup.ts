/** One cgroup per run, version 1 or 2: memory with swap, number of processes, processor time. */
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchSpec } from './launch.ts';
import { killProcess } from './process-tree.ts';
import type { MemoryAccount } from './spawn.ts';

const MIB = 2 ** 20;
/** Processes and threads of one run: an engine's pool, V8's helpers, and bubblewrap's own two. */
export const MAX_PIDS = 64;
const CPU_PERIOD_US = 100_000;
/** A quarter of what everything else has: children get what is left where the processor is short. */
const CPU_SHARES_V1 = 256;
const CPU_WEIGHT_V2 = 25;
const PREFIX = 'certamen-';

export interface CgroupFactory {
  readonly version: 1 | 2;
  /** Makes the cgroup of a run and puts the process into it. @throws when the host refuses. */
  create(pid: number, spec: Omit<LaunchSpec, 'entry'>): MemoryAccount;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function numberIn(file: string, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)$`, 'mu').exec(read(file))?.[1] ?? 0);
}

function listPids(folder: string): number[] {
  return read(path.join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);
}

/** A cgroup is busy for a moment after its last process has ended. */
async function removeFolder(folder: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || attempt === 200) throw error;
    }
    listPids(folder).forEach(killProcess);
    await sleep(5);
  }
}

let runs = 0;
const runName = () => `${PREFIX}${String(process.pid)}-${String(runs++)}`;

/** Removes what a worker that was killed has left behind: its runs have died with it. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-\\d+$`, 'u').exec(name)?.[1];
    if (owner === undefined || read(`/proc/${owner}/stat`) !== '') continue;
    // What is still busy after a while is left to the next start.
    removeFolder(path.join(parent, name)).catch(() => undefined);
  }
}

/** Where this process sits in each hierarchy, as folders of the mounted cgroup file systems. */
export interface Hierarchies {
  /** Folder by controller, version 1. */
  readonly v1: ReadonlyMap<string, string>;
  readonly v2: string | null;
}

/**
 * @param cgroup text of /proc/self/cgroup: lines `id:controllers:path`.
 * @param mountinfo text of /proc/self/mountinfo.
 */
export function findHierarchies(cgroup: string, mountinfo: string): Hierarchies {
  const v1 = new Map<string, string>();
  let v2: string | null = null;
  const paths = cgroup
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/u.exec(line))
    .filter((match) => match !== null)
    .map(([, controllers = '', folder = '']) => ({ controllers: controllers.split(','), folder }));
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    for (const { controllers, folder } of paths) {
      // Inside a container the mount may begin below the root of the hierarchy.
      const relative = path.relative(root, folder);
      const here = relative.startsWith('..') ? mountPoint : path.join(mountPoint, relative);
      if (type === 'cgroup2' && controllers.includes('')) v2 ??= here;
      if (type !== 'cgroup') continue;
      for (const controller of controllers)
        if (controller !== '' && options.split(',').includes(controller)) v1.set(controller, here);
    }
  }
  return { v1, v2 };
}

/** Version 1: three hierarchies, each with a folder of the same name. */
export function cgroupsV1(folders: ReadonlyMap<string, string>): CgroupFactory {
  const folderOf = (controller: string) => {
    const folder = folders.get(controller);
    if (folder === undefined) throw new Error(`no ${controller} controller (version 1)`);
    return folder;
  };
  const parents = { memory: folderOf('memory'), pids: folderOf('pids'), cpu: folderOf('cpu') };
  Object.values(parents).forEach(sweep);

  return {
    version: 1,
    create(pid, spec) {
      const name = runName();
      const memory = path.join(parents.memory, name);
      const pids = path.join(parents.pids, name);
      const cpu = path.join(parents.cpu, name);
      const made: string[] = [];
      const set = (folder: string, file: string, value: number) =>
        writeFileSync(path.join(folder, file), String(value));
      try {
        for (const folder of [memory, pids, cpu]) {
          mkdirSync(folder);
          made.push(folder);
        }
        set(memory, 'memory.limit_in_bytes', spec.memory_mb * MIB);
        // Only after the plain limit, which it must not be below. Absent where swap is not accounted.
        if (statExists(path.join(memory, 'memory.memsw.limit_in_bytes')))
          set(memory, 'memory.memsw.limit_in_bytes', spec.memory_mb * MIB);
        set(pids, 'pids.max', spec.processes ?? MAX_PIDS);
        set(cpu, 'cpu.shares', CPU_SHARES_V1);
        set(cpu, 'cpu.cfs_period_us', CPU_PERIOD_US);
        set(cpu, 'cpu.cfs_quota_us', CPU_PERIOD_US * cpus(spec));
        for (const folder of made) set(folder, 'cgroup.procs', pid);
      } catch (error) {
        killProcess(pid);
        for (const folder of made) removeFolder(folder).catch(() => undefined);
        throw error;
      }
      return {
        // Above the limit for moments only: the kernel's counter includes charges that it then refuses.
        peak: () => Number(read(path.join(memory, 'memory.max_usage_in_bytes'))) || null,
        oomKills: () => numberIn(path.join(memory, 'memory.oom_control'), 'oom_kill'),
        refusedForks: () => numberIn(path.join(pids, 'pids.events'), 'max'),
        pids: () => [...new Set([memory, pids, cpu].flatMap(listPids))],
        remove: async () => {
          await Promise.all([memory, pids, cpu].map(removeFolder));
        },
      };
    },
  };
}

/** Version 2: one hierarchy whose folder has been given to us. */
export function cgroupsV2(base: string): CgroupFactory {
  sweep(base);
  return {
    version: 2,
    create(pid, spec) {
      const folder = path.join(base, runName());
      const set = (file: string, value: string | number) =>
        writeFileSync(path.join(folder, file), String(value));
      mkdirSync(folder);
      try {
        set('memory.max', spec.memory_mb * MIB);
        if (statExists(path.join(folder, 'memory.swap.max'))) set('memory.swap.max', 0);
        set('memory.oom.group', 1);
        set('pids.max', spec.processes ?? MAX_PIDS);
        if (statExists(path.join(folder, 'cpu.weight'))) set('cpu.weight', CPU_WEIGHT_V2);
        if (statExists(path.join(folder, 'cpu.max')))
          set('cpu.max', `${String(CPU_PERIOD_US * cpus(spec))} ${String(CPU_PERIOD_US)}`);
        set('cgroup.procs', pid);
      } catch (error) {
        killProcess(pid);
        removeFolder(folder).catch(() => undefined);
        throw error;
      }
      return {
        peak: () => Number(read(path.join(folder, 'memory.peak'))) || null,
        oomKills: () => numberIn(path.join(folder, 'memory.events'), 'oom_kill'),
        refusedForks: () => numberIn(path.join(folder, 'pids.events'), 'max'),
        pids: () => listPids(folder),
        remove: async () => {
          if (statExists(path.join(folder, 'cgroup.kill'))) set('cgroup.kill', 1);
          await removeFolder(folder);
        },
      };
    },
  };
}

/** An engine's threads, and one processor for V8's helpers and the pipe. */
const cpus = (spec: Omit<LaunchSpec, 'entry'>) => spec.threads + 1;

function statExists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** What keeps cgroups from being used here, and the command that helps. */
export class CgroupsClosed extends Error {
  readonly fix: string;

  constructor(message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CgroupsClosed';
    this.fix = fix;
  }
}

const DELEGATE_FIX =
  'run under a systemd unit with "Delegate=memory pids cpu", or by hand: systemd-run --user --scope -p Delegate=yes npm start';
const CONTROLLERS = ['memory', 'pids', 'cpu'];

/**
 * The folder below which version 2 cgroups of runs can be made. A folder with controllers for its
 * children may hold no process itself, so this process moves down into `main` when it has to.
 *
 * Only a folder that was given to us is touched: one that belongs to our user, or, for root, that of
 * a service or of a container.
 */
export function prepareV2(own: string): string {
  const controllers = (file: string) => read(file).trim().split(/\s+/u);
  const opened = (folder: string) => {
    const open = controllers(path.join(folder, 'cgroup.subtree_control'));
    return open.includes('memory') && open.includes('pids');
  };
  const parent = path.dirname(own);
  if (path.basename(own) === 'main' && opened(parent)) return parent;
  if (opened(own)) return own;

  const offered = controllers(path.join(own, 'cgroup.controllers'));
  if (!offered.includes('memory') || !offered.includes('pids'))
    throw new CgroupsClosed('no memory and pids controllers are offered (version 2)', DELEGATE_FIX);
  const root = process.getuid?.() === 0;
  const ours = root
    ? own.endsWith('.service') || !statExists(path.join(parent, 'cgroup.procs'))
    : statSync(own).uid === process.getuid?.();
  if (!ours) throw new CgroupsClosed('the cgroup is not delegated to this process', DELEGATE_FIX);
  try {
    const main = path.join(own, 'main');
    mkdirSync(main, { recursive: true });
    for (const pid of listPids(own)) writeFileSync(path.join(main, 'cgroup.procs'), String(pid));
    const wanted = CONTROLLERS.filter((name) => offered.includes(name)).map((name) => `+${name}`);
    writeFileSync(path.join(own, 'cgroup.subtree_control'), wanted.join(' '));
  } catch (error) {
    throw new CgroupsClosed('controllers cannot be opened for runs (version 2)', DELEGATE_FIX, {
      cause: error,
    });
  }
  return own;
}

/** The cgroups of this host, whichever version has the memory controller. @throws CgroupsClosed */
export function openCgroups(): CgroupFactory {
  const { v1, v2 } = findHierarchies(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  const memory = v1.get('memory');
  if (memory !== undefined && v1.has('pids') && v1.has('cpu')) {
    try {
      accessSync(memory, constants.W_OK);
      return cgroupsV1(v1);
    } catch (error) {
      throw new CgroupsClosed(
        'cgroups (version 1) are not writable',
        'run the worker as root, or give it write access to its memory, pids and cpu cgroups',
        { cause: error },
      );
    }
  }
  if (v2 === null) throw new CgroupsClosed('no cgroup file system is mounted', DELEGATE_FIX);
  return cgroupsV2(prepareV2(v2));
}
