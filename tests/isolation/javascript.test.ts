import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { loadTask } from '../../tasks/load.ts';
import { linearModel } from '../sandbox/make-onnx.ts';
import { makeRequest, modelOf } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const encode = (code: string): ArtifactFile => ({
  name: 'model.js',
  bytes: new TextEncoder().encode(code),
});

describe.each(await walledLevels())('JavaScript at level $level', ({ isolation }) => {
  it('runs, drives weights beside it and writes to the log', async () => {
    const code = encode(`
      export function setup({ models }) { console.log('models:', Object.keys(models)); }
      export async function predict({ data, shape }, { models }) {
        const { y } = await models.net.run({ data, shape: [shape[0], 2] });
        return y.data;
      }`);
    const net = linearModel(Float32Array.of(1, 0, 0, 1), Float32Array.of(1, 2));
    const request = makeRequest({
      files: [code, { name: 'net.onnx', bytes: net }],
      accepts: ['javascript'],
      task: { inputShape: [2, 1, 1], classes: 2 },
    });
    const session = await openSandbox(request, { isolation });
    try {
      const model = modelOf(session);
      expect(model.engine.name).toBe('javascript');
      const data = Float32Array.of(3, 4, 5, 6);
      const [scores] = await model.predict([
        { name: 'batch', dtype: 'float32', shape: [2, 2, 1, 1], data },
      ]);
      expect([...(scores?.data ?? [])]).toEqual([4, 6, 6, 8]);
      expect(session.log().text).toBe('models: ["net"]\n');
    } finally {
      await session.close();
    }
  });
});

describe('JavaScript on the digits', () => {
  const errors = async (...files: ArtifactFile[]) => {
    const task = await loadTask(DIGITS);
    const { splits } = await evaluateArtifact({ task, splits: ['public'], files, options: {} });
    const scores = splits[0]?.scores ?? [];
    return Object.fromEntries(scores.map(({ metric, value }) => [metric, value]));
  };
  const read = async (name: string): Promise<ArtifactFile> => ({
    name: path.basename(name),
    bytes: await readFile(path.join(DIGITS, name)),
  });

  it('scores as the weights do that it passes its batches on to', async () => {
    const lenet = await read('baselines/lenet5.onnx');
    const code = encode(`
      export async function predict({ data, shape: [rows] }, { models: { lenet5 } }) {
        const outputs = await lenet5.run({ data, shape: [rows, ...lenet5.inputs[0].shape.slice(1)] });
        return outputs[lenet5.outputs[0].name].data;
      }`);
    expect(await errors(code, lenet)).toEqual(await errors(lenet));
  });

  it('scores the starter with a model beside it', async () => {
    const scores = await errors(
      await read('starter/model.js'),
      await read('baselines/logreg.onnx'),
    );
    expect(scores['top1_error']).toBeLessThan(0.12);
  });

  it('gives code that draws its answers the same score each time', async () => {
    const code = encode(
      'const predict = ({ shape }) => Array.from({ length: shape[0] * 10 }, Math.random);',
    );
    const first = await errors(code);
    expect(first['top1_error']).toBeGreaterThan(0.8);
    expect(await errors(code)).toEqual(first);
    // Another submission is fed its rows in another order.
    expect(await errors(code, { name: 'notes.txt', bytes: Uint8Array.of(1) })).not.toEqual(first);
  });
});
