import * as tf from '@tensorflow/tfjs-core';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcceleratorDistrusted } from '../../../sandbox/failure.ts';
import { loadTfjs } from '../../../sandbox/runners/tfjs.ts';
import { addRemovedFunctions, startNative } from '../../../sandbox/runners/tfjs-native.ts';
import type { Importer } from '../../../sandbox/runners/tfjs-native.ts';
import type { NamedTensor } from '../../../sandbox/tensor.ts';
import { linearGraph, upload } from '../../sandbox/make-tfjs.ts';

const GPU = '@tensorflow/tfjs-node-gpu';

function notFound(name: string): Error {
  return Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
}

const nothingInstalled: Importer = (name) => Promise.reject(notFound(name));

/** The plain JavaScript backend under TensorFlow's name, as if it were on a card. */
function fakeNative(options: { readonly usesDevice: boolean; readonly wrong?: boolean }): Importer {
  return (name) => {
    if (name !== GPU) return Promise.reject(notFound(name));
    const backend = Object.assign(new MathBackendCPU(), { isUsingGpuDevice: options.usesDevice });
    for (const kernel of tf.getKernelsForBackend('cpu')) {
      const kernelFunc: tf.KernelFunc = (params) => {
        const result = kernel.kernelFunc(params);
        if (options.wrong === true && /MatMul/u.test(kernel.kernelName) && !Array.isArray(result)) {
          const values = backend.readSync(result.dataId) as Float32Array;
          values[0] = (values[0] ?? 0) + 1;
        }
        return result;
      };
      tf.registerKernel({ ...kernel, backendName: 'tensorflow', kernelFunc });
    }
    tf.registerBackend('tensorflow', () => backend);
    return Promise.resolve({ version_core: tf.version_core });
  };
}

const X: NamedTensor = {
  name: 'x',
  dtype: 'float32',
  shape: [2, 2],
  data: Float32Array.of(1, 1, 2, 0),
};
const Y = [15, 27, 39, 12, 24, 36];

function linear(provider: 'cpu' | 'cuda', importer: Importer) {
  const [model, ...data] = upload(linearGraph());
  if (model === undefined) throw new Error('no model');
  const files = new Map(data.map(({ name, bytes }) => [name, bytes]));
  return loadTfjs(model, files, { provider, seed: 1 }, importer);
}

beforeAll(() => tf.setBackend('cpu'));

afterEach(() => {
  if (tf.engine().registryFactory['tensorflow'] !== undefined) tf.removeBackend('tensorflow');
  for (const { kernelName } of tf.getKernelsForBackend('tensorflow'))
    tf.unregisterKernel(kernelName, 'tensorflow');
});

describe("TensorFlow's native packages", () => {
  it('are not missed where none is installed', async () => {
    expect(await startNative(tf, false, nothingInstalled)).toEqual({
      started: false,
      usesDevice: false,
      problems: [],
    });
  });

  it('are tried by name, the one for cards first', async () => {
    const tried: string[] = [];
    await startNative(tf, false, (name) => {
      tried.push(name);
      return Promise.reject(notFound(name));
    });
    expect(tried).toEqual([GPU, '@tensorflow/tfjs-node']);
  });

  it('are left out, with the reason, where the addon was never built', async () => {
    const { started, problems } = await startNative(tf, false, (name) =>
      Promise.reject(
        name === GPU
          ? new Error('The Node.js native addon module (tfjs_binding.node) can not be found')
          : notFound(name),
      ),
    );
    expect(started).toBe(false);
    expect(problems).toEqual([`${GPU}: its native addon is missing`]);
  });

  it('are left out, with the reason, where a module that they need is missing', async () => {
    const { problems } = await startNative(tf, false, (name) =>
      Promise.reject(notFound(name === GPU ? 'long' : name)),
    );
    expect(problems).toEqual([expect.stringContaining("Cannot find module 'long'")]);
  });

  it('are left out where they bring another version of the core', async () => {
    const { started, problems } = await startNative(tf, false, (name) =>
      name === GPU ? Promise.resolve({ version_core: '4.0.0' }) : Promise.reject(notFound(name)),
    );
    expect(started).toBe(false);
    expect(problems).toEqual([`${GPU}: its core is 4.0.0, and ${tf.version_core} is needed`]);
  });

  it('are left out where they register with another copy of the core', async () => {
    const { problems } = await startNative(tf, false, (name) =>
      name === GPU
        ? Promise.resolve({ default: { version_core: tf.version_core } })
        : Promise.reject(notFound(name)),
    );
    expect(problems).toEqual([`${GPU}: it brings a core of its own`]);
  });

  it('are used on the processor, and not called a card', async () => {
    const runner = await linear('cpu', fakeNative({ usesDevice: false }));
    expect(runner.engine).toMatchObject({ provider: 'tensorflow' });
    const [y] = await runner.predict([X]);
    expect(Array.from(y?.data ?? [], Number)).toEqual(Y);
    await runner.dispose();
  });

  it('are called a card where they say so, and rechecked', async () => {
    const runner = await linear('cuda', fakeNative({ usesDevice: true }));
    expect(runner.engine).toMatchObject({ provider: 'tensorflow-gpu' });
    for (let batch = 0; batch < 3; batch++) {
      const [y] = await runner.predict([X]);
      expect(Array.from(y?.data ?? [], Number)).toEqual(Y);
    }
    await runner.dispose();
  });

  it('are distrusted where the card computes something else', async () => {
    const runner = await linear('cuda', fakeNative({ usesDevice: true, wrong: true }));
    await expect(runner.predict([X])).rejects.toThrow(AcceleratorDistrusted);
    await runner.dispose();
  });

  it('see no card on a run that is to stay on the processor', async () => {
    delete process.env['CUDA_VISIBLE_DEVICES'];
    await startNative(tf, true, nothingInstalled);
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBeUndefined();
    await startNative(tf, false, nothingInstalled);
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBe('-1');
  });
});

describe('the functions that Node removed', () => {
  it('are added where they are missing', () => {
    const target: Record<string, unknown> = {};
    addRemovedFunctions(target);
    expect(Object.keys(target).sort()).toEqual(['isArray', 'isNullOrUndefined']);
    const isNothing = target['isNullOrUndefined'] as (value: unknown) => boolean;
    expect([null, undefined, 0, ''].map(isNothing)).toEqual([true, true, false, false]);
  });

  it('are left as they are where they exist', () => {
    const isArray = () => true;
    const target = { isArray, other: 1 };
    addRemovedFunctions(target);
    expect(target).toMatchObject({ isArray, other: 1 });
  });
});
