/**
 * What a submission in JavaScript may ask of the child around it: run its own models, read its own
 * files, write log lines. Arguments arrive as copies; they are checked here whatever the harness in the
 * isolate has checked, every answer is a copy or a code, and nothing ever throws back into the isolate,
 * where an error of ours would show paths of this machine.
 */
import { EvaluationFailure } from '../../failure.ts';
import type { FailureParams, FailureReason } from '../../failure.ts';
import type { Runner } from '../../runner.ts';
import { DTYPES, elementCount } from '../../tensor.ts';
import type { NamedTensor, TensorData, TensorSpec } from '../../tensor.ts';
import { engineDetail } from '../engine-detail.ts';
import type { GuestModel, GuestTensor } from './guest.ts';

/** Code n is the n-th of these; 0 is success. The first three are found by the harness itself. */
export const BRIDGE_MESSAGES = [
  'an input is { data, shape } with a typed array as data',
  'the type of the data is not the type of the input',
  'a shape is an array of at most 8 whole numbers',
  'the shape does not fit the input of the model',
  'the shape and the length of the data do not agree',
  'the model has no input of this name, or it was given twice',
  'an input of the model is missing',
  'there is no such model',
  'too many runs at once, or too large ones: await the earlier ones first',
  'the engine stopped on these inputs',
  'there is no such file',
] as const;

type Message = (typeof BRIDGE_MESSAGES)[number];
const codeOf = (message: Message): number => BRIDGE_MESSAGES.indexOf(message) + 1;

export interface BridgeLimits {
  /** Calls of the whole run; one more ends it. */
  readonly calls: number;
  /** Bytes copied across in the whole run, both ways; more end it. */
  readonly bytes: number;
  /** Model runs that have not been answered yet. */
  readonly liveRuns: number;
  /** Bytes of inputs of runs not answered yet, put aside or running. */
  readonly liveBytes: number;
  /** Characters of log; more are dropped. */
  readonly logCharacters: number;
}

export const BRIDGE_LIMITS: BridgeLimits = {
  calls: 200_000,
  bytes: 16 * 2 ** 30,
  liveRuns: 8,
  liveBytes: 256 * 2 ** 20,
  logCharacters: 2 ** 20,
};

const MAX_RANK = 8;
const MAX_INPUTS = 64;
const MAX_ELEMENTS = 2 ** 26;

export interface BridgeParts {
  /** By handle: an integer of this run, counted from 1. */
  readonly models: ReadonlyMap<number, Runner>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly limits: BridgeLimits;
  readonly writeLog: (line: string) => void;
  /** Gives the outputs of a run, or a code, to the isolate. */
  readonly settle: (run: number, code: number, outputs: readonly GuestTensor[]) => Promise<void>;
  /** Ends the run: a cap is passed, or the isolate cannot be answered. Called any number of times. */
  readonly fail: (error: unknown) => void;
}

/** The functions that the harness is given. Whatever they are called with, they do not throw. */
export interface Bridge {
  readonly input: (run: unknown, name: unknown, shape: unknown, data: unknown) => number;
  readonly run: (run: unknown, model: unknown) => number;
  readonly read: (name: unknown) => ArrayBuffer | number;
  readonly readText: (name: unknown) => string | number;
  readonly log: (text: unknown) => void;
}

export function createBridge(parts: BridgeParts): Bridge {
  const { models, files, limits } = parts;
  let calls = 0;
  let bytes = 0;
  let liveRuns = 0;
  let liveBytes = 0;
  let logged = 0;
  /** Inputs put aside for the run that is being put together; there is one at a time. */
  let aside: { run: number; inputs: NamedTensor[]; bytes: number } | null = null;
  /** Runs follow each other, so that their order never depends on time. */
  let engine: Promise<void> = Promise.resolve();

  const fail = (reason: FailureReason, params: FailureParams): void =>
    parts.fail(new EvaluationFailure(reason, params));
  const count = (copied: number): void => {
    calls += 1;
    bytes += copied;
    if (calls > limits.calls) fail('code-too-many-calls', { limit: limits.calls });
    else if (bytes > limits.bytes)
      fail('code-too-many-bytes', { limit_mb: limits.bytes / 2 ** 20 });
  };
  /** Past a cap nothing is done any more; the isolate only waits for its end. */
  const spent = (): boolean => calls > limits.calls || bytes > limits.bytes;

  const putAside = (run: number, tensor: NamedTensor): number => {
    if (aside?.run !== run) {
      liveBytes -= aside?.bytes ?? 0;
      aside = { run, inputs: [], bytes: 0 };
    }
    const { byteLength } = tensor.data;
    if (liveBytes + byteLength > limits.liveBytes)
      return codeOf('too many runs at once, or too large ones: await the earlier ones first');
    const isKnown = aside.inputs.some(({ name }) => name === tensor.name);
    if (isKnown || aside.inputs.length >= MAX_INPUTS)
      return codeOf('the model has no input of this name, or it was given twice');
    aside.inputs.push(tensor);
    aside.bytes += byteLength;
    liveBytes += byteLength;
    return 0;
  };

  const compute = async (
    run: number,
    runner: Runner,
    inputs: readonly NamedTensor[],
    held: number,
  ): Promise<void> => {
    let outputs: readonly GuestTensor[] = [];
    let code = 0;
    try {
      outputs = await runner.predict(inputs);
      count(outputs.reduce((sum, { data }) => sum + data.byteLength, 0));
    } catch (error) {
      code = codeOf('the engine stopped on these inputs');
      writeLog(`models: ${detailOf(error)}`);
    }
    liveRuns -= 1;
    liveBytes -= held;
    await parts.settle(run, code, outputs);
  };

  const writeLog = (text: string): void => {
    if (logged >= limits.logCharacters) return;
    const line = text.slice(0, limits.logCharacters - logged);
    logged += line.length + 1;
    parts.writeLog(line);
  };

  const readFile = <T>(name: unknown, open: (content: Uint8Array) => T): T | number => {
    const content = typeof name === 'string' ? files.get(name) : undefined;
    count(content?.byteLength ?? 0);
    if (spent() || content === undefined) return codeOf('there is no such file');
    return open(content);
  };

  return {
    input(run, name, shape, data) {
      count(ArrayBuffer.isView(data) ? data.byteLength : 0);
      if (spent()) return codeOf('the engine stopped on these inputs');
      if (typeof run !== 'number' || typeof name !== 'string' || !ArrayBuffer.isView(data))
        return codeOf('an input is { data, shape } with a typed array as data');
      const dims = readDims(shape);
      if (dims === null) return codeOf('a shape is an array of at most 8 whole numbers');
      const values = data as TensorData;
      if (!(elementCount(dims) === values.length))
        return codeOf('the shape and the length of the data do not agree');
      // The type is told by the model, once it is known which one is to run.
      return putAside(run, { name, dtype: 'float32', shape: dims, data: values });
    },

    run(run, model) {
      count(0);
      const staged = aside;
      aside = null;
      liveBytes -= staged?.bytes ?? 0;
      if (spent()) return codeOf('the engine stopped on these inputs');
      const runner = typeof model === 'number' ? models.get(model) : undefined;
      if (typeof run !== 'number' || runner === undefined) return codeOf('there is no such model');
      if (liveRuns >= limits.liveRuns)
        return codeOf('too many runs at once, or too large ones: await the earlier ones first');
      const given = staged?.run === run ? staged.inputs : [];
      const inputs = matchInputs(runner.signature.inputs, given);
      if (typeof inputs === 'string') return codeOf(inputs);
      const held = staged?.bytes ?? 0;
      liveRuns += 1;
      liveBytes += held;
      engine = engine.then(() => compute(run, runner, inputs, held)).catch(parts.fail);
      return 0;
    },

    read: (name) => readFile(name, (content) => content.slice().buffer),
    readText: (name) => readFile(name, (content) => new TextDecoder().decode(content)),

    log(text) {
      count(0);
      if (typeof text === 'string' && !spent()) writeLog(text);
    },
  };
}

function readDims(shape: unknown): number[] | null {
  if (!(shape instanceof Float64Array) || shape.length > MAX_RANK) return null;
  const dims = Array.from(shape);
  let product = 1;
  for (const dim of dims) {
    if (!Number.isInteger(dim) || dim < 0 || dim > MAX_ELEMENTS) return null;
    product *= dim;
  }
  return product <= MAX_ELEMENTS ? dims : null;
}

/** The inputs in the types of the model, or what is wrong with them. */
function matchInputs(
  specs: readonly TensorSpec[],
  given: readonly NamedTensor[],
): readonly NamedTensor[] | Message {
  const matched: NamedTensor[] = [];
  for (const { name, dtype, shape } of specs) {
    const input = given.find((each) => each.name === name);
    if (input === undefined) return 'an input of the model is missing';
    if (!(input.data instanceof DTYPES[dtype]))
      return 'the type of the data is not the type of the input';
    const fits =
      shape.length === input.shape.length &&
      shape.every((dim, axis) => dim === null || dim === input.shape[axis]);
    if (!fits) return 'the shape does not fit the input of the model';
    matched.push({ ...input, dtype });
  }
  return matched.length === given.length
    ? matched
    : 'the model has no input of this name, or it was given twice';
}

function detailOf(error: unknown): string {
  return error instanceof EvaluationFailure
    ? String(error.failure.params['detail'] ?? error.failure.reason)
    : engineDetail(error);
}

/** What a submission sees of its models. */
export function describeModel(name: string, handle: number, runner: Runner): GuestModel {
  const { inputs, outputs } = runner.signature;
  return { name, handle, inputs, outputs };
}
