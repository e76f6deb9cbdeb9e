import { describe, expect, it } from 'vitest';
import { DTYPES } from '../../sandbox/tensor.ts';
import type { DType, NamedTensor } from '../../sandbox/tensor.ts';
import { expectFailure, failureOf } from './expect-failure.ts';
import { batch, levelsHere, modelOf, withChild } from './run-child.ts';

function hex(tensor: NamedTensor | undefined): string {
  if (tensor === undefined) return 'nothing';
  const { buffer, byteOffset, byteLength } = tensor.data;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}

describe.each(await levelsHere())('a run at level $level', (level) => {
  it('answers pipelined batches in their order', async () => {
    const answers = await withChild(level, 'slow-echo', (session) =>
      Promise.all([1, 2, 3, 4, 5, 6].map((n) => modelOf(session).predict(batch(n, 0, 0, 0)))),
    );
    expect(answers.map(([output]) => output?.data[0])).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('carries every type and shape bit for bit, empty and odd-sized ones too', async () => {
    const sent = (Object.keys(DTYPES) as DType[]).map((dtype, index): NamedTensor => {
      const data = new DTYPES[dtype](dtype === 'uint8' ? 0 : 3 * (index + 1));
      crypto.getRandomValues(new Uint8Array(data.buffer));
      return { name: dtype, dtype, shape: [3, data.length / 3], data };
    });
    const received = await withChild(level, 'many-dtypes', (session) =>
      modelOf(session).predict(sent),
    );
    const bits = (tensor: NamedTensor) => ({ ...tensor, data: hex(tensor) });
    expect(received.map(bits)).toEqual(sent.map(bits));
  });

  it('streams batches of many megabytes', async () => {
    const data = Float32Array.from({ length: 4_000_000 }, (_, index) => index);
    const big: NamedTensor[] = [{ name: 'x', dtype: 'float32', shape: [1_000_000, 4], data }];
    const outputs = await withChild(level, 'echo', (session) =>
      Promise.all([1, 2, 3].map(() => modelOf(session).predict(big))),
    );
    for (const [output] of outputs) expect(hex(output)).toBe(hex(big[0]));
  });

  it('reads tables of scores and of labels with their texts as they were, and one row more than the task has', async () => {
    const table = await withChild(level, 'table', ({ artifact }) => artifact);
    expect(table).toMatchObject({
      kind: 'predictions',
      table: {
        columns: ['p0', 'ñandú', 'p,"2'],
        ids: ['1', '02', '', 'línea\nnueva', '😀'],
        labels: null,
        scores: Float64Array.from({ length: 15 }, (_, index) => index / 7),
      },
    });
    const first = await withChild(level, 'table', ({ artifact }) => artifact, { rows: 3 });
    expect(first).toMatchObject({
      table: { ids: ['1', '02', '', 'línea\nnueva'], scores: { length: 12 } },
    });
    const labels = await withChild(level, 'label-table', ({ artifact }) => artifact);
    expect(labels).toMatchObject({ table: { labels: ['7', '  seven '], scores: null } });
  });

  it('ends with the reason of the signal when it is aborted', async () => {
    const abort = new AbortController();
    const reason = new Error('the evaluation was cancelled');
    const run = withChild(
      level,
      'sleep',
      async (session) => {
        const pending = modelOf(session).predict(batch(1, 2, 3, 4));
        abort.abort(reason);
        await pending;
      },
      { signal: abort.signal },
    );
    await expect(run).rejects.toBe(reason);
    const early = withChild(level, 'echo', () => undefined, { signal: abort.signal });
    await expect(early).rejects.toBe(reason);
  });

  it('tells the failure that ended it to every caller, also afterwards', async () => {
    await withChild(level, 'exit-3', async (session) => {
      const predict = () => modelOf(session).predict(batch(1, 2, 3, 4));
      const ends = await Promise.all(
        [1, 2, 3, 4].map(() => predict().catch((error: unknown) => error)),
      );
      expect(new Set(ends).size).toBe(1);
      await expectFailure(predict, 'crashed');
    });
  });

  it('hears why a batch failed also when it is about to send another', async () => {
    await withChild(level, 'throw', async (session) => {
      const predict = () => modelOf(session).predict(batch(1, 2, 3, 4));
      const first = failureOf(predict);
      // The host has its hands full while the child answers: the answer still waits to be read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      const second = failureOf(predict);
      expect(await first).toMatchObject({ reason: 'engine-run' });
      expect(await second).toMatchObject({ reason: 'engine-run' });
    });
  });

  it('refuses to start where less isolation is had than it needs', async () => {
    const weak = { ...level.isolation, report: { level: 'process' as const, notes: [] } };
    const request = { requiredLevel: 'partial' as const };
    const run = () =>
      withChild({ level: 'process', isolation: weak }, 'echo', () => undefined, request);
    await expectFailure(run, 'isolation-too-weak', { required: 'partial', available: 'process' });
  });

  it('starts with no environment but the one variable, and measures memory', async () => {
    await withChild(level, 'surroundings', async (session) => {
      await modelOf(session).predict(batch(1, 2, 3, 4));
      const { environment, cwd } = JSON.parse(session.log().text) as {
        environment: Record<string, string>;
        cwd: string;
      };
      delete environment['PWD'];
      expect(environment).toEqual({ ORT_DISABLE_TELEMETRY: '1' });
      expect(cwd).toBe(level.level === 'full' ? '/tmp' : '/');
      expect(session.peakMemory()).toBeGreaterThan(10 << 20);
      expect(session.isolation.level).toBe(level.level);
      expect(session.times.loaded_ms).toBeGreaterThanOrEqual(session.times.ready_ms);
      await session.close();
      await session.close();
      expect(session.peakMemory()).toBeGreaterThan(10 << 20);
    });
  });

  it('keeps code lanes from a child that is only a process', async () => {
    const refused = (lane: string) =>
      failureOf(() =>
        withChild(level, 'lane', () => undefined, {
          files: [{ name: lane, bytes: Uint8Array.of(1) }],
          accepts: ['onnx', 'python'],
        }),
      );
    const walled = level.level !== 'process';
    expect(await refused('tfjs')).toMatchObject({
      reason: 'lane-not-accepted',
      params: { accepted: walled ? 'onnx, python' : 'onnx' },
    });
    expect(await refused('python')).toMatchObject({
      reason: walled ? 'lane-not-accepted' : 'code-needs-isolation',
      params: { lane: 'python' },
    });
  });
});
