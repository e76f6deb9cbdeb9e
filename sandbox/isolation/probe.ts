/**
 * The doctor's self-test: starts real children in the isolation that runs get, lets them try to get
 * out, and says what held.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { IsolationLevel } from '../request.ts';
import { launchInside } from './bubblewrap.ts';
import type { BubblewrapOptions } from './bubblewrap.ts';
import { callProgram, callResults } from './call-probe.ts';
import type { RawCall } from './call-probe.ts';
import { MAX_PIDS } from './cgroup.ts';
import { detect } from './detect.ts';
import type { Detected } from './detect.ts';
import type { Isolation, Launched, LaunchSpec } from './launch.ts';
import type { ProbeFindings } from './probe-child.ts';
import { processTree, startTime } from './process-tree.ts';
import { PythonUnavailable, findPython } from './python.ts';
import { MAX_THREADS } from './rlimits.ts';
import { ENOSYS, EPERM, REFUSED_CALLS, UNKNOWN_CALLS } from './seccomp.ts';
import { canDropUid } from './uid.ts';

export interface Check {
  readonly name: string;
  readonly holds: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What would make it hold; empty when it does. */
  readonly fix: string;
}

export interface IsolationProbe {
  readonly level: IsolationLevel;
  readonly notes: readonly string[];
  readonly checks: readonly Check[];
}

const PROBE_CHILD = path.join(import.meta.dirname, 'probe-child.ts');
const MEMORY_PROBE = path.join(import.meta.dirname, 'probe-memory.ts');
const MEMORY_PROBE_MB = 192;
const SPEC = { memory_mb: 512, wall_ms: 20_000, threads: 1 };
const INSTALL = 'apt-get install bubblewrap, then run doctor again';

interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly outOfMemory: boolean;
  /** Process numbers of the tree that still live after its end. */
  readonly left: number;
}

/** Lets a child run to its end, or to `patience_ms`, and ends its tree. */
async function finish(launched: Launched, patience_ms = SPEC.wall_ms): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  launched.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  launched.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  launched.pipe.resume();
  const tree = processTree(launched.pid).map((pid) => ({ pid, start: startTime(pid) }));
  const { promise: over, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), patience_ms);
  launched.onOutOfMemory(() => resolve(null));
  await Promise.race([launched.exited, over]);
  clearTimeout(timer);
  const outOfMemory = launched.outOfMemory();
  await launched.end();
  const left = tree.filter(({ pid, start }) => start !== null && startTime(pid) === start).length;
  return {
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString('utf8'),
    outOfMemory,
    left,
  };
}

/** Lets the probe child look around. */
export async function runProbeChild(isolation: Isolation): Promise<ProbeFindings> {
  const spec: LaunchSpec = { ...SPEC, entry: PROBE_CHILD };
  const { stdout, stderr } = await finish(isolation.launch(spec));
  try {
    return JSON.parse(stdout.toString('utf8')) as ProbeFindings;
  } catch (error) {
    throw new Error(`the probe gave no answer: ${stderr.slice(0, 500)}`, { cause: error });
  }
}

function check(name: string, holds: boolean, detail: string, fix: string): Check {
  return { name, holds, detail, fix: holds ? '' : fix };
}

function findingChecks(found: ProbeFindings, options: BubblewrapOptions | null): Check[] {
  const fix = options === null ? INSTALL : 'report this as a defect of the sandbox';
  const reached = Object.entries(found.network)
    .filter(([, result]) => result.startsWith('open'))
    .map(([name]) => name);
  const attempts = Object.keys(found.network).length;
  const expected = [
    ...(options?.mounts.map(({ to }) => to) ?? []),
    ...['/proc/cpuinfo', '/dev/null', '/dev/zero', '/dev/urandom', '/tmp'],
  ];
  const isExpected = (file: string) =>
    expected.some((target) => target === file || target.startsWith(`${file}/`));
  const unexpected = found.files.filter((file) => !isExpected(file));
  const beyond = found.writable.filter((folder) => folder !== '/tmp');
  const strangers = Object.entries(found.descriptors).filter(
    // 0 to 3 are ours; Node opens event and timer descriptors; 1:3 is /dev/null, 1:9 the random source.
    ([fd, kind]) => Number(fd) > 3 && !/^(?:anonymous|pipe|device 1:[39])$/u.test(kind),
  );
  const variables = found.environment.filter(
    (name) => name !== 'ORT_DISABLE_TELEMETRY' && name !== 'PWD',
  );
  return [
    check(
      'network',
      reached.length === 0,
      reached.length === 0
        ? `${String(attempts)} ways of reaching out refused`
        : `open: ${reached.join(', ')}`,
      fix,
    ),
    check(
      'files',
      unexpected.length === 0 && found.readable.length === 0 && !found.filesTruncated,
      unexpected.length === 0
        ? 'only the runtime is visible'
        : `files of the host are visible${found.readable.length > 0 ? `, such as ${found.readable[0] ?? ''}` : ''}`,
      fix,
    ),
    check(
      'writing',
      beyond.length === 0,
      `writable: ${found.writable.join(', ') || 'nothing'}`,
      fix,
    ),
    check(
      'descriptors',
      strangers.length === 0,
      strangers.length === 0
        ? 'none of the worker'
        : strangers.map(([fd, kind]) => `${fd}: ${kind}`).join(', '),
      'report this as a defect of the sandbox',
    ),
    check(
      'environment',
      variables.length === 0,
      variables.length === 0 ? 'empty' : variables.join(', '),
      'report this as a defect of the sandbox',
    ),
    check(
      'processes',
      found.childProcess !== 'started',
      found.childProcess === 'started'
        ? 'a child can start programs'
        : `starting a program gives ${found.childProcess}`,
      fix,
    ),
  ];
}

/** What the kernel says of a process inside, read from outside. */
export interface KernelView {
  readonly status: Readonly<Record<string, string>>;
  /** Namespaces that it shares with this process. */
  readonly sharedNamespaces: readonly string[];
}

const NAMESPACES = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'];

/** Of the innermost process of a tree; null when it has gone. */
export function kernelView(pid: number): KernelView | null {
  const inner = processTree(pid).at(-1) ?? pid;
  try {
    const status = Object.fromEntries(
      readFileSync(`/proc/${String(inner)}/status`, 'utf8')
        .split('\n')
        .map((line) => line.split(':\t'))
        .map(([key = '', value = '']) => [key, value.trim()]),
    );
    const sharedNamespaces = NAMESPACES.filter((name) => {
      try {
        return (
          readlinkSync(`/proc/${String(inner)}/ns/${name}`) ===
          readlinkSync(`/proc/self/ns/${name}`)
        );
      } catch {
        // Not ours to read: it belongs to another user namespace.
        return false;
      }
    });
    return { status, sharedNamespaces };
  } catch {
    return null;
  }
}

/** Starts a child that waits at its protocol pipe, and looks at it from outside. */
async function kernelChecks(isolation: Isolation, bubblewrap: boolean): Promise<Check[]> {
  const launched = isolation.launch({
    ...SPEC,
    entry: path.join(import.meta.dirname, '../child.ts'),
  });
  let view: KernelView | null = null;
  const ended = finish(launched, 4000);
  // The tree grows while bubblewrap sets up; the filter is in force once the program itself runs.
  for (let attempt = 0; attempt < 300 && view?.status['Seccomp'] !== '2'; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    view = kernelView(launched.pid) ?? view;
    if (!bubblewrap && attempt > 10) break;
  }
  await launched.end();
  const { left } = await ended;
  const status = view?.status ?? {};
  const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
  const full = sets.filter((name) => !/^0+$/u.test(status[name] ?? 'unknown'));
  const uid = Number(status['Uid']?.split('\t')[0] ?? 0);
  const shared = view?.sharedNamespaces ?? NAMESPACES;
  const fix = bubblewrap ? 'report this as a defect of the sandbox' : INSTALL;
  return [
    check(
      'namespaces',
      shared.length === 0,
      shared.length === 0
        ? `own ${NAMESPACES.join(', ')}`
        : `shared with the worker: ${shared.join(', ')}`,
      fix,
    ),
    check(
      'capabilities',
      full.length === 0 && status['NoNewPrivs'] === '1',
      full.length === 0 && status['NoNewPrivs'] === '1'
        ? 'none, and none to be gained'
        : `${full.join(', ') || 'no set'} not empty, NoNewPrivs ${status['NoNewPrivs'] ?? 'unknown'}`,
      fix,
    ),
    check(
      'filter',
      status['Seccomp'] === '2',
      status['Seccomp'] === '2' ? 'system calls are filtered' : 'no filter of system calls',
      fix,
    ),
    check(
      'user',
      uid !== 0 && (!canDropUid() || uid !== process.getuid?.()),
      `user id ${String(uid)} on the host`,
      'place the checkout where every user may read it, outside of a private home folder',
    ),
    check(
      'end',
      left === 0,
      left === 0 ? 'nothing left after the end' : `${String(left)} processes left`,
      'report this as a defect of the sandbox',
    ),
  ];
}

const CLONE_NEWUSER = 0x10000000;
const CLONE_NEWNET = 0x40000000;
/** CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM: what makes a thread. */
const THREAD_FLAGS = 0x50f00;
const CLONE = 56;
const THREADS_TRIED = 300;
/** Address families: unix, IPv4, IPv6, netlink, packet, ALG, vsock, XDP. */
const FAMILIES = [1, 2, 10, 16, 17, 38, 40, 44];

/**
 * Raw calls that must fail, each with the error that it must give.
 *
 * @param counted whether a cgroup counts what the kernel holds for a run.
 */
export function refusedCalls(counted: boolean): (RawCall & { readonly errno: number })[] {
  const listed = (
    calls: Readonly<Record<string, { readonly x64: number | null }>>,
    errno: number,
  ) =>
    Object.entries(calls).flatMap(([name, { x64 }]) =>
      x64 === null ? [] : [{ name, number: x64, args: [], errno }],
    );
  return [
    ...listed(UNKNOWN_CALLS, ENOSYS),
    ...listed(REFUSED_CALLS, EPERM),
    ...FAMILIES.map((family) => ({
      name: `socket family ${String(family)}`,
      number: 41,
      args: [family, 2],
      errno: EPERM,
    })),
    { name: 'unshare user', number: 272, args: [CLONE_NEWUSER], errno: EPERM },
    { name: 'unshare net', number: 272, args: [CLONE_NEWNET], errno: EPERM },
    { name: 'clone user', number: CLONE, args: [CLONE_NEWUSER | 17], copies: true, errno: EPERM },
    { name: 'fork', number: 57, args: [], copies: true, errno: EPERM },
    { name: 'vfork', number: 58, args: [], copies: true, errno: EPERM },
    { name: 'fork by clone', number: CLONE, args: [17], copies: true, errno: EPERM },
    { name: 'ioctl TIOCSTI', number: 16, args: [0, 0x5412], errno: EPERM },
    // The kernel looks at 32 bits of the request, a careless filter at 64.
    { name: 'ioctl TIOCSTI, high bits', number: 16, args: [0, 0x1_0000_5412], errno: EPERM },
    { name: 'ioctl TIOCLINUX', number: 16, args: [0, 0x541c], errno: EPERM },
    { name: 'mmap of large pages', number: 9, args: [0, 2 << 20, 3, 0x40022, -1, 0], errno: EPERM },
    { name: 'fcntl F_NOTIFY', number: 72, args: [0, 0x402, 0], errno: EPERM },
    ...(counted
      ? []
      : [
          // PROT_READ and PROT_WRITE, MAP_SHARED and MAP_ANONYMOUS
          {
            name: 'mmap of shared pages',
            number: 9,
            args: [0, 4096, 3, 0x21, -1, 0],
            errno: EPERM,
          },
          { name: 'fcntl F_SETLK', number: 72, args: [0, 6, 0], errno: EPERM },
        ]),
    { name: 'call 600', number: 600, args: [], errno: ENOSYS },
  ];
}

/** Makes raw calls inside; the results in order, cut short where the kernel ended the program. */
export async function rawCalls(
  options: BubblewrapOptions,
  calls: readonly RawCall[],
  filter?: Uint8Array,
): Promise<number[]> {
  const program = '/rt/probe';
  const launched = launchInside(options, {
    command: [program],
    programs: [{ to: program, bytes: callProgram(calls) }],
    spec: SPEC,
    ...(filter === undefined ? {} : { filter }),
  });
  return callResults((await finish(launched)).stdout);
}

async function callChecks(options: BubblewrapOptions): Promise<Check[]> {
  if (process.arch !== 'x64')
    return [
      check(
        'system-calls',
        false,
        'raw calls are made on x86-64 only',
        'none needed: see "filter"',
      ),
    ];
  const calls = refusedCalls(options.cgroups !== null);
  const results = await rawCalls(options, calls);
  const passed = calls.filter(({ errno }, index) => results[index] !== -errno);
  const x32 = await rawCalls(options, [{ name: 'getpid, x32', number: 0x40000027, args: [] }]);
  const threads = Array.from({ length: THREADS_TRIED }, () => ({
    name: 'thread',
    number: CLONE,
    args: [THREAD_FLAGS],
    copies: true,
  }));
  const started = (await rawCalls(options, threads)).filter((result) => result > 0).length;
  const cap = options.cgroups === null ? MAX_THREADS : MAX_PIDS;
  return [
    check(
      'system-calls',
      passed.length === 0 && x32.length === 0,
      passed.length === 0
        ? `${String(calls.length)} raw calls refused`
        : `not refused: ${passed.map(({ name }) => name).join(', ')}`,
      'report this as a defect of the sandbox',
    ),
    check(
      'threads',
      started > 0 && started <= cap,
      `${String(started)} of ${String(THREADS_TRIED)} threads started`,
      'report this as a defect of the sandbox',
    ),
  ];
}

async function memoryCheck(isolation: Isolation): Promise<Check> {
  const spec = { ...SPEC, memory_mb: MEMORY_PROBE_MB, entry: MEMORY_PROBE };
  const launched = isolation.launch(spec);
  const { outOfMemory } = await finish(launched);
  const peak = Math.round((launched.peakMemory() ?? 0) / 2 ** 20);
  return check(
    'memory',
    outOfMemory,
    `a bomb under ${String(MEMORY_PROBE_MB)} MiB ${outOfMemory ? `was ended at ${String(peak)} MiB` : 'was not ended'}`,
    'run the worker on Linux with /proc mounted',
  );
}

/** Not a wall, but what the walls are to stand around: without it, submissions in Python are refused. */
async function pythonCheck(isolation: Isolation, named?: string): Promise<Check> {
  if (isolation.launchProgram === undefined)
    return check('python', false, 'refused, since code needs walls around it', INSTALL);
  try {
    const { executable, version, numpy } = await findPython(isolation, named);
    const libraries = numpy === null ? 'without NumPy' : `NumPy ${numpy}`;
    return check('python', true, `${executable}: Python ${version}, ${libraries}`, '');
  } catch (error) {
    if (!(error instanceof PythonUnavailable)) throw error;
    return check('python', false, error.message, error.fix);
  }
}

export interface ProbeOptions {
  /** Default: what this process has found for its own runs. */
  readonly found?: Detected;
  /** Interpreter or environment for submissions in Python; default `auto`, the system's. */
  readonly python?: string;
}

/** Runs every probe; some seconds. The result is what the machine does now, not what it is set to do. */
export async function probeIsolation(options: ProbeOptions = {}): Promise<IsolationProbe> {
  const { isolation, bubblewrap, shortcomings } = options.found ?? (await detect());
  const { level, notes } = isolation.report;
  const cgroups = bubblewrap?.cgroups ?? null;
  const lacking = shortcomings.find(({ name }) => name === 'cgroups');
  const checks: Check[] = [
    check(
      'bubblewrap',
      bubblewrap !== null,
      bubblewrap === null ? (notes.at(-1) ?? 'not in use') : 'starts',
      shortcomings.at(-1)?.fix ?? INSTALL,
    ),
    check(
      'cgroups',
      cgroups !== null,
      cgroups === null
        ? (lacking?.note ?? 'used only together with bubblewrap')
        : `version ${String(cgroups.version)}: memory, processes, processor time`,
      lacking?.fix ?? INSTALL,
    ),
    ...(await kernelChecks(isolation, bubblewrap !== null)),
    ...findingChecks(await runProbeChild(isolation), bubblewrap),
    ...(bubblewrap === null
      ? [check('system-calls', false, 'not filtered', INSTALL)]
      : await callChecks(bubblewrap)),
    await memoryCheck(isolation),
    await pythonCheck(isolation, options.python),
  ];
  return { level, notes, checks };
}
