import { describe, expect, it } from 'vitest';
import type { ArtifactFile } from '../../../sandbox/request.ts';
import type { LoadOptions, Runner } from '../../../sandbox/runner.ts';
import { loadArtifact } from '../../../sandbox/runners/load.ts';
import { expectFailure, failureOf } from '../expect-failure.ts';
import { OPTIONS, file } from '../load-options.ts';
import { linearModel } from '../make-onnx.ts';
import { linearGraph, upload } from '../make-tfjs.ts';
import { zip } from '../make-zip.ts';

const JAVASCRIPT: LoadOptions = {
  ...OPTIONS,
  accepts: ['javascript'],
  task: { inputShape: [2, 1, 1], classes: 3 },
};
const NET = linearModel(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20, 30));

async function withRunner<T>(
  files: readonly ArtifactFile[],
  use: (runner: Runner) => Promise<T>,
): Promise<T> {
  const loaded = await loadArtifact(files, JAVASCRIPT);
  if (loaded.kind !== 'model') throw new Error('not a model');
  try {
    return await use(loaded.runner);
  } finally {
    await loaded.runner.dispose();
  }
}

async function predict(runner: Runner, ...values: number[]): Promise<number[]> {
  const shape = [values.length / 2, 2, 1, 1];
  const data = Float32Array.from(values);
  const [scores] = await runner.predict([{ name: 'batch', dtype: 'float32', shape, data }]);
  expect(scores).toMatchObject({ name: 'scores', dtype: 'float64', shape: [shape[0], 3] });
  return Array.from(scores?.data as Float64Array);
}

/** Loads the code and asks for the scores of one batch. */
function run(code: string, values: number[], ...others: ArtifactFile[]): Promise<number[]> {
  return withRunner([file('model.js', code), ...others], (runner) => predict(runner, ...values));
}

describe('the JavaScript runner', () => {
  it.each([
    ['a function', 'function predict({ data }) { return [...data, 7]; }'],
    ['a constant', 'const predict = ({ data }) => [...data, 7];'],
    ['an async function', 'async function predict({ data }) { await null; return [...data, 7]; }'],
    ['an export', 'export function predict({ data }) { return [...data, 7]; }'],
    ['a renamed export', 'const f = ({ data }) => [...data, 7];\nexport { f as predict };'],
  ])('finds predict as %s', async (_kind, code) => {
    expect(await run(code, [1, 2])).toEqual([1, 2, 7]);
  });

  it('takes a .mjs file as a module, even without exports', async () => {
    const code = 'export const predict = () => [typeof this === "undefined" ? 1 : 0, 0, 0];';
    const load = (source: string) =>
      withRunner([file('model.mjs', source)], (runner) => predict(runner, 1, 2));
    expect(await load(code)).toEqual([1, 0, 0]);
    await expectFailure(() => load('function predict() {}'), 'code-function', { name: 'predict' });
  });

  it.each(['Float32Array', 'Float64Array', 'Int8Array', 'Uint8ClampedArray', 'Uint32Array'])(
    'takes scores as %s',
    async (type) => {
      expect(await run(`const predict = () => ${type}.of(3, 1, 2)`, [1, 2])).toEqual([3, 1, 2]);
    },
  );

  it('describes what it takes and gives, and what it runs on', async () => {
    await withRunner([file('model.js', 'function predict() {}')], (runner) => {
      expect(runner.signature).toEqual({
        inputs: [{ name: 'batch', dtype: 'float32', shape: [null, 2, 1, 1] }],
        outputs: [{ name: 'scores', dtype: 'float64', shape: [null, 3] }],
        layout: 'nhwc',
      });
      expect(runner.engine).toMatchObject({ name: 'javascript', provider: 'cpu', threads: 1 });
      expect(runner.engine.version).toMatch(/^\d+\.\d+\.\d+$/u);
      return Promise.resolve();
    });
  });

  it('calls setup once, before the first batch, and keeps what it leaves', async () => {
    const code = `
      let calls = 0;
      let seen;
      async function setup(context) { await null; calls += 1; seen = context; }
      function predict({ shape }, context) { return [calls, shape.length, Number(seen === context)]; }`;
    await withRunner([file('model.js', code)], async (runner) => {
      expect(await predict(runner, 1, 2)).toEqual([1, 4, 1]);
      expect(await predict(runner, 3, 4)).toEqual([1, 4, 1]);
    });
  });

  it('tells the code its task and gives it its files', async () => {
    const code = `
      function predict(batch, { inputShape, classes, files, read, readText }) {
        if (JSON.stringify([inputShape, classes, files]) !== '[[2,1,1],3,["words.txt"]]') throw files;
        const text = readText('words.txt');
        return [text.length, read('words.txt').length, text.charCodeAt(0)];
      }`;
    const words = file('words.txt', 'ñandú');
    expect(await run(code, [1, 2], words)).toEqual([5, 7, 'ñ'.charCodeAt(0)]);
  });

  it('runs ONNX weights beside the code, by tensor and by name', async () => {
    const code = `
      async function predict({ data, shape }, { models }) {
        const input = { data, shape: [shape[0], 2] };
        const { y } = await models.net.run(input);
        const again = await models.net.run({ x: input });
        if (again.y.data.join() !== y.data.join() || y.dtype !== 'float32') throw again;
        if (y.shape.join() !== shape[0] + ',3') throw y.shape;
        return y.data;
      }`;
    const net = file('net.onnx', NET);
    expect(await run(code, [1, 1, 2, 0], net)).toEqual([15, 27, 39, 12, 24, 36]);
    await withRunner([file('model.js', code), net], (runner) => {
      expect(runner.engine.version).toMatch(/^[\d.]+\+onnxruntime-[\d.]+$/u);
      return Promise.resolve();
    });
  });

  it('runs TensorFlow.js weights beside the code, and takes other JSON for data', async () => {
    const code = `
      async function predict(batch, { models, readText }) {
        const [input] = models.model.inputs;
        const { factor } = JSON.parse(readText('settings.json'));
        const shape = input.shape.map((dim) => dim ?? 1);
        const length = shape.reduce((product, dim) => product * dim, 1);
        const outputs = await models.model.run({ data: new Float32Array(length).fill(1), shape });
        return [Object.keys(models).length, factor, Object.values(outputs).length];
      }`;
    const weights = upload(linearGraph());
    const settings = file('settings.json', '{"factor": 4}');
    expect(await run(code, [1, 2], ...weights, settings)).toEqual([1, 4, 1]);
  });

  it('opens a zip of code and weights', async () => {
    const code =
      'const predict = async ({ data }, { models }) => (await models.net.run({ data, shape: [1, 2] })).y.data';
    const archive = zip([
      { name: 'model.js', content: code },
      { name: 'net.onnx', content: NET },
    ]);
    const scores = await withRunner([file('model.zip', archive)], (runner) =>
      predict(runner, 1, 1),
    );
    expect(scores).toEqual([15, 27, 39]);
  });

  it('draws the same numbers in every run, spread evenly', async () => {
    const code = `
      function predict() {
        let sum = 0;
        let low = 0;
        for (let n = 0; n < 10000; n++) { const x = Math.random(); sum += x; low += x < 0.1 ? 1 : 0; }
        return [Math.random(), sum / 10000, low / 10000];
      }`;
    const [first, mean, low] = await run(code, [1, 2]);
    expect(await run(code, [1, 2])).toEqual([first, mean, low]);
    expect(mean).toBeCloseTo(0.5, 1);
    expect(low).toBeCloseTo(0.1, 1);
  });

  it.each([
    ['function predict( {', 'code-load', /^Unexpected .*\[model\.js:1:\d+\]$/u],
    ['import fs from "fs"; export const predict = 1', 'code-load', /^imports are not available/u],
    ['throw new TypeError("at the top")', 'code-load', /^at the top/u],
    ['function setup() {\n  null.x;\n}\nfunction predict() {}', 'code-load', /model\.js:2:8\)$/u],
    ['function predict() {\n  null.x;\n}', 'code-run', /^TypeError: .* \(model\.js:2:8\)$/u],
    ['function predict() { throw "a text"; }', 'code-run', /^a text$/u],
    ['async function predict() { throw new RangeError("no"); }', 'code-run', /^RangeError: no/u],
    ['const predict = () => { missing(); }', 'code-run', /^ReferenceError: missing is not/u],
  ] as const)('names the error and its place: %s', async (code, reason, detail) => {
    const failure = await failureOf(() => run(code, [1, 2]));
    expect(failure.reason).toBe(reason);
    expect(failure.params['detail']).toMatch(detail);
  });

  it.each(['', 'const predict = 5;', 'export const x = 1;', 'function Predict() {}'])(
    'asks for predict where there is none: "%s"',
    async (code) => {
      await expectFailure(() => run(`${code}\n`, [1, 2]), 'code-function', { name: 'predict' });
    },
  );

  it('states both sides when the number of scores is wrong', async () => {
    await expectFailure(() => run('const predict = () => [1, 2]', [1, 2]), 'output-shape', {
      expected: '[1,3] = 3',
      received: '[2]',
    });
  });

  it('refuses two files of code, two models of one name, and broken weights', async () => {
    const code = file('model.js', 'function predict() {}');
    const load = (...files: ArtifactFile[]) => withRunner(files, () => Promise.resolve());
    await expectFailure(() => load(code, file('other.js', '1')), 'mixed-artifact');
    const twins = [file('model.onnx', NET), ...upload(linearGraph())];
    await expectFailure(() => load(code, ...twins), 'mixed-artifact', { files: 'model' });
    await expectFailure(() => load(code, file('net.onnx', NET.subarray(0, 40))), 'onnx-truncated');
  });

  it('is refused where the task does not take it', async () => {
    const load = () =>
      loadArtifact([file('model.js', 'function predict() {}')], {
        ...JAVASCRIPT,
        accepts: ['onnx'],
      });
    await expectFailure(load, 'lane-not-accepted', { lane: 'javascript' });
  });
});
