import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import { expectFailure } from './expect-failure.ts';
import { batch, levelsHere, modelOf, predictOnce, withChild } from './run-child.ts';

describe.each(await levelsHere())('a child that abuses the protocol at level $level', (level) => {
  it.each([
    'garbage',
    'wrong-nonce',
    'broken-json',
    'unknown-dtype',
    'negative-shape',
    'overflowing-shape',
    'too-few-bytes',
    'too-many-bytes',
    'unknown-output',
    'wrong-id',
    'late-ready',
    'failure-with-objects',
    'invented-failure',
    'invented-distrust',
    'huge-header',
  ])('is ended as breaking it: %s', async (name) => {
    const run = () => predictOnce(level, name);
    await expectFailure(run, name === 'overflowing-shape' ? 'output-limit' : 'output-protocol');
  });

  it('cannot blame the platform and so be run again for nothing', async () => {
    await expectFailure(() => predictOnce(level, 'system-failure'), 'output-protocol');
  });

  it('is told both types when an output has another than it declared', async () => {
    await expectFailure(() => predictOnce(level, 'wrong-dtype'), 'output-dtype', {
      expected: 'float32',
      received: 'int64',
    });
  });

  it('cannot make the host take a body above the cap', async () => {
    await expectFailure(() => predictOnce(level, 'huge-body'), 'output-limit', { limit_mb: 256 });
    const limits = { wall_ms: 30_000, memory_mb: 512, artifact_mb: 10, output_mb: 2 };
    await expectFailure(() => predictOnce(level, 'large-output', { limits }), 'output-limit', {
      limit_mb: 2,
    });
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'is answered with or ended for its own mistake, whatever it changes: seed %i',
    async (seed) => {
      const files = [{ name: 'model.onnx', bytes: Uint8Array.of(seed) }];
      const run = predictOnce(level, 'mutated-frames', { files });
      const failure = await run.then(
        () => null,
        (error: unknown) => error,
      );
      if (failure === null) return;
      // A table or files were answered where a model was wanted: `modelOf` says so.
      if (failure instanceof Error && failure.message === 'the child loaded no model') return;
      expect(failure).toBeInstanceOf(EvaluationFailure);
      expect((failure as EvaluationFailure).failure.kind).toBe('submission');
    },
  );

  it('cannot answer twice', async () => {
    const run = () =>
      withChild(level, 'two-answers', async (session) => {
        await modelOf(session).predict(batch(1, 2, 3, 4));
        await modelOf(session).predict(batch(1, 2, 3, 4));
      });
    await expectFailure(run, 'output-protocol');
  });

  it('reaches nobody with answers on other descriptors', async () => {
    const [output] = await predictOnce(level, 'forged-on-other-descriptors');
    expect(output?.data).toEqual(Float32Array.of(1, 2, 3, 4));
  });
});
