import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { WireWriter } from '../../../sandbox/artifacts/wire.ts';
import { failureOf } from '../expect-failure.ts';
import { file, loadModel } from '../load-options.ts';
import {
  BOOL,
  FLOAT,
  INT64,
  attribute,
  bytesOf,
  graph,
  localFunction,
  model,
  node,
  sparseTensor,
  tensor,
  value,
} from '../make-onnx.ts';

/** Two float32 numbers that lie in a real, readable file outside of the upload. */
const SECRET = Float32Array.of(41, 43);
const folder = mkdtempSync(path.join(tmpdir(), 'external-data-'));
const outside = path.join(folder, 'weights.bin');
writeFileSync(outside, bytesOf(SECRET));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const LOCATIONS: readonly (readonly [title: string, location: string])[] = [
  ['a traversal to a real file', path.relative(process.cwd(), outside)],
  ['an absolute path of a real file', outside],
  ['a traversal from the root', `../../../../../../../../..${outside}`],
  ['a folder below', 'weights/weights.bin'],
  ['a traversal that comes back', 'x/../weights.bin'],
  ['the parent', '..'],
  ['a process file', '/proc/self/environ'],
  ['a device', '/dev/zero'],
  ['a file address', `file://${outside}`],
  ['a web address', 'http://127.0.0.1/weights.bin'],
  ['a Windows drive', 'C:\\weights.bin'],
  ['a backslash traversal', '..\\weights.bin'],
  ['a memory address marker', '*/_ORT_MEM_ADDR_/*'],
  ['a name with a NUL', 'weights.bin\0.txt'],
  ['a doubled dot slash', './/weights.bin'],
  ['no name', ''],
  ['an over-long name', 'w'.repeat(5000)],
];

type Entries = readonly (readonly [string, string])[];

/** The tensor of two numbers, its bytes elsewhere. */
function external(name: string, entries: Entries, type = FLOAT, dims = [2]): WireWriter {
  return tensor({ name, type, dims, external: entries });
}

function plusConstant(
  constant: WireWriter[],
  rest: Partial<Parameters<typeof graph>[0]> = {},
): WireWriter {
  return graph({
    ...rest,
    nodes: [...constant, node('Add', ['x', 'w'], ['y'])],
    inputs: [value('x', FLOAT, ['N', 2])],
    outputs: [value('y', FLOAT, ['N', 2])],
  });
}

function constantNode(
  name: 'value' | 'sparse_value',
  content: Parameters<typeof attribute>[1],
): WireWriter {
  return node('Constant', [], ['w'], { attributes: [attribute(name, content)] });
}

function branch(constant: WireWriter | null, initializers: WireWriter[] = []): WireWriter {
  return graph({
    nodes: [...(constant === null ? [] : [constant]), node('Add', ['x', 'w'], ['out'])],
    initializers,
    outputs: [value('out', FLOAT, ['N', 2])],
  });
}

function conditional(then: WireWriter): Uint8Array {
  const plain = branch(null, [tensor({ name: 'w', dims: [2], floats: [0, 0] })]);
  return model(
    graph({
      nodes: [
        node('If', ['flag'], ['y'], {
          attributes: [
            attribute('then_branch', { graph: then }),
            attribute('else_branch', { graph: plain }),
          ],
        }),
      ],
      initializers: [tensor({ name: 'flag', type: BOOL, raw: Uint8Array.of(1) })],
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('y', FLOAT, ['N', 2])],
    }),
  );
}

function withFunction(nodes: WireWriter[], attributes: WireWriter[] = []): Uint8Array {
  return model(
    graph({
      nodes: [node('Plus', ['x'], ['y'], { domain: 'mine' })],
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('y', FLOAT, ['N', 2])],
    }),
    {
      functions: [localFunction('mine', 'Plus', nodes, { attributes })],
      opsets: [
        ['', 17],
        ['mine', 1],
      ],
    },
  );
}

const INDICES = tensor({ name: 'i', type: INT64, dims: [2], int64s: [0n, 1n] });
const add = node('Add', ['x', 'w'], ['y']);

/** Where a model can hold a tensor. Each gives y = x + w, so that a resolved one shows in the output. */
const POSITIONS: Readonly<Record<string, (entries: Entries) => Uint8Array>> = {
  'an initialiser': (entries) =>
    model(plusConstant([], { initializers: [external('w', entries)] })),
  'a constant attribute': (entries) =>
    model(plusConstant([constantNode('value', { tensor: external('', entries) })])),
  'an initialiser of a sub-graph': (entries) => conditional(branch(null, [external('w', entries)])),
  'a constant in a sub-graph': (entries) =>
    conditional(branch(constantNode('value', { tensor: external('', entries) }))),
  'a constant in a function': (entries) =>
    withFunction([constantNode('value', { tensor: external('', entries) }), add]),
  'the values of a sparse constant': (entries) =>
    model(
      plusConstant([
        constantNode('sparse_value', {
          sparse: sparseTensor(external('', entries), INDICES, [2]),
        }),
      ]),
    ),
  'the values of a sparse initialiser': (entries) =>
    model(plusConstant([], { sparse: [sparseTensor(external('w', entries), INDICES, [2])] })),
};

/** Places that the engine may never look at; ours must. */
const HIDDEN_POSITIONS: Readonly<Record<string, (entries: Entries) => Uint8Array>> = {
  'a list of tensors in an attribute': (entries) =>
    model(
      plusConstant([], {
        nodes: [],
        initializers: [tensor({ name: 'w', dims: [2], floats: [0, 0] })],
        outputs: [],
      }).message(
        1,
        node('Identity', ['x'], ['z'], {
          attributes: [attribute('list', { tensors: [external('', entries)] })],
        }),
      ),
    ),
  'a list of sparse tensors in an attribute': (entries) =>
    model(
      plusConstant([], {
        initializers: [tensor({ name: 'w', dims: [2], floats: [0, 0] })],
      }).message(
        1,
        node('Identity', ['x'], ['z'], {
          attributes: [
            attribute('list', { sparses: [sparseTensor(external('', entries), INDICES, [2])] }),
          ],
        }),
      ),
    ),
  'a default attribute of a function': (entries) =>
    withFunction(
      [constantNode('value', { tensor: tensor({ dims: [2], floats: [0, 0] }) }), add],
      [attribute('weights', { tensor: external('', entries) })],
    ),
  'the indices of a sparse initialiser': (entries) =>
    model(
      plusConstant([], {
        sparse: [
          sparseTensor(
            tensor({ name: 'w', dims: [2], floats: [0, 0] }),
            external('i', entries, INT64, [1]),
            [2],
          ),
        ],
      }),
    ),
  'an initialiser that nothing uses': (entries) =>
    model(
      plusConstant([], {
        initializers: [
          tensor({ name: 'w', dims: [2], floats: [0, 0] }),
          external('unused', entries),
        ],
      }),
    ),
};

const WEIGHTS = file('weights.bin', bytesOf(Float32Array.of(0, 0, 5, 7, 0)));

describe.each(Object.entries({ ...POSITIONS, ...HIDDEN_POSITIONS }))(
  'external data in %s',
  (_position, build) => {
    it.each(LOCATIONS)('is refused at %s', async (_title, location) => {
      const bytes = build([
        ['location', location],
        ['offset', '0'],
        ['length', '8'],
      ]);
      const failure = await failureOf(() => loadModel(file('model.onnx', bytes), WEIGHTS));
      expect(failure.reason).toBe('onnx-data-location');
    });

    it('is refused by name when its file is missing', async () => {
      const bytes = build([['location', 'model.onnx.data']]);
      const failure = await failureOf(() => loadModel(file('model.onnx', bytes), WEIGHTS));
      expect(failure).toMatchObject({
        reason: 'onnx-data-missing',
        params: { file: 'model.onnx.data' },
      });
    });
  },
);

describe.each(Object.entries(POSITIONS))(
  'a file of the upload as data of %s',
  (_position, build) => {
    it('is put into the model', async () => {
      const bytes = build([
        ['location', 'weights.bin'],
        ['offset', '8'],
        ['length', '8'],
      ]);
      const runner = await loadModel(file('model.onnx', bytes), WEIGHTS);
      const [y] = await runner.predict([
        { name: 'x', dtype: 'float32', shape: [1, 2], data: Float32Array.of(100, 200) },
      ]);
      expect([...(y?.data ?? [])]).toEqual([105, 207]);
      await runner.dispose();
    });
  },
);

describe('the bounds of external data', () => {
  const weights = file('weights.bin', new Uint8Array(20));
  const withEntries = (...entries: readonly (readonly [string, string])[]): Promise<unknown> => {
    const build = POSITIONS['an initialiser'];
    if (build === undefined) throw new Error('no such position');
    return loadModel(file('model.onnx', build([['location', 'weights.bin'], ...entries])), weights);
  };

  it.each([
    ['an offset behind the end', [['offset', '24']]],
    ['a tensor over the end', [['offset', '16']]],
    ['a length over the end', [['offset', '16'], ['length', '8']]], // prettier-ignore
    ['a negative offset', [['offset', '-8']]],
    ['an offset of 2^64', [['offset', '18446744073709551616']]],
    ['an offset in hex', [['offset', '0x4']]],
    ['an offset with a blank', [['offset', ' 4']]],
    ['a fractional offset', [['offset', '4.0']]],
    ['an empty length', [['length', '']]],
    ['a length that is no number', [['length', 'NaN']]],
  ] as const)('refuse %s', async (_title, entries) => {
    const failure = await failureOf(() => withEntries(...entries));
    expect(failure).toMatchObject({
      reason: 'onnx-data-bounds',
      params: { file: 'weights.bin', tensor: 'w' },
    });
  });

  it('refuse a length that is not what the tensor takes', async () => {
    const failure = await failureOf(() => withEntries(['length', '4']));
    expect(failure).toMatchObject({
      reason: 'onnx-tensor-bytes',
      params: { tensor: 'w', expected: 8, received: 4 },
    });
  });

  it('refuse a location that is given twice', async () => {
    const failure = await failureOf(() => withEntries(['location', 'weights.bin']));
    expect(failure.reason).toBe('onnx-data-location');
  });

  it('refuse data both inline and external', async () => {
    const both = tensor({
      name: 'w',
      dims: [2],
      floats: [1, 2],
      external: [['location', 'weights.bin']],
    });
    const bytes = model(plusConstant([], { initializers: [both] }));
    const failure = await failureOf(() => loadModel(file('model.onnx', bytes), weights));
    expect(failure.reason).toBe('onnx-tensor-bytes');
  });

  it('refuse few bytes that many tensors share to make a big model', async () => {
    // 16 MiB is the limit; each tensor takes 4 MiB of the same file.
    const elements = 2 ** 20;
    const tensors = Array.from({ length: 5 }, (_, index) =>
      external(`w${index}`, [['location', 'weights.bin']], FLOAT, [elements]),
    );
    const bytes = model(
      graph({
        nodes: [
          node(
            'Sum',
            tensors.map((_, index) => `w${index}`),
            ['y'],
          ),
        ],
        initializers: tensors,
        outputs: [value('y', FLOAT, [elements])],
      }),
    );
    const failure = await failureOf(() =>
      loadModel(file('model.onnx', bytes), file('weights.bin', new Uint8Array(4 * elements))),
    );
    expect(failure).toMatchObject({ reason: 'onnx-too-complex', params: { what: 'bytes' } });
  });
});
