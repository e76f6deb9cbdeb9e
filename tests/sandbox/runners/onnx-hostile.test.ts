import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOnnx } from '../../../sandbox/artifacts/onnx-check.ts';
import { WireWriter } from '../../../sandbox/artifacts/wire.ts';
import { EvaluationFailure } from '../../../sandbox/failure.ts';
import { expectFailure, failureOf } from '../expect-failure.ts';
import { file, load, loadModel } from '../load-options.ts';
import {
  BOOL,
  FLOAT,
  INT64,
  attribute,
  graph,
  linearModel,
  localFunction,
  model,
  node,
  sparseTensor,
  tensor,
  value,
} from '../make-onnx.ts';
import type { GraphOptions } from '../make-onnx.ts';

const LINEAR = linearModel(Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20, 30));
const IO = {
  inputs: [value('x', FLOAT, ['N', 2])],
  outputs: [value('y', FLOAT, ['N', 2])],
};

function loadOnnx(bytes: Uint8Array): Promise<unknown> {
  return load(file('model.onnx', bytes));
}

function withNodes(nodes: WireWriter[], options: Partial<GraphOptions> = {}): Uint8Array {
  return model(graph({ ...IO, ...options, nodes }));
}

describe('a file that is no ONNX model', () => {
  it.each([
    ['plain text', 'this is not a model\n'],
    ['a web page', '<!doctype html><title>404</title>'],
    ['a pointer of a large file store', 'version https://git-lfs.github.com/spec/v1\noid sha256:0'],
    ['JSON', '{"format":"layers-model"}'],
    ['a colon', ': one: two'],
    ['zeros', '\0'.repeat(64)],
    ['one byte', '\u0008'],
    ['the first bytes of a PyTorch file', 'PK\u0003\u0004archive/data.pkl'],
    ['the first bytes of an HDF5 file', '\u0089HDF\r\n'],
  ])('is refused: %s', async (_title, text) => {
    await expectFailure(() => load(file('model.onnx', text)), 'not-onnx', { file: 'model.onnx' });
  });

  it('is refused when its bytes are random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect(() =>
          checkOnnx({ name: 'm.onnx', bytes }, new Map(), { bytes: 2 ** 20, nodes: 10, depth: 4 }),
        ).toThrow(EvaluationFailure);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('an ONNX model cut short', () => {
  it('is called truncated, wherever the cut is', async () => {
    // The last field is the operator set's version, which the engine misses by itself.
    for (let length = 3; length < LINEAR.length; length += 1) {
      await expectFailure(() => loadOnnx(LINEAR.subarray(0, length)), 'onnx-truncated', {
        file: 'model.onnx',
      });
    }
  });

  it('never gets past the check with one byte changed and breaks nothing', () => {
    const position = fc.nat({ max: LINEAR.length - 1 });
    fc.assert(
      fc.property(position, fc.nat({ max: 255 }), (at, byte) => {
        const bytes = LINEAR.slice();
        bytes[at] = byte;
        try {
          const limits = { bytes: 2 ** 20, nodes: 10, depth: 4 };
          const checked = checkOnnx({ name: 'm.onnx', bytes }, new Map(), limits);
          expect(checked.bytes.length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(EvaluationFailure);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('an exported model with bytes changed', () => {
  const folder = path.join(import.meta.dirname, '../../fixtures/models');
  it.each(['torchscript/model.onnx', 'dynamo/model.onnx', 'dynamo/inlined.onnx'])(
    'ends in a model or a typed failure: %s',
    (name) => {
      const whole = readFileSync(path.join(folder, name));
      const weights = readFileSync(path.join(folder, 'dynamo/model.onnx.data'));
      const data = new Map([['model.onnx.data', weights]]);
      const limits = { bytes: 2 ** 20, nodes: 1000, depth: 8 };
      expect(checkOnnx({ name, bytes: whole }, data, limits).inputs).toHaveLength(1);
      // Half of the changes near the start, where the structure is dense.
      const at = fc.oneof(fc.nat({ max: 4000 }), fc.nat({ max: whole.length - 1 }));
      const change = fc.tuple(at, fc.nat({ max: 255 }));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
          const bytes = Uint8Array.from(whole);
          for (const [position, byte] of changes) bytes[position] = byte;
          try {
            checkOnnx({ name, bytes }, data, limits);
          } catch (error) {
            expect(error).toBeInstanceOf(EvaluationFailure);
          }
        }),
        { numRuns: 2000 },
      );
    },
  );
});

describe('an operator that is not allowed', () => {
  it.each([
    ['RandomNormal', '', [], 'RandomNormal'],
    ['RandomUniformLike', '', ['x'], 'RandomUniformLike'],
    ['Multinomial', 'ai.onnx', ['x'], 'Multinomial'],
    ['Bernoulli', '', ['x'], 'Bernoulli'],
    ['ImageDecoder', '', ['x'], 'ImageDecoder'],
    ['Gradient', 'ai.onnx.preview.training', ['x'], 'ai.onnx.preview.training::Gradient'],
    ['EPContext', 'com.microsoft', ['x'], 'com.microsoft::EPContext'],
    ['Relu', 'com.example', ['x'], 'com.example::Relu'],
    ['constructor', '', ['x'], 'constructor'],
    ['relu', '', ['x'], 'relu'],
    ['Relu ', '', ['x'], 'Relu '],
    ['', '', ['x'], ''],
  ])('is refused by its name: %s of domain "%s"', async (operator, domain, inputs, shown) => {
    const bytes = withNodes([node(operator, inputs, ['y'], { domain })]);
    await expectFailure(() => loadOnnx(bytes), 'onnx-operator', { operator: shown });
  });

  it('is refused inside a sub-graph', async () => {
    const then = graph({
      nodes: [node('RandomNormalLike', ['x'], ['out'])],
      outputs: [value('out', FLOAT, ['N', 2])],
    });
    const bytes = withNodes(
      [
        node('If', ['flag'], ['y'], {
          attributes: [
            attribute('then_branch', { graph: then }),
            attribute('else_branch', { graph: then }),
          ],
        }),
      ],
      { initializers: [tensor({ name: 'flag', type: BOOL, raw: Uint8Array.of(1) })] },
    );
    await expectFailure(() => loadOnnx(bytes), 'onnx-operator', { operator: 'RandomNormalLike' });
  });

  it('is refused inside a list of graphs and inside a function', async () => {
    const random = graph({ nodes: [node('Bernoulli', ['x'], ['out'])] });
    const inList = withNodes([
      node('Relu', ['x'], ['y'], { attributes: [attribute('many', { graphs: [random] })] }),
    ]);
    await expectFailure(() => loadOnnx(inList), 'onnx-operator', { operator: 'Bernoulli' });
    const inFunction = model(
      graph({ ...IO, nodes: [node('Mine', ['x'], ['y'], { domain: 'mine' })] }),
      { functions: [localFunction('mine', 'Mine', [node('Bernoulli', ['x'], ['y'])])] },
    );
    await expectFailure(() => loadOnnx(inFunction), 'onnx-operator', { operator: 'Bernoulli' });
  });

  it.each(['', 'ai.onnx', 'com.microsoft'])(
    'is refused as a function that stands in for an operator of domain "%s"',
    async (domain) => {
      const bytes = model(graph({ ...IO, nodes: [node('Relu', ['x'], ['y'])] }), {
        functions: [localFunction(domain, 'Relu', [node('Neg', ['x'], ['y'])])],
      });
      expect((await failureOf(() => loadOnnx(bytes))).reason).toBe('onnx-operator');
    },
  );

  it.each([
    ['a constant true', [tensor({ name: 'on', type: BOOL, raw: Uint8Array.of(1) })]],
    ['something computed', []],
  ])('is refused: Dropout in training mode by %s', async (_title, initializers) => {
    const bytes = withNodes([node('Dropout', ['x', '', 'on'], ['y'])], { initializers });
    await expectFailure(() => loadOnnx(bytes), 'onnx-operator', {
      operator: 'Dropout (training_mode)',
    });
  });
});

describe('a tensor', () => {
  const withTensor = (broken: WireWriter): Uint8Array =>
    withNodes([node('Add', ['x', 'w'], ['y'])], { initializers: [broken] });

  it.each([
    ['fewer raw bytes', { raw: new Uint8Array(4) }, 4],
    ['more raw bytes', { raw: new Uint8Array(12) }, 12],
    ['fewer numbers', { floats: [1] }, 4],
    ['more numbers', { floats: [1, 2, 3] }, 12],
    ['no data', {}, 0],
  ])('is refused with %s than its shape says', async (_title, data, received) => {
    await expectFailure(
      () => loadOnnx(withTensor(tensor({ name: 'w', dims: [2], ...data }))),
      'onnx-tensor-bytes',
      { tensor: 'w', expected: 8, received },
    );
  });

  it('is refused with a shape of 10^18 elements and no data', async () => {
    const huge = tensor({ name: 'w', dims: [1e9, 1e9] });
    await expectFailure(() => loadOnnx(withTensor(huge)), 'onnx-tensor-bytes', { received: 0 });
  });

  it.each([
    ['a negative dimension', [-1], 'elements'],
    ['a dimension of 2^40', [2 ** 40], 'elements'],
  ])('is refused with %s', async (_title, dims, what) => {
    const broken = tensor({ name: 'w', dims, raw: new Uint8Array(8) });
    await expectFailure(() => loadOnnx(withTensor(broken)), 'onnx-too-complex', { what });
  });

  it('is refused with 40 dimensions, packed or not', async () => {
    const packed = tensor({ name: 'w', dims: new Array<number>(40).fill(1), floats: [1] });
    expect((await failureOf(() => loadOnnx(withTensor(packed)))).reason).toBe('not-onnx');
    const loose = new WireWriter();
    for (let axis = 0; axis < 40; axis += 1) loose.varint(1, 1);
    loose.varint(2, FLOAT).text(8, 'w').bytes(9, new Uint8Array(4));
    await expectFailure(() => loadOnnx(withTensor(loose)), 'onnx-too-complex', { what: 'rank' });
  });

  it('is refused when sparse and dense beyond the limit', async () => {
    const sparse = sparseTensor(
      tensor({ name: 'w', dims: [1], floats: [1] }),
      tensor({ name: 'i', type: INT64, dims: [1], int64s: [0n] }),
      [2 ** 20, 2 ** 10],
    );
    const bytes = withNodes([node('Add', ['x', 'w'], ['y'])], { sparse: [sparse] });
    await expectFailure(() => loadOnnx(bytes), 'onnx-too-complex', { what: 'bytes' });
  });

  it('is refused with an unknown element type', async () => {
    const broken = tensor({ name: 'w', type: 99, dims: [2], raw: new Uint8Array(8) });
    await expectFailure(() => loadOnnx(withTensor(broken)), 'not-onnx');
  });

  it('is refused with two raw fields, of which parsers keep different ones', async () => {
    const broken = tensor({ name: 'w', dims: [2], raw: new Uint8Array(8) });
    broken.bytes(9, new Uint8Array(8));
    await expectFailure(() => loadOnnx(withTensor(broken)), 'not-onnx');
  });
});

describe('the structure of a model', () => {
  it('is refused with two graphs, which parsers merge', async () => {
    const second = new WireWriter().message(7, graph({ ...IO, nodes: [] })).finish();
    await expectFailure(() => loadOnnx(Uint8Array.from([...LINEAR, ...second])), 'not-onnx');
  });

  it('is refused with known fields of another wire type, which parsers skip', async () => {
    const broken = new WireWriter().varint(1, 9).varint(7, 1).finish();
    await expectFailure(() => loadOnnx(broken), 'not-onnx');
    const inNode = withNodes([new WireWriter().varint(4, 1)]);
    await expectFailure(() => loadOnnx(inNode), 'not-onnx');
  });

  it('is refused with more than 100,000 nodes', async () => {
    const nodes = Array.from({ length: 100_001 }, () => node('Relu', ['x'], ['y']));
    await expectFailure(() => loadOnnx(withNodes(nodes)), 'onnx-too-complex', {
      what: 'nodes',
      limit: 100_000,
    });
  });

  it('is refused with graphs nested too deep', async () => {
    let inner = graph({ nodes: [node('Relu', ['x'], ['y'])] });
    for (let depth = 0; depth < 30; depth += 1) {
      inner = graph({
        nodes: [node('If', ['x'], ['y'], { attributes: [attribute('b', { graph: inner })] })],
      });
    }
    await expectFailure(() => loadOnnx(model(inner)), 'onnx-too-complex', { what: 'depth' });
  });

  it('is refused with 100,000 nested messages, without a deep stack', async () => {
    // Each level is a graph with one node with one attribute with a graph; only the outer 16 are read.
    let bytes: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 200; level += 1) {
      const attributeBytes = new WireWriter().bytes(6, bytes);
      bytes = new WireWriter().message(1, new WireWriter().message(5, attributeBytes)).finish();
    }
    const nested = new WireWriter().varint(1, 9).bytes(7, bytes).finish();
    await expectFailure(() => loadOnnx(nested), 'onnx-too-complex', { what: 'depth' });
  });

  const calling = (functions: readonly WireWriter[]): Uint8Array =>
    model(graph({ ...IO, nodes: [node('F0', ['x'], ['y'], { domain: 'f' })] }), {
      functions,
      opsets: [
        ['', 17],
        ['f', 1],
      ],
    });
  const call = (name: string): WireWriter => node(name, ['x'], ['y'], { domain: 'f' });

  it('is refused with a function that calls itself, directly or over another', async () => {
    const direct = calling([localFunction('f', 'F0', [call('F0')])]);
    await expectFailure(() => loadOnnx(direct), 'onnx-too-complex', { what: 'depth' });
    const indirect = calling([
      localFunction('f', 'F0', [call('F1')]),
      localFunction('f', 'F1', [call('F0')]),
    ]);
    await expectFailure(() => loadOnnx(indirect), 'onnx-too-complex', { what: 'depth' });
  });

  it('is refused with functions that unfold to billions of nodes', async () => {
    const functions = Array.from({ length: 12 }, (_, index) =>
      localFunction(
        'f',
        `F${index}`,
        Array.from({ length: 10 }, () =>
          index < 11 ? call(`F${index + 1}`) : node('Relu', ['x'], ['y']),
        ),
      ),
    );
    await expectFailure(() => loadOnnx(calling(functions)), 'onnx-too-complex', { what: 'nodes' });
  });

  it('is refused when a node closes a circle', async () => {
    const bytes = withNodes([node('Add', ['x', 'y'], ['z']), node('Relu', ['z'], ['y'])]);
    expect((await failureOf(() => loadOnnx(bytes))).reason).toBe('engine-load');
  });

  it('is refused when inputs or outputs are no plain tensors', async () => {
    const sequence = new WireWriter()
      .text(1, 'y')
      .message(2, new WireWriter().message(4, new WireWriter()));
    const output = withNodes([node('SequenceConstruct', ['x'], ['y'])], { outputs: [sequence] });
    await expectFailure(() => loadOnnx(output), 'output-dtype');
    const input = withNodes([node('ConcatFromSequence', ['y'], ['z'])], { inputs: [sequence] });
    await expectFailure(() => loadOnnx(input), 'input-dtype');
  });

  it('is refused with texts as input', async () => {
    const STRING = 8;
    const bytes = model(
      graph({
        nodes: [node('Identity', ['x'], ['y'])],
        inputs: [value('x', STRING, ['N'])],
        outputs: [value('y', STRING, ['N'])],
      }),
    );
    await expectFailure(() => loadOnnx(bytes), 'input-dtype', { received: 'string' });
  });

  it('is read as ONNX even when it bears the mark of the engine’s own format', async () => {
    const bytes = LINEAR.slice();
    // The producer's name begins at offset 4, where that format has its mark.
    expect(Buffer.from(bytes.subarray(4, 8)).toString()).toBe('test');
    bytes.set(Buffer.from('ORTM'), 4);
    const runner = await loadModel(file('model.onnx', bytes));
    expect(runner.signature.outputs[0]?.shape).toEqual([null, 3]);
    await runner.dispose();
  });

  it('is checked in full before the engine is asked', async () => {
    const big = Array.from({ length: 50_000 }, (_, index) =>
      node('Relu', [`a${index}`], [`a${index + 1}`]),
    );
    const bytes = withNodes([...big, node('RandomNormal', [], ['y'])]);
    await expectFailure(() => loadModel(file('model.onnx', bytes)), 'onnx-operator');
  });
});
