import { describe, expect, it } from 'vitest';
import type { EvaluationFailure } from '../../../sandbox/failure.ts';
import type { Runner } from '../../../sandbox/runner.ts';
import {
  BRIDGE_LIMITS,
  BRIDGE_MESSAGES,
  createBridge,
} from '../../../sandbox/runners/javascript/bridge.ts';
import type { Bridge, BridgeLimits } from '../../../sandbox/runners/javascript/bridge.ts';

interface Settled {
  readonly run: number;
  readonly code: number;
  readonly values: readonly unknown[];
}

interface Made {
  readonly bridge: Bridge;
  readonly settled: Settled[];
  readonly ends: unknown[];
  readonly lines: string[];
  /** Lets one waiting run of the model go on. */
  readonly release: () => void;
}

/** A bridge to one model, handle 1, from `x` [N,2] float32 to `y`, which waits until it is released. */
function make(limits: Partial<BridgeLimits> = {}, fails = false): Made {
  const waiting: (() => void)[] = [];
  let free = 0;
  const runner: Runner = {
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape: [null, 2] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [null, 2] }],
      layout: 'nhwc',
    },
    engine: { name: 'onnxruntime', version: '0', provider: 'cpu', threads: 1 },
    async predict([x]) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      if (fails || x === undefined) throw new Error('failed in /home/someone/engine.cc');
      return [{ ...x, name: 'y' }];
    },
    dispose: () => Promise.resolve(),
  };
  const settled: Settled[] = [];
  const ends: unknown[] = [];
  const lines: string[] = [];
  const bridge = createBridge({
    models: new Map([[1, runner]]),
    files: new Map([['data.bin', Uint8Array.of(1, 2, 3)]]),
    limits: { ...BRIDGE_LIMITS, ...limits },
    writeLog: (line) => lines.push(line),
    settle: (run, code, outputs) => {
      settled.push({
        run,
        code,
        values: outputs.flatMap(({ data }) => [...(data as Float32Array)]),
      });
      return Promise.resolve();
    },
    fail: (error) => ends.push(error),
  });
  const release = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return { bridge, settled, ends, lines, release };
}

const SHAPE = Float64Array.of(1, 2);
const DATA = Float32Array.of(5, 6);
const message = (code: number) => BRIDGE_MESSAGES[code - 1];
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  10n,
  '',
  '__proto__',
  'x'.repeat(1e6),
  Symbol('x'),
  () => 1,
  {},
  [],
  [1, 2],
  new Map(),
  new Date(),
  new ArrayBuffer(8),
  new SharedArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  new Float32Array(2),
  new Float64Array(9),
  Float64Array.of(-1, -2),
  Float64Array.of(NaN, 2),
  Float64Array.of(0.5, 4),
  Float64Array.of(2 ** 31, 2 ** 31),
  Float64Array.of(0, Infinity),
  new BigInt64Array(2),
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
    },
  ),
];

describe('the bridge between code and its models', () => {
  it('runs a model on the inputs put aside and answers with copies', async () => {
    const { bridge, settled, release } = make();
    release();
    expect(bridge.input(1, 'x', SHAPE, DATA)).toBe(0);
    expect(bridge.run(1, 1)).toBe(0);
    await settle();
    expect(settled).toEqual([{ run: 1, code: 0, values: [5, 6] }]);
  });

  it('answers every hostile value with a code and never throws', () => {
    const { bridge } = make({ logCharacters: 100 });
    for (const value of HOSTILE) {
      for (const code of [
        bridge.input(value, 'x', SHAPE, value),
        bridge.input(1, value, value, DATA),
        bridge.input(1, 'x', value, DATA),
        bridge.input(1, 'x', SHAPE, new Float32Array(3)),
        bridge.run(1, value),
        bridge.run(value, 2),
        bridge.read(value),
        bridge.readText(value),
      ]) {
        expect(code).toBeTypeOf('number');
        expect(message(code as number)).toBeTypeOf('string');
      }
      bridge.log(value);
    }
  });

  it.each([
    ['of another name', 'z', SHAPE, DATA, 'an input of the model is missing'],
    ['of another type', 'x', SHAPE, new Int32Array(2), 'the type of the data is not'],
    ['of another shape', 'x', Float64Array.of(2), DATA, 'the shape does not fit'],
  ])('refuses to run on an input %s', (_what, name, shape, data, text) => {
    const { bridge } = make();
    expect(bridge.input(1, name, shape, data)).toBe(0);
    expect(message(bridge.run(1, 1))).toContain(text);
  });

  it('refuses an input given twice, one too many, and a handle that it never gave', () => {
    const { bridge } = make();
    expect(bridge.input(1, 'x', SHAPE, DATA)).toBe(0);
    expect(message(bridge.input(1, 'x', SHAPE, DATA))).toContain('given twice');
    expect(bridge.input(1, 'z', SHAPE, DATA)).toBe(0);
    expect(message(bridge.run(1, 1))).toContain('no input of this name');
    expect(message(bridge.run(2, 7))).toBe('there is no such model');
  });

  it('forgets what was put aside for a run that never came', () => {
    const { bridge } = make({ liveBytes: 16 });
    for (let run = 1; run < 50; run++) expect(bridge.input(run, 'x', SHAPE, DATA)).toBe(0);
    expect(message(bridge.run(3, 1))).toContain('missing');
  });

  it('holds back runs and bytes above what may be alive, and takes more when some are answered', async () => {
    const { bridge, release } = make({ liveRuns: 2 });
    const start = (run: number) => {
      expect(bridge.input(run, 'x', SHAPE, DATA)).toBe(0);
      return bridge.run(run, 1);
    };
    expect([start(1), start(2)]).toEqual([0, 0]);
    expect(message(start(3))).toContain('too many runs at once');
    await settle();
    release();
    await settle();
    expect(start(4)).toBe(0);

    const tight = make({ liveBytes: 12 }).bridge;
    expect(tight.input(1, 'x', SHAPE, DATA)).toBe(0);
    expect(tight.run(1, 1)).toBe(0);
    expect(message(tight.input(2, 'x', SHAPE, DATA))).toContain('too large ones');
  });

  it('tells a failing engine by a code alone', async () => {
    const { bridge, settled, release, lines } = make({}, true);
    release();
    bridge.input(1, 'x', SHAPE, DATA);
    bridge.run(1, 1);
    await settle();
    expect(settled).toHaveLength(1);
    expect(message(settled[0]?.code ?? 0)).toBe('the engine stopped on these inputs');
    expect(lines.join()).not.toContain('/home');
  });

  it('ends the run above its calls and above its bytes', () => {
    const calls = make({ calls: 3 });
    for (let call = 0; call < 3; call++) calls.bridge.log('x');
    expect(calls.ends).toEqual([]);
    calls.bridge.log('x');
    expect((calls.ends[0] as EvaluationFailure).failure).toMatchObject({
      reason: 'code-too-many-calls',
      params: { limit: 3 },
    });
    expect(calls.lines).toHaveLength(3);

    const bytes = make({ bytes: 8 });
    expect(bytes.bridge.read('data.bin')).toBeInstanceOf(ArrayBuffer);
    expect(bytes.bridge.read('data.bin')).toBeInstanceOf(ArrayBuffer);
    expect(bytes.bridge.read('data.bin')).toBeTypeOf('number');
    expect((bytes.ends[0] as EvaluationFailure).failure.reason).toBe('code-too-many-bytes');
  });

  it('keeps no more of the log than it may', () => {
    const { bridge, lines } = make({ logCharacters: 10 });
    for (let line = 0; line < 100; line++) bridge.log('abcdef');
    expect(lines).toEqual(['abcdef', 'abc']);
  });
});
