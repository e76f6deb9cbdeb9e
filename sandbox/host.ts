/**
 * The trusted side of a run: starts one fresh child, speaks framed messages with it, holds the wall
 * deadline, and turns whatever happens to it into a typed failure.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import path from 'node:path';
import { pythonEntry, pythonFiles } from './artifacts/python-files.ts';
import {
  deviceUse,
  forgetPlans,
  planEngine,
  reasonLine,
  takeDevice,
  tfjsReason,
} from './accelerator.ts';
import type { EnginePlan } from './accelerator.ts';
import { AcceleratorDistrusted, EvaluationFailure } from './failure.ts';
import { FAILURE_CODES, FAILURE_REASONS, isFailureReason, withoutPaths } from './failure.ts';
import type { FailureParams, FailureReason } from './failure.ts';
import {
  FrameError,
  FrameReader,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  NONCE_BYTES,
  bytesOf,
  decodeTexts,
  encodeFrame,
  splitBody,
  tensorHeader,
  tensorsOf,
} from './frames.ts';
import type { Frame } from './frames.ts';
import { MAX_PIDS } from './isolation/cgroup.ts';
import { detectIsolation } from './isolation/detect.ts';
import type { DeviceAccess, Exit, Isolation, Launched } from './isolation/launch.ts';
import { PythonUnavailable, findPython, launchPython } from './isolation/python.ts';
import type { PythonEnvironment } from './isolation/python.ts';
import { LogReader } from './log-reader.ts';
import type { EngineInfo, LoadedArtifact, PredictionsTable, Signature } from './model.ts';
import { AnswerSchema } from './protocol.ts';
import type { Answer } from './protocol.ts';
import { ISOLATION_LEVELS as LEVELS } from './request.ts';
import type {
  ArtifactFile,
  IsolationLevel,
  IsolationReport,
  Provider,
  RunLog,
  SandboxRequest,
  SandboxSession,
} from './request.ts';
import type { Request } from './serve.ts';
import type { NamedTensor } from './tensor.ts';

/** What tests and operators may choose; everybody else leaves it out. */
export interface Platform {
  /** Default: the best that this machine has, found once per process. */
  readonly isolation?: Isolation | undefined;
  /** Default: what the request asks for, if it passes its self-test. */
  readonly engine?: EnginePlan | undefined;
  /** Absolute path of another entry of the child, below the checkout. */
  readonly childEntry?: string | undefined;
}

const MIB = 2 ** 20;
const DEFAULT_THREADS = 2;
const DEFAULT_OUTPUT_MB = 256;
/** A child that writes more log than this is ended. */
const DEFAULT_LOG_KB = 64 * 1024;
/** Batches sent and not yet answered: one computes while the next is on its way. */
const MAX_IN_FLIGHT = 2;
/** Of all files of an archive together. */
const MAX_PADDING_BYTES = 8 * 1000;
const CHILD_ENTRY = path.join(import.meta.dirname, 'child.ts');
/** Of these the host alone speaks: a child that reports one makes it up. */
const HOST_COUNTS: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'cpu-limit',
  'log-limit',
  'output-limit',
  'process-limit',
  'crashed',
]);
const CODE_LANES: readonly string[] = ['javascript', 'python'];

/**
 * Runs a submission in a fresh child and answers once its artifact is loaded.
 *
 * @throws EvaluationFailure for everything that goes wrong with the run.
 * @throws the reason of `request.signal` when that is aborted.
 */
export async function openSandbox(
  request: SandboxRequest,
  platform: Platform = {},
): Promise<SandboxSession> {
  const started = performance.now();
  request.signal?.throwIfAborted();
  const isolation = platform.isolation ?? (await detectIsolation());
  request.signal?.throwIfAborted();
  const { level } = isolation.report;
  const required = request.requiredLevel ?? 'process';
  if (LEVELS.indexOf(level) < LEVELS.indexOf(required))
    throw new EvaluationFailure('isolation-too-weak', { required, available: level });

  const { files, limits } = request;
  const spec = {
    memory_mb: limits.memory_mb,
    wall_ms: limits.wall_ms,
    threads: request.threads ?? DEFAULT_THREADS,
    cpu_ms: limits.cpu_ms,
    processes: limits.processes,
  };
  // Python starts as itself. An archive is opened by our own child first: nobody else may.
  let python = isPythonAtOnce(request, level) ? files : null;
  if (python === null) {
    const provider = request.provider ?? 'cpu';
    const given = provider === 'cpu' ? undefined : platform.engine;
    const plan = given ?? (await planEngine(provider, isolation));
    request.signal?.throwIfAborted();
    const use = deviceUse(namesOf(files), plan);
    const entry = platform.childEntry ?? CHILD_ENTRY;
    const startWith = async (access: DeviceAccess | null, wall_ms: number): Promise<Run> => {
      if (access === null)
        return start(
          request,
          isolation.report,
          () => isolation.launch({ entry, ...spec }),
          wall_ms,
        );
      const giveBack = await takeDevice();
      try {
        request.signal?.throwIfAborted();
        const launch = () => {
          const launched = isolation.launch({ entry, ...spec, access });
          void launched.exited.then(giveBack);
          return launched;
        };
        return start(request, isolation.report, launch, wall_ms);
      } catch (error) {
        giveBack();
        throw error;
      }
    };
    const direct = use === 'device' ? plan.provider : 'cpu';
    let run = await startWith(use === 'device' ? plan.access : null, limits.wall_ms);
    let opened = await open(run, files, started, direct, use === 'unpack-first');
    if (opened.artifact.kind === 'files') {
      const unpacked = opened.artifact.files;
      await run.close();
      if (use === 'unpack-first' && pythonEntry(namesOf(unpacked)) === null) {
        const device = deviceUse(namesOf(unpacked), plan) === 'device';
        run = await startWith(
          device ? plan.access : null,
          limits.wall_ms - (performance.now() - started),
        );
        opened = await open(run, unpacked, started, device ? plan.provider : 'cpu');
      } else python = unpacked;
    }
    if (python === null) {
      const { artifact, times } = opened;
      if (artifact.kind !== 'files')
        return session(run, isolation, withReason(artifact, plan), times);
      await run.close();
      throw new EvaluationFailure('output-protocol');
    }
  }

  const code = pythonFiles(python, limits);
  const elapsed = performance.now() - started;
  const environment = await pythonEnvironment(isolation, request.python);
  request.signal?.throwIfAborted();
  const run = start(
    request,
    isolation.report,
    () => launchPython(isolation, environment, code, spec),
    limits.wall_ms - elapsed,
  );
  const { artifact, times } = await open(run, [], started, 'cpu');
  if (artifact.kind !== 'model') {
    await run.close();
    throw new EvaluationFailure('output-protocol');
  }
  const engine = pythonEngine(environment, spec.threads);
  return session(run, isolation, { kind: 'model', model: { ...artifact.model, engine } }, times);
}

function namesOf(files: readonly ArtifactFile[]): string[] {
  return files.map(({ name }) => name);
}

/** Weights that did not get the accelerator say why. */
function withReason(artifact: LoadedArtifact, plan: EnginePlan): LoadedArtifact {
  if (artifact.kind !== 'model') return artifact;
  const { engine } = artifact.model;
  const isWeights = engine.name === 'onnxruntime' || engine.name === 'tfjs';
  const otherwise = engine.name === 'tfjs' ? tfjsReason(engine, plan) : plan.fallback_reason;
  const reason = engine.fallback_reason ?? otherwise;
  if (!isWeights || reason === null) return artifact;
  const told = { ...engine, fallback_reason: reasonLine(reason) };
  return { kind: 'model', model: { ...artifact.model, engine: told } };
}

function isPythonAtOnce({ accepts, files }: SandboxRequest, level: IsolationLevel): boolean {
  const names = files.map(({ name }) => name);
  return level !== 'process' && accepts.includes('python') && pythonEntry(names) !== null;
}

async function pythonEnvironment(
  isolation: Isolation,
  named: string | undefined,
): Promise<PythonEnvironment> {
  try {
    return await findPython(isolation, named);
  } catch (cause) {
    if (!(cause instanceof PythonUnavailable)) throw cause;
    throw new EvaluationFailure('lane-unavailable', { lane: 'python' }, { cause });
  }
}

/** Known from the probe of the environment: a submission in Python could say anything of itself. */
function pythonEngine({ version, numpy }: PythonEnvironment, threads: number): EngineInfo {
  const libraries = numpy === null ? '' : `+numpy-${numpy}`;
  return { name: 'python', version: `${version}${libraries}`, provider: 'cpu', threads };
}

function start(
  request: SandboxRequest,
  isolation: IsolationReport,
  launch: () => Launched,
  wall_ms = request.limits.wall_ms,
): Run {
  let launched: Launched;
  try {
    launched = launch();
  } catch (error) {
    throw new EvaluationFailure('sandbox-start', { detail: 'spawn' }, { cause: error });
  }
  return new Run(request, launched, isolation, wall_ms);
}

interface Opened {
  readonly artifact: LoadedArtifact | Unpacked;
  readonly times: SandboxSession['times'];
}

/** Files of an archive that the child has opened and another has to run. */
interface Unpacked {
  readonly kind: 'files';
  readonly files: readonly ArtifactFile[];
}

/** Sends the child what it has to load and waits for it; the run ends when that fails. */
async function open(
  run: Run,
  files: readonly ArtifactFile[],
  started: number,
  provider: Provider,
  handBackWeights = false,
): Promise<Opened> {
  try {
    const readyAfter = run.receive().then((answer) => {
      run.expect(answer, 'ready');
      return performance.now() - started;
    });
    const loaded = Promise.all([readyAfter, run.receive()]);
    loaded.catch(() => undefined); // It is awaited below, unless sending fails first.
    run.send({ type: 'hello' });
    run.load(files, provider, handBackWeights);
    const [ready_ms, frame] = await loaded;
    const artifact = run.artifact(frame);
    return { artifact, times: { ready_ms, loaded_ms: performance.now() - started } };
  } catch (error) {
    await run.close();
    throw error;
  }
}

function session(
  run: Run,
  isolation: Isolation,
  artifact: LoadedArtifact,
  times: SandboxSession['times'],
): SandboxSession {
  return {
    artifact,
    isolation: isolation.report,
    times,
    peakMemory: () => run.peakMemory(),
    log: () => run.log(),
    close: () => run.close(),
  };
}

interface Received {
  readonly answer: Answer;
  readonly body: Uint8Array<ArrayBuffer>;
}

interface Waiting {
  readonly resolve: (received: Received) => void;
  readonly reject: (error: unknown) => void;
}

/** One child from its first frame to its end. Whatever ends it first is what every caller is told. */
class Run {
  readonly #request: SandboxRequest;
  readonly #isolation: IsolationReport;
  readonly #launched: Launched;
  readonly #nonce = randomBytes(NONCE_BYTES);
  readonly #caps: { readonly header: number; body: number };
  readonly #logReader: LogReader;
  readonly #deadline: NodeJS.Timeout;
  readonly #onAbort: () => void;
  /** Callers that wait for an answer, in the order in which the child has to give them. */
  readonly #waiting: Waiting[] = [];
  /** Batches held back until an earlier one is answered. */
  readonly #held: (() => void)[] = [];
  #provider: Provider = 'cpu';
  #inFlight = 0;
  #nextId = 0;
  #ready = false;
  #told = false;
  #end: { readonly reason: unknown } | null = null;

  /** @param wall_ms what is left of the wall clock of the request. */
  constructor(
    request: SandboxRequest,
    launched: Launched,
    isolation: IsolationReport,
    wall_ms: number,
  ) {
    this.#request = request;
    this.#launched = launched;
    this.#isolation = isolation;
    const unpacked = request.limits.artifact_mb * MIB + MAX_PADDING_BYTES;
    const body = Math.min(Math.max(this.#outputBytes(), unpacked), MAX_BODY_BYTES);
    this.#caps = { header: MAX_HEADER_BYTES, body };
    const { signal } = request;

    const limit_kb = request.limits.log_kb ?? DEFAULT_LOG_KB;
    this.#logReader = new LogReader(limit_kb * 1024, () =>
      this.#stop(new EvaluationFailure('log-limit', { limit_kb })),
    );
    this.#logReader.read(launched.stdout);
    this.#logReader.read(launched.stderr);

    const reader = new FrameReader(this.#nonce, this.#caps, (frame) => this.#take(frame));
    launched.pipe.on('data', (chunk: Buffer) => {
      if (this.#end !== null) return;
      try {
        reader.push(chunk);
      } catch (error) {
        this.#stop(this.#protocolFailure(error));
      }
    });

    this.#deadline = setTimeout(() => this.#stop(this.#timeFailure()), wall_ms);
    this.#onAbort = () => this.#stop(signal?.reason);
    signal?.addEventListener('abort', this.#onAbort);
    launched.onOutOfMemory(() => this.#stop(this.#memoryFailure()));
    void launched.exited.then((exit) => this.#stop(this.#exitFailure(exit)));
  }

  send(message: Request, parts: readonly Uint8Array[] = []): void {
    const { pipe } = this.#launched;
    if (pipe.destroyed) return;
    pipe.cork();
    for (const buffer of encodeFrame(this.#nonce, message, parts)) pipe.write(buffer);
    pipe.uncork();
  }

  /** The next answer in order. */
  receive(): Promise<Received> {
    const { promise, resolve, reject } = Promise.withResolvers<Received>();
    if (this.#end === null) this.#waiting.push({ resolve, reject });
    else reject(this.#end.reason);
    return promise;
  }

  load(files: readonly ArtifactFile[], provider: Provider, handBackWeights: boolean): void {
    const { accepts, limits, task, threads, seed } = this.#request;
    this.#provider = provider;
    // Beside a device no code is run, whatever the names of the files made us believe.
    const mayRunCode = this.#isolation.level !== 'process' && provider === 'cpu';
    this.send(
      {
        type: 'load',
        files: files.map(({ name, bytes }) => ({ name, bytes: bytes.byteLength })),
        options: {
          accepts: accepts.filter((lane) => mayRunCode || !CODE_LANES.includes(lane)),
          threads: threads ?? DEFAULT_THREADS,
          provider,
          seed,
          handBackWeights,
          limits: {
            artifact_mb: limits.artifact_mb,
            memory_mb: limits.memory_mb,
            wall_ms: limits.wall_ms,
          },
          task,
        },
      },
      files.map((file) => file.bytes),
    );
  }

  artifact(received: Received): LoadedArtifact | Unpacked {
    const { answer, body } = received;
    // What was unpacked may be larger than any later answer.
    this.#caps.body = this.#outputBytes();
    if (answer.type === 'model') {
      const { signature, engine } = answer;
      const predict = (inputs: readonly NamedTensor[]) => this.#predict(signature, inputs);
      return { kind: 'model', model: { signature, engine, predict } };
    }
    if (answer.type === 'predictions') {
      // One row too many is enough to see that there are too many: the rest is never unpacked.
      const most = (this.#request.rows ?? Infinity) + 1;
      const table = this.#checked(() => predictionsTable(answer.table, body, most));
      return { kind: 'predictions', table, engine: answer.engine };
    }
    if (answer.type === 'files') {
      const parts = this.#checked(() =>
        splitBody(
          body,
          answer.files.map(({ bytes }) => bytes),
        ),
      );
      const files = answer.files.map(({ name }, index) => ({
        name,
        bytes: parts[index] as Uint8Array,
      }));
      return { kind: 'files', files };
    }
    return this.#refuse();
  }

  expect(received: Received, type: Answer['type']): void {
    if (received.answer.type !== type) this.#refuse();
  }

  peakMemory(): number | null {
    return this.#launched.peakMemory();
  }

  log(): RunLog {
    return this.#logReader.log();
  }

  async close(): Promise<void> {
    this.#stop(new Error('the sandbox session is closed'));
    await this.#launched.end();
    if (this.#told) return;
    this.#told = true;
    this.#request.onEnd?.({
      isolation: this.#isolation,
      log: this.log(),
      peak_memory_bytes: this.peakMemory(),
    });
  }

  async #predict(
    signature: Signature,
    inputs: readonly NamedTensor[],
  ): Promise<readonly NamedTensor[]> {
    if (this.#end === null && this.#inFlight >= MAX_IN_FLIGHT)
      await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.#end !== null) throw this.#end.reason;
    this.#inFlight += 1;
    const id = this.#nextId++;
    this.send(
      { type: 'predict', id, tensors: inputs.map(tensorHeader) },
      inputs.map((input) => bytesOf(input.data)),
    );
    const { answer, body } = await this.receive();
    this.#inFlight -= 1;
    this.#held.shift()?.();
    if (answer.type !== 'outputs' || answer.id !== id) return this.#refuse();
    const outputs = this.#checked(() => tensorsOf(answer.tensors, body));
    for (const { name, dtype } of signature.outputs) {
      const output = outputs.find((candidate) => candidate.name === name);
      if (output === undefined) return this.#refuse();
      if (output.dtype !== dtype)
        throw this.#stop(
          new EvaluationFailure('output-dtype', { expected: dtype, received: output.dtype }),
        );
    }
    if (outputs.length !== signature.outputs.length) return this.#refuse();
    return outputs;
  }

  #take(frame: Frame): void {
    const parsed = AnswerSchema.safeParse(frame.header);
    if (!parsed.success) throw new FrameError('header-json');
    const answer = parsed.data;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new FrameError('header-json');
    if (answer.type === 'distrusted') {
      this.#waiting.unshift(waiting);
      // Beside the processor there is nothing to distrust: the run would be made again, and cost nothing.
      if (this.#provider === 'cpu') throw new FrameError('header-json');
      this.#stop(new AcceleratorDistrusted(this.#provider, answer.what));
      return;
    }
    if (answer.type === 'failed') {
      this.#waiting.unshift(waiting);
      this.#stop(this.#reportedFailure(answer.reason, answer.params));
      return;
    }
    if (answer.type === 'ready') this.#ready = true;
    waiting.resolve({ answer, body: frame.body });
  }

  /** Ends the run for the given reason, unless it has already ended for another. */
  #stop(reason: unknown): unknown {
    if (this.#end !== null) return this.#end.reason;
    this.#end = { reason };
    if (this.#provider !== 'cpu' && mayBeTheDevice(reason)) forgetPlans();
    clearTimeout(this.#deadline);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    for (const release of this.#held.splice(0)) release();
    // The session's close waits for the end; here it only has to begin.
    this.#launched.end().catch(() => undefined);
    return reason;
  }

  #refuse(): never {
    throw this.#stop(new EvaluationFailure('output-protocol'));
  }

  #checked<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#stop(this.#protocolFailure(error));
    }
  }

  #outputBytes(): number {
    const { output_mb } = this.#request.limits;
    return Math.min((output_mb ?? DEFAULT_OUTPUT_MB) * MIB, MAX_BODY_BYTES);
  }

  #protocolFailure(error: unknown): EvaluationFailure {
    return error instanceof FrameError && error.fault === 'body-size'
      ? new EvaluationFailure('output-limit', { limit_mb: this.#outputBytes() / MIB })
      : new EvaluationFailure('output-protocol', {}, { cause: error });
  }

  #memoryFailure(): EvaluationFailure {
    return new EvaluationFailure('memory-limit', { limit_mb: this.#request.limits.memory_mb });
  }

  #timeFailure(): EvaluationFailure {
    if (!this.#ready) return this.#startFailure('not ready in time');
    return new EvaluationFailure('time-limit', { limit_s: this.#request.limits.wall_ms / 1000 });
  }

  #cpuFailure(): EvaluationFailure {
    const { cpu_ms } = this.#request.limits;
    if (cpu_ms === undefined) return this.#timeFailure();
    return new EvaluationFailure('cpu-limit', { limit_s: Math.ceil(cpu_ms / 1000) });
  }

  #processFailure(): EvaluationFailure {
    return new EvaluationFailure('process-limit', {
      limit: this.#request.limits.processes ?? MAX_PIDS,
    });
  }

  #startFailure(detail: string): EvaluationFailure {
    const cause = new Error(`the child wrote: ${this.#logReader.raw()}`);
    return new EvaluationFailure('sandbox-start', { detail }, { cause });
  }

  /** The child ended by itself, which it never should. */
  #exitFailure({ code, signal }: Exit): EvaluationFailure | AcceleratorDistrusted {
    const name = signal ?? signalOfExitCode(code);
    const end = name ?? `exit code ${String(code)}`;
    // Before it is ready, too: files beside code are made inside before it starts.
    if (this.#launched.outOfMemory()) return this.#memoryFailure();
    if (!this.#ready) return this.#startFailure(end);
    // V8 ends the process itself when its heap is full.
    if (/heap out of memory|Fatal process out of memory/u.test(this.#logReader.raw()))
      return this.#memoryFailure();
    if (name === 'SIGXCPU') return this.#cpuFailure();
    if (this.#launched.processesRefused()) return this.#processFailure();
    // A driver may have crashed. If it was the model, it will do so again.
    if (this.#provider !== 'cpu') return new AcceleratorDistrusted(this.#provider, 'fails');
    return new EvaluationFailure('crashed', { signal: end });
  }

  /** A child names only the entrant's mistakes: no other kind of failure is its to report. */
  #reportedFailure(reason: string, params: FailureParams): EvaluationFailure {
    if (!isFailureReason(reason) || FAILURE_CODES[FAILURE_REASONS[reason]] !== 'submission')
      return new EvaluationFailure('output-protocol');
    if (HOST_COUNTS.has(reason)) return new EvaluationFailure('output-protocol');
    if (reason === 'memory-limit') return this.#memoryFailure();
    if (reason === 'time-limit') return this.#timeFailure();
    if ((reason === 'engine-run' || reason === 'code-run') && this.#launched.processesRefused())
      return this.#processFailure();
    const { lane, detail } = params;
    if (
      reason === 'lane-not-accepted' &&
      this.#isolation.level === 'process' &&
      this.#request.accepts.some((accepted) => accepted === lane)
    )
      return new EvaluationFailure('code-needs-isolation', { lane: String(lane) });
    return new EvaluationFailure(
      reason,
      typeof detail === 'string' ? { ...params, detail: withoutPaths(detail) } : params,
    );
  }
}

/** Ends that a sick device could have caused. */
function mayBeTheDevice(reason: unknown): boolean {
  if (reason instanceof AcceleratorDistrusted) return reason.what === 'fails';
  return reason instanceof EvaluationFailure && reason.failure.reason === 'time-limit';
}

/** Shells and bubblewrap report a signal as 128 plus its number. */
function signalOfExitCode(code: number | null): string | null {
  if (code === null || code <= 128) return null;
  const entry = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return entry?.[0] ?? null;
}

function predictionsTable(
  table: Extract<Answer, { type: 'predictions' }>['table'],
  body: Uint8Array<ArrayBuffer>,
  most: number,
): PredictionsTable {
  const { rows, columns, form, text_bytes } = table;
  const texts = [columns * 4, text_bytes.columns, rows * 4, text_bytes.ids];
  const values = form === 'scores' ? [rows * columns * 8] : [rows * 4, text_bytes.labels];
  const parts = splitBody(body, [...texts, ...values]);
  const [columnSizes, columnText, idSizes, idText, first, second] = parts as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ];
  return {
    columns: decodeTexts(columnSizes, columnText),
    ids: decodeTexts(idSizes, idText, most),
    labels: form === 'labels' ? decodeTexts(first, second, most) : null,
    scores:
      form === 'scores'
        ? new Float64Array(first.buffer, first.byteOffset, Math.min(rows, most) * columns)
        : null,
  };
}
