import { describe, expect, it } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { linearModel } from '../sandbox/make-onnx.ts';
import { linearGraph, upload } from '../sandbox/make-tfjs.ts';
import { bytesOfText, zip } from '../sandbox/make-zip.ts';
import { makeRequest, modelOf } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const onnx = {
  name: 'model.onnx',
  bytes: linearModel(Float32Array.of(1, 0, 0, 1), Float32Array.of(1, 2)),
};

/** Opens a real submission with the real child, behind the walls. */
describe.each(await walledLevels())('engines at level $level', ({ isolation }) => {
  const open = (files: readonly ArtifactFile[]) =>
    openSandbox(makeRequest({ files }), { isolation });

  it.each([
    ['an ONNX model', [onnx]],
    [
      'an ONNX model in an archive',
      [{ name: 'model.zip', bytes: zip([{ name: onnx.name, content: onnx.bytes }]) }],
    ],
  ])('run %s', async (_, files) => {
    const session = await open(files);
    try {
      const data = Float32Array.of(3, 4);
      const [output] = await modelOf(session).predict([
        { name: 'x', dtype: 'float32', shape: [1, 2], data },
      ]);
      expect([...(output?.data ?? [])]).toEqual([4, 6]);
      expect(session.log().text).toBe('');
    } finally {
      await session.close();
    }
  });

  it('run a TF.js model', async () => {
    const session = await open(upload(linearGraph()));
    try {
      const model = modelOf(session);
      expect(model.engine).toMatchObject({ name: 'tfjs', provider: 'wasm' });
      const [input] = model.signature.inputs;
      const shape = (input?.shape ?? []).map((dim) => dim ?? 1);
      const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(1);
      const outputs = await model.predict([
        { name: input?.name ?? '', dtype: 'float32', shape, data },
      ]);
      expect(outputs).toHaveLength(1);
    } finally {
      await session.close();
    }
  });

  it('read a predictions file', async () => {
    const session = await open([{ name: 'p.csv', bytes: bytesOfText('id,label\na,1\nb,2\n') }]);
    expect(session.artifact).toMatchObject({ kind: 'predictions', table: { ids: ['a', 'b'] } });
    await session.close();
  });
});
