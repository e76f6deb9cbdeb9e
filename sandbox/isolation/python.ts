/**
 * The Python of the python lane: found and looked at once per process, then started in a sandbox of its
 * own for every run. The operator may name an environment; its interpreter, its libraries and nothing
 * else of the machine are mounted, read-only.
 */
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ArtifactFile } from '../request.ts';
import { explainStart } from './bwrap-errors.ts';
import { tryStart } from './detect.ts';
import type { Isolation, Launched, LaunchSpec, Mount, Program } from './launch.ts';
import { programs } from './rlimits.ts';
import { canDropUid, isReadableByOthers } from './uid.ts';

const run = promisify(execFile);

const HARNESS = path.join(import.meta.dirname, '../runners/python/harness.py');
const HARNESS_INSIDE = '/rt/harness.py';
const SUBMISSION_INSIDE = '/submission';
/** Tried in this order where the operator names none; the first that has NumPy is taken. */
const USUAL_PLACES = ['/usr/bin/python3', '/usr/local/bin/python3'];
/** Folders that hold much besides Python, of which only parts are shown. */
const SHARED_PREFIXES = ['/', '/usr', '/usr/local'];
/** What lies here inside is the run's own. */
const INSIDE_ONLY = ['/tmp', '/dev', '/proc', path.dirname(HARNESS_INSIDE), SUBMISSION_INSIDE];
const PROBE_PATIENCE_MS = 30_000;
const TRIAL_SPEC = { memory_mb: 1024, wall_ms: PROBE_PATIENCE_MS, threads: 1 };

/** Prints what the interpreter knows of itself. */
const PROBE = `
import json, os, platform, sys, sysconfig
try:
    import numpy
    numpy_version = numpy.__version__
except ImportError:
    numpy_version = None
paths = [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")]
print(json.dumps({
    "version": platform.python_version(),
    "numpy": numpy_version,
    "executable": sys.executable,
    "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix],
    "folders": [path for path in paths + sys.path if os.path.isdir(path)],
}))
`;

const ProbeSchema = z.object({
  version: z.string(),
  numpy: z.string().nullable(),
  executable: z.string().startsWith('/'),
  prefixes: z.array(z.string().startsWith('/')),
  folders: z.array(z.string()),
});
type Probe = z.infer<typeof ProbeSchema>;

/** A Python that starts in the sandbox. */
export interface PythonEnvironment {
  /** Interpreter on the host. */
  readonly executable: string;
  readonly version: string;
  /** Version of NumPy; null where models get nested lists. */
  readonly numpy: string | null;
  readonly mounts: readonly Mount[];
}

/** There is no Python for submissions on this machine: why, and the command that helps. */
export class PythonUnavailable extends Error {
  readonly fix: string;

  constructor(message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PythonUnavailable';
    this.fix = fix;
  }
}

const INSTALL = 'apt-get install python3 python3-numpy';
const MOVE =
  'make an environment where every user may read it, from an interpreter of the system: python3 -m venv /srv/certamen-python; then set PYTHON_ENV=/srv/certamen-python';

const found = new WeakMap<Isolation, Map<string, Promise<PythonEnvironment>>>();

/**
 * Cached for the life of the process.
 *
 * @param named interpreter, folder of a virtual environment, or `auto`: the system's Python.
 * @throws PythonUnavailable
 */
export function findPython(isolation: Isolation, named = 'auto'): Promise<PythonEnvironment> {
  const known = found.get(isolation) ?? new Map<string, Promise<PythonEnvironment>>();
  found.set(isolation, known);
  const search = known.get(named) ?? findAfresh(isolation, named);
  known.set(named, search);
  return search;
}

async function findAfresh(isolation: Isolation, named: string): Promise<PythonEnvironment> {
  if (named !== 'auto') return examine(isolation, interpreterOf(named));
  let usable: PythonEnvironment | null = null;
  let failure: unknown = new PythonUnavailable('Python is not installed', INSTALL);
  for (const place of USUAL_PLACES) {
    if (!existsSync(place)) continue;
    try {
      const environment = await examine(isolation, place);
      if (environment.numpy !== null) return environment;
      usable ??= environment;
    } catch (error) {
      failure = error;
    }
  }
  if (usable === null) throw failure;
  return usable;
}

/** @param named as the operator wrote it. */
function interpreterOf(named: string): string {
  const place = path.resolve(named);
  if (!existsSync(place))
    throw new PythonUnavailable(`there is no ${place}`, `${MOVE}, or correct PYTHON_ENV`);
  if (!statSync(place).isDirectory()) return place;
  const inside = ['bin/python3', 'bin/python'].map((name) => path.join(place, name));
  const interpreter = inside.find((file) => existsSync(file));
  if (interpreter === undefined)
    throw new PythonUnavailable(`${place} holds no bin/python3`, `${MOVE}, or correct PYTHON_ENV`);
  return interpreter;
}

async function examine(isolation: Isolation, interpreter: string): Promise<PythonEnvironment> {
  const probe = await ask(interpreter);
  let mounts: readonly Mount[];
  try {
    mounts = await pythonMounts(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `the files of ${interpreter} cannot be listed: ${reason}`;
    throw new PythonUnavailable(message, MOVE, { cause: error });
  }
  const covered = mounts.find(({ to }) => INSIDE_ONLY.some((folder) => isBelow(to, folder)));
  if (covered !== undefined)
    throw new PythonUnavailable(
      `${covered.to} lies where the sandbox has folders of its own`,
      MOVE,
    );
  // Ordinary users run the sandbox as themselves.
  const hidden = canDropUid() ? mounts.find(({ from }) => !isOpen(from)) : undefined;
  if (hidden !== undefined)
    throw new PythonUnavailable(`the sandbox user cannot read ${hidden.from}`, MOVE);
  const { executable, version, numpy } = probe;
  const environment = { executable, version, numpy, mounts };
  const stderr = await tryStart({
    report: isolation.report,
    launch: () => launchPython(isolation, environment, [], TRIAL_SPEC),
  });
  if (stderr !== null) {
    const { meaning } = explainStart(stderr);
    throw new PythonUnavailable(`${interpreter} does not start in the sandbox: ${meaning}`, MOVE);
  }
  return environment;
}

/** The interpreter is the operator's, so it is asked outside the sandbox; isolated from its surroundings. */
async function ask(interpreter: string): Promise<Probe> {
  try {
    const { stdout } = await run(interpreter, ['-I', '-B', '-c', PROBE], {
      env: {},
      cwd: '/',
      timeout: PROBE_PATIENCE_MS,
    });
    return ProbeSchema.parse(JSON.parse(stdout));
  } catch (error) {
    throw new PythonUnavailable(`${interpreter} does not run`, INSTALL, { cause: error });
  }
}

function isOpen(file: string): boolean {
  return isReadableByOthers(statSync(file).isDirectory() ? `${file}/.` : file);
}

const isBelow = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);

/** What has to be seen inside for this interpreter to run: the environment, and parts of the system. */
async function pythonMounts({ executable, prefixes, folders }: Probe): Promise<readonly Mount[]> {
  const wanted = new Map<string, string>();
  /** Mounted where it is asked for, and where links lead that name it by its real path. */
  const add = (file: string) => {
    const real = realpathSync(file);
    wanted.set(file, real);
    wanted.set(real, real);
  };
  for (const prefix of prefixes) if (!SHARED_PREFIXES.includes(prefix)) add(prefix);
  for (const file of linkChain(executable)) wanted.set(file, realpathSync(file));
  folders.forEach(add);
  (await sharedLibraries(executable)).forEach(add);
  // Debian chooses among libraries, such as those of linear algebra, by links that lie here.
  for (const file of ['/etc/alternatives', '/etc/ld.so.cache']) if (existsSync(file)) add(file);

  const mounts: Mount[] = [];
  for (const [to, from] of [...wanted].sort(([left], [right]) => (left < right ? -1 : 1)))
    if (!mounts.some((mount) => isBelow(to, mount.to))) mounts.push({ from, to });
  return mounts;
}

/** A path and what it links to, step by step: a virtual environment's python is a link to a link. */
function linkChain(file: string): string[] {
  const chain = [file];
  for (let at = file; lstatSync(at).isSymbolicLink();) {
    at = path.resolve(path.dirname(at), readlinkSync(at));
    chain.push(at);
  }
  return chain;
}

/** The loader, and the folders of the libraries that the interpreter asks for. */
async function sharedLibraries(executable: string): Promise<string[]> {
  const ldd = programs.ldd();
  if (ldd === null) throw new Error('ldd is not installed');
  const { stdout } = await run(ldd, [executable], { env: {} });
  return stdout.split('\n').flatMap((line) => {
    // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)" or "/lib64/ld-linux-x86-64.so.2 (0x…)"
    const [, name, file] = /^\s*(\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/u.exec(line) ?? [];
    if (file === undefined) return [];
    return [name === undefined ? file : path.normalize(path.dirname(file))];
  });
}

/**
 * Starts the harness with the files of a submission beside it, read-only.
 *
 * @param files under flat names.
 * @throws Error when the isolation has no walls, or when the child cannot be started.
 */
export function launchPython(
  isolation: Isolation,
  environment: PythonEnvironment,
  files: readonly ArtifactFile[],
  spec: Omit<LaunchSpec, 'entry'>,
): Launched {
  if (isolation.launchProgram === undefined) throw new Error('code needs walls around it');
  const threads = String(spec.threads);
  const program: Program = {
    command: [
      environment.executable,
      // No folder of a user, no files of compiled code.
      ...['-s', '-B', HARNESS_INSIDE],
      ...(environment.numpy === null ? [] : ['numpy']),
    ],
    mounts: environment.mounts,
    files: [
      { to: HARNESS_INSIDE, bytes: readFileSync(HARNESS) },
      ...files.map(({ name, bytes }) => ({ to: `${SUBMISSION_INSIDE}/${name}`, bytes })),
    ],
    environment: {
      HOME: '/tmp',
      USER: 'sandbox',
      LANG: 'C.UTF-8',
      // Sets and dictionaries of strings then have the same order in every run.
      PYTHONHASHSEED: '0',
      // Libraries otherwise start a thread for every processor that they see.
      OMP_NUM_THREADS: threads,
      OPENBLAS_NUM_THREADS: threads,
      MKL_NUM_THREADS: threads,
    },
    mayFork: true,
  };
  return isolation.launchProgram(program, spec);
}
