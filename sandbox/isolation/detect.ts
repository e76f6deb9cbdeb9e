/** Finds the best isolation of this machine by starting a real child in it, once per process. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { FrameReader, NONCE_BYTES, encodeFrame } from '../frames.ts';
import { bubblewrapIsolation } from './bubblewrap.ts';
import type { BubblewrapOptions } from './bubblewrap.ts';
import { explainStart, isReadOnlySysctl } from './bwrap-errors.ts';
import { CgroupsClosed, openCgroups } from './cgroup.ts';
import type { CgroupFactory } from './cgroup.ts';
import type { Isolation, Launched, Mount } from './launch.ts';
import { processIsolation } from './process-level.ts';
import { programs } from './rlimits.ts';
import { readableMounts, runtimeMounts } from './runtime.ts';
import { requireFixedIsolate } from '../isolate-version.ts';
import { findCodeCache, prepareCodeCache } from './code-cache.ts';
import { canDropUid } from './uid.ts';

/** Generous: the machine may be busy, and a wrong answer would last as long as the process. */
const START_PATIENCE_MS = 20_000;
const CHILD_ENTRY = path.join(import.meta.dirname, '../child.ts');
const WARM_CHILD = path.join(import.meta.dirname, '../runners/warm-child.ts');
const WARMING = { entry: WARM_CHILD, memory_mb: 1024, wall_ms: 60_000, threads: 1 };
const TRIAL = { entry: CHILD_ENTRY, memory_mb: 512, wall_ms: START_PATIENCE_MS, threads: 1 };

/** Something that this machine lacks for a better level, and what would give it. */
export interface Shortcoming {
  readonly name: 'bubblewrap' | 'prlimit' | 'runtime' | 'start' | 'nested-namespaces' | 'cgroups';
  readonly note: string;
  readonly fix: string;
}

export interface Detected {
  readonly isolation: Isolation;
  /** Null at level `process`. */
  readonly bubblewrap: BubblewrapOptions | null;
  readonly shortcomings: readonly Shortcoming[];
}

let detected: Promise<Detected> | null = null;

/** Cached for the life of the process. */
export function detect(): Promise<Detected> {
  return (detected ??= detectAfresh());
}

export async function detectIsolation(): Promise<Isolation> {
  return (await detect()).isolation;
}

/** Null when a child became ready, else what it or bubblewrap wrote to stderr. */
export async function tryStart(isolation: Isolation): Promise<string | null> {
  let launched: Launched;
  try {
    launched = isolation.launch(TRIAL);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const errors: Buffer[] = [];
  launched.stdout.resume();
  launched.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const nonce = randomBytes(NONCE_BYTES);
  const { promise: ready, resolve } = Promise.withResolvers<boolean>();
  const reader = new FrameReader(nonce, { header: 1024, body: 0 }, () => resolve(true));
  launched.pipe.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch {
      resolve(false);
    }
  });
  for (const buffer of encodeFrame(nonce, { type: 'hello' })) launched.pipe.write(buffer);
  const timer = setTimeout(() => resolve(false), START_PATIENCE_MS);
  void launched.exited.then(() => resolve(false));
  const started = await ready;
  clearTimeout(timer);
  await launched.end();
  return started ? null : Buffer.concat(errors).toString('utf8');
}

/** @throws Error when the package that runs JavaScript is not known to be safe: nothing starts then. */
export async function detectAfresh(): Promise<Detected> {
  requireFixedIsolate();
  const shortcomings: Shortcoming[] = [];
  const notes = () => shortcomings.map(({ note }) => note);
  const processOnly = async (
    name: Shortcoming['name'],
    note: string,
    fix: string,
  ): Promise<Detected> => {
    shortcomings.push({ name, note, fix });
    const warm = (folder: string) => processIsolation([], folder).launch(WARMING);
    const cache = await prepareCodeCache('process', warm);
    return { isolation: processIsolation(notes(), cache), bubblewrap: null, shortcomings };
  };

  const bwrap = programs.bwrap();
  const prlimit = programs.prlimit();
  if (process.platform !== 'linux')
    return processOnly('bubblewrap', 'only Linux has bubblewrap', 'run the worker on Linux');
  if (bwrap === null)
    return processOnly(
      'bubblewrap',
      'bubblewrap is not installed',
      'apt-get install bubblewrap (or the like of your distribution)',
    );
  if (prlimit === null)
    return processOnly('prlimit', 'prlimit is not installed', 'apt-get install util-linux');
  let mounts: readonly Mount[];
  try {
    mounts = canDropUid() ? readableMounts(runtimeMounts()) : runtimeMounts();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return processOnly(
      'runtime',
      `the runtime cannot be listed: ${reason}`,
      'apt-get install libc-bin',
    );
  }

  let cgroups: CgroupFactory | null = null;
  let disableUserns = true;
  let stderr: string | null = null;
  let codeCache = await findCodeCache('walls');
  const options = (): BubblewrapOptions => ({
    bwrap,
    prlimit,
    mounts,
    cgroups,
    disableUserns,
    notes: notes(),
    codeCache: codeCache === null ? null : { folder: codeCache, writable: false },
  });
  try {
    cgroups = openCgroups();
  } catch (error) {
    const { message, fix } =
      error instanceof CgroupsClosed ? error : new CgroupsClosed(String(error), 'see the message');
    shortcomings.push({ name: 'cgroups', note: message, fix });
  }

  stderr = await tryStart(bubblewrapIsolation(options()));
  if (stderr !== null && isReadOnlySysctl(stderr)) {
    const { meaning, fix } = explainStart(stderr);
    shortcomings.push({ name: 'nested-namespaces', note: meaning, fix });
    disableUserns = false;
    stderr = await tryStart(bubblewrapIsolation(options()));
  }
  if (stderr !== null) {
    const { meaning, fix } = explainStart(stderr);
    return processOnly('start', `bubblewrap does not start: ${meaning}`, fix);
  }
  const warm = (folder: string) =>
    bubblewrapIsolation({ ...options(), codeCache: { folder, writable: true } }).launch(WARMING);
  codeCache ??= await prepareCodeCache('walls', warm);
  const bubblewrap = options();
  return { isolation: bubblewrapIsolation(bubblewrap), bubblewrap, shortcomings };
}
