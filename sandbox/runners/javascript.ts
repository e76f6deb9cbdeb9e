/**
 * Runs a submission in JavaScript in an isolate of its own: no Node, no files, no network, no clock, no
 * chance. The isolate keeps the submission's world small and the same in every run; what protects the
 * platform is the sandbox around this process.
 */
import { createRequire } from 'node:module';
import type * as ivmModule from 'isolated-vm';
import { EvaluationFailure, withoutPaths } from '../failure.ts';
import type { FailureReason } from '../failure.ts';
import type { EngineInfo } from '../model.ts';
import type { ArtifactFile } from '../request.ts';
import type { LoadOptions, Runner } from '../runner.ts';
import { elementCount, formatShape } from '../tensor.ts';
import type { NamedTensor } from '../tensor.ts';
import { requireFixedIsolate } from '../isolate-version.ts';
import {
  BRIDGE_LIMITS,
  BRIDGE_MESSAGES,
  createBridge,
  describeModel,
} from './javascript/bridge.ts';
import type { Bridge, BridgeLimits } from './javascript/bridge.ts';
import { createGuest } from './javascript/guest.ts';
import type { Guest, GuestAnswer, GuestTensor, GuestWorld } from './javascript/guest.ts';

type Ivm = typeof ivmModule;
type Reference<T> = ivmModule.Reference<T>;
type GuestFunction = (...args: unknown[]) => unknown;

const require = createRequire(import.meta.url);

/** The same in every run, so that a submission that draws numbers draws the same ones. */
const SEED = 1;
/** 2000-01-01T00:00:00Z, what every clock shows. */
const NOW = 946_684_800_000;
/** The name of the code in messages, whatever the file is called. */
const FILE_NAME = 'model.js';
/** What the process around the isolate needs, in MiB. */
const PROCESS_MB = 96;
const MIN_ISOLATE_MB = 32;
/** Messages of the isolate itself; a submission that imitates one only misnames its own failure. */
const TIMED_OUT = 'Script execution timed out.';
const OUT_OF_MEMORY =
  /^Isolate was disposed during execution due to memory limit|^Array buffer allocation failed/u;
/** A syntax error that says: this is a module. */
const IS_MODULE =
  /^Unexpected token 'export'|import statement outside a module|^Cannot use 'import\.meta'|^await is only valid/u;

/**
 * @param code `model.js`, a script or a module with `predict(batch, context)` and maybe `setup(context)`.
 * @param others The other files of the upload, by flat name: weights become models, all can be read.
 * @throws EvaluationFailure for everything that is wrong with the submission.
 */
export async function loadJavascript(
  code: ArtifactFile,
  others: ReadonlyMap<string, Uint8Array>,
  options: LoadOptions,
  limits: BridgeLimits = BRIDGE_LIMITS,
): Promise<Runner> {
  const { task } = options;
  if (task === undefined) throw new Error('the javascript lane needs the shape of the task');
  const version = requireFixedIsolate();
  const models = await loadModels(others, options);
  const ivm = require('isolated-vm') as Ivm;

  const isolate = new ivm.Isolate({
    memoryLimit: Math.max(MIN_ISOLATE_MB, options.limits.memory_mb - PROCESS_MB),
    onCatastrophicError: (message) => {
      // The isolate is beyond control, so the process has to go. The host knows this line of V8's.
      process.stderr.write(`isolate: ${message.replace('out-of-memory', 'heap out of memory')}\n`);
      process.kill(process.pid, 'SIGKILL');
    },
  });
  const context = await isolate.createContext();
  const timeout = options.limits.wall_ms;

  // Rejects once, when the run has to end although no call of the submission says so.
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  const handles = new Map([...models.values()].map((runner, index) => [index + 1, runner]));
  const bridge = createBridge({
    models: handles,
    files: others,
    limits,
    writeLog: (line) => process.stdout.write(`${line}\n`),
    settle: (run, code, outputs) => settle(run, code, outputs),
    fail: (error) => ended.reject(error),
  });
  const world: GuestWorld = {
    seed: SEED,
    now: NOW,
    messages: BRIDGE_MESSAGES,
    models: [...models].map(([name, runner], index) => describeModel(name, index + 1, runner)),
    files: [...others.keys()],
    inputShape: task.inputShape,
    classes: task.classes,
  };
  const guest = installGuest(ivm, context, bridge, world);
  const settle = async (run: number, code: number, outputs: readonly GuestTensor[]) => {
    const copy = outputs.map(({ name, dtype, shape, data }) => ({ name, dtype, shape, data }));
    await guest.settle.apply(undefined, [run, code, new ivm.ExternalCopy(copy).copyInto()], {
      timeout,
    });
  };

  // When this process has nothing left to do, nobody will settle what the code awaits.
  const stall = () => ended.reject(new EvaluationFailure('code-stalled'));
  /** Awaits the isolate, or the end of the run if that comes first. */
  const within = async <T>(work: Promise<T>, otherwise: FailureReason): Promise<T> => {
    process.once('beforeExit', stall);
    try {
      return await Promise.race([work, ended.promise]);
    } catch (error) {
      throw isolateFailure(error, otherwise);
    } finally {
      process.removeListener('beforeExit', stall);
    }
  };

  const { predict, setup } = await within(runCode(isolate, context, code, timeout), 'code-load');
  if (predict === null) throw new EvaluationFailure('code-function', { name: 'predict' });
  if (setup !== null) {
    const call = guest.setup.apply(undefined, [setup.derefInto()], {
      timeout,
      result: { copy: true, promise: true },
    });
    readAnswer(await within(call, 'code-load'), 'code-load', 0, []);
  }

  const { classes, inputShape } = task;
  return {
    signature: {
      inputs: [{ name: 'batch', dtype: 'float32', shape: [null, ...inputShape] }],
      outputs: [{ name: 'scores', dtype: 'float64', shape: [null, classes] }],
      layout: 'nhwc',
    },
    engine: engineOf(version, [...models.values()], options),
    async predict([batch]) {
      if (!(batch?.data instanceof Float32Array)) throw new Error('the batch is not float32');
      const rows = batch.shape[0] ?? 0;
      const call = guest.predict.apply(
        undefined,
        [
          predict.derefInto(),
          // A copy for this call alone: whatever is done to it, no other row is touched.
          new ivm.ExternalCopy(batch.data.slice()).copyInto({ release: true, transferIn: true }),
          new ivm.ExternalCopy([...batch.shape]).copyInto({ release: true }),
          rows * classes,
        ],
        { timeout, result: { copy: true, promise: true } },
      );
      const shape = [rows, classes];
      const data = readAnswer(await within(call, 'code-run'), 'code-run', rows * classes, shape);
      return [{ name: 'scores', dtype: 'float64', shape, data } satisfies NamedTensor];
    },
    async dispose() {
      isolate.dispose();
      for (const runner of models.values()) await runner.dispose();
    },
  };
}

/** The isolate, and the engines that its models run on: `7.0.1+onnxruntime-1.30.0`. */
function engineOf(version: string, models: readonly Runner[], options: LoadOptions): EngineInfo {
  const engines = new Set(models.map(({ engine }) => `+${engine.name}-${engine.version}`));
  const providers = new Set(models.map(({ engine }) => engine.provider));
  return {
    name: 'javascript',
    version: [version, ...engines].join(''),
    provider: providers.size === 0 ? 'cpu' : [...providers].join('-'),
    threads: models.length === 0 ? 1 : options.threads,
  };
}

/** Weights beside the code, by the name that the code uses: the file's without its extension. */
async function loadModels(
  files: ReadonlyMap<string, Uint8Array>,
  options: LoadOptions,
): Promise<ReadonlyMap<string, Runner>> {
  const models = new Map<string, Runner>();
  for (const [name, bytes] of files) {
    const extension = name.slice(name.lastIndexOf('.')).toLowerCase();
    const isOnnx = extension === '.onnx';
    const isTfjs = extension === '.json' && looksLikeTfjs(bytes);
    if (!isOnnx && !isTfjs) continue;
    const called = name.slice(0, -extension.length);
    if (models.has(called)) throw new EvaluationFailure('mixed-artifact', { files: called });
    const file = { name, bytes };
    if (isOnnx) {
      const { loadOnnx } = await import('./onnx.ts');
      models.set(called, await loadOnnx(file, files, options));
    } else {
      const { loadTfjs } = await import('./tfjs.ts');
      models.set(called, await loadTfjs(file, files));
    }
  }
  return models;
}

/** Other JSON is the submission's own data. */
function looksLikeTfjs(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return text.includes('"modelTopology"') && text.includes('"weightsManifest"');
}

/** Compiles the harness in the isolate; the host keeps its functions, the isolate sees them nowhere. */
function installGuest(
  ivm: Ivm,
  context: ivmModule.Context,
  bridge: Bridge,
  world: GuestWorld,
): Record<keyof Guest, Reference<GuestFunction>> {
  const { input, run, read, readText, log } = bridge;
  const calls = [input, run, read, readText, log].map((call) => new ivm.Callback(call));
  const harness = context.evalClosureSync(
    `'use strict'; return (${createGuest.toString()})($0, $1, $2, $3, $4, $5);`,
    [...calls, new ivm.ExternalCopy(world).copyInto({ release: true })],
    { result: { reference: true }, filename: 'harness.js' },
  ) as Reference<Guest>;
  const held = (name: keyof Guest) =>
    harness.getSync(name, { reference: true }) as unknown as Reference<GuestFunction>;
  return { setup: held('setup'), predict: held('predict'), settle: held('settle') };
}

interface Found {
  readonly predict: Reference<GuestFunction> | null;
  readonly setup: Reference<GuestFunction> | null;
}

/** Compiles the code as it is, never glued into other text, runs it, and finds its two functions. */
async function runCode(
  isolate: ivmModule.Isolate,
  context: ivmModule.Context,
  file: ArtifactFile,
  timeout: number,
): Promise<Found> {
  const source = new TextDecoder().decode(file.bytes);
  const origin = { filename: FILE_NAME };
  const isScript = !file.name.toLowerCase().endsWith('.mjs');
  const script = isScript ? await compileScript(isolate, source, origin) : null;
  if (script !== null) {
    await script.run(context, { timeout });
    const find = async (name: keyof Found) => {
      // A script of its own sees what the first one declared, functions and constants alike.
      const look = `typeof ${name} === 'function' ? ${name} : undefined`;
      return asFunction(await context.eval(look, { timeout, reference: true }));
    };
    return { predict: await find('predict'), setup: await find('setup') };
  }
  const module = await isolate.compileModule(source, origin);
  await module.instantiate(context, () => {
    throw new Error('imports are not available: put everything into one file');
  });
  await module.evaluate({ timeout });
  const find = async (name: keyof Found) =>
    asFunction(await module.namespace.get(name, { reference: true }));
  return { predict: await find('predict'), setup: await find('setup') };
}

/** Null when the source is a module. */
async function compileScript(
  isolate: ivmModule.Isolate,
  source: string,
  origin: { readonly filename: string },
): Promise<ivmModule.Script | null> {
  try {
    return await isolate.compileScript(source, origin);
  } catch (error) {
    if (error instanceof SyntaxError && IS_MODULE.test(error.message)) return null;
    throw error;
  }
}

function asFunction(reference: unknown): Reference<GuestFunction> | null {
  const found = reference as Reference<GuestFunction> | undefined;
  return found?.typeof === 'function' ? found : null;
}

/** What a call came to, checked once more: a copy that only this side holds. */
function readAnswer(
  answer: unknown,
  reason: 'code-load' | 'code-run',
  expected: number,
  shape: readonly number[],
): Float64Array<ArrayBuffer> {
  const given = answer as GuestAnswer;
  if (given.ok) {
    const scores = given.scores ?? new Float64Array(0);
    if (scores.length !== expected || !(scores.buffer instanceof ArrayBuffer))
      throw new EvaluationFailure('output-protocol');
    return scores as Float64Array<ArrayBuffer>;
  }
  switch (given.fault) {
    case 'length':
      throw new EvaluationFailure('output-shape', {
        expected: `${formatShape(shape)} = ${String(elementCount(shape))}`,
        received: `[${String(given.length)}]`,
      });
    case 'output':
      throw new EvaluationFailure('code-output', { received: given.text });
    case 'thrown':
      throw new EvaluationFailure(reason, { detail: withoutPaths(given.text) });
  }
}

/** An error of the isolate as a failure. Only its message is read: its stack shows paths of this side. */
function isolateFailure(error: unknown, otherwise: FailureReason): unknown {
  if (error instanceof EvaluationFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message === TIMED_OUT) return new EvaluationFailure('time-limit');
  if (OUT_OF_MEMORY.test(message)) return new EvaluationFailure('memory-limit');
  return new EvaluationFailure(otherwise, { detail: withoutPaths(message.slice(0, 1000)) });
}
