import { describe, expect, it } from 'vitest';
import { AcceleratorDistrusted } from '../../../sandbox/failure.ts';
import type { Runner } from '../../../sandbox/runner.ts';
import { TOLERANCES, difference, recheckedRunner } from '../../../sandbox/runners/recheck.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';

const CLASSES = 3;

function float32(name: string, shape: readonly number[], values: ArrayLike<number>): NamedTensor {
  return { name, dtype: 'float32', shape, data: Float32Array.from(values) };
}

interface Fake {
  readonly provider: string;
  /** What is added to the first score of the row whose input is this. */
  readonly wrong?: (row: number) => number;
  readonly batch?: number | null;
  readonly fails?: boolean;
}

/** Scores of a row with the one value v: v, 2v, 3v. */
function fakeRunner({ provider, wrong = () => 0, batch = null, fails = false }: Fake): Runner & {
  readonly seen: number[][];
} {
  const seen: number[][] = [];
  return {
    seen,
    signature: {
      inputs: [{ name: 'x', dtype: 'float32', shape: [batch, 1] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: [batch, CLASSES] }],
      layout: 'nchw',
    },
    engine: { name: 'onnxruntime', version: '0', provider, threads: 1 },
    predict([x]) {
      if (fails) return Promise.reject(new Error('no kernel'));
      const rows = [...(x?.data as Float32Array)];
      seen.push(rows);
      const scores = rows.flatMap((row) => [row + wrong(row), 2 * row, 3 * row]);
      return Promise.resolve([float32('y', [rows.length, CLASSES], scores)]);
    },
    dispose: () => Promise.resolve(),
  };
}

const batchOf = (first: number, rows: number) => [
  float32(
    'x',
    [rows, 1],
    Array.from({ length: rows }, (_, index) => first + index),
  ),
];

describe('a runner whose answers are rechecked', () => {
  it('passes on what the accelerator answers', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', wrong: () => 1e-5 }),
      fakeRunner({ provider: 'cpu' }),
      1,
    );
    expect(runner.engine.provider).toBe('webgpu');
    const [y] = await runner.predict(batchOf(10, 100));
    expect(y?.shape).toEqual([100, CLASSES]);
    expect(y?.data[0]).toBeCloseTo(10 + 1e-5, 4);
  });

  it('catches an accelerator that is always wrong in its first batch', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', wrong: () => 1 }),
      fakeRunner({ provider: 'cpu' }),
      1,
    );
    const answer = runner.predict(batchOf(1, 500));
    await expect(answer).rejects.toThrow(AcceleratorDistrusted);
    await expect(answer).rejects.toThrow('webgpu differs from the processor');
  });

  it('catches one that begins to be wrong later', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', wrong: (row) => (row >= 1500 ? row : 0) }),
      fakeRunner({ provider: 'cpu' }),
      1,
    );
    for (const first of [0, 500, 1000])
      await expect(runner.predict(batchOf(first, 500))).resolves.toHaveLength(1);
    await expect(runner.predict(batchOf(1500, 500))).rejects.toThrow(AcceleratorDistrusted);
  });

  it('catches a wrong row in 50 among runs with different seeds', async () => {
    let caught = 0;
    for (let seed = 0; seed < 40; seed++) {
      const runner = recheckedRunner(
        fakeRunner({ provider: 'webgpu', wrong: (row) => (row % 50 === 0 ? 100 : 0) }),
        fakeRunner({ provider: 'cpu' }),
        seed,
      );
      const run = async () => {
        for (let batch = 0; batch < 20; batch++) await runner.predict(batchOf(batch * 500, 500));
      };
      await run().catch(() => (caught += 1));
    }
    // Expected: 1 - 0.98^92, which is 0.84.
    expect(caught).toBeGreaterThan(25);
    expect(caught).toBeLessThan(40);
  });

  it('computes few rows again, the same ones for the same seed', async () => {
    const rows = async (seed: number) => {
      const processor = fakeRunner({ provider: 'cpu' });
      const runner = recheckedRunner(fakeRunner({ provider: 'webgpu' }), processor, seed);
      await runner.predict(batchOf(0, 500));
      await runner.predict(batchOf(500, 500));
      return processor.seen;
    };
    const [first, second] = await rows(1);
    expect(first).toHaveLength(16);
    expect(second).toHaveLength(4);
    expect(await rows(1)).toEqual([first, second]);
    expect(await rows(2)).not.toEqual([first, second]);
  });

  it('computes a whole batch again where a model takes no other', async () => {
    const processor = fakeRunner({ provider: 'cpu', batch: 32 });
    const accelerated = fakeRunner({ provider: 'webgpu', batch: 32, wrong: (row) => row });
    const runner = recheckedRunner(accelerated, processor, 1);
    await expect(runner.predict(batchOf(1, 32))).rejects.toThrow(AcceleratorDistrusted);
    expect(processor.seen).toEqual([[...(batchOf(1, 32)[0]?.data as Float32Array)]]);
  });

  it('distrusts an accelerator that cannot run what the processor runs', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', fails: true }),
      fakeRunner({ provider: 'cpu' }),
      1,
    );
    await expect(runner.predict(batchOf(0, 4))).rejects.toThrow('webgpu cannot run the model');
  });

  it('blames the model for what fails on both', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', fails: true }),
      fakeRunner({ provider: 'cpu', fails: true }),
      1,
    );
    await expect(runner.predict(batchOf(0, 4))).rejects.toThrow('no kernel');
  });

  it('tells nothing of the rows in its reason', async () => {
    const runner = recheckedRunner(
      fakeRunner({ provider: 'webgpu', wrong: () => 777 }),
      fakeRunner({ provider: 'cpu' }),
      1,
    );
    await expect(runner.predict(batchOf(4242, 4))).rejects.toSatisfy(
      (error: Error) => !/\d/u.test(error.message),
    );
  });
});

describe('the difference of two answers', () => {
  const y = (values: readonly number[]) => [float32('y', [values.length], values)];

  it('is none up to a share of the largest value', () => {
    const share = TOLERANCES.float32;
    expect(difference(y([0.5 * share, 1]), y([0, 1]))).toBeNull();
    expect(difference(y([0.5 * share * 1000, 1000]), y([0, 1000]))).toBeNull();
    expect(difference(y([2 * share, 1]), y([0, 1]))).toContain('output y');
  });

  it('takes not-a-number and infinities as equal to themselves only', () => {
    expect(difference(y([NaN, Infinity, -Infinity]), y([NaN, Infinity, -Infinity]))).toBeNull();
    expect(difference(y([1]), y([NaN]))).not.toBeNull();
    expect(difference(y([NaN]), y([1]))).not.toBeNull();
    expect(difference(y([Infinity]), y([-Infinity]))).not.toBeNull();
  });

  it('allows none of whole numbers', () => {
    const labels = (values: readonly bigint[]): NamedTensor[] => [
      { name: 'y', dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values) },
    ];
    expect(difference(labels([7n, 300n]), labels([7n, 300n]))).toBeNull();
    expect(difference(labels([8n, 300n]), labels([7n, 300n]))).not.toBeNull();
  });

  it('reads half precision as the numbers that its bits are', () => {
    const half = (values: readonly number[]): NamedTensor[] => {
      const bits = Float16Array.from(values);
      const data = new Uint16Array(bits.buffer);
      return [{ name: 'y', dtype: 'float16', shape: [values.length], data }];
    };
    expect(difference(half([1.01, 5]), half([1, 5]))).toBeNull();
    expect(difference(half([1.5, 5]), half([1, 5]))).not.toBeNull();
  });

  it('is one where an output is missing or has another shape', () => {
    expect(difference([], y([1]))).toContain('missing');
    expect(difference(y([1, 1]), y([1]))).toContain('shape');
  });
});
