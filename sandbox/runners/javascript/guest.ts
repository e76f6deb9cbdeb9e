/**
 * The harness: the only code of ours that runs beside a submission. Its text is compiled in the isolate
 * before any byte of the submission, so it must need nothing from outside itself.
 *
 * Nothing here protects the platform: that is the work of the process around the isolate, and every
 * value that leaves is checked again outside. The harness keeps the submission's world small and the
 * same in every run, and hands over plain copies. It keeps what it needs of the built-ins for itself
 * before the submission can replace them, and from then on calls no method by its name, walks no
 * iterator and assigns to no array index that a setter could catch.
 */

/** Calls to the host. They take and give copies and never throw: 0 is success, other numbers are codes. */
export interface HostCalls {
  /** Puts one input of a model run aside. */
  input(run: number, name: string, shape: Float64Array, data: ArrayBufferView): number;
  /** Runs a model on the inputs put aside; the outputs come by `settle`. */
  run(run: number, model: number): number;
  /** Bytes of a file of the submission, or a code. */
  read(name: string): ArrayBuffer | number;
  /** Text of a file of the submission, or a code. */
  readText(name: string): string | number;
  log(text: string): void;
}

export interface GuestTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

export interface GuestModel {
  readonly name: string;
  readonly handle: number;
  readonly inputs: readonly GuestSpec[];
  readonly outputs: readonly GuestSpec[];
}

export interface GuestSpec {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | null)[];
}

export interface GuestWorld {
  /** Seeds `Math.random`: an integer. */
  readonly seed: number;
  /** What every clock shows, in ms since 1970. */
  readonly now: number;
  /** Texts of the codes that a host call may answer, from 1 on. */
  readonly messages: readonly string[];
  readonly models: readonly GuestModel[];
  readonly files: readonly string[];
  readonly inputShape: readonly number[];
  readonly classes: number;
}

/** What a call of the submission's functions came to. Never carries anything but flat copies. */
export type GuestAnswer =
  | { readonly ok: true; readonly scores: Float64Array | null }
  /** `length` numbers came back instead of those expected. */
  | { readonly ok: false; readonly fault: 'length'; readonly length: number }
  /** Something that is no flat list of numbers came back. */
  | { readonly ok: false; readonly fault: 'output'; readonly text: string }
  | { readonly ok: false; readonly fault: 'thrown'; readonly text: string };

/** The harness as the host holds it. */
export interface Guest {
  setup(fn: (context: object) => unknown): Promise<GuestAnswer>;
  /** @param expected how many numbers have to come back. */
  predict(
    fn: (batch: object, context: object) => unknown,
    data: Float32Array,
    shape: readonly number[],
    expected: number,
  ): Promise<GuestAnswer>;
  settle(run: number, code: number, outputs: readonly GuestTensor[]): void;
}

// Built-ins are taken from their prototypes and applied to values, never bound.
/* eslint-disable @typescript-eslint/unbound-method */
export function createGuest(
  input: HostCalls['input'],
  startRun: HostCalls['run'],
  read: HostCalls['read'],
  readText: HostCalls['readText'],
  log: HostCalls['log'],
  world: GuestWorld,
): Guest {
  const MAX_TEXT = 300;
  const MAX_LOG_TEXT = 8192;

  const { apply, construct, defineProperty, deleteProperty, getPrototypeOf } = Reflect;
  const { create, freeze, getOwnPropertyDescriptor, keys } = Object;
  const { isArray } = Array;
  const { imul } = Math;
  const stringify = JSON.stringify as (value: unknown) => string | undefined;
  const NativeError = Error;
  const NativeFloat64Array = Float64Array;
  const NativeMap = Map;
  const NativePromise = Promise;
  const NativeString = String;
  const NativeUint8Array = Uint8Array;
  const mapGet = Map.prototype.get;
  const mapSet = Map.prototype.set;
  const mapDelete = Map.prototype.delete;
  const sliceText = String.prototype.slice;
  const execRegExp = RegExp.prototype.exec;
  const getter = (prototype: object, key: string | symbol) =>
    getOwnPropertyDescriptor(prototype, key)?.get as () => unknown;
  const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object;
  const typedArrayName = getter(typedArrayPrototype, Symbol.toStringTag);
  const typedArrayLength = getter(typedArrayPrototype, 'length');
  const typedArrayBuffer = getter(typedArrayPrototype, 'buffer');
  const isResizable = getter(ArrayBuffer.prototype, 'resizable');
  /** Null prototype: no inherited name is mistaken for a type. */
  const copiers = create(null) as Record<string, (new (from: unknown) => ArrayBufferView) | null>;
  const types = [
    Float32Array,
    Float64Array,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
  ] as unknown as (new (from: unknown) => ArrayBufferView)[];
  for (const type of types) copiers[type.name] = type;

  // ---- A world without other realms, threads, clocks or chance ----

  const hidden = (value: unknown): PropertyDescriptor => ({
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  const fixed = (value: unknown): PropertyDescriptor => ({
    value,
    writable: false,
    enumerable: false,
    configurable: false,
  });
  for (const name of [
    'Atomics',
    'FinalizationRegistry',
    'Intl',
    'ShadowRealm',
    'SharedArrayBuffer',
    'Temporal',
    'WeakRef',
    'WebAssembly',
    'console',
    'eval',
    'performance',
  ]) {
    deleteProperty(globalThis, name);
  }

  // The isolate's embedder allows code from strings whatever the context says, so the functions that
  // make it are put out of reach. Each is held by the prototype of its kind of function alone.
  const NativeFunction = Function;
  const refuseCode = function Function(): never {
    throw new NativeError('code cannot be made from strings here');
  };
  defineProperty(refuseCode, 'prototype', fixed(NativeFunction.prototype));
  defineProperty(globalThis, 'Function', hidden(refuseCode));
  for (const sample of [
    () => 0,
    async () => NativePromise.resolve(0),
    function* () {
      yield 0;
    },
    async function* () {
      yield await NativePromise.resolve(0);
    },
  ]) {
    defineProperty(getPrototypeOf(sample) as object, 'constructor', fixed(refuseCode));
  }

  const NativeDate = Date;
  const dateText = NativeDate.prototype.toString;
  const FrozenDate = function Date(this: unknown, ...args: unknown[]): unknown {
    const given = args.length === 0 ? [world.now] : args;
    const target = new.target as unknown as (new () => unknown) | undefined;
    if (target === undefined) return apply(dateText, new NativeDate(world.now), []);
    return construct(NativeDate, given, target);
  };
  defineProperty(FrozenDate, 'length', { value: 7 });
  defineProperty(FrozenDate, 'prototype', fixed(NativeDate.prototype));
  defineProperty(
    FrozenDate,
    'now',
    hidden(() => world.now),
  );
  defineProperty(FrozenDate, 'parse', hidden(NativeDate.parse));
  defineProperty(FrozenDate, 'UTC', hidden(NativeDate.UTC));
  defineProperty(NativeDate.prototype, 'constructor', fixed(FrozenDate));
  defineProperty(globalThis, 'Date', hidden(FrozenDate));

  defineProperty(
    globalThis,
    'performance',
    hidden(freeze({ now: () => 0, timeOrigin: world.now })),
  );

  // sfc32 by Chris Doty-Humphrey (PractRand): 128 bits of state, 32 bits a step.
  const state = new Uint32Array(4);
  state[0] = 0x9e3779b9;
  state[1] = 0x243f6a88;
  state[2] = imul(world.seed, 0x85ebca6b) ^ world.seed;
  state[3] = 1;
  const nextBits = (): number => {
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const counter = state[3] as number;
    const bits = (a + b + counter) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + bits;
    state[3] = counter + 1;
    return bits;
  };
  for (let step = 0; step < 12; step++) nextBits();
  /** 53 random bits over 2^53. */
  const random = () => ((nextBits() >>> 5) * 67108864 + (nextBits() >>> 6)) / 9007199254740992;
  defineProperty(Math, 'random', hidden(random));

  // ---- What the submission gets ----

  const cut = (text: string, length: number): string => apply(sliceText, text, [0, length]);

  const failure = (what: string, code: number): Error => {
    return new NativeError(`${what}: ${world.messages[code - 1] ?? 'failed'}`);
  };

  const typedName = (value: unknown): string | null => {
    const name = apply(typedArrayName, value, []);
    return typeof name === 'string' ? name : null;
  };

  const waiting = new NativeMap<
    number,
    { resolve: (outputs: object) => void; reject: (error: Error) => void; what: string }
  >();
  let runs = 0;

  /** Both parts, each read once; null when the data is no typed array. */
  const readTensor = (value: unknown): { data: unknown; type: string; shape: unknown } | null => {
    if (typeof value !== 'object' || value === null) return null;
    const { data, shape } = value as { data: unknown; shape: unknown };
    const type = typedName(data);
    return type === null ? null : { data, type, shape };
  };

  const send = (
    run: number,
    name: string,
    tensor: ReturnType<typeof readTensor>,
    what: string,
  ): void => {
    if (tensor === null) throw failure(what, 1);
    const { data, type, shape } = tensor;
    const copy = copiers[type];
    if (copy == null) throw failure(what, 2);
    if (!isArray(shape)) throw failure(what, 3);
    const rank: unknown = shape.length;
    if (typeof rank !== 'number' || rank > 8) throw failure(what, 3);
    const dims = new NativeFloat64Array(rank);
    for (let axis = 0; axis < rank; axis++) {
      const dim: unknown = shape[axis];
      if (typeof dim !== 'number') throw failure(what, 3);
      dims[axis] = dim;
    }
    const code = input(run, cut(name, MAX_TEXT), dims, new copy(data));
    if (code !== 0) throw failure(what, code);
  };

  const runModel = (model: GuestModel, feeds: unknown): Promise<object> => {
    const what = `models.${model.name}.run`;
    return new NativePromise((resolve, reject) => {
      if (typeof feeds !== 'object' || feeds === null) throw failure(what, 1);
      const run = ++runs;
      const single = model.inputs.length === 1 ? readTensor(feeds) : null;
      if (single !== null) send(run, (model.inputs[0] as GuestSpec).name, single, what);
      else {
        const names = keys(feeds);
        for (let index = 0; index < names.length; index++) {
          const name = names[index] as string;
          send(run, name, readTensor((feeds as Record<string, unknown>)[name]), what);
        }
      }
      const code = startRun(run, model.handle);
      if (code !== 0) throw failure(what, code);
      apply(mapSet, waiting, [run, { resolve, reject, what }]);
    });
  };

  const freezeSpecs = (specs: readonly GuestSpec[]) => {
    for (const spec of specs) {
      freeze(spec.shape);
      freeze(spec);
    }
    return freeze(specs);
  };
  const models = create(null) as object;
  for (const model of world.models) {
    defineProperty(models, model.name, {
      value: freeze({
        name: model.name,
        inputs: freezeSpecs(model.inputs),
        outputs: freezeSpecs(model.outputs),
        run: (feeds: unknown) => runModel(model, feeds),
      }),
      enumerable: true,
    });
  }
  const context = freeze({
    models: freeze(models),
    files: freeze(world.files),
    inputShape: freeze(world.inputShape),
    classes: world.classes,
    read: (name: unknown): Uint8Array => {
      const bytes = read(typeof name === 'string' ? cut(name, MAX_TEXT) : '');
      if (typeof bytes === 'number') throw failure('read', bytes);
      return new NativeUint8Array(bytes);
    },
    readText: (name: unknown): string => {
      const text = readText(typeof name === 'string' ? cut(name, MAX_TEXT) : '');
      if (typeof text === 'number') throw failure('readText', text);
      return text;
    },
  });

  const printed = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return NativeString(value);
    const type = typedName(value);
    if (type !== null) return `${type}(${NativeString(apply(typedArrayLength, value, []))})`;
    try {
      return stringify(value) ?? 'object';
    } catch {
      return 'object';
    }
  };
  const print = (...values: unknown[]): void => {
    let line = '';
    for (let index = 0; index < values.length; index++) {
      const value = values[index];
      line += `${index === 0 ? '' : ' '}${printed(value)}`;
      if (line.length > MAX_LOG_TEXT) break;
    }
    log(cut(line, MAX_LOG_TEXT));
  };
  const console = { debug: print, error: print, info: print, log: print, warn: print };
  defineProperty(globalThis, 'console', hidden(console));

  // ---- What comes back ----

  /** A thrown value as text. Whatever reading it may run, it runs inside, under the limit on time. */
  const describe = (thrown: unknown): string => {
    try {
      if (typeof thrown === 'string') return cut(thrown, MAX_TEXT);
      if (typeof thrown !== 'object' || thrown === null) return typeof thrown;
      const { name, message, stack } = thrown as Record<string, unknown>;
      const kind = typeof name === 'string' ? cut(name, 40) : 'Error';
      const text = typeof message === 'string' ? cut(message, MAX_TEXT) : '';
      const place =
        typeof stack === 'string'
          ? (apply(execRegExp, /model\.js:\d{1,7}:\d{1,7}/u, [cut(stack, 4000)]) as object | null)
          : null;
      const where = place === null ? undefined : (place as Record<number, unknown>)[0];
      return `${kind}: ${text}${typeof where === 'string' ? ` (${where})` : ''}`;
    } catch {
      return 'something that cannot be read';
    }
  };

  /** The one read of what `predict` gave: a copy, or why there is none. */
  const copyScores = (value: unknown, expected: number): GuestAnswer => {
    if (typeof value !== 'object' || value === null)
      return { ok: false, fault: 'output', text: value === null ? 'null' : typeof value };
    const name = typedName(value);
    if (name !== null) {
      if (copiers[name] == null || name === 'BigInt64Array' || name === 'BigUint64Array')
        return { ok: false, fault: 'output', text: name };
      const length = apply(typedArrayLength, value, []) as number;
      if (apply(isResizable, apply(typedArrayBuffer, value, []), []) === true)
        return { ok: false, fault: 'output', text: `resizable ${name}` };
      if (length !== expected) return { ok: false, fault: 'length', length };
      // Given a typed array, the constructor reads its memory and asks it nothing.
      return { ok: true, scores: new NativeFloat64Array(value as Float64Array) };
    }
    if (!isArray(value)) return { ok: false, fault: 'output', text: 'object' };
    const { length } = value as { length: unknown };
    if (typeof length !== 'number') return { ok: false, fault: 'output', text: 'object' };
    if (length !== expected) return { ok: false, fault: 'length', length };
    const scores = new NativeFloat64Array(expected);
    for (let index = 0; index < expected; index++) {
      const score: unknown = value[index];
      if (typeof score !== 'number')
        return { ok: false, fault: 'output', text: `array with a ${typeof score} in it` };
      scores[index] = score;
    }
    return { ok: true, scores };
  };

  return {
    async setup(fn) {
      try {
        await fn(context);
        return { ok: true, scores: null };
      } catch (error) {
        return { ok: false, fault: 'thrown', text: describe(error) };
      }
    },
    async predict(fn, data, shape, expected) {
      try {
        return copyScores(await fn({ data, shape }, context), expected);
      } catch (error) {
        return { ok: false, fault: 'thrown', text: describe(error) };
      }
    },
    settle(run, code, outputs) {
      const entry = apply(mapGet, waiting, [run]) as
        | { resolve: (outputs: object) => void; reject: (error: Error) => void; what: string }
        | undefined;
      if (entry === undefined) return;
      apply(mapDelete, waiting, [run]);
      const { resolve, reject, what } = entry;
      if (code !== 0) {
        reject(failure(what, code));
        return;
      }
      const named = create(null) as object;
      for (let index = 0; index < outputs.length; index++) {
        const { name, dtype, shape, data } = outputs[index] as GuestTensor;
        defineProperty(named, name, {
          __proto__: null,
          value: { dtype, shape, data },
          writable: true,
          enumerable: true,
          configurable: true,
        } as PropertyDescriptor);
      }
      resolve(named);
    },
  };
}
